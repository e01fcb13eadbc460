//! `signet consent …`

use clap::Subcommand;
use serde_json::json;
use shared::admin::Admin;

use super::CommandError;
use super::output::Output;
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what a person allowed
    List {
        /// User name, e-mail address or id
        user: String,
    },
    /// Withdraw what a person allowed an application; its tokens die
    Withdraw {
        /// User name, e-mail address or id
        user: String,
        /// Client id
        client: String,
    },
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::List { user } => list(&user, admin, output).await,
        Command::Withdraw { user, client } => {
            let grants = admin.withdraw_consent(&user, &client, now()).await?;
            if output.json {
                return Ok(output.json(&json!({"client_id": client, "grants": grants}))?);
            }
            Ok(output.line(&format!("the consent is withdrawn; {grants} grants died with it"))?)
        }
    }
}

async fn list(user: &str, admin: &Admin, output: Output) -> Result<(), CommandError> {
    let consents = admin.list_consents(user).await?;
    if output.json {
        let documents: Vec<_> = consents
            .iter()
            .map(|consent| {
                json!({
                    "client_id": consent.client_id.as_str(),
                    "scope": consent.scope.to_string(),
                    "granted_at": consent.granted_at.to_string(),
                    "updated_at": consent.updated_at.to_string(),
                })
            })
            .collect();
        return Ok(output.json(&documents)?);
    }
    let rows: Vec<_> = consents
        .iter()
        .map(|consent| {
            let scope = consent.scope.to_string();
            [consent.client_id.to_string(), consent.granted_at.to_string(), scope]
        })
        .collect();
    Ok(output.table(["CLIENT ID", "SINCE", "SCOPE"], &rows)?)
}
