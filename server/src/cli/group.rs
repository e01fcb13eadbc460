//! `signet group …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{Admin, Named, RoleHolder};
use shared::model::Group;

use super::CommandError;
use super::output::Output;
use crate::app::now;

/// How many of a group are shown.
const SHOWN: i64 = 200;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a group
    Add(Add),
    /// List all groups
    List,
    /// Show a group with its roles and who is in it
    Show(OfGroup),
    /// Change a group's name or description
    Change(Change),
    /// Delete a group that nobody is in and that has no roles
    Delete(OfGroup),
    /// Take a person or a service into a group
    Join(Whose),
    /// Take a person or a service out of a group
    Leave(Whose),
}

#[derive(Args)]
pub(super) struct Add {
    /// What operators call it
    group: String,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
}

#[derive(Args)]
pub(super) struct OfGroup {
    /// Name or id of the group
    group: String,
}

#[derive(Args)]
pub(super) struct Change {
    /// Name or id of the group
    group: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
}

#[derive(Args)]
pub(super) struct Whose {
    /// Name or id of the group
    group: String,
    /// User name, e-mail address or id
    #[arg(required_unless_present = "client", conflicts_with = "client")]
    user: Option<String>,
    /// A service, by its client id
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
}

impl Whose {
    fn read(self) -> (String, Named) {
        let user = self.user.map(Named::User);
        let named = user.or(self.client.map(Named::Client));
        (self.group, named.unwrap_or(Named::User(String::new())))
    }
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::Add(Add { group, description }) => {
            say(&admin.add_group(&group, &description, now()).await?, "added", output)
        }
        Command::List => list(&admin.list_groups().await?, output),
        Command::Show(OfGroup { group }) => show(admin, &group, output).await,
        Command::Change(Change { group, name, description }) => {
            let mut group = admin.get_group(&group).await?;
            group.name = name.unwrap_or(group.name);
            group.description = description.unwrap_or(group.description);
            say(&admin.change_group(group, now()).await?, "changed", output)
        }
        Command::Delete(OfGroup { group }) => {
            say(&admin.delete_group(&group, now()).await?, "deleted", output)
        }
        Command::Join(whose) => {
            let (group, member) = whose.read();
            admin.add_member(&group, &member, now()).await?;
            done(&group, &member, "is in", output)
        }
        Command::Leave(whose) => {
            let (group, member) = whose.read();
            admin.remove_member(&group, &member, now()).await?;
            done(&group, &member, "is no longer in", output)
        }
    }
}

fn done(group: &str, member: &Named, what: &str, output: Output) -> Result<(), CommandError> {
    let (kind, name) = match member {
        Named::User(name) => ("user", name),
        Named::Client(name) => ("client", name),
    };
    if output.json {
        return Ok(output.json(&json!({"group": group, kind: name}))?);
    }
    Ok(output.line(&format!("{name} {what} {group}"))?)
}

fn say(group: &Group, what: &str, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(group))?);
    }
    Ok(output.line(&format!("{} ({}) {what}", group.name, group.id))?)
}

fn list(groups: &[Group], output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&groups.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = groups
        .iter()
        .map(|group| [group.name.clone(), group.description.clone(), group.id.to_string()])
        .collect();
    Ok(output.table(["GROUP", "DESCRIPTION", "ID"], &rows)?)
}

async fn show(admin: &Admin, named: &str, output: Output) -> Result<(), CommandError> {
    let group = admin.get_group(named).await?;
    let roles = admin.list_roles_of(&RoleHolder::Group(group.name.clone())).await?;
    let (members, count) = admin.list_members(named, SHOWN).await?;
    if output.json {
        let mut document = document(&group);
        if let Value::Object(document) = &mut document {
            let roles = roles.iter().map(|role| json!(role.name));
            document.insert("roles".to_owned(), roles.collect());
            document.insert("members".to_owned(), json!(count));
            let shown = members.iter().map(|member| {
                json!({
                    "kind": if member.is_user { "user" } else { "client" },
                    "id": member.id,
                    "name": member.name,
                })
            });
            document.insert("shown".to_owned(), shown.collect());
        }
        return Ok(output.json(&document)?);
    }
    let roles: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    output.facts(&[
        ("id", group.id.to_string()),
        ("name", group.name.clone()),
        ("description", group.description.clone()),
        ("roles", roles.join(", ")),
        ("members", count.to_string()),
    ])?;
    let rows: Vec<_> = members
        .into_iter()
        .map(|member| {
            let kind = if member.is_user { "user" } else { "client" };
            [member.name, kind.to_owned(), member.id]
        })
        .collect();
    output.line("")?;
    Ok(output.table(["MEMBER", "KIND", "ID"], &rows)?)
}

fn document(group: &Group) -> Value {
    json!({
        "id": group.id.as_str(),
        "name": group.name,
        "description": group.description,
        "created_at": group.created_at.to_string(),
    })
}
