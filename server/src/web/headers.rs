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
/// Browsers hold every redirect that follows a form against `form-action`, those of the
/// application too: where it sends people from its redirect URI only it knows, so any https
/// address may follow. Whoever could put a form of their own into a page is kept out by all else
/// here.
pub(crate) fn content_security_policy(redirect_uri: Option<&str>) -> String {
    let target = redirect_uri.map(form_target).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
         img-src 'self' data:; \
         form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Where a form may lead that ends at this redirect URI, as source expressions: any https
/// address, and else its origin, or its scheme where CSP has no notation for the host.
fn form_target(redirect_uri: &str) -> String {
    let Ok(url) = Url::parse(redirect_uri) else { return String::new() };
    match (url.scheme(), url.host()) {
        ("https", _) => " https:".to_owned(),
        ("http", Some(url::Host::Domain(_) | url::Host::Ipv4(_))) => {
            format!(" https: {}", url.origin().ascii_serialization())
        }
        (scheme, _) => format!(" https: {scheme}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_where_a_form_ends_is_allowed() {
        for (uri, source) in [
            ("https://shop.example:8443/cb?x=1", " https:"),
            ("http://127.0.0.1:5000/cb", " https: http://127.0.0.1:5000"),
            ("http://[::1]:5000/cb", " https: http:"),
            ("com.example.app:/cb", " https: com.example.app:"),
        ] {
            assert_eq!(form_target(uri), source, "{uri}");
        }
    }

    #[test]
    fn nothing_inline_is_ever_allowed() {
        assert!(!content_security_policy(Some("https://a.example/")).contains("unsafe"));
    }
}
