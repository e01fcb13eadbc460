//! `signet client …`

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{AddedClient, Admin, AdminError, NewClient};
use shared::model::client::{Introspection, Links, Pkce};
use shared::model::{AuthMethod, Client, ClientKind, GrantType, Scope};

use super::output::Output;
use super::{CommandError, pages, secret_input};
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an application
    Add(Box<Add>),
    /// List all applications
    List,
    /// Show an application
    Show(Named),
    /// Give an application another secret; the old one stops working at once
    RotateSecret(RotateSecret),
    /// Delete an application with all that was granted to it
    Delete(Named),
}

#[derive(Args)]
pub(super) struct Add {
    /// Name that people will see
    #[arg(long)]
    name: String,
    /// web keeps a secret; spa and native do not
    #[arg(long, value_parser = PossibleValuesParser::new(["web", "spa", "native"]))]
    kind: String,
    /// Where answers may be sent; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where people may be sent after they signed out; may be repeated
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// Client id; made up if absent
    #[arg(long)]
    id: Option<String>,
    /// Read the client secret from the first line of standard input
    #[arg(long)]
    secret_stdin: bool,
    /// How it authenticates at the token endpoint
    #[arg(long, value_parser = PossibleValuesParser::new(
        ["none", "client_secret_basic", "client_secret_post"]))]
    auth_method: Option<String>,
    /// Scopes it may ask for
    #[arg(long, default_value = "openid profile email address phone offline_access")]
    scope: String,
    /// Grant type it may use; may be repeated
    #[arg(long = "grant-type", value_parser = PossibleValuesParser::new(
        ["authorization_code", "refresh_token"]), default_values = [
        "authorization_code", "refresh_token"])]
    grant_types: Vec<String>,
    /// Excuse a confidential client from PKCE
    #[arg(long)]
    without_pkce: bool,
    /// Let it ask about everybody's tokens, as an API does that checks them by asking
    #[arg(long)]
    introspect_any: bool,
    /// Home page
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// Logo
    #[arg(long, value_name = "URL")]
    logo_uri: Option<String>,
    /// Privacy policy
    #[arg(long, value_name = "URL")]
    policy_uri: Option<String>,
    /// Terms of service
    #[arg(long, value_name = "URL")]
    tos_uri: Option<String>,
}

#[derive(Args)]
pub(super) struct Named {
    /// Client id
    client: String,
}

#[derive(Args)]
pub(super) struct RotateSecret {
    /// Client id
    client: String,
    /// Read the new secret from the first line of standard input
    #[arg(long)]
    secret_stdin: bool,
}

pub(super) async fn run(
    command: Command,
    admin: &Admin,
    output: Output,
) -> Result<(), CommandError> {
    match command {
        Command::Add(add) => {
            let added = admin.add_client(read(*add)?, now()).await?;
            say_added(&added, output)
        }
        Command::List => list(admin, output).await,
        Command::Show(named) => show(&admin.get_client(&named.client).await?, output),
        Command::RotateSecret(RotateSecret { client, secret_stdin }) => {
            let secret = if secret_stdin { Some(secret_input::first_line()?) } else { None };
            let rotated = admin.rotate_client_secret(&client, secret, now()).await?;
            say_rotated(&rotated, output)
        }
        Command::Delete(named) => {
            let removal = admin.delete_client(&named.client, now()).await?;
            if output.json {
                let body = json!({
                    "client_id": named.client,
                    "grants": removal.grants,
                    "consents": removal.consents,
                });
                return Ok(output.json(&body)?);
            }
            Ok(output.line(&format!(
                "{} is deleted, with {} grants and {} consents",
                named.client, removal.grants, removal.consents
            ))?)
        }
    }
}

fn read(add: Add) -> Result<NewClient, CommandError> {
    let unreadable = |what: &str| CommandError::Usage(format!("{what} cannot be read"));
    let grant_types = add.grant_types.iter().map(|word| GrantType::parse(word)).collect();
    Ok(NewClient {
        id: add.id,
        name: add.name,
        kind: ClientKind::parse(&add.kind).ok_or_else(|| unreadable("--kind"))?,
        auth_method: add.auth_method.as_deref().and_then(AuthMethod::parse),
        secret: if add.secret_stdin { Some(secret_input::first_line()?) } else { None },
        redirect_uris: add.redirect_uris,
        post_logout_redirect_uris: add.post_logout_redirect_uris,
        scope: Scope::parse(&add.scope)
            .map_err(|invalid| AdminError::Invalid(format!("scope: {invalid}")))?,
        grant_types: Option::ok_or_else(grant_types, || unreadable("--grant-type"))?,
        pkce: if add.without_pkce { Pkce::Excused } else { Pkce::Required },
        introspection: if add.introspect_any { Introspection::Any } else { Introspection::Own },
        links: Links {
            home: add.client_uri,
            logo: add.logo_uri,
            policy: add.policy_uri,
            terms: add.tos_uri,
        },
    })
}

fn say_added(added: &AddedClient, output: Output) -> Result<(), CommandError> {
    let secret = added.secret.as_ref().map(|secret| secret.expose().clone());
    if output.json {
        let mut body = document(&added.client);
        if let (Some(secret), Value::Object(members)) = (secret, &mut body) {
            members.insert("client_secret".to_owned(), Value::String(secret));
        }
        return Ok(output.json(&body)?);
    }
    output.line(&format!("{} is added", added.client.name))?;
    output.line(&format!("client_id      {}", added.client.id))?;
    match secret {
        Some(secret) => {
            output.line(&format!("client_secret  {secret}"))?;
            Ok(output.line("The secret is shown this once; it cannot be read back.")?)
        }
        None => Ok(()),
    }
}

fn say_rotated(rotated: &AddedClient, output: Output) -> Result<(), CommandError> {
    let secret = rotated.secret.as_ref().map(|secret| secret.expose().clone());
    if output.json {
        let mut body = json!({"client_id": rotated.client.id.as_str()});
        if let (Some(secret), Value::Object(members)) = (secret, &mut body) {
            members.insert("client_secret".to_owned(), Value::String(secret));
        }
        return Ok(output.json(&body)?);
    }
    output.line(&format!("{} has a new secret; the old one is dead", rotated.client.id))?;
    match secret {
        Some(secret) => {
            output.line(&format!("client_secret  {secret}"))?;
            Ok(output.line("The secret is shown this once; it cannot be read back.")?)
        }
        None => Ok(()),
    }
}

fn show(client: &Client, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(client))?);
    }
    let grant_types: Vec<_> = client.grant_types.iter().map(|each| each.as_str()).collect();
    let facts = [
        ("client_id", client.id.to_string()),
        ("name", client.name.clone()),
        ("kind", client.kind.to_string()),
        ("authentication", client.auth_method.to_string()),
        ("pkce", client.pkce.to_string()),
        ("introspection", client.introspection.to_string()),
        ("redirect_uris", client.redirect_uris.join("\n               ")),
        ("after_sign_out", client.post_logout_redirect_uris.join("\n               ")),
        ("scope", client.scope.to_string()),
        ("grant_types", grant_types.join(" ")),
        ("created", client.created_at.to_string()),
    ];
    Ok(output.facts(&facts)?)
}

async fn list(admin: &Admin, output: Output) -> Result<(), CommandError> {
    let clients = pages::all(async |last: Option<&Client>| {
        let after = last.map(|client| client.id.as_str()).unwrap_or_default();
        admin.list_clients(after, pages::SIZE).await
    });
    let clients = clients.await?;
    if output.json {
        return Ok(output.json(&clients.iter().map(document).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = clients
        .iter()
        .map(|client| {
            [
                client.id.to_string(),
                client.name.clone(),
                client.kind.to_string(),
                client.auth_method.to_string(),
            ]
        })
        .collect();
    Ok(output.table(["CLIENT ID", "NAME", "KIND", "AUTHENTICATION"], &rows)?)
}

fn document(client: &Client) -> Value {
    let grant_types: Vec<_> = client.grant_types.iter().map(|each| each.as_str()).collect();
    json!({
        "client_id": client.id.as_str(),
        "name": client.name,
        "kind": client.kind.as_str(),
        "token_endpoint_auth_method": client.auth_method.as_str(),
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "scope": client.scope.to_string(),
        "grant_types": grant_types,
        "pkce": client.pkce.as_str(),
        "introspection": client.introspection.as_str(),
        "client_uri": client.links.home,
        "logo_uri": client.links.logo,
        "policy_uri": client.links.policy,
        "tos_uri": client.links.terms,
        "created_at": client.created_at.to_string(),
        "updated_at": client.updated_at.to_string(),
    })
}
