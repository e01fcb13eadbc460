//! Every path of the server, on one page.

use std::time::Duration;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::app::App;
use crate::login::{
    account, api, authorize, consent, enrol, home, logout, password, second_factor,
};
use crate::token::{endpoint, introspect, revoke, userinfo};
use crate::web::surface::Surface;
use crate::web::{assets, csrf, headers, html, request_id};
use crate::{discovery, health, well_known};

/// All routes, below the issuer's path.
pub(crate) fn router(app: &App) -> Router {
    let base = app.config.issuer.path().to_owned();
    // Where RFC 8414 §3.1 puts it: before the issuer's path, not after.
    let oauth_metadata = format!("/.well-known/oauth-authorization-server{base}");

    let below_issuer = Router::new().merge(documents(app)).merge(pages(app)).merge(endpoints(app));
    let below_issuer = if base.is_empty() {
        below_issuer
    } else {
        Router::new()
            .route(&base, get(home::get))
            .route(&format!("{base}/"), get(home::get))
            .nest(&base, below_issuer)
    };
    below_issuer
        .route(&oauth_metadata, get(discovery::configuration).layer(public()))
        .route("/.well-known/webauthn", get(well_known::webauthn))
        .route("/.well-known/passkey-endpoints", get(well_known::passkey_endpoints))
        .route("/.well-known/assetlinks.json", get(well_known::assetlinks))
        .route(
            "/.well-known/apple-app-site-association",
            get(well_known::apple_app_site_association),
        )
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), headers::layer))
        .layer(from_fn(request_id::layer))
        .with_state(app.clone())
}

/// What every client and browser may read and keep.
fn documents(app: &App) -> Router<App> {
    let documents = Router::new()
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/jwks", get(discovery::jwks));
    let assets = Router::new().route("/assets/{name}", get(assets::get));
    Surface::Clients
        .serve(app, documents)
        .layer(public())
        .merge(Surface::Clients.serve(app, assets))
}

/// What people see.
fn pages(app: &App) -> Router<App> {
    let from_here = from_fn_with_state(app.clone(), csrf::layer);
    let forms = Router::new()
        .route("/login", get(password::get).post(password::post))
        .route("/second-factor", get(second_factor::get).post(second_factor::post))
        .route("/enrol", get(enrol::get).post(enrol::post))
        .route("/consent", get(consent::get).post(consent::post))
        .route("/logout/confirm", post(logout::confirm))
        .merge(steps())
        .route("/account/profile", get(account::profile::get).post(account::profile::post))
        .route("/account/password", get(account::password::get).post(account::password::post))
        .route("/account/factors", get(account::factors::get).post(account::factors::post))
        .route("/account/factors/totp", get(account::totp::get).post(account::totp::post))
        .route("/account/sessions", get(account::sessions::get).post(account::sessions::post))
        .route(
            "/account/applications",
            get(account::applications::get).post(account::applications::post),
        )
        .layer(from_here);
    let router = Router::new()
        .route("/authorize", get(authorize::get).post(authorize::post))
        .route("/continue", get(authorize::resume))
        .route("/account", get(account::overview::get))
        .route("/account/history", get(account::history::get))
        .route("/logout", get(logout::get).post(logout::post))
        .merge(forms);
    let at_the_root = app.config.issuer.path().is_empty();
    let router = if at_the_root { router.route("/", get(home::get)) } else { router };
    Surface::Browsers.serve(app, router)
}

/// The steps of a sign-in in JSON.
fn steps() -> Router<App> {
    let at = |step: &str| format!("/api/v1/interactions/{{interaction}}/{step}");
    Router::new()
        .route(&at("passkey/options"), post(api::ask_for_passkey))
        .route(&at("passkey"), post(api::take_passkey))
        .route(&at("key/options"), post(api::ask_for_key))
        .route(&at("key"), post(api::take_key))
        .route(&at("enrolment/options"), post(api::ask_for_new))
        .route(&at("enrolment"), post(api::take_new))
        .route("/account/factors/keys/options", post(account::keys::ask))
        .route("/account/factors/keys", post(account::keys::take))
}

/// What clients call.
fn endpoints(app: &App) -> Router<App> {
    let from_scripts = Router::new()
        .route("/token", post(endpoint::post))
        .route("/revoke", post(revoke::post))
        .route("/userinfo", get(userinfo::answer).post(userinfo::answer));
    let from_machines = Router::new().route("/introspect", post(introspect::post));
    Surface::Clients
        .serve(app, from_scripts)
        .layer(applications(app))
        .merge(Surface::Clients.serve(app, from_machines))
}

/// Usable from scripts of applications that are registered here, by the origins of their
/// redirect URIs. Cookies are never sent: what opens these is in the request itself.
fn applications(app: &App) -> CorsLayer {
    let app = app.clone();
    let is_registered = move |origin: HeaderValue, _: &Parts| {
        let app = app.clone();
        async move {
            let register = app.clients.register(&app.store).await;
            let origin = origin.to_str().unwrap_or_default();
            register.is_ok_and(|register| register.origins.contains(origin))
        }
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::async_predicate(is_registered))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER])
        .max_age(Duration::from_mins(10))
}

/// Readable from a script of any origin, without credentials.
fn public() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .expose_headers([HeaderName::from_static("etag")])
}

async fn not_found(State(app): State<App>, OriginalUri(uri): OriginalUri) -> Response {
    html::not_found(&app, uri.path())
}
