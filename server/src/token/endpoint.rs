//! `POST /token` (RFC 6749 §3.2).

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::model::incident::Place;
use shared::model::{ErrorCode, GrantType};

use super::call::{Call, Received};
use super::mint::TokenAnswer;
use super::{grants, refused};
use crate::app::App;
use crate::web::failure::{ClientFailure, no_store};

/// `POST /token`
pub(crate) async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = app.now();
    let received = Received { arrived, peer, uri: &uri, headers: &headers, body: &body };
    let answer = async {
        let call = Call::read(&app, &received).await?;
        exchange(&app, &call).await
    };
    match answer.await {
        Ok(answer) => (no_store(), Json(answer)).into_response(),
        Err(failure) => refused::answer(&app, failure, Place::Token, &received).await,
    }
}

async fn exchange(app: &App, call: &Call) -> Result<TokenAnswer, ClientFailure> {
    let Call { client, from, params, arrived, .. } = call;
    let missing = ErrorCode::InvalidRequest.because("grant_type is missing");
    let Some(grant_type) = GrantType::parse(params.get("grant_type").ok_or(missing)?) else {
        return Err(ErrorCode::UnsupportedGrantType.because("grant_type is not offered").into());
    };
    if !client.may_use(grant_type) {
        let refusal = ErrorCode::UnauthorizedClient.because("grant_type is not this client's");
        return Err(refusal.into());
    }
    match grant_type {
        GrantType::AuthorizationCode => {
            grants::authorization_code::exchange(app, client, params, *arrived).await
        }
        GrantType::RefreshToken => {
            grants::refresh_token::exchange(app, client, params, *from, *arrived).await
        }
        GrantType::ClientCredentials => {
            grants::client_credentials::exchange(app, client, params, *arrived).await
        }
    }
}
