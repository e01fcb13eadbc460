//! The application's own sessions: in memory, few, known by a random cookie.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use openidconnect::CsrfToken;
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::App;
use super::sign_in::Pending;
use super::tokens::Tokens;

const COOKIE: &str = "demo_session";
/// Bytes of randomness in a session's id.
const ID_BYTES: u32 = 32;
/// How many sessions are kept; the oldest gives way to one more.
const MOST: usize = 1_000;

/// What the application remembers of one browser.
#[derive(Default)]
pub(super) struct Session {
    /// The sign-in that is under way.
    pub(super) pending: Option<Pending>,
    /// What the last finished sign-in brought.
    pub(super) tokens: Option<Tokens>,
}

/// Every session, by its id.
#[derive(Default)]
pub(super) struct Sessions(Lock<Kept>);

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, (u64, Arc<Mutex<Session>>)>,
    /// How many were ever added: the next one's place in line.
    added: u64,
}

impl Sessions {
    /// The session of this browser.
    pub(super) fn find(&self, jar: &CookieJar) -> Option<Arc<Mutex<Session>>> {
        let id = jar.get(COOKIE)?.value();
        self.kept().by_id.get(id).map(|(_, session)| Arc::clone(session))
    }

    /// Adds a session under a fresh id and gives its cookie to the browser.
    pub(super) fn add(&self, session: Session, jar: CookieJar) -> CookieJar {
        let id = CsrfToken::new_random_len(ID_BYTES).into_secret();
        let mut kept = self.kept();
        if kept.by_id.len() >= MOST {
            let oldest = kept.by_id.iter().min_by_key(|(_, (place, _))| *place);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                kept.by_id.remove(&oldest);
            }
        }
        let place = kept.added;
        kept.added += 1;
        kept.by_id.insert(id.clone(), (place, Arc::new(Mutex::new(session))));

        let cookie = Cookie::build((COOKIE, id)).path("/").http_only(true);
        jar.add(cookie.same_site(SameSite::Lax))
    }

    /// Forgets the session of this browser, and takes its cookie back.
    pub(super) fn delete(&self, jar: CookieJar) -> CookieJar {
        if let Some(cookie) = jar.get(COOKIE) {
            self.kept().by_id.remove(cookie.value());
        }
        jar.remove(Cookie::build(COOKIE).path("/"))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing here can be left half done, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tokens of whoever is signed in here, held until the request is answered; a browser
/// without any is led home.
///
/// Holding them makes requests of one session wait for each other. A refresh token that two
/// of them sent at once would look stolen, and cost the person every token.
pub(super) struct SignedIn(pub(super) OwnedMappedMutexGuard<Session, Tokens>);

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Redirect> {
        let jar = CookieJar::from_headers(&parts.headers);
        let session = app.sessions.find(&jar).ok_or_else(|| Redirect::to("/"))?;
        OwnedMutexGuard::try_map(session.lock_owned().await, |session| session.tokens.as_mut())
            .map(Self)
            .map_err(|_| Redirect::to("/"))
    }
}

impl OptionalFromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Option<Self>, Infallible> {
        let signed_in = <Self as FromRequestParts<_>>::from_request_parts(parts, app).await;
        Ok(signed_in.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(sessions: &Sessions) -> CookieJar {
        sessions.add(Session::default(), CookieJar::new())
    }

    #[test]
    fn one_session_too_many_costs_the_oldest() {
        let sessions = Sessions::default();
        let first = added(&sessions);
        let second = added(&sessions);
        for _ in 2..=MOST {
            let _ = added(&sessions);
        }

        assert!(sessions.find(&first).is_none());
        assert!(sessions.find(&second).is_some());
        assert_eq!(sessions.kept().by_id.len(), MOST);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let jar = added(&Sessions::default());
        let cookie = jar.get(COOKIE).unwrap();
        assert_eq!(cookie.http_only(), Some(true));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
        assert!(cookie.value().len() >= 43);
    }

    #[test]
    fn a_deleted_session_is_not_found_by_its_old_cookie() {
        let sessions = Sessions::default();
        let jar = added(&sessions);
        let _ = sessions.delete(jar.clone());
        assert!(sessions.find(&jar).is_none());
    }
}
