//! The floor of a machine: what an HTTP server costs that does nothing but the one thing
//! that cannot be left out. `scripts/bench` runs it beside the real server.
//!
//! `GET /json` answers a fixed document; `POST /sign/1` and `POST /sign/2` sign that many
//! RS256 tokens; `POST /argon2` hashes one password.

use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde_json::{Value, json};
use shared::crypto::jws;
use shared::crypto::password::Hasher;
use shared::crypto::signing_key::SigningKey;
use shared::model::{Secret, SigningAlg};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As large as the metadata document of the server.
const DOCUMENT_BYTES: usize = 3000;
/// Nobody is sent away here.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Clone)]
struct Floor {
    key: Arc<SigningKey>,
    hasher: Hasher,
    document: Arc<Value>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    let floor = Floor {
        key: Arc::new(SigningKey::generate(SigningAlg::Rs256, 2048)?),
        hasher: Hasher::new(cores, PATIENCE)?,
        document: Arc::new(json!({"document": "x".repeat(DOCUMENT_BYTES)})),
    };
    let router = Router::new()
        .route("/json", get(document))
        .route("/sign/{count}", post(sign))
        .route("/argon2", post(argon2))
        .with_state(floor);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}

async fn document(State(floor): State<Floor>) -> Json<Value> {
    Json(floor.document.as_ref().clone())
}

async fn sign(
    State(floor): State<Floor>,
    Path(count): Path<usize>,
) -> Result<Json<Value>, StatusCode> {
    let claims = json!({
        "iss": "http://localhost:8080", "sub": "0192f0c1-2b7f-7c4e-8c0e-3f2b1c9d5a77",
        "aud": "http://localhost:8080", "client_id": "batch", "exp": 1_800_000_900,
        "iat": 1_800_000_000, "jti": "c3VjaCBhIG5hbWUh", "scope": "orders:read",
    });
    let token = |_| jws::sign(&floor.key, "at+jwt", &claims);
    let tokens: Result<Vec<_>, _> = (0..count).map(token).collect();
    let tokens = tokens.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({"tokens": tokens})))
}

async fn argon2(State(floor): State<Floor>) -> Result<Json<Value>, StatusCode> {
    let hashed = floor.hasher.hash(Secret::from("correct horse battery staple")).await;
    let hashed = hashed.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(json!({"hash": hashed})))
}
