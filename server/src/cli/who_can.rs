//! `signet who-can`: everybody who can obtain a permission.

use clap::Args;
use serde_json::json;
use shared::admin::{Admin, Holding};
use shared::store::Find;

use super::CommandError;
use super::output::Output;

#[derive(Args)]
pub(super) struct WhoCan {
    /// Identifier of the API
    api: String,
    /// Name of the permission there
    permission: String,
}

/// Ways that are asked for at once.
const PART: i64 = 5000;

pub(super) async fn run(asked: WhoCan, admin: &Admin, output: Output) -> Result<(), CommandError> {
    let mut find = Find { limit: PART, ..Find::default() };
    let mut found = admin.who_can(&asked.api, &asked.permission, &find).await?;
    while found.ways.next.is_some() {
        find.after = found.ways.next.take();
        let more = admin.list_ways(&asked.api, &asked.permission, &find).await?;
        found.ways.items.extend(more.items);
        found.ways.next = more.next;
    }
    if output.json {
        let ways = found.ways.items.iter().map(|Holding { way, scopes }| {
            json!({
                "kind": if way.is_user { "user" } else { "client" },
                "id": way.id,
                "name": way.name,
                "role": way.role,
                "group": way.through,
                "scopes": scopes,
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
            "api_disabled": found.api_is_disabled,
            "holders": ways.collect::<Vec<_>>(),
            "scopes": found.scopes,
            "clients": clients.collect::<Vec<_>>(),
        });
        return Ok(output.json(&body)?);
    }
    if found.api_is_disabled {
        output.line("The API is disabled: nobody is given it until it is enabled.\n")?;
    }
    let rows: Vec<_> = found
        .ways
        .items
        .iter()
        .map(|Holding { way, scopes }| {
            let kind = if way.is_user { "user" } else { "service" };
            let group = way.through.clone().unwrap_or_else(|| "-".to_owned());
            let scopes = if scopes.is_empty() { "-".to_owned() } else { scopes.join(" ") };
            [way.name.clone(), kind.to_owned(), way.role.clone(), group, scopes, way.id.clone()]
        })
        .collect();
    output.table(["WHO", "KIND", "BY ROLE", "THROUGH GROUP", "BY SCOPE", "ID"], &rows)?;
    let rows: Vec<_> = found
        .clients
        .iter()
        .map(|client| [client.id.to_string(), client.name.clone(), client.scopes.join(" ")])
        .collect();
    output.line("")?;
    Ok(output.table(["THROUGH CLIENT", "NAME", "BY SCOPE"], &rows)?)
}
