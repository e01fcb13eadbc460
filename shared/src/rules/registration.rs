//! What may be registered as a client.

use super::person::is_page;
use super::redirect_uri;
use crate::model::client::{Introspection, Pkce};
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
    let confidential = client.kind == ClientKind::Web;
    if confidential && client.auth_method == AuthMethod::None && client.pkce == Pkce::Excused {
        return Err(invalid("pkce", "a client without a secret cannot go without PKCE"));
    }
    if !confidential && client.auth_method != AuthMethod::None {
        let problem = "an application on a device or in a browser keeps no secret: use none";
        return Err(invalid("token_endpoint_auth_method", problem));
    }
    if !confidential && client.pkce == Pkce::Excused {
        return Err(invalid("pkce", "only a confidential client can be excused"));
    }
    if !confidential && client.introspection == Introspection::Any {
        let problem = "only a client that keeps a secret may ask about others' tokens";
        return Err(invalid("introspection", problem));
    }
    if client.grant_types.is_empty() {
        return Err(invalid("grant_types", "there is none"));
    }
    if client.may_use(GrantType::AuthorizationCode) && client.redirect_uris.is_empty() {
        return Err(invalid("redirect_uris", "there is none"));
    }
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
    if client.scope.is_empty() {
        return Err(invalid("scope", "there is none"));
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
}
