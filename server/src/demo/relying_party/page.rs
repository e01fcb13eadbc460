//! The application's pages, and the headers they travel with.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, InvalidHeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{Html, Response};
use chrono::{DateTime, Utc};
use openidconnect::IssuerUrl;

use super::App;
use super::access_token::Decoded;
use super::failure::Failure;
use super::session::SignedIn;
use super::tokens::{Family, Report, shortened};
use super::user_info::UserInfo;

/// The first page.
#[derive(Template)]
#[template(path = "demo/home.html")]
struct Home<'a> {
    issuer: &'a str,
    signed_in: bool,
}

/// What a sign-in brought.
#[derive(Template)]
#[template(path = "demo/tokens.html")]
pub(super) struct Tokens<'a> {
    pub(super) name: &'a str,
    pub(super) registration: &'a str,
    pub(super) client_id: &'a str,
    pub(super) report: Option<&'a Report>,
    pub(super) id_token: TokenView<'a>,
    /// What of the ID token was checked.
    pub(super) checked: &'a [&'static str],
    pub(super) access_token: TokenView<'a>,
    /// Why an API would refuse the access token.
    pub(super) unfit: Option<String>,
    pub(super) user_info: &'a UserInfo,
    pub(super) refresh: RefreshView,
}

/// Something went another way.
#[derive(Template)]
#[template(path = "demo/error.html")]
pub(super) struct Error<'a> {
    pub(super) title: &'a str,
    pub(super) text: String,
    /// The OAuth error code.
    pub(super) code: Option<&'a str>,
    pub(super) detail: Option<String>,
}

/// A token, as it travels and taken apart.
pub(super) struct TokenView<'a> {
    pub(super) raw: &'a str,
    pub(super) decoded: Option<Decoded>,
}

impl TokenView<'_> {
    /// When it expires, if it says so.
    fn moment(&self) -> Option<DateTime<Utc>> {
        self.decoded.as_ref()?.expires_at
    }
}

/// What may be seen of the refresh tokens.
pub(super) enum RefreshView {
    Absent,
    Alive { newest: String, used: Option<String>, generation: u32 },
    Revoked,
}

impl RefreshView {
    pub(super) fn of(family: &Family) -> Self {
        match family {
            Family::Absent => Self::Absent,
            Family::Revoked => Self::Revoked,
            Family::Alive { newest, used, generation } => Self::Alive {
                newest: shortened(newest),
                used: used.as_ref().map(shortened),
                generation: *generation,
            },
        }
    }
}

/// Explains the demo and offers both ways of signing in.
pub(super) async fn home(
    State(app): State<Arc<App>>,
    signed_in: Option<SignedIn>,
) -> Result<Html<String>, Failure> {
    draw(&Home { issuer: app.provider.issuer(), signed_in: signed_in.is_some() })
}

/// Draws a page.
pub(super) fn draw(page: &impl Template) -> Result<Html<String>, Failure> {
    Ok(Html(page.render()?))
}

/// The stylesheet.
pub(super) async fn stylesheet() -> ([(HeaderName, &'static str); 2], &'static str) {
    let headers =
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("../../../assets/demo.css"))
}

/// The icon of its tabs.
pub(super) async fn icon() -> ([(HeaderName, &'static str); 2], &'static str) {
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, include_str!("../../../templates/demo/icon.svg"))
}

/// What the pages may load and where their forms may lead: nothing but what they need.
///
/// # Errors
/// If the issuer's origin cannot stand in a header.
pub(super) fn content_security_policy(
    issuer: &IssuerUrl,
) -> Result<HeaderValue, InvalidHeaderValue> {
    // Signing out is a form here whose answer leads to the provider's page; browsers hold a
    // form's redirects to form-action as well.
    let provider = issuer.url().origin().ascii_serialization();
    HeaderValue::try_from(format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; \
         form-action 'self' {provider}; base-uri 'none'; frame-ancestors 'none'"
    ))
}

/// Adds the headers that every answer carries.
pub(super) async fn protect(State(policy): State<HeaderValue>, mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: browsers would then send the own forms with `Origin: null`.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // Tokens stand on these pages.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::super::tokens::Step;
    use super::*;

    fn token() -> TokenView<'static> {
        let decoded = Decoded::read("e30.eyJleHAiOjQxMDI0NDQ4MDB9.x");
        TokenView { raw: "e30.eyJleHAiOjQxMDI0NDQ4MDB9.x", decoded }
    }

    fn tokens(refresh: RefreshView) -> String {
        let step = Step { asked: "<asked>".into(), answered: "answered".into() };
        let page = Tokens {
            name: "Alice <script>",
            registration: "public",
            client_id: "demo-public",
            report: Some(&Report { title: "A report", steps: vec![step] }),
            id_token: token(),
            checked: &["signature", "iss"],
            access_token: token(),
            unfit: Some("it has expired".into()),
            user_info: &UserInfo {
                status: StatusCode::OK,
                challenge: None,
                body: "{}".into(),
                name: None,
            },
            refresh,
        };
        page.render().unwrap()
    }

    #[test]
    fn every_state_of_the_family_has_its_buttons() {
        let (newest, used) = ("new…".to_owned(), Some("old…".to_owned()));
        let fresh = RefreshView::Alive { newest: newest.clone(), used: None, generation: 1 };
        let rotated = RefreshView::Alive { newest, used, generation: 2 };
        for (view, refresh, reuse) in [
            (fresh, true, false),
            (rotated, true, true),
            (RefreshView::Absent, false, false),
            (RefreshView::Revoked, false, false),
        ] {
            let html = tokens(view);
            assert_eq!(html.contains("id=\"refresh\""), refresh);
            assert_eq!(html.contains("id=\"reuse\""), reuse);
            assert!(html.contains("id=\"sign-out\"") && html.contains("id=\"user-info\""));
        }
    }

    #[test]
    fn what_others_sent_is_text_and_never_markup() {
        let html = tokens(RefreshView::Absent);
        assert!(!html.contains("<script>") && !html.contains("<asked>"), "{html}");
        let error = Error { title: "t", text: "x".into(), code: Some("<b>"), detail: None };
        assert!(!error.render().unwrap().contains("<b>"));
    }

    #[test]
    fn pages_need_neither_inline_script_nor_style() {
        let home = Home { issuer: "http://localhost:8080", signed_in: false }.render().unwrap();
        for html in [home, tokens(RefreshView::Absent)] {
            assert!(!html.contains("style=") && !html.contains("<style"));
        }
    }
}
