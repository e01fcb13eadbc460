//! Codes to get in with when everything else is lost.

use axum::http::StatusCode;
use axum::response::Response;
use shared::crypto::recovery_code;
use shared::model::{Action, Secret, Timestamp};
use shared::store::Tx;

use crate::app::App;
use crate::login::visit::Visit;
use crate::web::client_ip::Caller;
use crate::web::failure::Fault;
use crate::web::html;
use crate::web::page::RecoveryCodesPage;

/// Makes new codes for whoever is signed in; the old ones are worth nothing from then on. They can be
/// shown this once.
pub(in crate::login) async fn make(
    tx: &mut Tx,
    visit: &Visit,
    caller: &Caller,
    now: Timestamp,
) -> Result<Vec<Secret<String>>, Fault> {
    let codes = recovery_code::generate()?;
    let hashes: Vec<_> =
        codes.iter().filter_map(|code| recovery_code::hash(code.expose())).collect();
    tx.set_recovery_codes(&visit.signed_in()?.1.id, &hashes, now).await?;
    tx.add_audit_event(visit.own_event(Action::RecoveryCodesMade, caller, now)?);
    Ok(codes)
}

/// The page that shows them, and goes on at `next` below the issuer.
pub(in crate::login) fn show(app: &App, codes: &[Secret<String>], next: &str) -> Response {
    let codes: Vec<_> = codes.iter().map(|code| code.expose().as_str()).collect();
    let next = app.config.issuer.at(next);
    let page = RecoveryCodesPage { layout: html::layout(app), codes: &codes, next: &next };
    html::draw(StatusCode::OK, &page, None)
}
