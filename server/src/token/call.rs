//! A form that a client sends with its own authentication: the phases that the endpoints for
//! such forms share.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::{HeaderMap, Uri};
use shared::model::{Client, ErrorCode, Timestamp};
use shared::room::Seat;
use shared::rules::params::Params;

use super::client_auth;
use crate::app::App;
use crate::web::client_ip::client_ip;
use crate::web::failure::ClientFailure;
use crate::web::form;

/// A request as it came.
pub(super) struct Received<'a> {
    /// When it was here, before it waited for a seat.
    pub(super) arrived: Timestamp,
    pub(super) peer: SocketAddr,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

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
        let path = uri.path();
        let mut request =
            client_auth::Request { headers, params: &params, path, from, seat: &mut seat };
        let client = client_auth::authenticate(app, &mut request, arrived).await?;
        Ok(Self { client, from, params, arrived, _seat: seat })
    }
}
