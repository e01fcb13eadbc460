//! `POST /introspect` (RFC 7662): what a token is worth at this moment.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::model::client::Introspection;
use shared::model::incident::Place;
use shared::model::{Client, ErrorCode};

use super::call::{Call, Received};
use super::found::{Found, Root, Token};
use super::refused;
use crate::app::App;
use crate::web::failure::{ClientFailure, Fault, no_store};

/// `POST /introspect`
///
/// Only a client that proves who it is learns anything, and of others' tokens only one
/// that has the right to; everything else is not active, and nothing more is said
/// (RFC 7662 §2.2, §4).
pub(crate) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = app.now();
    let received = Received { arrived, peer, uri: &uri, headers: &headers, body: &body };
    match introspect(&app, &received).await {
        Ok(answer) => (no_store(), Json(answer)).into_response(),
        Err(failure) => refused::answer(&app, failure, Place::Introspect, &received).await,
    }
}

async fn introspect(app: &App, received: &Received<'_>) -> Result<Value, ClientFailure> {
    let call = Call::read(app, received).await?;
    let Call { client, params, .. } = &call;
    let arrived = call.arrived;
    if !client.is_confidential() {
        let refusal = ErrorCode::InvalidClient.because("a public client may not introspect");
        return Err(ClientFailure::Unauthenticated { refusal, basic: false });
    }
    let token = params.get("token").ok_or(ErrorCode::InvalidRequest.because("token is missing"))?;
    let found = Found::look_up(app, token, arrived).await?;
    let found = found.filter(|found| found.is_alive(arrived) && may_learn(client, found));
    match found {
        Some(found) => {
            found.note_arrival(app).await?;
            Ok(describe(app, client, &found)?)
        }
        None => Ok(json!({"active": false})),
    }
}

/// A refresh token is for nobody but its client, so whoever else has it must not be told that
/// it is good (RFC 7662 §4).
fn may_learn(client: &Client, found: &Found) -> bool {
    let is_for_apis = matches!(found.token, Token::Access(_));
    *found.client_id() == client.id || is_for_apis && client.introspection == Introspection::Any
}

fn describe(app: &App, caller: &Client, found: &Found) -> Result<Value, Fault> {
    let mut answer = match (&found.token, &found.root) {
        (Token::Access(claims), _) => {
            let mut answer = to_object(claims)?;
            answer.insert("token_type".to_owned(), json!("Bearer"));
            // Names inside the house.
            for name in ["grant_id", "generation"] {
                answer.remove(name);
            }
            answer
        }
        (Token::Refresh(token), Root::Family(grant, _)) => to_object(&json!({
            "iss": app.config.issuer.as_str(),
            "sub": app.subject(caller, &grant.user_id),
            "client_id": grant.client_id.as_str(),
            "scope": grant.scope.to_string(),
            "iat": token.issued_at.seconds(),
            "exp": token.expires_at.seconds(),
        }))?,
        (Token::Refresh(_), Root::Machine { .. }) => Map::new(),
    };
    answer.insert("active".to_owned(), json!(true));
    Ok(Value::Object(answer))
}

fn to_object(value: &impl Serialize) -> Result<Map<String, Value>, Fault> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Fault::Answer("claims are no object")),
    }
}
