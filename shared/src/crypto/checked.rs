//! Access tokens whose signature was good already.
//!
//! An app shows the same token until it ends, and checking a signature is most of the work
//! that such a request makes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

use crate::model::access_token::AccessClaims;

/// What a token is known by: not itself, so that memory holds no token that opens anything.
pub(super) type Name = [u8; SHA256_OUTPUT_LEN];

/// The claims of the tokens that were seen last, at least [`GENERATION`] of them.
#[derive(Default)]
pub(super) struct Checked(Mutex<Generations>);

/// When the young are as many as a generation has, the old are forgotten. Who is seen again
/// among the old is young once more.
#[derive(Default)]
struct Generations {
    young: HashMap<Name, AccessClaims>,
    old: HashMap<Name, AccessClaims>,
}

const GENERATION: usize = 256;

impl Checked {
    /// The name of a token.
    pub(super) fn name(token: &str) -> Option<Name> {
        digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()
    }

    /// The claims of a token that was remembered.
    pub(super) fn find(&self, name: &Name) -> Option<AccessClaims> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = generations.young.get(name) {
            return Some(claims.clone());
        }
        let claims = generations.old.remove(name)?;
        generations.add(*name, claims.clone());
        Some(claims)
    }

    /// Remembers what a token says whose signature is good.
    pub(super) fn remember(&self, name: Name, claims: AccessClaims) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(name, claims);
    }
}

impl Generations {
    fn add(&mut self, name: Name, claims: AccessClaims) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, claims);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(jti: usize) -> AccessClaims {
        serde_json::from_value(json!({
            "iss": "i", "sub": "s", "aud": "a", "client_id": "c", "exp": 1, "iat": 1,
            "jti": jti.to_string(),
        }))
        .unwrap()
    }

    #[test]
    fn what_is_seen_again_and_again_stays_and_what_is_not_is_forgotten() {
        let checked = Checked::default();
        let name = |n: usize| Checked::name(&n.to_string()).unwrap();
        for n in 0..10 * GENERATION {
            checked.remember(name(n), claims(n));
            assert_eq!(checked.find(&name(0)).unwrap().jti, "0");
            assert_eq!(checked.find(&name(n)).unwrap().jti, n.to_string());
        }
        assert!(checked.find(&name(1)).is_none());
        let held = checked.0.lock().unwrap();
        assert!(held.young.len() + held.old.len() <= 2 * GENERATION);
    }
}
