//! How the client hears what came of it: by a redirect (RFC 6749 §4.1.2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::model::{Request, Secret};
use shared::rules::authorize::Returned;
use url::form_urlencoded;

use super::failure::Fault;
use crate::app::App;

/// A redirect after which the browser fetches with GET, whatever it sent before: a
/// password never goes on to the client (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        tracing::error!("a redirect has characters that no header can hold");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, NO_STORE)])
        .into_response()
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Sends the code.
pub(crate) fn code(app: &App, request: &Request, code: &Secret<String>) -> Result<Response, Fault> {
    redirect(app, &request.redirect_uri, request.state.as_deref(), &[("code", code.expose())])
}

/// Sends an error.
pub(crate) fn error(app: &App, returned: &Returned) -> Result<Response, Fault> {
    let refusal = returned.refusal;
    redirect(
        app,
        &returned.redirect_uri,
        returned.state.as_deref(),
        &[("error", refusal.code.as_str()), ("error_description", refusal.description)],
    )
}

/// Appends the parameters to a redirect URI, whose own query is kept (RFC 6749 §3.1.2),
/// with the issuer's name, so that a client of two providers knows whose answer it is
/// (RFC 9207 §2).
fn redirect(
    app: &App,
    redirect_uri: &str,
    state: Option<&str>,
    parameters: &[(&str, &str)],
) -> Result<Response, Fault> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", app.config.issuer.as_str());
    let separator = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let location = format!("{redirect_uri}{separator}{}", query.finish());
    if HeaderValue::from_str(&location).is_err() {
        return Err(Fault::Answer("a redirect URI cannot stand in a header"));
    }
    Ok(see_other(&location))
}
