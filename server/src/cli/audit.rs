//! `signet audit …`

use clap::Subcommand;
use serde_json::{Value, json};
use shared::admin::Admin;
use shared::store::Find;

use super::CommandError;
use super::output::Output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what happened last, newest first
    List {
        /// How many events at the most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// The beginning of a word such as login. or, with whom or what it is about, one of
        /// user:NAME, client:ID, session:ID, grant:ID and address:IP
        #[arg(default_value = "")]
        filter: String,
    },
}

/// Evidence as it was written; a text that is no JSON stays a text.
fn evidence(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    let Command::List { limit, filter } = command;
    let events = admin.find_events(&Find { filter, limit, ..Find::default() }).await?.items;
    if output.json {
        let documents: Vec<_> = events
            .iter()
            .map(|event| {
                json!({
                    "at": event.at.to_string(),
                    "action": event.action,
                    "actor": {"kind": event.actor_kind, "id": event.actor},
                    "user_id": event.user_id,
                    "client_id": event.client_id,
                    "session_id": event.session_id,
                    "grant_id": event.grant_id,
                    "address": event.address,
                    "detail": event.detail,
                    "evidence": event.evidence.as_deref().map(evidence),
                })
            })
            .collect();
        return Ok(output.json(&documents)?);
    }
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let actor = format!("{} {}", event.actor_kind, event.actor);
            [
                event.at.to_string(),
                event.action.clone(),
                actor,
                text(&event.user_id),
                text(&event.client_id),
                text(&event.detail),
            ]
        })
        .collect();
    Ok(output.table(["AT", "ACTION", "ACTOR", "USER", "CLIENT", "DETAIL"], &rows)?)
}
