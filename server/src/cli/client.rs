//! `signet client …`

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::admin::{AddedClient, Admin, AdminError};
use shared::model::client::{
    ClientKeys, ConsentPolicy, Introspection, Links, OfflineAccess, Pkce, SubjectType, TokenPolicy,
};
use shared::model::{
    AndroidApp, AppleApp, AuthMethod, Client, ClientKind, GrantType, MfaPolicy, Scope, SigningAlg,
    scope,
};

use super::client_change::{self, Change};
use super::output::Output;
use super::{CommandError, circle, noticed, pages, secret_input};
use crate::app::now;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an application
    Add(Box<Add>),
    /// List applications: all, or the services of a group or role
    List(circle::Of),
    /// Show an application
    Show(Named),
    /// Change an application, field by field
    Change(Change),
    /// Disable an application; its token families die
    Disable(Named),
    /// Let an application work again
    Enable(Named),
    /// Give an application another secret; the old one stops working at once
    RotateSecret(RotateSecret),
    /// Delete an application with all that was granted to it
    Delete(Named),
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of a command")]
pub(super) struct Add {
    /// Name that people will see
    #[arg(long)]
    name: String,
    /// web keeps a secret; spa and native do not; service is a machine that works for itself
    #[arg(long, value_parser = PossibleValuesParser::new(ClientKind::WORDS))]
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
    /// How it authenticates at the token endpoint; as usual for its kind if absent
    #[arg(long, value_parser = PossibleValuesParser::new(AuthMethod::WORDS))]
    auth_method: Option<String>,
    /// File with its public keys, a JWK set, for assertions
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Address of its public keys, a JWK set, for assertions
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// Scopes it may ask for; all about people if absent, none for a service
    #[arg(long)]
    scope: Option<String>,
    /// Grant type it may use; may be repeated; as usual for its kind if absent
    #[arg(long = "grant-type", value_parser = PossibleValuesParser::new(GrantType::WORDS))]
    grant_types: Vec<String>,
    /// API that it may ask tokens for, by its URI; may be repeated
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// Excuse a confidential client from PKCE
    #[arg(long)]
    without_pkce: bool,
    /// Never ask people what it may have: it is of the same house as this server
    #[arg(long)]
    first_party: bool,
    /// When it gets refresh tokens: prompted is for the offline scope with prompt=consent,
    /// remembered for that scope, always without it too
    #[arg(long, value_name = "POLICY", value_parser = PossibleValuesParser::new(OfflineAccess::WORDS))]
    offline_access: Option<String>,
    /// Let it ask about everybody's tokens, as an API does that checks them by asking
    #[arg(long)]
    introspect_any: bool,
    /// How long its access tokens are good; as the settings say if absent
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    access_token_lifetime: Option<Duration>,
    /// How long its ID tokens are good; as the settings say if absent
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    id_token_lifetime: Option<Duration>,
    /// How long its refresh tokens are good unused; as the settings say if absent
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    refresh_token_lifetime: Option<Duration>,
    /// What its ID tokens are signed with
    #[arg(long, value_name = "ALG", default_value = "RS256", value_parser = PossibleValuesParser::new(SigningAlg::WORDS))]
    id_token_alg: String,
    /// What the answers of /userinfo are signed with; plain JSON if absent
    #[arg(long, value_name = "ALG", value_parser = PossibleValuesParser::new(SigningAlg::WORDS))]
    userinfo_alg: Option<String>,
    /// Whether it wants a second factor; as the settings say if absent
    #[arg(long, value_name = "POLICY", value_parser = PossibleValuesParser::new(MfaPolicy::WORDS))]
    mfa: Option<String>,
    /// Android application of it that may use passkeys; may be repeated
    #[arg(long = "android-app", value_name = "PACKAGE:SHA256", value_parser = android_app)]
    android_apps: Vec<AndroidApp>,
    /// Apple application of it that may use passkeys; may be repeated
    #[arg(long = "apple-app", value_name = "TEAM.BUNDLE", value_parser = apple_app)]
    apple_apps: Vec<AppleApp>,
    /// Whether it knows people by the same name as other clients, or by one of its own
    #[arg(long, default_value = "public", value_parser = PossibleValuesParser::new(SubjectType::WORDS))]
    subject_type: String,
    /// Host whose clients know people by the same pairwise name; its redirect URIs' if absent
    #[arg(long, value_name = "HOST")]
    sector_identifier: Option<String>,
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

fn android_app(text: &str) -> Result<AndroidApp, &'static str> {
    AndroidApp::parse(text).ok_or("a package name, a colon and the SHA-256 of its certificate")
}

fn apple_app(text: &str) -> Result<AppleApp, &'static str> {
    AppleApp::parse(text).ok_or("a team of ten characters, a dot and a bundle id")
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
            let secret = if add.secret_stdin { Some(secret_input::first_line()?) } else { None };
            let added = admin.add_client(read(&add)?, secret, now()).await?;
            say_added(&added, output)
        }
        Command::List(of) => list(&of, admin, output).await,
        Command::Show(named) => show(&admin.get_client(&named.client).await?, output),
        Command::Change(change) => {
            let changed = client_change::change(change, admin).await?;
            noticed().await;
            if output.json {
                return say_secret(document(&changed.client), &changed, output);
            }
            output.line(&format!("{} is changed", changed.client.id))?;
            say_secret(Value::Null, &changed, output)
        }
        Command::Disable(named) => {
            let grants = admin.disable_client(&named.client, now()).await?;
            noticed().await;
            if output.json {
                return Ok(output.json(&json!({"client_id": named.client, "grants": grants}))?);
            }
            let text = format!("{} is disabled; {grants} token families died", named.client);
            Ok(output.line(&text)?)
        }
        Command::Enable(named) => {
            admin.enable_client(&named.client, now()).await?;
            noticed().await;
            if output.json {
                return Ok(output.json(&json!({"client_id": named.client}))?);
            }
            Ok(output.line(&format!("{} may be used again", named.client))?)
        }
        Command::RotateSecret(RotateSecret { client, secret_stdin }) => {
            let secret = if secret_stdin { Some(secret_input::first_line()?) } else { None };
            let rotated = admin.rotate_client_secret(&client, secret, now()).await?;
            noticed().await;
            say_rotated(&rotated, output)
        }
        Command::Delete(named) => {
            let removal = admin.delete_client(&named.client, now()).await?;
            noticed().await;
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

/// The client that the arguments describe.
fn read(add: &Add) -> Result<Client, CommandError> {
    let kind = word(&add.kind, "--kind", ClientKind::parse)?;
    let usual = Client::new(add.id.as_deref().unwrap_or_default().into(), &add.name, kind, now());
    let is_service = kind == ClientKind::Service;
    let scope = match &add.scope {
        Some(text) => Scope::parse(text)
            .map_err(|invalid| AdminError::Invalid(format!("scope: {invalid}")))?,
        None if is_service => Scope::default(),
        None => scope::KNOWN.into_iter().collect(),
    };
    let grant_types = match add.grant_types.as_slice() {
        [] if is_service => vec![GrantType::ClientCredentials],
        [] => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        words => words
            .iter()
            .map(|text| word(text, "--grant-type", GrantType::parse))
            .collect::<Result<_, _>>()?,
    };
    let keys = match (&add.jwks, &add.jwks_uri) {
        (Some(path), _) => {
            Some(ClientKeys::Inline(std::fs::read_to_string(path).map_err(|fault| {
                CommandError::Usage(format!("--jwks {}: {fault}", path.display()))
            })?))
        }
        (None, Some(uri)) => Some(ClientKeys::At(uri.clone())),
        (None, None) => None,
    };
    // Who brings keys means to use them.
    let auth_method = match (&add.auth_method, &keys) {
        (Some(text), _) => word(text, "--auth-method", AuthMethod::parse)?,
        (None, Some(_)) => AuthMethod::PrivateKeyJwt,
        (None, None) => usual.auth_method,
    };
    let userinfo_alg = match &add.userinfo_alg {
        Some(text) => Some(word(text, "--userinfo-alg", SigningAlg::parse)?),
        None => None,
    };
    let offline_access = match &add.offline_access {
        Some(text) => word(text, "--offline-access", OfflineAccess::parse)?,
        None => usual.offline_access,
    };
    Ok(Client {
        auth_method,
        keys,
        redirect_uris: add.redirect_uris.clone(),
        post_logout_redirect_uris: add.post_logout_redirect_uris.clone(),
        scope,
        grant_types,
        pkce: if add.without_pkce { Pkce::Excused } else { Pkce::Required },
        introspection: if add.introspect_any { Introspection::Any } else { Introspection::Own },
        resources: add.resources.clone(),
        consent: if add.first_party { ConsentPolicy::Implied } else { ConsentPolicy::Ask },
        offline_access,
        tokens: TokenPolicy {
            access_token_lifetime: add.access_token_lifetime,
            id_token_lifetime: add.id_token_lifetime,
            refresh_token_lifetime: add.refresh_token_lifetime,
            id_token_alg: word(&add.id_token_alg, "--id-token-alg", SigningAlg::parse)?,
            userinfo_alg,
        },
        android_apps: add.android_apps.clone(),
        apple_apps: add.apple_apps.clone(),
        mfa: add.mfa.as_deref().and_then(MfaPolicy::parse),
        subject_type: word(&add.subject_type, "--subject-type", SubjectType::parse)?,
        sector_identifier: add.sector_identifier.clone(),
        links: Links {
            home: add.client_uri.clone(),
            logo: add.logo_uri.clone(),
            policy: add.policy_uri.clone(),
            terms: add.tos_uri.clone(),
        },
        ..usual
    })
}

/// A word that clap has looked at already.
fn word<T>(
    text: &str,
    argument: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, CommandError> {
    parse(text).ok_or_else(|| CommandError::Usage(format!("{argument} cannot be read")))
}

fn say_added(added: &AddedClient, output: Output) -> Result<(), CommandError> {
    if output.json {
        return say_secret(document(&added.client), added, output);
    }
    output.line(&format!("{} is added", added.client.name))?;
    output.line(&format!("client_id      {}", added.client.id))?;
    say_secret(Value::Null, added, output)
}

fn say_rotated(rotated: &AddedClient, output: Output) -> Result<(), CommandError> {
    if output.json {
        return say_secret(json!({"client_id": rotated.client.id.as_str()}), rotated, output);
    }
    output.line(&format!("{} has a new secret; the old one is dead", rotated.client.id))?;
    say_secret(Value::Null, rotated, output)
}

/// The secret, if one was made: in the document, or in lines.
fn say_secret(mut document: Value, made: &AddedClient, output: Output) -> Result<(), CommandError> {
    let secret = made.secret.as_ref().map(|secret| secret.expose().clone());
    match (&mut document, secret) {
        (Value::Object(members), secret) => {
            members.extend(secret.map(|secret| ("client_secret".to_owned(), secret.into())));
            Ok(output.json(&document)?)
        }
        (_, Some(secret)) => {
            output.line(&format!("client_secret  {secret}"))?;
            Ok(output.line("The secret is shown this once; it cannot be read back.")?)
        }
        (_, None) => Ok(()),
    }
}

fn show(client: &Client, output: Output) -> Result<(), CommandError> {
    if output.json {
        return Ok(output.json(&document(client))?);
    }
    // What JSON says too, a line each; what is not there is left out.
    let Value::Object(members) = document(client) else { return Ok(()) };
    let facts: Vec<_> = members
        .iter()
        .filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(all) => {
                    all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
                }
                Value::Null => String::new(),
                other => other.to_string(),
            };
            (!text.is_empty()).then_some((name.as_str(), text))
        })
        .collect();
    Ok(output.facts(&facts)?)
}

async fn list(of: &circle::Of, admin: &Admin, output: Output) -> Result<(), CommandError> {
    let clients = match of.read(admin).await? {
        None => {
            let all = pages::all(async |last: Option<&Client>| {
                let after = last.map(|client| client.id.as_str()).unwrap_or_default();
                admin.list_clients(after, pages::SIZE).await
            });
            all.await?
        }
        Some(circle) => admin.list_clients_of(&circle).await?,
    };
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

/// A client in the words of the registration specifications, where they have one.
fn document(client: &Client) -> Value {
    let grant_types: Vec<_> = client.grant_types.iter().map(|each| each.as_str()).collect();
    let (jwks, jwks_uri) = match &client.keys {
        Some(ClientKeys::Inline(json)) => (serde_json::from_str(json).ok(), None),
        Some(ClientKeys::At(uri)) => (None, Some(uri)),
        None => (None::<Value>, None),
    };
    let time = |span: Option<Duration>| span.map(shared::span_text);
    json!({
        "client_id": client.id.as_str(),
        "client_name": client.name,
        "kind": client.kind.as_str(),
        "token_endpoint_auth_method": client.auth_method.as_str(),
        "jwks": jwks,
        "jwks_uri": jwks_uri,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "scope": client.scope.to_string(),
        "grant_types": grant_types,
        "resources": client.resources,
        "pkce": client.pkce.as_str(),
        "consent": client.consent.as_str(),
        "offline_access": client.offline_access.as_str(),
        "introspection": client.introspection.as_str(),
        "access_token_lifetime": time(client.tokens.access_token_lifetime),
        "id_token_lifetime": time(client.tokens.id_token_lifetime),
        "refresh_token_lifetime": time(client.tokens.refresh_token_lifetime),
        "id_token_signed_response_alg": client.tokens.id_token_alg.as_str(),
        "userinfo_signed_response_alg": client.tokens.userinfo_alg.map(SigningAlg::as_str),
        "android_apps": client.android_apps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "apple_apps": client.apple_apps.iter().map(AppleApp::as_str).collect::<Vec<_>>(),
        "mfa": client.mfa.map(MfaPolicy::as_str),
        "subject_type": client.subject_type.as_str(),
        "sector_identifier": client.sector_identifier,
        "client_uri": client.links.home,
        "logo_uri": client.links.logo,
        "policy_uri": client.links.policy,
        "tos_uri": client.links.terms,
        "disabled": client.disabled_at.is_some(),
        "created_at": client.created_at.to_string(),
        "updated_at": client.updated_at.to_string(),
    })
}
