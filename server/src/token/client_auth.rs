//! Which client is it, and can it prove it (RFC 6749 §2.3).

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::model::{
    Action, Actor, AuditEvent, AuthMethod, Client, ErrorCode, Refusal, Secret, Timestamp,
};
use shared::rules::params::Params;
use shared::rules::registration;
use url::form_urlencoded;

use crate::app::App;
use crate::web::failure::ClientFailure;

/// What a request says of its client.
#[derive(Debug)]
struct Presented {
    method: AuthMethod,
    client_id: String,
    secret: Option<Secret<String>>,
}

/// Finds out which client it is, by the one method that it is registered with.
///
/// # Errors
/// `invalid_request` for two methods or none at all; `invalid_client`, with 401, for an
/// unknown or disabled client, another method or a wrong secret.
pub(crate) async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    params: &Params,
    now: Timestamp,
) -> Result<Client, ClientFailure> {
    let presented = read(headers, params)?.ok_or(ClientFailure::Unauthenticated {
        refusal: ErrorCode::InvalidClient.because("the Authorization header cannot be read"),
        basic: true,
    })?;
    let basic = presented.method == AuthMethod::ClientSecretBasic;
    let failed = |why| ClientFailure::Unauthenticated {
        refusal: ErrorCode::InvalidClient.because(why),
        basic,
    };
    if registration::check_id(&presented.client_id).is_err() {
        return Err(failed("the client is not known here"));
    }
    let found = app.store.view().await?.find_client(&presented.client_id.as_str().into()).await?;
    let Some(client) = found.filter(|client| client.disabled_at.is_none()) else {
        return Err(failed("the client is not known here"));
    };
    if client.auth_method != presented.method {
        return Err(failed("the client is registered with another authentication method"));
    }
    let Some((secret, stored)) = presented.secret.zip(client.secret_hash.as_deref()) else {
        return if client.is_confidential() {
            Err(failed("the client secret is missing"))
        } else {
            Ok(client)
        };
    };
    let right = app.hasher.verify_client_secret(secret, stored).await;
    if right.map_err(ClientFailure::from_hash)? {
        return Ok(client);
    }
    let event = AuditEvent::new(Action::ClientAuthenticationFailed, Actor::Anonymous, now)
        .client(&client.id)
        .detail("wrong_secret");
    let mut tx = app.store.begin().await?;
    tx.add_audit_event(&event).await?;
    tx.commit().await?;
    Err(failed("the client secret is wrong"))
}

/// Reads what the request says; nothing if it has an `Authorization` header that says
/// nothing here.
fn read(headers: &HeaderMap, params: &Params) -> Result<Option<Presented>, Refusal> {
    let invalid = |why| ErrorCode::InvalidRequest.because(why);
    let in_body = params.get("client_secret");
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let first = authorization.next();
    if authorization.next().is_some() || (first.is_some() && in_body.is_some()) {
        return Err(invalid("the client authenticates in two ways"));
    }
    if let Some(value) = first {
        let Some((client_id, secret)) = value.to_str().ok().and_then(basic) else {
            return Ok(None);
        };
        if params.get("client_id").is_some_and(|id| id != client_id) {
            return Err(invalid("client_id differs from the Authorization header's"));
        }
        let method = AuthMethod::ClientSecretBasic;
        return Ok(Some(Presented { method, client_id, secret: Some(secret) }));
    }
    let client_id = params.get("client_id").ok_or(invalid("the client is not named"))?.to_owned();
    let secret = in_body.map(Secret::from);
    let method = match secret {
        Some(_) => AuthMethod::ClientSecretPost,
        None => AuthMethod::None,
    };
    Ok(Some(Presented { method, client_id, secret }))
}

/// Reads `Basic` credentials: both parts form-encoded, then joined by a colon, then
/// base64 (RFC 6749 §2.3.1).
fn basic(value: &str) -> Option<(String, Secret<String>)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Secret::new(STANDARD.decode(encoded.trim()).ok()?);
    let text = std::str::from_utf8(decoded.expose()).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), Secret::new(form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    // A lone value, so that an ampersand or equals sign in it divides nothing.
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let encoded = STANDARD.encode("my%3Aclient:a%2Bb%25+c=&d");
        let (id, secret) = basic(&format!("bAsIc {encoded}")).unwrap();
        assert_eq!((id.as_str(), secret.expose().as_str()), ("my:client", "a+b% c=&d"));
    }

    #[test]
    fn what_is_not_basic_is_not_read() {
        for value in ["Bearer abc", "Basic", "Basic !!!", "Basic bm9jb2xvbg=="] {
            assert!(basic(value).is_none(), "{value}");
        }
    }

    #[test]
    fn two_ways_at_once_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "Basic YTpi".parse().unwrap());
        let params = Params::parse(b"client_id=a&client_secret=b").unwrap();
        assert_eq!(read(&headers, &params).unwrap_err().code, ErrorCode::InvalidRequest);
        let params = Params::parse(b"client_id=other").unwrap();
        assert_eq!(read(&headers, &params).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
