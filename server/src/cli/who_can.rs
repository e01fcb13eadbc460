//! `signet who-can`: everybody who can obtain a permission.

use clap::Args;
use serde_json::json;
use shared::admin::Admin;

use super::CommandError;
use super::output::Output;

#[derive(Args)]
pub(super) struct WhoCan {
    /// Identifier of the API
    api: String,
    /// Name of the permission there
    permission: String,
}

pub(super) async fn run(asked: WhoCan, admin: &Admin, output: Output) -> Result<(), CommandError> {
    let found = admin.who_can(&asked.api, &asked.permission).await?;
    if output.json {
        let ways = found.ways.iter().map(|way| {
            json!({
                "kind": if way.is_user { "user" } else { "client" },
                "id": way.id,
                "name": way.name,
                "role": way.role,
                "group": way.through,
            })
        });
        let clients = found.clients.iter().map(|client| {
            json!({
                "client_id": client.id.as_str(),
                "name": client.name,
                "service": client.is_service,
                "scopes": client.scopes,
            })
        });
        let body = json!({
            "holders": ways.collect::<Vec<_>>(),
            "scopes": found.scopes,
            "clients": clients.collect::<Vec<_>>(),
        });
        return Ok(output.json(&body)?);
    }
    let rows: Vec<_> = found
        .ways
        .iter()
        .map(|way| {
            let kind = if way.is_user { "user" } else { "service" };
            let group = way.through.clone().unwrap_or_else(|| "-".to_owned());
            [way.name.clone(), kind.to_owned(), way.role.clone(), group, way.id.clone()]
        })
        .collect();
    output.table(["WHO", "KIND", "BY ROLE", "THROUGH GROUP", "ID"], &rows)?;
    let rows: Vec<_> = found
        .clients
        .iter()
        .map(|client| [client.id.to_string(), client.name.clone(), client.scopes.join(" ")])
        .collect();
    output.line("")?;
    Ok(output.table(["THROUGH CLIENT", "NAME", "BY SCOPE"], &rows)?)
}
