//! Adds a passkey or a security key, by our own script.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Proof, enter, factors};
use crate::app::App;
use crate::login::api::enrol;
use crate::login::factors::keys::{self, NewKey, Wanted};
use crate::login::visit::Visit;
use crate::web::api::{self, ApiFailure};
use crate::web::client_ip::Caller;
use crate::web::failure::Fault;

/// `POST /account/factors/keys/options`
pub(crate) async fn ask(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiFailure> {
    let wanted: Wanted = api::body(&headers, &body)?;
    let visit = enter(&app, &headers, factors::PATH, Proof::Recent).await?;
    let place = place(&visit)?;
    Ok(api::answer(keys::ask_for_new(&app, &visit, &place, wanted.kind()?).await?))
}

/// `POST /account/factors/keys`
pub(crate) async fn take(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiFailure> {
    let new: NewKey = api::body(&headers, &body)?;
    let mut visit = enter(&app, &headers, factors::PATH, Proof::Begun).await?;
    let place = place(&visit)?;
    let (change, codes) = enrol(&app, &mut visit, &place, new, &caller).await?;
    let path = format!("{}?done=added", factors::PATH);
    let answer = json!({"location": app.config.issuer.at(&path), "recovery_codes": codes});
    Ok((change.cookies_of_known(&app, &visit), api::answer(answer)).into_response())
}

/// Where a question of this page may be answered: in the session in which it was asked.
fn place(visit: &Visit) -> Result<String, Fault> {
    Ok(format!("account {}", visit.signed_in()?.0.id))
}
