//! A browser that people signed in with before: its cookie, and who they were.
//!
//! The cookie holds a secret, and for each person who signed in a mark that only this
//! server can make of both. So a browser is known to a person without a row in the store,
//! and nobody can make theirs known to somebody else.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::CookieJar;
use shared::crypto::{CryptoError, random, token};
use shared::model::{Secret, UserId};

use super::cookie::{self, Kind};
use crate::app::App;

/// So many people share a browser, at most; the oldest mark goes first.
const MOST_PEOPLE: usize = 5;
/// Characters of a mark: 132 bits.
const MARK_LENGTH: usize = 22;

/// A browser, by its device cookie.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    secret: Secret<String>,
    marks: Vec<String>,
}

impl Device {
    /// The browser that sent these headers; one that nobody knows if it has no cookie.
    pub(crate) fn read(app: &App, headers: &HeaderMap) -> Result<Self, CryptoError> {
        let Some(value) = cookie::read(app, headers, Kind::Device) else {
            return Ok(Self { secret: random::secret()?, marks: Vec::new() });
        };
        let mut parts = value.expose().split('.').map(str::to_owned);
        let secret = Secret::new(parts.next().unwrap_or_default());
        Ok(Self { secret, marks: parts.take(MOST_PEOPLE).collect() })
    }

    /// Whether this person signed in here before.
    pub(crate) fn is_known_to(&self, app: &App, user: &UserId) -> bool {
        let mark = self.mark(app, user);
        self.marks.iter().any(|each| token::matches(each, &mark))
    }

    /// Names the browser in the store.
    pub(crate) fn hash(&self) -> String {
        token::hash(self.secret.expose())
    }

    /// A cookie that makes it known to this person from now on.
    pub(crate) fn known_to(&self, app: &App, user: &UserId) -> CookieJar {
        let own = self.mark(app, user);
        let others = self.marks.iter().filter(|mark| **mark != own).take(MOST_PEOPLE - 1);
        let mut value = format!("{}.{own}", self.secret.expose());
        for mark in others {
            value.push('.');
            value.push_str(mark);
        }
        cookie::set(app, CookieJar::new(), Kind::Device, &Secret::new(value))
    }

    fn mark(&self, app: &App, user: &UserId) -> String {
        // Neither a secret of ours nor an id has a blank.
        let mut mark = token::bind(app.device_key.expose(), &format!("{} {user}", self.hash()));
        mark.truncate(MARK_LENGTH);
        mark
    }
}
