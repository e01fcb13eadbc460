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
    /// List what a person and an application have come to over time, newest first
    History {
        /// User name, e-mail address or id
        user: String,
        /// Client id
        client: String,
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
        Command::History { user, client } => history(&user, &client, admin, output).await,
        Command::Withdraw { user, client } => {
            let grants = admin.withdraw_consent(&user, &client, now()).await?;
            if output.json {
                return Ok(output.json(&json!({"client_id": client, "grants": grants}))?);
            }
            Ok(output.line(&format!("the consent is withdrawn; {grants} grants died with it"))?)
        }
    }
}

async fn history(
    user: &str,
    client: &str,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    let user = admin.get_user(user).await?;
    let changes = admin.list_consent_changes(&user.id, &client.into()).await?;
    if output.json {
        let documents: Vec<_> = changes
            .iter()
            .map(|change| {
                json!({
                    "at": change.at.to_string(),
                    "change": change.change.as_str(),
                    "scope": change.scope.to_string(),
                    "actor": {"kind": change.actor_kind, "id": change.actor},
                    "words": change.words,
                })
            })
            .collect();
        return Ok(output.json(&documents)?);
    }
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            let actor = format!("{} {}", change.actor_kind, change.actor);
            let scope = change.scope.to_string();
            [
                change.at.to_string(),
                change.change.to_string(),
                scope,
                actor,
                change.words.join(" / "),
            ]
        })
        .collect();
    Ok(output.table(["AT", "CHANGE", "SCOPE", "BY", "WORDS"], &rows)?)
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
