//! What is the same for all routes of one kind of caller: bodies are read whole, within
//! limits, and whoever is turned away before a handler ran is told in the caller's manner.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use shared::model::ErrorCode;
use shared::model::incident::{AskedParams, Place};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;

use super::failure::{BrowserFailure, ClientFailure, Fault};
use super::{html, incident};
use crate::app::App;

/// No request that this server understands is larger. Bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// How much of a body that is too large is read and thrown away, in bytes. A caller that
/// is still sending when the connection closes may never see the answer.
const LARGEST_DISCARDED: usize = 1024 * 1024;

/// How long a body may take.
const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Surface {
    /// Programs: they are answered in JSON.
    Clients,
    /// People: they are shown a page.
    Browsers,
}

impl Surface {
    /// These routes, for this kind of caller.
    pub(crate) fn serve(self, app: &App, router: Router<App>) -> Router<App> {
        let wrong_method = move |State(app): State<App>| async move {
            self.refuse(&app, StatusCode::METHOD_NOT_ALLOWED, "this address has other methods")
        };
        let read = move |State(app): State<App>, request: Request, next: Next| async move {
            match read(request).await {
                Ok(request) => next.run(request).await,
                Err((status, why)) => self.refuse(&app, status, why),
            }
        };
        let panicked = {
            let app = app.clone();
            move |_: Box<dyn Any + Send>| self.fail(&app, Fault::Answer("a handler panicked"))
        };
        router
            .method_not_allowed_fallback(wrong_method)
            .layer(from_fn_with_state(app.clone(), read))
            .layer(CatchPanicLayer::custom(panicked))
    }

    fn refuse(self, app: &App, status: StatusCode, why: &'static str) -> Response {
        match self {
            Self::Clients => {
                let refusal = ErrorCode::InvalidRequest.because(why);
                let code = incident::refused(app, Place::NotTaken, refusal, AskedParams::default);
                ClientFailure::NotTaken(status, refusal).answer(code.as_ref())
            }
            Self::Browsers => html::not_taken(app, status, why),
        }
    }

    fn fail(self, app: &App, fault: Fault) -> Response {
        match self {
            Self::Clients => ClientFailure::Fault(fault).into_response(),
            Self::Browsers => BrowserFailure::Fault(fault).answer(app),
        }
    }
}

/// The request with its whole body.
async fn read(request: Request) -> Result<Request, (StatusCode, &'static str)> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let too_slow = (StatusCode::REQUEST_TIMEOUT, "the body took too long");
    let body = timeout(SLOWEST_BODY, whole(body)).await.map_err(|_| too_slow)??;
    Ok(Request::from_parts(parts, body.into()))
}

async fn whole(mut body: Body) -> Result<Bytes, (StatusCode, &'static str)> {
    let mut kept = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let broken = (StatusCode::BAD_REQUEST, "the body broke off");
        let Ok(data) = frame.map_err(|_| broken)?.into_data() else { continue };
        length += data.len();
        if length <= LARGEST_BODY {
            kept.extend_from_slice(&data);
        } else if length > LARGEST_DISCARDED {
            break;
        }
    }
    let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
    if length > LARGEST_BODY { Err(too_large) } else { Ok(kept.into()) }
}
