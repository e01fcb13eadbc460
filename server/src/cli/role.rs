//! `signet role …`

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{Admin, Named, RoleHolder};
use shared::model::{Catalogue, MfaPolicy, Role};

use super::CommandError;
use super::output::Output;
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a role, which permits nothing yet
    Add(Add),
    /// List all roles, or those that somebody has themselves
    List(Holder),
    /// Show a role with what it permits
    Show(OfRole),
    /// Change a role's name or description
    Change(Change),
    /// Set what a role wants of second factors
    SetMfa(SetMfa),
    /// Delete a role that nobody has
    Delete(OfRole),
    /// Let a role permit something at an API
    Permit(Permission),
    /// Let a role permit something no longer
    Forbid(Permission),
    /// Give a person, a service or a group a role
    Give(Whose),
    /// Take a role from a person, a service or a group
    Take(Whose),
}

#[derive(Args)]
pub(super) struct Add {
    /// What operators call it
    role: String,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
    /// Whether whoever has it needs a second factor; it says nothing if absent
    #[arg(long, value_parser = PossibleValuesParser::new(MfaPolicy::WORDS))]
    mfa: Option<String>,
}

#[derive(Args)]
pub(super) struct OfRole {
    /// Name or id of the role
    role: String,
}

#[derive(Args)]
pub(super) struct Change {
    /// Name or id of the role
    role: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
}

#[derive(Args)]
pub(super) struct SetMfa {
    /// Name or id of the role
    role: String,
    /// Whether whoever has it needs a second factor; it says nothing if absent
    #[arg(value_parser = PossibleValuesParser::new(MfaPolicy::WORDS))]
    mfa: Option<String>,
}

#[derive(Args)]
pub(super) struct Permission {
    /// Name or id of the role
    role: String,
    /// Identifier of the API
    api: String,
    /// Name of the permission there
    #[arg(value_name = "PERMISSION")]
    name: String,
}

/// A person, a service or a group.
#[derive(Args)]
#[group(multiple = false)]
pub(super) struct Holder {
    /// User name, e-mail address or id
    #[arg(value_name = "USER")]
    user: Option<String>,
    /// The same
    #[arg(long = "user", value_name = "USER")]
    named_user: Option<String>,
    /// A service, by its client id
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// Everybody of a group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

impl Holder {
    fn read(self) -> Option<RoleHolder> {
        let user = self.user.or(self.named_user).map(|user| RoleHolder::One(Named::User(user)));
        let client = || self.client.map(|client| RoleHolder::One(Named::Client(client)));
        user.or_else(client).or_else(|| self.group.map(RoleHolder::Group))
    }
}

#[derive(Args)]
pub(super) struct Whose {
    /// Name or id of the role
    role: String,
    #[command(flatten)]
    holder: Holder,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::Add(Add { role, description, mfa }) => {
            let mfa = policy(mfa.as_deref());
            say(&admin.add_role(&role, &description, mfa, now()).await?, "added", output)
        }
        Command::List(holder) => {
            let roles = match holder.read() {
                Some(holder) => admin.list_roles_of(&holder).await?,
                None => admin.list_roles().await?,
            };
            list(&roles, output)
        }
        Command::Show(OfRole { role }) => show(admin, &role, output).await,
        Command::Change(Change { role, name, description }) => {
            let mut role = admin.get_role(&role).await?;
            role.name = name.unwrap_or(role.name);
            role.description = description.unwrap_or(role.description);
            say(&admin.change_role(role, now()).await?, "changed", output)
        }
        Command::SetMfa(SetMfa { role, mfa }) => {
            let mut role = admin.get_role(&role).await?;
            role.mfa = policy(mfa.as_deref());
            say(&admin.change_role(role, now()).await?, "changed", output)
        }
        Command::Delete(OfRole { role }) => {
            say(&admin.delete_role(&role, now()).await?, "deleted", output)
        }
        Command::Permit(Permission { role, api, name }) => {
            admin.permit(&role, &api, &name, now()).await?;
            permission_said(&[&role, "permits", &name, "at", &api], output)
        }
        Command::Forbid(Permission { role, api, name }) => {
            admin.forbid(&role, &api, &name, now()).await?;
            permission_said(&[&role, "no longer permits", &name, "at", &api], output)
        }
        Command::Give(Whose { role, holder }) => {
            let holder = needed(holder)?;
            admin.give_role(&role, &holder, now()).await?;
            done(&role, &holder, "given to", output)
        }
        Command::Take(Whose { role, holder }) => {
            let holder = needed(holder)?;
            admin.take_role(&role, &holder, now()).await?;
            done(&role, &holder, "taken from", output)
        }
    }
}

fn needed(holder: Holder) -> Result<RoleHolder, CommandError> {
    let missing = "name a person, or --client or --group";
    holder.read().ok_or_else(|| CommandError::Usage(missing.to_owned()))
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

fn permission_said(words: &[&str], output: Output) -> Result<(), CommandError> {
    if output.json {
        let [role, _, permission, _, api] = words else { return Ok(()) };
        return Ok(output.json(&json!({"role": role, "api": api, "permission": permission}))?);
    }
    Ok(output.line(&words.join(" "))?)
}

fn done(role: &str, holder: &RoleHolder, what: &str, output: Output) -> Result<(), CommandError> {
    let (kind, name) = match holder {
        RoleHolder::One(Named::User(name)) => ("user", name),
        RoleHolder::One(Named::Client(name)) => ("client", name),
        RoleHolder::Group(name) => ("group", name),
    };
    if output.json {
        return Ok(output.json(&json!({"role": role, kind: name}))?);
    }
    Ok(output.line(&format!("{role} {what} {name}"))?)
}

async fn show(admin: &Admin, named: &str, output: Output) -> Result<(), CommandError> {
    let role = admin.get_role(named).await?;
    let (ids, catalogue) = (admin.list_role_permissions(named).await?, admin.catalogue().await?);
    let permits: Vec<_> = catalogue
        .permissions
        .iter()
        .filter(|permission| ids.contains(&permission.id))
        .map(|permission| (api_of(&catalogue, permission), permission.name.as_str()))
        .collect();
    if output.json {
        let mut document = document(&role);
        let permits = permits.iter().map(|(api, name)| json!({"api": api, "permission": name}));
        if let Value::Object(document) = &mut document {
            document.insert("permits".to_owned(), permits.collect());
        }
        return Ok(output.json(&document)?);
    }
    let permits: Vec<_> = permits.iter().map(|(api, name)| format!("{name} at {api}")).collect();
    Ok(output.facts(&[
        ("id", role.id.to_string()),
        ("name", role.name.clone()),
        ("description", role.description.clone()),
        ("mfa", role.mfa.map_or("-", MfaPolicy::as_str).to_owned()),
        ("built in", if role.built_in { "yes" } else { "no" }.to_owned()),
        ("permits", permits.join(", ")),
    ])?)
}

fn api_of<'a>(catalogue: &'a Catalogue, permission: &shared::model::Permission) -> &'a str {
    catalogue.api(&permission.api_id).map_or("", |api| api.identifier.as_str())
}

fn list(roles: &[Role], output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&roles.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = roles
        .iter()
        .map(|role| {
            let mfa = role.mfa.map_or("-", MfaPolicy::as_str);
            [role.name.clone(), mfa.to_owned(), role.description.clone(), role.id.to_string()]
        })
        .collect();
    Ok(output.table(["ROLE", "MFA", "DESCRIPTION", "ID"], &rows)?)
}

fn document(role: &Role) -> Value {
    json!({
        "id": role.id.as_str(),
        "name": role.name,
        "description": role.description,
        "mfa": role.mfa.map(MfaPolicy::as_str),
        "built_in": role.built_in,
        "created_at": role.created_at.to_string(),
    })
}
