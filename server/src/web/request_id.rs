//! A name for each request: in the log, in the answer, on error pages.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use shared::crypto::random;
use tracing::Instrument;

use super::failure::Fault;

/// The header that carries it.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request at hand.
pub(crate) fn current() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Does something for the request at hand to its end, whether or not its caller waits for it.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Fault> {
    let work = CURRENT.scope(current(), work).in_current_span();
    tokio::spawn(work).await.map_err(|_| Fault::Answer("a handler panicked"))
}

/// Names the request, logs its end, puts the name on the answer.
///
/// A name that a caller sends is not taken over: it would be somebody else's words in
/// the log. Paths are logged as their pattern, without what varies; queries never are.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let id = random::token_id().unwrap_or_default();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map_or("(unknown)", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id);
    let started = tokio::time::Instant::now();

    let answer = CURRENT.scope(id.clone(), next.run(request)).instrument(span.clone()).await;
    let status = answer.status().as_u16();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(%method, path, status, micros, "answered"));

    let mut answer = answer;
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HEADER, value);
    }
    answer
}
