//! `signet key …`

use clap::Subcommand;
use serde_json::json;
use shared::admin::Admin;

use super::CommandError;
use super::output::Output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List all signing keys, newest first
    List,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    let Command::List = command;
    let keys = admin.list_keys().await?;
    if output.json {
        let documents: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "kid": key.kid,
                    "alg": key.alg,
                    "state": key.state.as_str(),
                    "created_at": key.created_at.to_string(),
                })
            })
            .collect();
        return Ok(output.json(&documents)?);
    }
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            [key.kid.clone(), key.alg.clone(), key.state.to_string(), key.created_at.to_string()]
        })
        .collect();
    Ok(output.table(["KID", "ALG", "STATE", "CREATED"], &rows)?)
}
