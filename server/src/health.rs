//! For whoever watches the server.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::store::SchemaState;

use crate::app::App;

/// `GET /healthz`: it is alive.
pub(crate) async fn alive() -> Response {
    Json(json!({"status": "ok"})).into_response()
}

/// `GET /readyz`: it can sign people in. The store answers and can be written to,
/// its tables are as this program knows them, and a key signs.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let store = match app.store.schema_state().await {
        Ok(SchemaState::Current(_)) => writable(&app).await,
        Ok(SchemaState::Behind(..) | SchemaState::Ahead(..)) => "not migrated",
        Err(fault) => {
            tracing::error!(causes = shared::causes(&fault), "the store does not answer");
            "unreachable"
        }
    };
    let signing_key = match app.keys.check() {
        Ok(()) => "ok",
        Err(_) => "cannot sign",
    };
    let good = store == "ok" && signing_key == "ok";
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if good { "ok" } else { "unavailable" };
    let body = json!({"status": word, "store": store, "signing_key": signing_key});
    (status, Json(body)).into_response()
}

/// Whether a unit of work can begin. This one ends without a trace.
async fn writable(app: &App) -> &'static str {
    match app.store.begin().await {
        Ok(_) => "ok",
        Err(fault) => {
            tracing::error!(causes = shared::causes(&fault), "the store cannot be written to");
            "not writable"
        }
    }
}
