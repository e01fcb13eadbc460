//! All signing keys in memory: those that sign, those that are published, and those that
//! are only remembered.

use std::sync::Arc;

use serde_json::{Value, json};

use super::CryptoError;
use super::seal::MasterKey;
use super::signing_key::SigningKey;
use crate::model::{KeyState, SigningAlg, SigningKeyRecord};

/// The signing keys of a store, as they were at one moment.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: Vec<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    key: Arc<SigningKey>,
    record: SigningKeyRecord,
}

impl Keyring {
    /// Opens the stored keys; those that this ring holds already are not opened again.
    ///
    /// # Errors
    /// Why a key cannot be opened.
    pub fn renewed(
        &self,
        records: Vec<SigningKeyRecord>,
        master: &MasterKey,
    ) -> Result<Self, CryptoError> {
        let mut keys = Vec::with_capacity(records.len());
        for record in records {
            let held = self.keys.iter().find(|held| held.record.kid == record.kid);
            let key = match held {
                Some(held) => Arc::clone(&held.key),
                None => Arc::new(SigningKey::open(&record, master)?),
            };
            keys.push(Held { key, record });
        }
        Ok(Self { keys })
    }

    /// The key that signs with this algorithm.
    ///
    /// # Errors
    /// [`CryptoError::NoActiveKey`].
    pub fn active(&self, alg: SigningAlg) -> Result<&SigningKey, CryptoError> {
        let held = self
            .keys
            .iter()
            .find(|held| held.record.alg == alg && held.record.state == KeyState::Active);
        held.map(|held| held.key.as_ref()).ok_or(CryptoError::NoActiveKey(alg))
    }

    /// Every key with its record, published or not.
    pub fn iter(&self) -> impl Iterator<Item = (&SigningKey, &SigningKeyRecord)> {
        self.keys.iter().map(|held| (held.key.as_ref(), &held.record))
    }

    /// The records of all keys.
    pub fn records(&self) -> Vec<&SigningKeyRecord> {
        self.keys.iter().map(|held| &held.record).collect()
    }

    /// The JWK set (RFC 7517 §5) of the keys that are published: public halves, the keys
    /// that sign first, as some clients take the first that they can use.
    pub fn jwks(&self, is_published: impl Fn(&SigningKeyRecord) -> bool) -> Value {
        let mut keys = Vec::new();
        for &alg in SigningAlg::ALL {
            for state in [KeyState::Active, KeyState::Next, KeyState::Retired] {
                let wanted = |held: &&Held| {
                    held.record.alg == alg
                        && held.record.state == state
                        && is_published(&held.record)
                };
                keys.extend(self.keys.iter().filter(wanted).map(|held| held.key.jwk()));
            }
        }
        json!({"keys": keys})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_ring_signs_with_active_keys_only() {
        let master = MasterKey::generate().unwrap();
        let key = SigningKey::generate(SigningAlg::Es256, 0).unwrap();
        let record = |state| key.seal(&master, state, Timestamp(0)).unwrap();
        let ring = |state| Keyring::default().renewed(vec![record(state)], &master).unwrap();

        assert_eq!(ring(KeyState::Active).active(SigningAlg::Es256).unwrap().kid(), key.kid());
        for state in [KeyState::Next, KeyState::Retired] {
            assert!(ring(state).active(SigningAlg::Es256).is_err());
        }
        let other = ring(KeyState::Active);
        assert!(matches!(
            other.active(SigningAlg::Rs256),
            Err(CryptoError::NoActiveKey(SigningAlg::Rs256))
        ));
    }

    #[test]
    fn the_key_that_signs_is_published_first() {
        let master = MasterKey::generate().unwrap();
        let sealed = |state, now| {
            let key = SigningKey::generate(SigningAlg::EdDsa, 0).unwrap();
            key.seal(&master, state, Timestamp(now)).unwrap()
        };
        let (next, active) = (sealed(KeyState::Next, 2), sealed(KeyState::Active, 1));
        let kid = active.kid.clone();
        let ring = Keyring::default().renewed(vec![next, active], &master).unwrap();
        let jwks = ring.jwks(|_| true);
        assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
        assert_eq!(jwks["keys"][0]["kid"], kid.as_str());
    }
}
