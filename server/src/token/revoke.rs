//! `POST /revoke` (RFC 7009): a client gives its tokens back.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::model::grant::RevocationReason;
use shared::model::incident::Place;
use shared::model::{Action, Actor, AuditEvent, ErrorCode, Timestamp};

use super::call::{Call, Received};
use super::found::{Found, Root, Token};
use super::refused;
use crate::app::App;
use crate::web::failure::{ClientFailure, Fault, no_store};

/// `POST /revoke`
///
/// Either kind of token takes its whole family along: access tokens are not stored one
/// by one, and a client that gives one back needs none (RFC 7009 §2.1). A machine's token
/// has no family and goes alone. A token that is unknown, dead or another client's is
/// answered just so, and nothing is done.
pub(crate) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = app.now();
    let received = Received { arrived, peer, uri: &uri, headers: &headers, body: &body };
    match give_back(&app, &received).await {
        Ok(()) => (StatusCode::OK, no_store()).into_response(),
        Err(failure) => refused::answer(&app, failure, Place::Revoke, &received).await,
    }
}

async fn give_back(app: &App, received: &Received<'_>) -> Result<(), ClientFailure> {
    let call = Call::read(app, received).await?;
    let Call { client, params, .. } = &call;
    let token = params.get("token").ok_or(ErrorCode::InvalidRequest.because("token is missing"))?;
    let now = app.now();
    let found = Found::look_up(app, token, now).await?;
    if let Some(found) = found.filter(|found| *found.client_id() == client.id) {
        revoke(app, &found, now).await?;
    }
    Ok(())
}

async fn revoke(app: &App, found: &Found, now: Timestamp) -> Result<(), Fault> {
    let client_id = found.client_id();
    let actor = Actor::Client(client_id.clone());
    let event = AuditEvent::new(Action::TokenRevoked, actor, now).client(client_id);
    let mut tx = app.store.begin().await?;
    let (was_alive, event) = match (&found.root, &found.token) {
        (Root::Family(grant, _), _) => (
            tx.revoke_grant(&grant.id, RevocationReason::RevokedByClient, now).await?,
            event.user(&grant.user_id).session(&grant.session_id).grant(&grant.id),
        ),
        (Root::Machine { .. }, Token::Access(claims)) => (
            tx.revoke_token(&claims.jti, Timestamp::from_seconds(claims.exp)).await?,
            event.evidence(json!({"jti": claims.jti})),
        ),
        // No machine has one.
        (Root::Machine { .. }, Token::Refresh(_)) => (false, event),
    };
    if was_alive {
        tx.add_audit_event(event);
    }
    Ok(tx.commit().await?)
}
