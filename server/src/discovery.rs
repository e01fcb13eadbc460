//! What clients read first: metadata and keys. Public, and the same for all.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::crypto::token;
use shared::rules::metadata;

use crate::app::App;
use crate::web::failure::{ClientFailure, Fault};

/// How long clients may keep the metadata and the keys.
const CACHE: Duration = Duration::from_mins(5);

/// `GET /.well-known/openid-configuration` (Discovery §4) and
/// `/.well-known/oauth-authorization-server` (RFC 8414 §3)
pub(crate) async fn configuration(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ClientFailure> {
    let document = metadata::metadata(app.config.issuer.as_str())
        .map_err(|_| Fault::Answer("the issuer is no URL"))?;
    cached(&headers, "application/json", &document)
}

/// `GET /jwks` (RFC 7517 §5)
pub(crate) async fn jwks(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ClientFailure> {
    cached(&headers, "application/jwk-set+json", &app.keyring.jwks())
}

/// A document with its hash as `ETag`: who has it already is told so (RFC 9110 §13.1.2).
fn cached(
    headers: &HeaderMap,
    kind: &'static str,
    document: &impl Serialize,
) -> Result<Response, ClientFailure> {
    let text = serde_json::to_string(document).map_err(|_| Fault::Answer("no JSON"))?;
    let etag = format!("\"{}\"", token::hash(&text));
    let shared = [
        (header::CACHE_CONTROL, format!("public, max-age={}", CACHE.as_secs())),
        (header::ETAG, etag.clone()),
    ];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    if known
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().trim_start_matches("W/") == etag)
    {
        return Ok((StatusCode::NOT_MODIFIED, shared).into_response());
    }
    Ok((shared, [(header::CONTENT_TYPE, kind)], text).into_response())
}
