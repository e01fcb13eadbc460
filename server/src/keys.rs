//! The signing keys that this server holds, and how it learns of new ones.

use std::sync::{Arc, PoisonError, RwLock};

use shared::admin::{Admin, AdminError, KeyMaker};
use shared::crypto::CryptoError;
use shared::crypto::keyring::Keyring;
use shared::crypto::verifier::Verifier;
use shared::model::{KeyState, SigningAlg, Timestamp};
use shared::rules::key_rotation::{self, Policy};

use crate::discovery::Document;

/// The keys as they were when somebody looked.
pub(crate) struct Keys {
    /// Signs.
    pub(crate) ring: Keyring,
    /// Checks this server's own tokens.
    pub(crate) verifier: Verifier,
}

/// A JWK set.
struct Published {
    keys: Arc<Keys>,
    /// When a key leaves it.
    until: Option<Timestamp>,
    document: Document,
}

impl Published {
    fn is_of(&self, keys: &Arc<Keys>, now: Timestamp) -> bool {
        Arc::ptr_eq(&self.keys, keys) && self.until.is_none_or(|until| now < until)
    }
}

/// The keys, renewed whenever the store has others.
pub(crate) struct KeyHolder {
    admin: Admin,
    maker: KeyMaker,
    issuer: String,
    policy: Policy,
    current: RwLock<Arc<Keys>>,
    /// Their public halves, as somebody asked for them last.
    published: RwLock<Option<Arc<Published>>>,
    /// Held by whoever reads them anew.
    renewing: tokio::sync::Mutex<()>,
    /// What clients want their tokens signed with.
    wanted: RwLock<Vec<SigningAlg>>,
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
        let ring = admin.open_keyring(&maker, &Keyring::default(), now).await?;
        let verifier = Verifier::new(&ring, issuer)?;
        let current = RwLock::new(Arc::new(Keys { ring, verifier }));
        let (issuer, wanted) = (issuer.to_owned(), RwLock::default());
        let (published, renewing) = (RwLock::default(), tokio::sync::Mutex::default());
        Ok(Self { admin, maker, issuer, policy, current, published, renewing, wanted })
    }

    /// The keys of this moment.
    pub(crate) fn current(&self) -> Arc<Keys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The JWK set (RFC 7517 §5), as it is served: put together once for the same keys.
    pub(crate) fn jwks(&self, now: Timestamp) -> Document {
        let keys = self.current();
        let known = self.published.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.is_of(&keys, now)) {
            return known.document.clone();
        }
        let text = keys.ring.jwks(|record| key_rotation::is_published(record, now)).to_string();
        let document = Document::new(text, "application/jwk-set+json", self.policy.jwks_cache);
        let ends = keys.ring.iter().filter_map(|(_, record)| key_rotation::published_until(record));
        let until = ends.filter(|until| *until > now).min();
        let published = Arc::new(Published { keys, until, document: document.clone() });
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Some(published);
        document
    }

    /// From now on there are keys for these algorithms: clients want them.
    pub(crate) fn want(&self, algs: Vec<SigningAlg>) {
        *self.wanted.write().unwrap_or_else(PoisonError::into_inner) = algs;
    }

    /// The keys, with one among them that signs with this algorithm: made now, if it is
    /// wanted before any server has come to it.
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
        self.renew(now).await?;
        let keys = self.current();
        keys.ring.active(alg)?;
        Ok(keys)
    }

    /// Reads the keys of the store again.
    pub(crate) async fn renew(&self, now: Timestamp) -> Result<(), AdminError> {
        // One at a time: what was read first must not be kept last.
        let _renewing = self.renewing.lock().await;
        // Whatever befell them, one signs: with the old ones this server would go on to
        // believe what was revoked.
        let ring = self.admin.open_keyring(&self.maker, &self.current().ring, now).await?;
        let verifier = Verifier::new(&ring, &self.issuer)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Keys { ring, verifier });
        Ok(())
    }

    /// Does what is due: makes keys, lets the next one sign, forgets old ones.
    pub(crate) async fn maintain(&self, now: Timestamp) -> Result<(), AdminError> {
        let wanted = self.wanted.read().unwrap_or_else(PoisonError::into_inner).clone();
        let due = key_rotation::due(&self.current().ring.records(), &wanted, self.policy, now);
        if !due.is_empty() {
            self.admin.maintain_keys(&self.maker, &due, now).await?;
            self.renew(now).await?;
        }
        Ok(())
    }

    /// Whether there is a key to sign with.
    pub(crate) fn check(&self) -> Result<(), CryptoError> {
        self.current().ring.active(SigningAlg::Rs256)?.sign(b"ready?").map(|_| ())
    }
}
