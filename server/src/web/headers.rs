//! Headers that every answer has, and those of pages.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use crate::app::App;

/// On every answer: nobody guesses its type, and https stays https.
pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if app.config.issuer.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    answer
}

/// The content security policy of a page: all from here, no frames, no inline code.
///
/// Browsers hold the redirects that follow a form against `form-action` too, so where
/// the sign-in will end must be in it.
pub(crate) fn content_security_policy(redirect_uri: Option<&str>) -> String {
    let target = redirect_uri.and_then(form_target).map(|t| format!(" {t}")).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
         img-src 'self' data:; \
         form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// A redirect URI as a source expression: its origin, or its scheme where CSP has no
/// notation for the host.
fn form_target(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(url::Host::Domain(_) | url::Host::Ipv4(_))) => {
            Some(url.origin().ascii_serialization())
        }
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_where_a_form_ends_is_allowed() {
        for (uri, source) in [
            ("https://shop.example:8443/cb?x=1", "https://shop.example:8443"),
            ("http://127.0.0.1:5000/cb", "http://127.0.0.1:5000"),
            ("http://[::1]:5000/cb", "http:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(form_target(uri).as_deref(), Some(source), "{uri}");
        }
    }

    #[test]
    fn nothing_inline_is_ever_allowed() {
        assert!(!content_security_policy(Some("https://a.example/")).contains("unsafe"));
    }
}
