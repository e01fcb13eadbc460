//! `/userinfo` (Core §5.3): what is told about a person to whom they allowed it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::model::scope::OPENID;
use shared::model::{ErrorCode, Refusal, Scope};
use shared::rules::claims;

use super::found::{Found, Root};
use super::mint;
use crate::app::App;
use crate::web::failure::{ClientFailure, no_store};
use crate::web::form;

/// Why a token does not open this (RFC 6750 §3).
enum Closed {
    /// There is none: the caller is only told what is wanted.
    Missing,
    /// It comes in two ways.
    Ambiguous,
    /// It is bad, expired or revoked.
    Invalid,
    /// It is for something else.
    Insufficient,
    /// Our doing.
    Failed(ClientFailure),
}

impl<T: Into<ClientFailure>> From<T> for Closed {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

/// `GET` and `POST /userinfo`
pub(crate) async fn answer(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match told(&app, &method, &headers, &body).await {
        Ok(Told::Plain(claims)) => (no_store(), Json(claims)).into_response(),
        Ok(Told::Signed(token)) => {
            (no_store(), [(header::CONTENT_TYPE, "application/jwt")], token).into_response()
        }
        Err(closed) => closed.into_response(),
    }
}

/// What is told, in the manner that the client is registered for.
enum Told {
    Plain(Value),
    Signed(String),
}

async fn told(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Told, Closed> {
    let _seat = app.room.enter().await.ok_or(ClientFailure::Busy)?;
    let token = presented(method, headers, body)?;
    let now = app.now();
    let issuer = app.config.issuer.as_str();
    let access = app.keys.current().verifier.access_token(&token, now).ok_or(Closed::Invalid)?;
    if !access.aud.contains(issuer) {
        return Err(Closed::Invalid);
    }
    let scope = Scope::parse(&access.scope).map_err(|_| Closed::Invalid)?;
    let found = Found::of_access_token(app, access).await?.ok_or(Closed::Invalid)?;
    if !found.is_alive(now) {
        return Err(Closed::Invalid);
    }
    found.note_arrival(app).await?;
    let Root::Family(grant, user) = found.root else { return Err(Closed::Insufficient) };
    if !scope.contains(OPENID) {
        return Err(Closed::Insufficient);
    }
    let client = app.clients.find(&app.store, &grant.client_id).await?.ok_or(Closed::Invalid)?;
    let client = client.client;
    let mut claims = claims::told(&user, &scope, &grant.claims.userinfo, &client.scope);
    claims.insert("sub".to_owned(), json!(app.subject(&client, &user.id)));
    let Some(alg) = client.tokens.userinfo_alg else {
        return Ok(Told::Plain(Value::Object(claims)));
    };
    claims.insert("iss".to_owned(), json!(issuer));
    claims.insert("aud".to_owned(), json!(client.id.as_str()));
    Ok(Told::Signed(mint::sign_userinfo(app, alg, &Value::Object(claims), now).await?))
}

/// The token, from the header or, by POST, from a form (RFC 6750 §2.1, §2.2). Never from
/// the query, where logs and histories would keep it (RFC 9700 §4.3.2).
fn presented(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<String, Closed> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let in_header = authorization.next();
    if authorization.next().is_some() {
        return Err(Closed::Ambiguous);
    }
    let params = match *method {
        Method::POST => form::body(headers, body).ok(),
        _ => None,
    };
    if params.as_ref().is_some_and(|params| params.check_unique().is_err()) {
        return Err(Closed::Ambiguous);
    }
    let in_body = params.as_ref().and_then(|params| params.get("access_token"));
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Closed::Ambiguous),
        (Some(value), None) => {
            let value = value.to_str().map_err(|_| Closed::Invalid)?;
            let (scheme, token) = value.split_once(' ').ok_or(Closed::Missing)?;
            let bearer = scheme.eq_ignore_ascii_case("bearer");
            if bearer { Ok(token.trim().to_owned()) } else { Err(Closed::Missing) }
        }
        (None, Some(token)) => Ok(token.to_owned()),
        (None, None) => Err(Closed::Missing),
    }
}

impl IntoResponse for Closed {
    fn into_response(self) -> Response {
        let (status, refusal) = match self {
            Self::Failed(failure) => return failure.into_response(),
            Self::Missing => (StatusCode::UNAUTHORIZED, None),
            Self::Ambiguous => (
                StatusCode::BAD_REQUEST,
                Some(ErrorCode::InvalidRequest.because("the token comes in two ways")),
            ),
            Self::Invalid => (
                StatusCode::UNAUTHORIZED,
                Some(ErrorCode::InvalidToken.because("the token is not good, or not any more")),
            ),
            Self::Insufficient => (
                StatusCode::FORBIDDEN,
                Some(ErrorCode::InsufficientScope.because("the token is without openid")),
            ),
        };
        let body = refusal.map(|refusal| {
            json!({"error": refusal.code.as_str(), "error_description": refusal.description})
        });
        let challenge = refusal.map_or_else(|| CHALLENGE.to_owned(), challenge);
        let mut answer = match body {
            Some(body) => (status, no_store(), Json(body)).into_response(),
            None => (status, no_store()).into_response(),
        };
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

const CHALLENGE: &str = "Bearer realm=\"signet\"";

fn challenge(refusal: Refusal) -> String {
    let Refusal { code, description } = refusal;
    let mut text =
        format!("{CHALLENGE}, error=\"{}\", error_description=\"{description}\"", code.as_str());
    if code == ErrorCode::InsufficientScope {
        text.push_str(", scope=\"openid\"");
    }
    text
}
