//! `POST /introspect` (RFC 7662): what a token is worth at this moment.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::model::client::Introspection;
use shared::model::{Client, ErrorCode};

use super::endpoint::Call;
use super::found::{Found, Token};
use crate::app::App;
use crate::web::failure::{ClientFailure, no_store};

/// `POST /introspect`
///
/// Only a client that proves who it is learns anything, and of others' tokens only one
/// that has the right to; everything else is not active, and nothing more is said
/// (RFC 7662 §2.2, §4).
pub(crate) async fn post(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ClientFailure> {
    let Call { client, params, arrived } = Call::read(&app, &uri, &headers, &body).await?;
    if !client.is_confidential() {
        let refusal = ErrorCode::InvalidClient.because("a public client may not introspect");
        return Err(ClientFailure::Unauthenticated { refusal, basic: false });
    }
    let token = params.get("token").ok_or(ErrorCode::InvalidRequest.because("token is missing"))?;
    let found = Found::look_up(&app, token, arrived).await?;
    let found = found.filter(|found| found.is_alive(arrived) && may_learn(&client, found));
    let answer = found.map_or_else(|| json!({"active": false}), |found| describe(&app, &found));
    Ok((no_store(), Json(answer)).into_response())
}

fn may_learn(client: &Client, found: &Found) -> bool {
    client.introspection == Introspection::Any || found.grant.client_id == client.id
}

fn describe(app: &App, found: &Found) -> Value {
    let Found { token, grant, .. } = found;
    match token {
        Token::Access(claims) => json!({
            "active": true,
            "token_type": "Bearer",
            "iss": claims.iss,
            "sub": claims.sub,
            "aud": claims.aud,
            "client_id": claims.client_id,
            "scope": claims.scope,
            "iat": claims.iat,
            "exp": claims.exp,
            "jti": claims.jti,
            "auth_time": claims.auth_time,
            "acr": claims.acr,
            "amr": claims.amr,
        }),
        Token::Refresh(token) => json!({
            "active": true,
            "iss": app.config.issuer.as_str(),
            "sub": grant.user_id.as_str(),
            "client_id": grant.client_id.as_str(),
            "scope": grant.scope.to_string(),
            "iat": token.issued_at.seconds(),
            "exp": token.expires_at.seconds(),
        }),
    }
}
