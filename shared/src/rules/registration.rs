//! What may be registered as a client.

use std::time::Duration;

use serde_json::Value;
use url::{Host, Url};

use super::key_rotation::LONGEST_TOKEN;
use super::person::is_page;
use super::redirect_uri::{self, is_loopback};
use super::resource::is_resource;
use crate::model::client::{ClientKeys, Introspection, Pkce, SubjectType};
use crate::model::scope::{OFFLINE_ACCESS, OPENID};
use crate::model::{AuthMethod, Client, ClientKind, GrantType};

/// Why a client may not be registered so, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidClient {
    /// The field, as the specification spells it.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

fn invalid(field: &'static str, problem: &str) -> InvalidClient {
    InvalidClient { field, problem: problem.to_owned() }
}

/// Checks a client before it is stored.
///
/// # Errors
/// [`InvalidClient`], naming the first field that is wrong.
pub fn check(client: &Client) -> Result<(), InvalidClient> {
    check_id(client.id.as_str())?;
    if client.name.trim().is_empty() || client.name.chars().count() > 200 {
        return Err(invalid("client_name", "it has 1 to 200 characters"));
    }
    if client.name.chars().any(char::is_control) {
        return Err(invalid("client_name", "it has control characters"));
    }
    check_authentication(client)?;
    check_grants(client)?;
    for (field, uris) in [
        ("redirect_uris", &client.redirect_uris),
        ("post_logout_redirect_uris", &client.post_logout_redirect_uris),
    ] {
        for uri in uris {
            if let Err(problem) = redirect_uri::check(client.kind, uri) {
                return Err(invalid(field, &format!("{uri}: {problem}")));
            }
        }
    }
    for (field, link) in [
        ("client_uri", &client.links.home),
        ("logo_uri", &client.links.logo),
        ("policy_uri", &client.links.policy),
        ("tos_uri", &client.links.terms),
    ] {
        if link.as_deref().is_some_and(|link| !is_page(link)) {
            return Err(invalid(field, "it is not an http or https URL"));
        }
    }
    if client.resources.iter().any(|uri| !is_resource(uri)) {
        return Err(invalid("resource", "it is not an absolute URI without a fragment"));
    }
    check_lifetimes(client)?;
    check_sector(client)
}

/// The fields in which a client differs from what it was, by the names that the
/// specifications give them.
pub fn changed(before: &Client, after: &Client) -> Vec<&'static str> {
    [
        ("client_name", before.name != after.name),
        ("kind", before.kind != after.kind),
        ("token_endpoint_auth_method", before.auth_method != after.auth_method),
        ("jwks", before.keys != after.keys),
        ("redirect_uris", before.redirect_uris != after.redirect_uris),
        (
            "post_logout_redirect_uris",
            before.post_logout_redirect_uris != after.post_logout_redirect_uris,
        ),
        ("scope", before.scope != after.scope),
        ("grant_types", before.grant_types != after.grant_types),
        ("pkce", before.pkce != after.pkce),
        ("introspection", before.introspection != after.introspection),
        ("resource", before.resources != after.resources),
        ("consent", before.consent != after.consent),
        ("offline_access", before.offline_access != after.offline_access),
        ("tokens", before.tokens != after.tokens),
        ("mfa", before.mfa != after.mfa),
        ("android_apps", before.android_apps != after.android_apps),
        ("apple_apps", before.apple_apps != after.apple_apps),
        ("subject_type", before.subject_type != after.subject_type),
        ("sector_identifier", before.sector_identifier != after.sector_identifier),
        ("client_uri", before.links != after.links),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

/// How it proves who it is, and what that allows.
fn check_authentication(client: &Client) -> Result<(), InvalidClient> {
    let method = "token_endpoint_auth_method";
    match client.kind {
        ClientKind::Spa | ClientKind::Native => {
            if client.auth_method != AuthMethod::None {
                let problem =
                    "an application on a device or in a browser keeps no secret: use none";
                return Err(invalid(method, problem));
            }
            if client.pkce == Pkce::Excused {
                return Err(invalid("pkce", "only a confidential client can be excused"));
            }
        }
        ClientKind::Web => {
            if client.auth_method == AuthMethod::None && client.pkce == Pkce::Excused {
                let problem = "a client without a secret cannot go without PKCE";
                return Err(invalid("pkce", problem));
            }
        }
        ClientKind::Service => {
            if client.auth_method == AuthMethod::None {
                return Err(invalid(method, "a service proves who it is: none is not enough"));
            }
        }
    }
    if !client.is_confidential() && client.introspection == Introspection::Any {
        let problem = "only a client that proves who it is may ask about others' tokens";
        return Err(invalid("introspection", problem));
    }
    match (&client.keys, client.auth_method == AuthMethod::PrivateKeyJwt) {
        (None, true) => Err(invalid("jwks", "private_key_jwt needs a JWK set or its address")),
        (Some(_), false) => Err(invalid("jwks", "keys are used with private_key_jwt only")),
        (Some(ClientKeys::Inline(jwks)), true) => check_jwks(jwks),
        (Some(ClientKeys::At(uri)), true) if !is_key_address(uri) => {
            Err(invalid("jwks_uri", "it is not an https URL, or http on a loopback host"))
        }
        _ => Ok(()),
    }
}

/// A JWK set of public keys (RFC 7517 §5).
fn check_jwks(jwks: &str) -> Result<(), InvalidClient> {
    let document: Option<Value> = serde_json::from_str(jwks).ok();
    let keys = document.as_ref().and_then(|document| document.get("keys")?.as_array());
    let Some(keys) = keys.filter(|keys| !keys.is_empty()) else {
        return Err(invalid("jwks", "it is not a JWK set with keys in it"));
    };
    let is_private = |key: &Value| PRIVATE_MEMBERS.iter().any(|name| key.get(name).is_some());
    if keys.iter().any(is_private) {
        return Err(invalid("jwks", "it has a private or symmetric key in it; send public keys"));
    }
    Ok(())
}

/// What only private and symmetric keys have (RFC 7518 §6).
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

fn is_key_address(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    scheme && url.username().is_empty() && url.password().is_none() && !uri.contains('#')
}

/// How it gets tokens, and what that needs.
fn check_grants(client: &Client) -> Result<(), InvalidClient> {
    if client.grant_types.is_empty() {
        return Err(invalid("grant_types", "there is none"));
    }
    let works_for_itself = client.may_use(GrantType::ClientCredentials);
    if client.kind == ClientKind::Service {
        if client.grant_types != [GrantType::ClientCredentials] {
            return Err(invalid(
                "grant_types",
                "a service uses client_credentials and nothing else",
            ));
        }
        if !client.redirect_uris.is_empty() {
            return Err(invalid("redirect_uris", "nobody signs in at a service"));
        }
        if [OPENID, OFFLINE_ACCESS].iter().any(|scope| client.scope.contains(scope)) {
            return Err(invalid("scope", "openid and offline_access are about people"));
        }
        return Ok(());
    }
    if works_for_itself && !client.is_confidential() {
        return Err(invalid("grant_types", "a public client may not use client_credentials"));
    }
    if client.may_use(GrantType::AuthorizationCode) && client.redirect_uris.is_empty() {
        return Err(invalid("redirect_uris", "there is none"));
    }
    if client.scope.is_empty() {
        return Err(invalid("scope", "there is none"));
    }
    Ok(())
}

fn check_lifetimes(client: &Client) -> Result<(), InvalidClient> {
    let tokens = &client.tokens;
    let year = Duration::from_hours(365 * 24);
    for (field, lifetime, longest) in [
        ("access_token_lifetime", tokens.access_token_lifetime, LONGEST_TOKEN),
        ("id_token_lifetime", tokens.id_token_lifetime, LONGEST_TOKEN),
        ("refresh_token_lifetime", tokens.refresh_token_lifetime, year),
    ] {
        let Some(lifetime) = lifetime else { continue };
        if lifetime < Duration::from_secs(1) || lifetime > longest || lifetime.subsec_nanos() != 0 {
            let hours = longest.as_secs() / 3600;
            return Err(InvalidClient {
                field,
                problem: format!("it is 1 second to {hours} hours, in whole seconds"),
            });
        }
    }
    Ok(())
}

fn check_sector(client: &Client) -> Result<(), InvalidClient> {
    let field = "sector_identifier";
    if let Some(host) = &client.sector_identifier
        && !matches!(Host::parse(host), Ok(parsed) if parsed.to_string() == *host)
    {
        return Err(invalid(field, "it is not a host name in lower case"));
    }
    if client.subject_type == SubjectType::Pairwise && client.sector().is_none() {
        let problem = "pairwise subjects need one where the redirect URIs are not all of one host";
        return Err(invalid(field, problem));
    }
    Ok(())
}

/// Checks a client id: printable ASCII, so that it fits into every header (RFC 6749 App. A.1).
///
/// # Errors
/// [`InvalidClient`].
pub fn check_id(id: &str) -> Result<(), InvalidClient> {
    if id.is_empty() || id.len() > 255 {
        return Err(invalid("client_id", "it has 1 to 255 characters"));
    }
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("client_id", "it has characters other than printable ASCII"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Scope;
    use crate::rules::authorize::tests::client;

    #[test]
    fn a_public_client_has_no_secret_and_always_pkce() {
        let spa = Client { kind: ClientKind::Spa, auth_method: AuthMethod::None, ..client() };
        assert!(check(&spa).is_ok());
        let excused = Client { pkce: Pkce::Excused, ..spa.clone() };
        assert_eq!(check(&excused).unwrap_err().field, "pkce");
        let secret = Client { auth_method: AuthMethod::ClientSecretPost, ..spa };
        assert_eq!(check(&secret).unwrap_err().field, "token_endpoint_auth_method");
    }

    #[test]
    fn a_code_client_needs_a_redirect_uri() {
        let client = Client { redirect_uris: vec![], ..client() };
        assert_eq!(check(&client).unwrap_err().field, "redirect_uris");
    }

    #[test]
    fn the_uri_at_fault_is_named() {
        let client = Client { redirect_uris: vec!["http://a.example/".into()], ..client() };
        assert!(check(&client).unwrap_err().problem.starts_with("http://a.example/: "));
    }

    fn service() -> Client {
        Client {
            kind: ClientKind::Service,
            redirect_uris: vec![],
            post_logout_redirect_uris: vec![],
            grant_types: vec![GrantType::ClientCredentials],
            scope: Scope::parse("orders:read").unwrap(),
            ..client()
        }
    }

    #[test]
    fn a_service_works_for_itself_alone() {
        assert!(check(&service()).is_ok());
        assert!(check(&Client { scope: Scope::default(), ..service() }).is_ok());
        for (client, field) in [
            (Client { grant_types: client().grant_types, ..service() }, "grant_types"),
            (Client { redirect_uris: client().redirect_uris, ..service() }, "redirect_uris"),
            (Client { scope: Scope::parse("openid").unwrap(), ..service() }, "scope"),
            (Client { auth_method: AuthMethod::None, ..service() }, "token_endpoint_auth_method"),
        ] {
            assert_eq!(check(&client).unwrap_err().field, field);
        }
        let public = Client {
            kind: ClientKind::Spa,
            auth_method: AuthMethod::None,
            grant_types: GrantType::ALL.to_vec(),
            ..client()
        };
        assert_eq!(check(&public).unwrap_err().field, "grant_types");
    }

    #[test]
    fn keys_are_public_and_go_with_their_method() {
        let with = |keys: Option<ClientKeys>| Client {
            auth_method: AuthMethod::PrivateKeyJwt,
            keys,
            ..client()
        };
        let inline = |json: &str| with(Some(ClientKeys::Inline(json.to_owned())));
        let at = |uri: &str| with(Some(ClientKeys::At(uri.to_owned())));
        assert!(check(&inline(r#"{"keys":[{"kty":"EC"}]}"#)).is_ok());
        assert!(check(&at("https://shop.example/jwks")).is_ok());
        assert!(check(&at("http://127.0.0.1:9/jwks")).is_ok());
        for (client, field) in [
            (with(None), "jwks"),
            (
                Client { auth_method: AuthMethod::ClientSecretBasic, ..at("https://a.example/") },
                "jwks",
            ),
            (inline("[]"), "jwks"),
            (inline(r#"{"keys":[]}"#), "jwks"),
            (inline(r#"{"keys":[{"kty":"EC","d":"x"}]}"#), "jwks"),
            (inline(r#"{"keys":[{"kty":"oct","k":"x"}]}"#), "jwks"),
            (at("http://shop.example/jwks"), "jwks_uri"),
            (at("https://u@shop.example/jwks"), "jwks_uri"),
        ] {
            assert_eq!(check(&client).unwrap_err().field, field);
        }
    }

    #[test]
    fn pairwise_subjects_need_one_host() {
        let pairwise = |uris: &[&str], sector: Option<&str>| Client {
            subject_type: SubjectType::Pairwise,
            redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
            sector_identifier: sector.map(str::to_owned),
            ..client()
        };
        let (one, other) = ("https://a.example/cb", "https://b.example/cb");
        assert_eq!(pairwise(&[one, one], None).sector().as_deref(), Some("a.example"));
        assert_eq!(pairwise(&[one], Some("c.example")).sector().as_deref(), Some("c.example"));
        assert!(check(&pairwise(&[one], None)).is_ok());
        assert!(check(&pairwise(&[one, other], Some("c.example"))).is_ok());
        for bad in [pairwise(&[one, other], None), pairwise(&[one], Some("C.example/x"))] {
            assert_eq!(check(&bad).unwrap_err().field, "sector_identifier");
        }
    }

    #[test]
    fn lifetimes_have_bounds() {
        let mut client = client();
        client.tokens.access_token_lifetime = Some(Duration::from_hours(25));
        assert_eq!(check(&client).unwrap_err().field, "access_token_lifetime");
        client.tokens.access_token_lifetime = Some(Duration::from_secs(1));
        assert!(check(&client).is_ok());
    }
}
