//! Reading forms and queries.

use axum::http::{HeaderMap, Uri, header};
use shared::rules::params::{Malformed, Params};

/// Reads a form's body.
///
/// # Errors
/// [`Malformed`] also for a body that says it is something else than a form.
pub(crate) fn body(headers: &HeaderMap, body: &[u8]) -> Result<Params, Malformed> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Params::parse_form(kind, body)
}

/// Reads a query.
pub(crate) fn query(uri: &Uri) -> Result<Params, Malformed> {
    Params::parse(uri.query().unwrap_or_default().as_bytes())
}
