//! A browser that people signed in with before: its cookie, and who they were.
//!
//! The cookie holds a secret, and for each person who signed in a mark that only this
//! server can make of both. So a browser is known to a person without a row in the store,
//! and nobody can make theirs known to somebody else.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::CookieJar;
use shared::crypto::{CryptoError, random, token};
use shared::model::{Secret, User};

use super::cookie::{self, Kind};
use crate::app::App;

/// So many people share a browser, at most; the oldest mark goes first.
const MOST_PEOPLE: usize = 5;
/// Characters of a mark: 132 bits.
const MARK_LENGTH: usize = 22;

/// How well a browser is known to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acquaintance {
    /// They showed a password there when they had nothing more to show.
    Password,
    /// They showed more than a password there.
    SecondFactor,
}

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

    /// How well this person signed in here before, if they did.
    pub(crate) fn known_to(&self, app: &App, user: &User) -> Option<Acquaintance> {
        let has = |how| {
            let mark = self.mark(app, user, how);
            self.marks.iter().any(|each| token::matches(each, &mark))
        };
        [Acquaintance::SecondFactor, Acquaintance::Password].into_iter().find(|how| has(*how))
    }

    /// Names the browser in the store.
    pub(crate) fn hash(&self) -> String {
        token::hash(self.secret.expose())
    }

    /// A cookie that makes it known to this person from now on, so well.
    pub(crate) fn get_known(&self, app: &App, user: &User, how: Acquaintance) -> CookieJar {
        let own = self.mark(app, user, how);
        let all = [Acquaintance::Password, Acquaintance::SecondFactor];
        let before = all.map(|how| self.mark(app, user, how));
        let others = self.marks.iter().filter(|mark| !before.contains(*mark));
        let others = others.take(MOST_PEOPLE - 1);
        let mut value = format!("{}.{own}", self.secret.expose());
        for mark in others {
            value.push('.');
            value.push_str(mark);
        }
        cookie::set(app, CookieJar::new(), Kind::Device, &Secret::new(value))
    }

    fn mark(&self, app: &App, user: &User, how: Acquaintance) -> String {
        // Neither a secret of ours nor an id has a blank. A browser is known until everything
        // of theirs is ended: whoever had a password before it was changed is a stranger again.
        let whose = format!("{} {} {}", self.hash(), user.id, user.sign_outs);
        let whose = match how {
            Acquaintance::Password => whose,
            Acquaintance::SecondFactor => format!("{whose} factor"),
        };
        let mut mark = token::bind(app.device_key.expose(), &whose);
        mark.truncate(MARK_LENGTH);
        mark
    }
}
