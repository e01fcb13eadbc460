//! Which client is it, and can it prove it (RFC 6749 §2.3).

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, header};
use shared::model::{
    Action, Actor, AuditEvent, AuthMethod, Client, ErrorCode, Refusal, Secret, Timestamp,
};
use shared::room::Seat;
use shared::rules::client_assertion::claimed_client;
use shared::rules::params::Params;
use shared::rules::{basic, registration};

use super::{client_assertion, client_secret};
use crate::app::App;
use crate::web::failure::ClientFailure;

/// What a client is recognised by.
pub(super) struct Request<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) params: &'a Params,
    /// Where it was sent to.
    pub(super) path: &'a str,
    pub(super) from: IpAddr,
    /// Its seat among the others, given back while it waits for another host.
    pub(super) seat: &'a mut Seat,
}

/// What a request says of its client.
#[derive(Debug)]
struct Presented {
    client_id: String,
    proof: Proof,
}

/// How it proves that.
#[derive(Debug)]
enum Proof {
    None,
    Basic(Secret<String>),
    Post(Secret<String>),
    Assertion(Secret<String>),
}

impl Proof {
    fn method(&self) -> AuthMethod {
        match self {
            Self::None => AuthMethod::None,
            Self::Basic(_) => AuthMethod::ClientSecretBasic,
            Self::Post(_) => AuthMethod::ClientSecretPost,
            Self::Assertion(_) => AuthMethod::PrivateKeyJwt,
        }
    }
}

/// Why a client is not believed: what it is told, and what the audit log is told if
/// somebody tried to pass for it.
struct Disbelieved {
    why: &'static str,
    detail: Option<&'static str>,
}

impl From<&'static str> for Disbelieved {
    fn from(why: &'static str) -> Self {
        Self { why, detail: None }
    }
}

/// Finds out which client it is, by the one method that it is registered with.
///
/// # Errors
/// `invalid_request` for two methods or none at all; `invalid_client`, with 401, for an
/// unknown or disabled client, another method or a wrong secret or assertion.
pub(super) async fn authenticate(
    app: &App,
    request: &mut Request<'_>,
    now: Timestamp,
) -> Result<Arc<Client>, ClientFailure> {
    let presented = read(request.headers, request.params)?;
    let presented = presented.ok_or(ClientFailure::Unauthenticated {
        refusal: ErrorCode::InvalidClient.because("the Authorization header cannot be read"),
        basic: true,
    })?;
    let basic = matches!(presented.proof, Proof::Basic(_));
    let failed = |why| ClientFailure::Unauthenticated {
        refusal: ErrorCode::InvalidClient.because(why),
        basic,
    };
    if registration::check_id(&presented.client_id).is_err() {
        return Err(failed("the client is not known here"));
    }
    let id = presented.client_id.as_str().into();
    let Some(found) = app.clients.find(&app.store, &id).await? else {
        return Err(failed("the client is not known here"));
    };
    let mut client = found.client;
    let mut verdict = prove(app, request, &client, &presented.proof, now).await?;
    if verdict.is_err() && !found.is_fresh {
        // It may have changed since it was remembered.
        let fresh = app.clients.find_fresh(&app.store, &id).await?;
        let fresh = fresh.ok_or_else(|| failed("the client is not known here"))?;
        if (fresh.created_at, fresh.version) != (client.created_at, client.version) {
            verdict = prove(app, request, &fresh, &presented.proof, now).await?;
        }
        client = fresh;
    }
    let Err(Disbelieved { why, detail }) = verdict else { return Ok(client) };
    if let Some(detail) = detail {
        let event = AuditEvent::new(Action::ClientAuthenticationFailed, Actor::Anonymous, now)
            .client(&client.id)
            .address(request.from)
            .detail(detail);
        app.journal.add(event).await;
    }
    Err(failed(why))
}

async fn prove(
    app: &App,
    request: &mut Request<'_>,
    client: &Client,
    proof: &Proof,
    now: Timestamp,
) -> Result<Result<(), Disbelieved>, ClientFailure> {
    if client.auth_method != proof.method() {
        return Ok(Err("the client is registered with another authentication method".into()));
    }
    match proof {
        Proof::None => Ok(Ok(())),
        Proof::Basic(secret) | Proof::Post(secret) => {
            let Some(stored) = client.secret_hash.as_deref() else {
                return Ok(Err("the client has no secret".into()));
            };
            let wrong =
                Disbelieved { why: "the client secret is wrong", detail: Some("wrong_secret") };
            let right = client_secret::is_right(app, client, secret, stored, request.from).await?;
            Ok(if right { Ok(()) } else { Err(wrong) })
        }
        Proof::Assertion(assertion) => {
            client_assertion::prove(app, client, assertion, request, now).await.map(|verdict| {
                verdict.map_err(|why| Disbelieved { why, detail: Some("bad_assertion") })
            })
        }
    }
}

/// Reads what the request says; nothing if it has an `Authorization` header that says
/// nothing here.
fn read(headers: &HeaderMap, params: &Params) -> Result<Option<Presented>, Refusal> {
    let invalid = |why| ErrorCode::InvalidRequest.because(why);
    let in_body = params.get("client_secret");
    let assertion = params.get("client_assertion");
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let first = authorization.next();
    let ways = [first.is_some(), in_body.is_some(), assertion.is_some()];
    if authorization.next().is_some() || ways.into_iter().filter(|&way| way).count() > 1 {
        return Err(invalid("the client authenticates in two ways"));
    }
    if let Some(value) = first {
        let Some((client_id, secret)) = value.to_str().ok().and_then(basic::read) else {
            return Ok(None);
        };
        if params.get("client_id").is_some_and(|id| id != client_id) {
            return Err(invalid("client_id differs from the Authorization header's"));
        }
        return Ok(Some(Presented { client_id, proof: Proof::Basic(secret) }));
    }
    let named = params.get("client_id").map(str::to_owned);
    if let Some(assertion) = assertion {
        // The assertion alone is enough to know who it is (RFC 7521 §4.2).
        let claimed = claimed_client(assertion).or_else(|| named.clone()).unwrap_or_default();
        if named.is_some_and(|named| named != claimed) {
            return Err(invalid("client_id differs from the assertion's"));
        }
        let wrong_type = params.get("client_assertion_type") != Some(client_assertion::TYPE);
        let text = if wrong_type { "" } else { assertion };
        return Ok(Some(Presented { client_id: claimed, proof: Proof::Assertion(text.into()) }));
    }
    let client_id = named.ok_or(invalid("the client is not named"))?;
    let proof = in_body.map_or(Proof::None, |secret| Proof::Post(secret.into()));
    Ok(Some(Presented { client_id, proof }))
}

#[cfg(test)]
mod tests {
    use super::*;

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
