//! Answers to programs that walk through a sign-in for a person: our own scripts, and
//! applications on phones. In JSON; no as problem details (RFC 9457).

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::failure::{BrowserFailure, Fault, Stale, no_store};
use super::request_id;

/// Why a program gets no answer it likes.
#[derive(Debug)]
pub(crate) enum ApiFailure {
    /// The caller's doing: a fixed word, and what it means.
    Refused(StatusCode, &'static str, &'static str),
    /// Our doing.
    Fault(Fault),
}

impl<T: Into<Fault>> From<T> for ApiFailure {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<Stale> for ApiFailure {
    fn from(stale: Stale) -> Self {
        match stale {
            Stale::Expired => {
                Self::Refused(StatusCode::GONE, "interaction_ended", "the sign-in has ended")
            }
            Stale::OtherBrowser => Self::Refused(
                StatusCode::FORBIDDEN,
                "other_browser",
                "the sign-in was started elsewhere, or its cookies are missing",
            ),
            Stale::Forged => {
                Self::Refused(StatusCode::FORBIDDEN, "forged", "the request is from another site")
            }
            Stale::Malformed => Self::Refused(
                StatusCode::BAD_REQUEST,
                "malformed",
                "the body is not the JSON that belongs here",
            ),
        }
    }
}

impl From<BrowserFailure> for ApiFailure {
    fn from(failure: BrowserFailure) -> Self {
        match failure {
            BrowserFailure::Stale(stale) => stale.into(),
            BrowserFailure::Fault(fault) => Self::Fault(fault),
            BrowserFailure::Rejected(_) | BrowserFailure::NotFollowed(_) => Stale::Expired.into(),
            BrowserFailure::Detour(_) => Self::Refused(
                StatusCode::UNAUTHORIZED,
                "sign_in_required",
                "the person has to sign in, or to do so again",
            ),
        }
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        let (status, code, title) = match &self {
            Self::Refused(status, code, title) => (*status, *code, (*title).to_owned()),
            Self::Fault(fault) => {
                fault.log();
                let title = format!("an error of the server, request {}", request_id::current());
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", title)
            }
        };
        tracing::debug!(code, "refused");
        let problem = json!({
            "type": "about:blank", "title": title, "status": status.as_u16(), "code": code,
        });
        let mut answer = (status, no_store(), Json(problem)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        answer
    }
}

/// Reads a body. Another site's page cannot send one of this type unasked, and nobody who
/// asks is let (Fetch §3.2.2).
///
/// # Errors
/// [`Stale::Malformed`].
pub(crate) fn body<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Stale> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(Stale::Malformed);
    }
    serde_json::from_slice(body).map_err(|_| Stale::Malformed)
}

/// An answer.
pub(crate) fn answer(document: serde_json::Value) -> Response {
    (no_store(), Json(document)).into_response()
}
