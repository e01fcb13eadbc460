//! `signet api …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{Admin, NewApi, NewPermission, NewScope};
use shared::model::{Api, ApiScope, Catalogue};

use super::output::Output;
use super::{CommandError, noticed};
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an API that takes this server's tokens
    Add(Add),
    /// List all APIs
    List,
    /// Show an API with its permissions and scopes
    Show(Named),
    /// Change an API
    Change(Change),
    /// Give nobody tokens for an API any more
    Disable(Named),
    /// Give tokens for an API again
    Enable(Named),
    /// Delete an API that has no permissions and no scopes
    Delete(Named),
    /// What can be done at an API
    #[command(subcommand)]
    Permission(PermissionCommand),
    /// What applications ask for at an API
    #[command(subcommand)]
    Scope(ScopeCommand),
}

#[derive(Subcommand)]
pub(super) enum PermissionCommand {
    /// Add a permission, and a scope of its name
    Add(AddPermission),
    /// Say anew what a permission is
    Describe(Describe),
    /// Delete a permission that no role and no scope has
    Delete(InApi),
}

#[derive(Subcommand)]
pub(super) enum ScopeCommand {
    /// Add a scope, or change what it stands for
    Set(SetScope),
    /// Delete a scope that no client may ask for
    Delete(InApi),
}

#[derive(Args)]
pub(super) struct Add {
    /// Absolute URI: the aud of its tokens
    identifier: String,
    /// What operators call it
    #[arg(long)]
    name: String,
    /// Tell it in the claim roles which roles are behind a token
    #[arg(long)]
    tell_roles: bool,
    /// Tell it in the claim permissions which permissions are behind a token
    #[arg(long)]
    tell_permissions: bool,
}

#[derive(Args)]
pub(super) struct Named {
    /// Identifier of the API
    api: String,
}

#[derive(Args)]
pub(super) struct Change {
    /// Identifier of the API
    api: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// Whether its tokens tell roles
    #[arg(long, value_name = "true|false")]
    tell_roles: Option<bool>,
    /// Whether its tokens tell permissions
    #[arg(long, value_name = "true|false")]
    tell_permissions: Option<bool>,
}

#[derive(Args)]
pub(super) struct AddPermission {
    /// Identifier of the API
    api: String,
    /// What the API calls it
    permission: String,
    /// What it is; people read it when they are asked for the scope
    #[arg(long, default_value = "")]
    description: String,
    /// Add no scope of its name
    #[arg(long)]
    without_scope: bool,
}

#[derive(Args)]
pub(super) struct Describe {
    /// Identifier of the API
    api: String,
    /// Name of the permission
    permission: String,
    /// What it is
    description: String,
}

#[derive(Args)]
pub(super) struct InApi {
    /// Identifier of the API
    api: String,
    /// Name of the permission or scope
    name: String,
}

#[derive(Args)]
pub(super) struct SetScope {
    /// Identifier of the API
    api: String,
    /// The scope, as applications ask for it
    scope: String,
    /// Permission that it stands for; may be repeated. Without any it stands for what it stood for
    #[arg(long = "permission", value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// It stands for no permission: everybody gets it
    #[arg(long, conflicts_with = "permissions")]
    without_permissions: bool,
    /// What people read when they are asked for it
    #[arg(long)]
    description: Option<String>,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::Add(Add { identifier, name, tell_roles, tell_permissions }) => {
            let new = NewApi {
                identifier,
                name,
                tells_roles: tell_roles,
                tells_permissions: tell_permissions,
            };
            say(&admin.add_api(new, now()).await?, "added", output)
        }
        Command::List => list(&admin.catalogue().await?, output),
        Command::Show(Named { api }) => {
            let (api, catalogue) = (admin.get_api(&api).await?, admin.catalogue().await?);
            show(&api, &catalogue, output)
        }
        Command::Change(Change { api, name, tell_roles, tell_permissions }) => {
            let mut api = admin.get_api(&api).await?;
            api.name = name.unwrap_or(api.name);
            api.tells_roles = tell_roles.unwrap_or(api.tells_roles);
            api.tells_permissions = tell_permissions.unwrap_or(api.tells_permissions);
            change(admin, api, "changed", output).await
        }
        Command::Disable(Named { api }) => {
            let mut api = admin.get_api(&api).await?;
            api.disabled_at = Some(now());
            change(admin, api, "is disabled: nobody gets tokens for it", output).await
        }
        Command::Enable(Named { api }) => {
            let mut api = admin.get_api(&api).await?;
            api.disabled_at = None;
            change(admin, api, "is enabled", output).await
        }
        Command::Delete(Named { api }) => {
            say(&admin.delete_api(&api, now()).await?, "deleted", output)
        }
        Command::Permission(command) => permission(command, admin, output).await,
        Command::Scope(command) => scope(command, admin, output).await,
    }
}

async fn permission(
    command: PermissionCommand,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    let (api, name, what) = match command {
        PermissionCommand::Add(AddPermission { api, permission, description, without_scope }) => {
            let new =
                NewPermission { name: permission.clone(), description, with_scope: !without_scope };
            admin.add_permission(&api, new, now()).await?;
            (api, permission, "added")
        }
        PermissionCommand::Describe(Describe { api, permission, description }) => {
            admin.describe_permission((&api, &permission), &description, None, now()).await?;
            (api, permission, "changed")
        }
        PermissionCommand::Delete(InApi { api, name }) => {
            admin.delete_permission(&api, &name, now()).await?;
            (api, name, "deleted")
        }
    };
    noticed().await;
    if output.json {
        return Ok(output.json(&json!({"api": api, "permission": name}))?);
    }
    Ok(output.line(&format!("{name} at {api} {what}"))?)
}

async fn scope(command: ScopeCommand, admin: &Admin, output: Output) -> Result<(), CommandError> {
    let (api, name, what) = match command {
        ScopeCommand::Set(SetScope {
            api,
            scope,
            permissions,
            without_permissions,
            description,
        }) => {
            let says = without_permissions || !permissions.is_empty();
            let permissions = says.then_some(permissions);
            let new = NewScope { name: scope, description, permissions, version: None };
            admin.put_scope(&api, &new, now()).await?;
            (api, new.name, "set")
        }
        ScopeCommand::Delete(InApi { api, name }) => {
            admin.delete_scope(&api, &name, now()).await?;
            (api, name, "deleted")
        }
    };
    noticed().await;
    if output.json {
        return Ok(output.json(&json!({"api": api, "scope": name}))?);
    }
    Ok(output.line(&format!("{name} at {api} {what}"))?)
}

async fn change(admin: &Admin, api: Api, what: &str, output: Output) -> Result<(), CommandError> {
    let api = admin.change_api(api, now()).await?;
    noticed().await;
    say(&api, what, output)
}

fn say(api: &Api, what: &str, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(api))?);
    }
    Ok(output.line(&format!("{} ({}) {what}", api.identifier, api.name))?)
}

fn list(catalogue: &Catalogue, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&catalogue.apis.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = catalogue
        .apis
        .iter()
        .map(|api| {
            let count = catalogue.permissions.iter().filter(|each| each.api_id == api.id).count();
            [api.identifier.clone(), api.name.clone(), state(api), count.to_string()]
        })
        .collect();
    Ok(output.table(["IDENTIFIER", "NAME", "STATE", "PERMISSIONS"], &rows)?)
}

fn show(api: &Api, catalogue: &Catalogue, output: Output) -> Result<(), CommandError> {
    let permissions: Vec<_> =
        catalogue.permissions.iter().filter(|each| each.api_id == api.id).collect();
    let scopes: Vec<_> = catalogue.scopes.iter().filter(|each| each.api_id == api.id).collect();
    if output.json {
        let mut document = document(api);
        if let Value::Object(document) = &mut document {
            let all = permissions
                .iter()
                .map(|each| json!({"name": each.name, "description": each.description}));
            document.insert("permissions".to_owned(), all.collect());
            let all = scopes.iter().map(|each| {
                let permissions = stands_for(each, catalogue);
                json!({
                    "name": each.name,
                    "description": each.description,
                    "permissions": permissions,
                })
            });
            document.insert("scopes".to_owned(), all.collect());
        }
        return Ok(output.json(&document)?);
    }
    let yes = |told| if told { "yes" } else { "no" }.to_owned();
    output.facts(&[
        ("identifier", api.identifier.clone()),
        ("name", api.name.clone()),
        ("state", state(api)),
        ("tells roles", yes(api.tells_roles)),
        ("tells permissions", yes(api.tells_permissions)),
    ])?;
    let rows: Vec<_> =
        permissions.iter().map(|each| [each.name.clone(), each.description.clone()]).collect();
    output.line("")?;
    output.table(["PERMISSION", "DESCRIPTION"], &rows)?;
    let rows: Vec<_> = scopes
        .iter()
        .map(|each| {
            [each.name.clone(), stands_for(each, catalogue).join(" "), each.description.clone()]
        })
        .collect();
    output.line("")?;
    Ok(output.table(["SCOPE", "STANDS FOR", "DESCRIPTION"], &rows)?)
}

fn stands_for<'a>(scope: &ApiScope, catalogue: &'a Catalogue) -> Vec<&'a str> {
    let permissions = catalogue.permissions.iter();
    let permissions = permissions.filter(|each| scope.permissions.contains(&each.id));
    permissions.map(|each| each.name.as_str()).collect()
}

fn state(api: &Api) -> String {
    api.disabled_at.map_or_else(|| "enabled".to_owned(), |at| format!("disabled {at}"))
}

fn document(api: &Api) -> Value {
    json!({
        "id": api.id.as_str(),
        "identifier": api.identifier,
        "name": api.name,
        "tells_roles": api.tells_roles,
        "tells_permissions": api.tells_permissions,
        "disabled": api.disabled_at.is_some(),
        "built_in": api.built_in,
        "created_at": api.created_at.to_string(),
    })
}
