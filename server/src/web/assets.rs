//! Style sheets, script and pictures, built into the binary.

use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::crypto::token;

/// Name, type and content of each file.
const FILES: &[(&str, &str, &str)] = &[
    ("signet.css", "text/css; charset=utf-8", include_str!("../../assets/signet.css")),
    ("signet.js", "text/javascript; charset=utf-8", include_str!("../../assets/signet.js")),
    ("form-post.js", "text/javascript; charset=utf-8", include_str!("../../assets/form-post.js")),
    ("keys.js", "text/javascript; charset=utf-8", include_str!("../../assets/keys.js")),
    ("favicon.svg", "image/svg+xml", include_str!("../../assets/favicon.svg")),
    ("guilloche.svg", "image/svg+xml", include_str!("../../assets/guilloche.svg")),
];

/// A hash of all files: part of their addresses, so that browsers may keep them for good.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = FILES.iter().map(|(_, _, content)| *content).collect();
    token::hash(&all).chars().take(12).collect()
});

/// What stands in the addresses of the files.
pub(crate) fn version() -> &'static str {
    &VERSION
}

/// `GET /assets/{name}`
pub(crate) async fn get(Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let Some((_, kind, content)) = FILES.iter().find(|(each, _, _)| *each == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let current = query.and_then(|query| query.strip_prefix("v=").map(|v| v == version()));
    let keep = match current {
        Some(true) => "public, max-age=31536000, immutable",
        _ => "public, max-age=3600",
    };
    ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, keep)], *content).into_response()
}
