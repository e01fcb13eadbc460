//! What clients call with a form and their own authentication: the phases that all of
//! these endpoints share, and `POST /token` (RFC 6749 §3.2).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use shared::model::incident::Place;
use shared::model::{Client, ErrorCode, GrantType, Timestamp};
use shared::room::Seat;
use shared::rules::params::Params;

use super::mint::TokenAnswer;
use super::{client_auth, grants, refused};
use crate::app::App;
use crate::web::client_ip::client_ip;
use crate::web::failure::{ClientFailure, no_store};
use crate::web::form;

/// A form, and the client that proved that it sent it.
pub(super) struct Call {
    /// Who calls.
    pub(super) client: Arc<Client>,
    /// From which network address.
    pub(super) from: IpAddr,
    /// What it says.
    pub(super) params: Params,
    /// When it arrived.
    pub(super) arrived: Timestamp,
    /// Its seat among the others, kept until it is answered.
    _seat: Seat,
}

impl Call {
    /// Reads a form and finds out who sent it.
    pub(super) async fn read(app: &App, request: &Received<'_>) -> Result<Self, ClientFailure> {
        let &Received { arrived, peer, uri, headers, body } = request;
        let mut seat = app.room.enter().await.ok_or(ClientFailure::Busy)?;
        let invalid = |why| ErrorCode::InvalidRequest.because(why);
        if uri.query().is_some() {
            return Err(invalid("parameters belong into the body").into());
        }
        let params = form::body(headers, body)
            .map_err(|_| invalid("the body is not an application/x-www-form-urlencoded form"))?;
        params.check_unique()?;
        let from = client_ip(&app.config, peer.ip(), headers);
        let seat_at_work = &mut seat;
        let path = uri.path();
        let mut request =
            client_auth::Request { headers, params: &params, path, from, seat: seat_at_work };
        let client = client_auth::authenticate(app, &mut request, arrived).await?;
        Ok(Self { client, from, params, arrived, _seat: seat })
    }
}

/// A request as it came.
pub(super) struct Received<'a> {
    /// When it was here, before it waited for a seat.
    pub(super) arrived: Timestamp,
    pub(super) peer: SocketAddr,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

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
