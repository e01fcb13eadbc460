//! Forms that only the page they were drawn on can send.
//!
//! First line: browsers say where a post comes from (`Sec-Fetch-Site`, `Origin`), and
//! what comes from another site is refused. Second line: each form holds a value that
//! only somebody with this browser's cookie can make, bound to what the form is for.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use shared::crypto::token;
use shared::model::Secret;

use super::failure::{BrowserFailure, Stale};
use crate::app::App;

/// The value for a form; `purpose` says which page and which interaction it is for.
pub(crate) fn value(secret: &Secret<String>, purpose: &str) -> String {
    token::bind(secret.expose(), purpose)
}

/// Checks the value that a form brought.
///
/// # Errors
/// [`Stale::Forged`].
pub(crate) fn check(
    secret: &Secret<String>,
    purpose: &str,
    given: Option<&str>,
) -> Result<(), Stale> {
    let good = given.is_some_and(|given| token::matches(given, &value(secret, purpose)));
    if good { Ok(()) } else { Err(Stale::Forged) }
}

/// The first line, for the routes that take a page's form.
///
/// Not `tower_http::csrf`: it cannot leave `Origin: null` to the second line, and that is
/// all that browsers say of our own forms on plain http, because the pages carry
/// `Referrer-Policy: no-referrer`.
pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST
        && is_foreign(request.headers(), &app.config.issuer.origin())
    {
        return BrowserFailure::from(Stale::Forged).answer(&app);
    }
    next.run(request).await
}

fn is_foreign(headers: &HeaderMap, own_origin: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    headers.get(header::ORIGIN).is_some_and(|origin| origin != own_origin && origin != "null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_say_of_a_form() {
        for (site, origin, foreign) in [
            (Some("same-origin"), Some("null"), false),
            (Some("none"), None, false),
            (Some("cross-site"), Some("null"), true),
            (Some("same-site"), Some("https://id.example"), true),
            (None, Some("https://id.example"), false),
            (None, Some("https://evil.example"), true),
            (None, Some("null"), false),
            (None, None, false),
        ] {
            let mut headers = HeaderMap::new();
            site.map(|site| headers.insert("sec-fetch-site", site.parse().unwrap()));
            origin.map(|origin| headers.insert(header::ORIGIN, origin.parse().unwrap()));
            assert_eq!(is_foreign(&headers, "https://id.example"), foreign, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn a_value_is_good_for_its_purpose_and_browser_alone() {
        let browser = Secret::from("browser");
        let good = value(&browser, "login 1");
        assert_eq!(check(&browser, "login 1", Some(&good)), Ok(()));
        assert_eq!(check(&browser, "login 2", Some(&good)), Err(Stale::Forged));
        assert_eq!(check(&Secret::from("other"), "login 1", Some(&good)), Err(Stale::Forged));
        assert_eq!(check(&browser, "login 1", None), Err(Stale::Forged));
    }
}
