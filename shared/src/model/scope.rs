//! Scopes: what a client asks for and a person allows.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The scope of OpenID Connect itself (Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// The scope that asks for a refresh token (Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// Every scope this server knows, in the order it shows them.
pub const KNOWN: [&str; 6] = [OPENID, "profile", "email", "address", "phone", OFFLINE_ACCESS];

/// A set of scope tokens, written with single spaces (RFC 6749 §3.3).
///
/// Order does not matter; it prints sorted as [`KNOWN`] is, then alphabetically.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<String>);

/// Text that is no scope: a character outside `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope has characters that RFC 6749 does not allow")]
pub struct InvalidScope;

impl Scope {
    /// Reads a space-separated list.
    ///
    /// # Errors
    /// [`InvalidScope`] for a character the grammar has not.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let allowed = |b: u8| matches!(b, b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if !text.bytes().all(allowed) {
            return Err(InvalidScope);
        }
        Ok(text.split(' ').filter(|token| !token.is_empty()).collect())
    }

    /// Whether this token is in it.
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    /// Whether every token of `other` is in it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// What both have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What either has.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// What is in this scope and not in the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// This scope with one token less.
    #[must_use]
    pub fn without(&self, token: &str) -> Self {
        self.iter().filter(|&each| each != token).collect()
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, known ones first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let known = KNOWN.into_iter().filter(|token| self.contains(token));
        let others = self.0.iter().map(String::as_str).filter(|token| !KNOWN.contains(token));
        known.chain(others)
    }
}

impl<'a> FromIterator<&'a str> for Scope {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Self {
        Self(tokens.into_iter().map(str::to_owned).collect())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, token) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repetition_do_not_matter() {
        let one = Scope::parse("email  openid email").unwrap();
        assert_eq!(one, Scope::parse("openid email").unwrap());
        assert_eq!(one.to_string(), "openid email");
    }

    #[test]
    fn a_quote_is_no_scope() {
        assert_eq!(Scope::parse("a\"b"), Err(InvalidScope));
        assert_eq!(Scope::parse("a\\b"), Err(InvalidScope));
        assert_eq!(Scope::parse("a\tb"), Err(InvalidScope));
    }

    #[test]
    fn covering_is_being_a_superset() {
        let wide = Scope::parse("openid email").unwrap();
        let narrow = Scope::parse("openid").unwrap();
        assert!(wide.covers(&narrow) && !narrow.covers(&wide));
    }
}
