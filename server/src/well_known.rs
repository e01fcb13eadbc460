//! Documents by which browsers and phones learn who belongs to this server's address.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::model::AppleApp;

use crate::app::App;
use crate::web::failure::ClientFailure;

/// `GET /.well-known/webauthn`: the sites that may use the passkeys of this address (Web
/// Authentication Level 3 §5.11.1).
pub(crate) async fn webauthn(State(app): State<App>) -> Json<Value> {
    let sites = app.config.passkey_sites();
    let origins: Vec<_> = sites.iter().map(|site| site.origin().ascii_serialization()).collect();
    Json(json!({"origins": origins}))
}

/// `GET /.well-known/passkey-endpoints`: where people add passkeys and look after them
/// (Passkey Endpoints §2).
pub(crate) async fn passkey_endpoints(State(app): State<App>) -> Json<Value> {
    let page = app.config.issuer.at("/account/factors");
    Json(json!({"enroll": page, "manage": page}))
}

/// What the Android applications may do: use passkeys of this address. Credential Manager asks for
/// the first as well, which alone gives an application nothing: it opens the links that its own
/// manifest names.
const RELATIONS: [&str; 2] =
    ["delegate_permission/common.handle_all_urls", "delegate_permission/common.get_login_creds"];

/// `GET /.well-known/assetlinks.json`: the Android applications (Digital Asset Links).
pub(crate) async fn assetlinks(State(app): State<App>) -> Result<Response, ClientFailure> {
    let register = app.clients.register(&app.store).await?;
    let apps = app.config.android_apps.iter().chain(&register.android_apps);
    let statements: Vec<_> = apps
        .map(|android| {
            json!({
                "relation": RELATIONS,
                "target": {
                    "namespace": "android_app",
                    "package_name": android.package,
                    "sha256_cert_fingerprints": [android.fingerprint_text()],
                },
            })
        })
        .collect();
    Ok(Json(Value::Array(statements)).into_response())
}

/// `GET /.well-known/apple-app-site-association`: the applications for Apple's systems
/// (Associated Domains, `webcredentials`).
pub(crate) async fn apple_app_site_association(
    State(app): State<App>,
) -> Result<Response, ClientFailure> {
    let register = app.clients.register(&app.store).await?;
    let apps = app.config.apple_apps.iter().chain(&register.apple_apps);
    let apps: Vec<_> = apps.map(AppleApp::as_str).collect();
    Ok(Json(json!({"webcredentials": {"apps": apps}})).into_response())
}
