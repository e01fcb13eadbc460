//! The signing keys that this server holds, and how it learns of new ones.

use std::sync::{Arc, PoisonError, RwLock};

use shared::admin::{Admin, AdminError, KeyMaker};
use shared::crypto::CryptoError;
use shared::crypto::keyring::Keyring;
use shared::crypto::verifier::Verifier;
use shared::model::{KeyState, SigningAlg, Timestamp};
use shared::rules::key_rotation::{self, Policy};

/// The keys as they were when somebody looked.
pub(crate) struct Keys {
    /// Signs.
    pub(crate) ring: Keyring,
    /// Checks this server's own tokens.
    pub(crate) verifier: Verifier,
}

/// The keys, renewed whenever the store has others.
pub(crate) struct KeyHolder {
    admin: Admin,
    maker: KeyMaker,
    issuer: String,
    policy: Policy,
    current: RwLock<Arc<Keys>>,
}

impl KeyHolder {
    /// Opens the keys of the store; a first one is made if there is none.
    pub(crate) async fn open(
        admin: Admin,
        maker: KeyMaker,
        issuer: &str,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Self, AdminError> {
        let ring = admin.open_keyring(&maker, now).await?;
        let verifier = Verifier::new(&ring, issuer)?;
        let current = RwLock::new(Arc::new(Keys { ring, verifier }));
        Ok(Self { admin, maker, issuer: issuer.to_owned(), policy, current })
    }

    /// The keys of this moment.
    pub(crate) fn current(&self) -> Arc<Keys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The JWK set (RFC 7517 §5), as it is served.
    pub(crate) fn jwks(&self, now: Timestamp) -> String {
        let is_published = |record: &_| key_rotation::is_published(record, now);
        self.current().ring.jwks(is_published).to_string()
    }

    /// The keys, with one among them that signs with this algorithm: made now, if no
    /// client has wanted it before.
    pub(crate) async fn signing_with(
        &self,
        alg: SigningAlg,
        now: Timestamp,
    ) -> Result<Arc<Keys>, AdminError> {
        let keys = self.current();
        if keys.ring.active(alg).is_ok() {
            return Ok(keys);
        }
        self.admin.add_key(&self.maker, alg, KeyState::Active, now).await?;
        self.renew().await?;
        let keys = self.current();
        keys.ring.active(alg)?;
        Ok(keys)
    }

    /// Reads the keys of the store again.
    pub(crate) async fn renew(&self) -> Result<(), AdminError> {
        let records = self.admin.list_keys().await?;
        let ring = self.current().ring.renewed(records, &self.maker.master)?;
        // A store without a key that signs is not what anybody meant to have.
        ring.active(SigningAlg::Rs256)?;
        let verifier = Verifier::new(&ring, &self.issuer)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Keys { ring, verifier });
        Ok(())
    }

    /// Does what is due: makes the next key, lets it sign, forgets old ones.
    pub(crate) async fn maintain(&self, now: Timestamp) -> Result<(), AdminError> {
        let keys = self.current();
        let Self { admin, maker, policy, .. } = self;
        if admin.maintain_keys(maker, &keys.ring, *policy, now).await? {
            self.renew().await?;
        }
        Ok(())
    }

    /// Whether there is a key to sign with.
    pub(crate) fn check(&self) -> Result<(), CryptoError> {
        self.current().ring.active(SigningAlg::Rs256)?.sign(b"ready?").map(|_| ())
    }
}
