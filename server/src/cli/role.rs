//! `signet role …`

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::Admin;
use shared::model::{MfaPolicy, Role};

use super::CommandError;
use super::output::Output;
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a role
    Add(Add),
    /// List all roles, or those of a person
    List(List),
    /// Set what a role wants of second factors
    SetMfa(SetMfa),
    /// Give a person a role
    Give(Whose),
    /// Take a role from a person
    Take(Whose),
}

#[derive(Args)]
pub(super) struct Add {
    /// What operators call it
    role: String,
    /// Whether whoever has it needs a second factor; it says nothing if absent
    #[arg(long, value_parser = PossibleValuesParser::new(MfaPolicy::WORDS))]
    mfa: Option<String>,
}

#[derive(Args)]
pub(super) struct List {
    /// User name, e-mail address or id
    #[arg(long)]
    user: Option<String>,
}

#[derive(Args)]
pub(super) struct SetMfa {
    /// What operators call it
    role: String,
    /// Whether whoever has it needs a second factor; it says nothing if absent
    #[arg(value_parser = PossibleValuesParser::new(MfaPolicy::WORDS))]
    mfa: Option<String>,
}

#[derive(Args)]
pub(super) struct Whose {
    /// What operators call it
    role: String,
    /// User name, e-mail address or id
    user: String,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::Add(Add { role, mfa }) => {
            let role = admin.add_role(&role, policy(mfa.as_deref()), now()).await?;
            say(&role, "added", output)
        }
        Command::List(List { user }) => {
            let roles = match user {
                Some(user) => admin.list_user_roles(&user).await?,
                None => admin.list_roles().await?,
            };
            list(&roles, output)
        }
        Command::SetMfa(SetMfa { role, mfa }) => {
            let role = admin.set_role_mfa(&role, policy(mfa.as_deref()), now()).await?;
            say(&role, "changed", output)
        }
        Command::Give(Whose { role, user }) => {
            admin.give_role(&role, &user, now()).await?;
            done(&role, &user, "given to", output)
        }
        Command::Take(Whose { role, user }) => {
            admin.take_role(&role, &user, now()).await?;
            done(&role, &user, "taken from", output)
        }
    }
}

fn policy(word: Option<&str>) -> Option<MfaPolicy> {
    word.and_then(MfaPolicy::parse)
}

fn say(role: &Role, what: &str, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(role))?);
    }
    Ok(output.line(&format!("{} ({}) {what}", role.name, role.id))?)
}

fn done(role: &str, user: &str, what: &str, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&json!({"role": role, "user": user}))?);
    }
    Ok(output.line(&format!("{role} {what} {user}"))?)
}

fn list(roles: &[Role], output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&roles.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = roles
        .iter()
        .map(|role| {
            let mfa = role.mfa.map_or("-", MfaPolicy::as_str);
            [role.name.clone(), mfa.to_owned(), role.id.to_string()]
        })
        .collect();
    Ok(output.table(["ROLE", "MFA", "ID"], &rows)?)
}

fn document(role: &Role) -> Value {
    json!({
        "id": role.id.as_str(),
        "name": role.name,
        "mfa": role.mfa.map(MfaPolicy::as_str),
        "created_at": role.created_at.to_string(),
    })
}
