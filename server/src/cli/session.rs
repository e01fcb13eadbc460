//! `signet session …` and `signet grant …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{Admin, Which};
use shared::model::{Scope, Timestamp};
use shared::store::{Find, FoundGrant, FoundSession};

use super::CommandError;
use super::output::Output;
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List live sessions, the newest first
    List(Part),
    /// End one session, or several, with the token families that do not outlive them
    End(End),
}

#[derive(Subcommand)]
pub(super) enum GrantCommand {
    /// List token families, the newest first
    List(Part),
    /// Revoke a token family: its tokens die at once
    Revoke(RevokeGrant),
}

#[derive(Args)]
pub(super) struct Part {
    /// A person by user name, address or id, or the beginning of user names; the id of a session;
    /// for families also a client
    #[arg(default_value = "")]
    filter: String,
    /// The most that are listed
    #[arg(long, default_value_t = 100)]
    limit: u16,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct End {
    /// Id of the session
    session: Option<String>,
    /// All sessions of a person, by user name, address or id
    #[arg(long)]
    user: Option<String>,
    /// All sessions in which a client got tokens, by its id
    #[arg(long)]
    client: Option<String>,
    /// All sessions
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
pub(super) struct RevokeGrant {
    /// Id of the token family
    grant: String,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::List(part) => {
            let page = admin.find_sessions(&find(&part), now()).await?;
            list(&page.items, output)
        }
        Command::End(end) => {
            let one = end.session.map(Which::One);
            let user = || end.user.map(Which::User);
            let client = || end.client.map(Which::Client);
            let which = one.or_else(user).or_else(client).unwrap_or(Which::All);
            let ended = admin.end_sessions(&which, now(), |_| true).await?;
            if output.json {
                let body = json!({"sessions": ended.sessions, "grants": ended.grants});
                return Ok(output.json(&body)?);
            }
            let text =
                format!("{} sessions and {} token families ended", ended.sessions, ended.grants);
            Ok(output.line(&text)?)
        }
    }
}

pub(super) async fn run_grant(
    command: GrantCommand,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        GrantCommand::List(part) => {
            let page = admin.find_grants(&find(&part)).await?;
            list_grants(&page.items, output)
        }
        GrantCommand::Revoke(RevokeGrant { grant }) => {
            admin.revoke_grant(&grant, now()).await?;
            if output.json {
                return Ok(output.json(&json!({"grant": grant}))?);
            }
            Ok(output.line(&format!("{grant} is revoked"))?)
        }
    }
}

fn find(part: &Part) -> Find {
    Find { filter: part.filter.clone(), limit: part.limit.into(), ..Find::default() }
}

fn list(found: &[FoundSession], output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&found.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = found
        .iter()
        .map(|found| {
            let session = &found.session;
            let address = session.address.clone().unwrap_or_default();
            let at = session.auth_time.to_string();
            [found.username.clone(), at, session.level.to_string(), address, session.id.to_string()]
        })
        .collect();
    Ok(output.table(["USER", "SIGNED IN", "LEVEL", "ADDRESS", "ID"], &rows)?)
}

fn document(found: &FoundSession) -> Value {
    let session = &found.session;
    json!({
        "id": session.id.as_str(),
        "user_id": session.user_id.as_str(),
        "username": found.username,
        "auth_time": session.auth_time.to_string(),
        "amr": session.amr,
        "level": session.level.as_str(),
        "user_agent": session.user_agent,
        "address": session.address,
        "expires_at": session.expires_at.to_string(),
    })
}

fn list_grants(found: &[FoundGrant], output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&found.iter().map(grant_document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = found
        .iter()
        .map(|found| {
            let grant = &found.grant;
            [
                found.username.clone(),
                found.client_name.clone(),
                grant.scope.to_string(),
                state(grant.revoked_at, grant.expires_at),
                grant.id.to_string(),
            ]
        })
        .collect();
    Ok(output.table(["USER", "CLIENT", "SCOPE", "STATE", "ID"], &rows)?)
}

fn state(revoked_at: Option<Timestamp>, expires_at: Timestamp) -> String {
    match revoked_at {
        Some(at) => format!("revoked {at}"),
        None if expires_at <= now() => format!("expired {expires_at}"),
        None => "alive".to_owned(),
    }
}

fn grant_document(found: &FoundGrant) -> Value {
    let grant = &found.grant;
    json!({
        "id": grant.id.as_str(),
        "user_id": grant.user_id.as_str(),
        "username": found.username,
        "client_id": grant.client_id.as_str(),
        "client_name": found.client_name,
        "session_id": grant.session_id.as_str(),
        "scope": Scope::to_string(&grant.scope),
        "state": state(grant.revoked_at, grant.expires_at),
        "created_at": grant.created_at.to_string(),
    })
}
