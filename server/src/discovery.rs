//! What clients read first: metadata and keys. Public, and the same for all.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::crypto::token;

use crate::app::App;

/// `GET /.well-known/openid-configuration` (Discovery §4) and
/// `/.well-known/oauth-authorization-server` (RFC 8414 §3)
pub(crate) async fn configuration(State(app): State<App>, headers: HeaderMap) -> Response {
    app.metadata.answer(&headers)
}

/// `GET /jwks` (RFC 7517 §5)
pub(crate) async fn jwks(State(app): State<App>, headers: HeaderMap) -> Response {
    app.keys.jwks(app.now()).answer(&headers)
}

/// A document that others may keep for a while, with its hash as `ETag`.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    text: Bytes,
    kind: &'static str,
    etag: HeaderValue,
    cache_control: HeaderValue,
}

impl Document {
    /// A text of this media type, which others may keep for so long.
    pub(crate) fn new(text: String, kind: &'static str, lifetime: Duration) -> Self {
        // Hashes and numbers are characters that a header may have.
        let header = |text: String| {
            HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
        };
        Self {
            kind,
            etag: header(format!("\"{}\"", token::hash(&text))),
            cache_control: header(format!("public, max-age={}", lifetime.as_secs())),
            text: text.into(),
        }
    }

    /// The document; who has it already is told so (RFC 9110 §13.1.2).
    fn answer(&self, headers: &HeaderMap) -> Response {
        let Self { text, kind, etag, cache_control } = self.clone();
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        let is_known = known
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().trim_start_matches("W/") == etag);
        let shared = [(header::CACHE_CONTROL, cache_control), (header::ETAG, etag)];
        if is_known {
            return (StatusCode::NOT_MODIFIED, shared).into_response();
        }
        (shared, [(header::CONTENT_TYPE, kind)], text).into_response()
    }
}
