//! What clients read first: metadata and keys. Public, and the same for all.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::crypto::token;

use crate::app::App;

/// `GET /.well-known/openid-configuration` (Discovery §4) and
/// `/.well-known/oauth-authorization-server` (RFC 8414 §3)
pub(crate) async fn configuration(State(app): State<App>, headers: HeaderMap) -> Response {
    cached(&app, &headers, "application/json", app.metadata.clone())
}

/// `GET /jwks` (RFC 7517 §5)
pub(crate) async fn jwks(State(app): State<App>, headers: HeaderMap) -> Response {
    cached(&app, &headers, "application/jwk-set+json", app.keys.jwks(app.now()))
}

/// A document with its hash as `ETag`: who has it already is told so (RFC 9110 §13.1.2).
fn cached(app: &App, headers: &HeaderMap, kind: &'static str, text: String) -> Response {
    let etag = format!("\"{}\"", token::hash(&text));
    let lifetime = app.config.jwks_cache_lifetime.0.as_secs();
    let shared = [
        (header::CACHE_CONTROL, format!("public, max-age={lifetime}")),
        (header::ETAG, etag.clone()),
    ];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
    if known
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().trim_start_matches("W/") == etag)
    {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    (shared, [(header::CONTENT_TYPE, kind)], text).into_response()
}
