//! The demo's application: a relying party, as a newcomer would write their own.
//!
//! It knows its provider only by the issuer and by two registrations, and nothing of its
//! store or its code. It believes an answer only after `state`, `iss`, signature and `nonce`.

mod access_token;
mod actions;
mod failure;
mod id_token;
mod page;
mod provider;
mod session;
mod sign_in;
mod tokens;
mod user_info;

use std::sync::Arc;

use axum::Router;
use axum::http::header::InvalidHeaderValue;
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use openidconnect::url;
use tower_http::csrf::CsrfLayer;

use failure::Failure;
use provider::Provider;
use session::Sessions;

/// What the demo's application needs to know of its provider.
pub(crate) struct Settings {
    /// The provider's issuer; discovery starts from it.
    pub(crate) issuer: String,
    /// Where a browser finds this application, without a trailing slash.
    pub(crate) own_url: String,
    /// The `client_id` of the registration without a secret.
    pub(crate) public_client_id: String,
    /// The `client_id` of the registration with a secret.
    pub(crate) confidential_client_id: String,
    /// That secret, used as `client_secret_basic`.
    pub(crate) confidential_client_secret: String,
}

/// Settings that no application can be made of.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    /// The issuer or the application's own address.
    #[error("{address:?} is not an address")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        source: url::ParseError,
    },
    /// The issuer cannot stand in a header.
    #[error("the issuer cannot be named in a content security policy")]
    Policy(#[from] InvalidHeaderValue),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    HttpClient(#[from] reqwest::Error),
}

/// What every page of the application shares.
struct App {
    provider: Provider,
    sessions: Sessions,
}

/// The application's routes: give them to `axum::serve`.
///
/// Nothing is asked of the provider before the first person clicks, so it may start later.
///
/// # Errors
/// [`SetupError`] if an address of the settings is none.
pub(crate) fn router(settings: Settings) -> Result<Router, SetupError> {
    let provider = Provider::new(settings)?;
    let policy = page::content_security_policy(provider.issuer())?;
    let app = Arc::new(App { provider, sessions: Sessions::default() });

    let csrf = CsrfLayer::new().with_rejection_response(|_| Failure::CrossSite.into_response());
    Ok(Router::new()
        .route("/", get(page::home))
        .route("/sign-in/{registration}", get(sign_in::start))
        .route("/callback/{registration}", get(sign_in::finish))
        .route("/tokens", get(actions::show))
        .route("/refresh", post(actions::refresh))
        .route("/reuse", post(actions::reuse))
        .route("/userinfo", post(actions::ask_user_info))
        .route("/sign-out", post(actions::sign_out))
        .route("/assets/demo.css", get(page::stylesheet))
        .route("/assets/demo.svg", get(page::icon))
        .fallback(|| async { Failure::NotFound })
        .method_not_allowed_fallback(|| async { Failure::NotFound })
        .layer(csrf)
        .layer(middleware::map_response_with_state(policy, page::protect))
        .with_state(app))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode, header};
    use tower::ServiceExt;

    use super::*;

    fn settings(issuer: &str) -> Settings {
        Settings {
            issuer: issuer.into(),
            own_url: "http://localhost:8081".into(),
            public_client_id: "demo-public".into(),
            confidential_client_id: "demo-confidential".into(),
            confidential_client_secret: "secret".into(),
        }
    }

    async fn answer(request: axum::http::request::Builder) -> axum::response::Response {
        let router = router(settings("http://localhost:8080")).unwrap();
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_page_has_its_policy_and_lets_forms_lead_to_the_provider() {
        for path in ["/", "/nowhere", "/callback/public?code=c&state=s"] {
            let answer = answer(Request::get(path)).await;
            let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
            assert!(policy.contains("form-action 'self' http://localhost:8080;"), "{policy}");
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        }
    }

    #[tokio::test]
    async fn a_form_of_another_site_is_refused() {
        for path in ["/refresh", "/reuse", "/userinfo", "/sign-out"] {
            // The provider of the demo is the same site and yet another origin.
            let foreign = Request::post(path).header("sec-fetch-site", "same-site");
            assert_eq!(answer(foreign).await.status(), StatusCode::FORBIDDEN, "{path}");
        }
    }

    #[tokio::test]
    async fn who_is_not_signed_in_is_led_home() {
        assert_eq!(answer(Request::get("/tokens")).await.headers()[header::LOCATION], "/");
        let own = Request::post("/refresh").header("sec-fetch-site", "same-origin");
        assert_eq!(answer(own).await.headers()[header::LOCATION], "/");
    }

    #[tokio::test]
    async fn an_answer_nobody_asked_for_is_not_followed() {
        let answer = answer(Request::get("/callback/public?code=c&state=s")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn signing_out_leads_to_the_providers_page() {
        let answer = answer(Request::post("/sign-out")).await;
        assert_eq!(answer.headers()[header::LOCATION], "http://localhost:8080/logout");
    }

    #[test]
    fn an_issuer_that_is_no_address_is_refused_at_once() {
        assert!(matches!(router(settings("nonsense")), Err(SetupError::Address { .. })));
    }
}
