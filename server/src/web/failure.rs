//! No, in three manners: to clients in JSON, to browsers as a page or a redirect.
//!
//! A *refusal* or *rejection* is the caller's doing and told precisely. A *fault* is
//! ours: logged once with its cause, told by its request id alone.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::admin::AdminError;
use shared::crypto::CryptoError;
use shared::crypto::password::HashError;
use shared::model::incident::{AskedParams, Place};
use shared::model::{ErrorCode, IncidentCode, Refusal};
use shared::rules::authorize::{Notice, Rejection};
use shared::rules::logout::Objection;
use shared::store::StoreError;

use super::page::Wait;
use super::{answer, html, incident, request_id};
use crate::app::App;

/// Something of ours went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The signing keys.
    #[error(transparent)]
    Keys(#[from] AdminError),
    /// A key, a hash or the random source.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// An answer could not be put together.
    #[error("an answer could not be made: {0}")]
    Answer(&'static str),
}

impl Fault {
    /// Logs it, with its causes.
    pub(super) fn log(&self) {
        tracing::error!(causes = shared::causes(self), "fault");
    }
}

/// Asks whoever came when too many others were there to come again in five seconds.
pub(crate) fn come_again(mut answer: Response) -> Response {
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

/// Why a client gets no answer it likes.
#[derive(Debug)]
pub(crate) enum ClientFailure {
    /// The client's doing. It is told exactly why (RFC 6749 §5.2).
    Refused(Refusal),
    /// The client did not prove who it is; with HTTP Basic, if it tried that.
    Unauthenticated {
        /// What it is told.
        refusal: Refusal,
        /// Whether it used HTTP Basic, and is told to do so again (RFC 6749 §5.2).
        basic: bool,
    },
    /// The request is not taken at all, with the status that says so.
    NotTaken(StatusCode, Refusal),
    /// It failed too often to prove who it is.
    Throttled(Wait),
    /// Too many others at this moment.
    Busy,
    /// Our doing.
    Fault(Fault),
}

impl From<Refusal> for ClientFailure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<T: Into<Fault>> From<T> for ClientFailure {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

impl ClientFailure {
    /// From a hash that was not made.
    pub(crate) fn from_hash(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Fault(fault) => Self::Fault(fault.into()),
        }
    }

    /// What it is refused with, if that is the client's doing.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal)
            | Self::Unauthenticated { refusal, .. }
            | Self::NotTaken(_, refusal) => Some(*refusal),
            Self::Throttled(_) | Self::Busy | Self::Fault(_) => None,
        }
    }

    /// The answer, with the code by which the operator finds what it is about.
    pub(crate) fn answer(self, code: Option<&IncidentCode>) -> Response {
        let (status, refusal) = match &self {
            Self::Refused(refusal) => (StatusCode::BAD_REQUEST, *refusal),
            Self::Unauthenticated { refusal, .. } => (StatusCode::UNAUTHORIZED, *refusal),
            Self::NotTaken(status, refusal) => (*status, *refusal),
            Self::Throttled(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::TemporarilyUnavailable.because("too many wrong client secrets"),
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::TemporarilyUnavailable.because("too many requests at this moment"),
            ),
            Self::Fault(fault) => {
                fault.log();
                let body = json!({
                    "error": "server_error",
                    "error_description": format!("an error of the server, request {}", request_id::current()),
                });
                return (StatusCode::INTERNAL_SERVER_ERROR, no_store(), Json(body)).into_response();
            }
        };
        tracing::debug!(code = refusal.code.as_str(), why = refusal.description, "refused");
        let body = json!({
            "error": refusal.code.as_str(),
            "error_description": incident::described(refusal, code),
        });
        let mut answer = (status, no_store(), Json(body)).into_response();
        if let Self::Unauthenticated { basic: true, .. } = self {
            let challenge = HeaderValue::from_static("Basic realm=\"signet\", charset=\"UTF-8\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        match self {
            Self::Busy => come_again(answer),
            Self::Throttled(wait) => wait.answer(answer),
            _ => answer,
        }
    }
}

impl IntoResponse for ClientFailure {
    fn into_response(self) -> Response {
        self.answer(None)
    }
}

/// The headers of everything that holds a token or says why there is none (RFC 6749 §5.1).
pub(crate) fn no_store() -> [(header::HeaderName, &'static str); 2] {
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")]
}

/// Why a browser gets no page it likes.
#[derive(Debug)]
pub(crate) enum BrowserFailure {
    /// The request starts no sign-in: a page, or an answer to the client.
    Rejected(Rejection),
    /// The client's request to sign out is not followed.
    NotFollowed(Objection),
    /// The page's form is not good any more, or not from here.
    Stale(Stale),
    /// Somebody has to sign in first, or better: this is the way there.
    Detour(Box<Response>),
    /// Our doing.
    Fault(Fault),
}

/// Why a form is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stale {
    /// The sign-in took too long, was finished, or never was.
    Expired,
    /// It was started in another browser, or this one lost its cookies.
    OtherBrowser,
    /// The form came from another site, or from a page of another sign-in.
    Forged,
    /// The form cannot be read.
    Malformed,
}

impl<T: Into<Fault>> From<T> for BrowserFailure {
    fn from(fault: T) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<Rejection> for BrowserFailure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Notice> for BrowserFailure {
    fn from(notice: Notice) -> Self {
        Self::Rejected(Rejection::Shown(notice))
    }
}

impl From<Objection> for BrowserFailure {
    fn from(objection: Objection) -> Self {
        Self::NotFollowed(objection)
    }
}

impl From<Stale> for BrowserFailure {
    fn from(stale: Stale) -> Self {
        Self::Stale(stale)
    }
}

/// Waits for what a browser is answered, and answers also where that fails.
pub(crate) fn answered(
    app: &App,
    answer: impl Future<Output = Result<Response, BrowserFailure>>,
) -> impl Future<Output = Response> {
    // An async function would keep its argument twice, and those of pages are large.
    let answer = Box::pin(answer);
    async move { answer.await.unwrap_or_else(|failure| failure.answer(app)) }
}

impl BrowserFailure {
    /// The page or the redirect.
    pub(crate) fn answer(self, app: &App) -> Response {
        self.answer_to(app, AskedParams::default)
    }

    /// The same, where it is known what was asked: that explains it to the operator.
    pub(crate) fn answer_to(self, app: &App, asked: impl FnOnce() -> AskedParams) -> Response {
        match self {
            Self::Rejected(Rejection::Returned(returned)) => {
                let refusal = returned.refusal;
                let (code, why) = (refusal.code.as_str(), refusal.description);
                tracing::debug!(code, why, "returned to the client");
                let code = incident::refused(app, Place::AuthorizeReturned, refusal, asked);
                answer::incident(app, &returned, code.as_ref())
                    .unwrap_or_else(|fault| Self::Fault(fault).answer(app))
            }
            Self::Rejected(Rejection::Shown(notice)) => {
                let code = incident::refused(app, Place::AuthorizePage, notice.refusal(), asked);
                html::notice(app, notice, code)
            }
            Self::NotFollowed(objection) => {
                let code = incident::refused(app, Place::EndSession, objection.refusal(), asked);
                html::objection(app, objection, code)
            }
            Self::Stale(stale) => html::stale(app, stale),
            Self::Detour(way) => *way,
            Self::Fault(fault) => {
                fault.log();
                html::fault(app)
            }
        }
    }
}
