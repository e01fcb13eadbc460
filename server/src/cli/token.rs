//! `signet token …`

use std::io::Read;

use clap::Subcommand;
use serde_json::json;
use shared::admin::Admin;
use shared::config::Config;
use shared::model::Scope;

use super::CommandError;
use super::output::Output;
use crate::app::now;

/// No token is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say what a token is, whether it is good, and its trail; it is read from standard input
    Inspect,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    config: &Config,
    output: Output,
) -> Result<(), CommandError> {
    let Command::Inspect = command;
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|fault| CommandError::Usage(format!("the token cannot be read: {fault}")))?;
    let site = admin.open_site(config).await?;
    let found = admin.inspect_token(&site, &text, now()).await?;
    let user = found.user.as_ref().map(|user| user.username.clone());
    let grant = found.grant.as_ref();
    if output.json {
        let trail = found.trail.iter().map(|event| {
            json!({
                "at": event.at.to_string(),
                "action": event.action,
                "address": event.address,
                "detail": event.detail,
            })
        });
        return Ok(output.json(&json!({
            "kind": found.kind.words(),
            "good": found.is_good,
            "why": found.why,
            "user": user,
            "client_id": grant.map(|grant| grant.client_id.as_str()),
            "grant_id": grant.map(|grant| grant.id.as_str()),
            "session_id": grant.map(|grant| grant.session_id.as_str()),
            "scope": grant.map(|grant| Scope::to_string(&grant.scope)),
            "claims": found.claims,
            "trail": trail.collect::<Vec<_>>(),
        }))?);
    }
    let mut facts = vec![
        ("it is", found.kind.words().to_owned()),
        ("good", if found.is_good { "yes" } else { "no" }.to_owned()),
        ("why", found.why.clone()),
    ];
    if let (Some(user), Some(grant)) = (user, grant) {
        facts.extend([
            ("user", user),
            ("client", grant.client_id.to_string()),
            ("family", grant.id.to_string()),
            ("session", grant.session_id.to_string()),
            ("scope", grant.scope.to_string()),
        ]);
    }
    output.facts(&facts)?;
    if let Some(claims) = &found.claims {
        output.line("")?;
        output.json(claims)?;
    }
    if found.trail.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = found
        .trail
        .iter()
        .map(|event| {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            [event.at.to_string(), event.action.clone(), text(&event.address), text(&event.detail)]
        })
        .collect();
    output.line("")?;
    Ok(output.table(["AT", "ACTION", "FROM", "DETAIL"], &rows)?)
}
