//! The three cookies: one names the browser while it is open, one the session, one the
//! device for good.
//!
//! The first two end with the browser; the session in the store ends by its own lifetime
//! too. All are `HttpOnly` and `SameSite=Lax`: sent when a client sends somebody here, not
//! when another site posts a form. On https they are `Secure` and have the prefix
//! `__Host-`, so that no other host of the domain can set them.

use std::time::Duration;

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use shared::model::Secret;

use crate::app::App;

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names the browser, until it is closed; sign-ins in progress are bound to it.
    Browser,
    /// Names the session.
    Session,
    /// Names the device to those who signed in on it.
    Device,
}

/// How long a device is known: as long as browsers keep a cookie.
const DEVICE_AGE: Duration = Duration::from_hours(400 * 24);

/// The cookie's name. Providers with other paths on the same host have others.
fn name(app: &App, kind: Kind) -> String {
    let base = match kind {
        Kind::Browser => "signet_browser",
        Kind::Session => "signet_session",
        Kind::Device => "signet_device",
    };
    let prefix = if app.config.issuer.is_https() { "__Host-" } else { "" };
    let suffix = app.config.issuer.path().replace('/', "_");
    format!("{prefix}{base}{suffix}")
}

/// The secret that a cookie holds.
pub(crate) fn read(app: &App, headers: &HeaderMap, kind: Kind) -> Option<Secret<String>> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(&name(app, kind))?.value().to_owned();
    // Secrets are 43 characters; whatever is longer was not set here.
    let longest = if kind == Kind::Device { 256 } else { 64 };
    (!value.is_empty() && value.len() <= longest).then(|| Secret::new(value))
}

/// A jar that sets a cookie.
pub(crate) fn set(app: &App, jar: CookieJar, kind: Kind, secret: &Secret<String>) -> CookieJar {
    let mut cookie = plain(app, kind);
    cookie.set_value(secret.expose().clone());
    jar.add(cookie)
}

/// Both jars' cookies.
pub(crate) fn join(one: CookieJar, other: &CookieJar) -> CookieJar {
    other.iter().cloned().fold(one, CookieJar::add)
}

/// A jar that forgets a cookie.
pub(crate) fn forget(app: &App, jar: CookieJar, kind: Kind) -> CookieJar {
    let mut cookie = plain(app, kind);
    cookie.make_removal();
    jar.add(cookie)
}

fn plain(app: &App, kind: Kind) -> Cookie<'static> {
    let mut cookie = Cookie::build((name(app, kind), ""))
        .path("/")
        .http_only(true)
        .secure(app.config.issuer.is_https())
        .same_site(SameSite::Lax)
        .build();
    if kind == Kind::Device {
        cookie.set_max_age(DEVICE_AGE.try_into().ok());
    }
    cookie
}
