//! Random secrets that are only ever compared, and how the store knows them.

use aws_lc_rs::{constant_time, digest, hmac};

use super::base64url;
use crate::model::SigningAlg;

/// SHA-256 of a random secret in base64url: what the store keeps of codes, refresh
/// tokens and cookies. Only for secrets of 128 random bits and more.
pub fn hash(secret: &str) -> String {
    base64url(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}

/// Compares two hashes without telling by time how much of them agrees.
pub fn matches(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// The left half of a token's hash in base64url, by the hash of the algorithm that the ID
/// token is signed with (`at_hash`, Core §3.1.3.6); Ed25519 has SHA-512 in it.
pub fn half_hash(token: &str, alg: SigningAlg) -> String {
    let algorithm = match alg {
        SigningAlg::Rs256 | SigningAlg::Ps256 | SigningAlg::Es256 => &digest::SHA256,
        SigningAlg::EdDsa => &digest::SHA512,
    };
    let hash = digest::digest(algorithm, token.as_bytes());
    let hash = hash.as_ref();
    base64url(hash.get(..hash.len() / 2).unwrap_or_default())
}

/// A value bound to a secret: nobody makes it who does not hold the secret.
pub fn bind(secret: &str, to: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    base64url(hmac::sign(&key, to.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(hash("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn at_hash_agrees_with_the_example_of_core_appendix_a() {
        assert_eq!(
            half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", SigningAlg::Rs256),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }

    #[test]
    fn a_bound_value_depends_on_both_parts() {
        assert_ne!(bind("a", "b"), bind("a", "c"));
        assert_ne!(bind("a", "b"), bind("c", "b"));
        assert!(matches(&bind("a", "b"), &bind("a", "b")));
    }
}
