//! `POST /revoke` (RFC 7009): a client gives its tokens back.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use shared::model::grant::RevocationReason;
use shared::model::{Action, Actor, AuditEvent, ErrorCode};

use super::endpoint::Call;
use super::found::Found;
use crate::app::App;
use crate::web::failure::{ClientFailure, no_store};

/// `POST /revoke`
///
/// Either kind of token takes its whole family along: access tokens are not stored one
/// by one, and a client that gives one back needs none (RFC 7009 §2.1). A token that is
/// unknown, dead or another client's is answered just so, and nothing is done.
pub(crate) async fn post(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ClientFailure> {
    let Call { client, params, .. } = Call::read(&app, &uri, &headers, &body).await?;
    let token = params.get("token").ok_or(ErrorCode::InvalidRequest.because("token is missing"))?;
    let now = app.now();
    let found = Found::look_up(&app, token, now).await?;
    if let Some(Found { grant, .. }) = found.filter(|found| found.grant.client_id == client.id) {
        let mut tx = app.store.begin().await?;
        if tx.revoke_grant(&grant.id, RevocationReason::RevokedByClient, now).await? {
            let event = AuditEvent::new(Action::TokenRevoked, Actor::Client(client.id), now)
                .user(&grant.user_id)
                .client(&grant.client_id)
                .session(&grant.session_id)
                .grant(&grant.id);
            tx.add_audit_event(&event).await?;
        }
        tx.commit().await?;
    }
    Ok((StatusCode::OK, no_store()).into_response())
}
