//! Signing keys.

use serde_json::json;
use tokio::time::Instant;

use super::{Admin, AdminError};
use crate::crypto::keyring::Keyring;
use crate::crypto::seal::{MasterKey, Purpose};
use crate::crypto::signing_key::SigningKey;
use crate::crypto::subject::Pairwise;
use crate::crypto::{CryptoError, random};
use crate::model::{
    Action, AuditEvent, KeyState, OperatorPermission, Secret, SigningAlg, SigningKeyRecord,
    Timestamp,
};
use crate::rules::key_rotation::{self, Due, Policy};
use crate::store::Tx;

/// What new keys are made with.
#[derive(Debug)]
pub struct KeyMaker {
    /// Seals them.
    pub master: MasterKey,
    /// The size of RSA keys.
    pub rsa_bits: u32,
}

/// What rotating a key came to.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// What the key signs with.
    pub alg: SigningAlg,
    /// The key that takes over.
    pub kid: String,
    /// When it does.
    pub signs_at: Timestamp,
}

/// The name of the secret that pairwise subjects are made with.
const PAIRWISE: &str = "pairwise";
/// The name of the secret that devices are known by.
const DEVICE: &str = "device";

impl Admin {
    /// All signing keys, newest first.
    pub async fn list_keys(&self) -> Result<Vec<SigningKeyRecord>, AdminError> {
        self.may(OperatorPermission::KeysRead).await?;
        Ok(self.store.view().await?.list_signing_keys().await?)
    }

    /// The keys of the store, those that are held already as they are, the others opened. One
    /// for RS256 is made to sign if there is none, for whatever reason.
    pub async fn open_keyring(
        &self,
        maker: &KeyMaker,
        held: &Keyring,
        now: Timestamp,
    ) -> Result<Keyring, AdminError> {
        let mut records = self.list_keys().await?;
        let find = |state: KeyState| {
            let wanted =
                |key: &&SigningKeyRecord| key.alg == SigningAlg::Rs256 && key.state == state;
            records.iter().find(wanted)
        };
        if find(KeyState::Active).is_none() {
            match find(KeyState::Next) {
                Some(next) => self.activate(&next.kid, now).await?,
                None => self.add_key(maker, SigningAlg::Rs256, KeyState::Active, now).await?,
            }
            records = self.list_keys().await?;
        }
        Ok(held.renewed(records, &maker.master)?)
    }

    /// Makes a key. Of several servers that do so at once one makes it; the others find it.
    pub async fn add_key(
        &self,
        maker: &KeyMaker,
        alg: SigningAlg,
        state: KeyState,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may(OperatorPermission::KeysWrite).await?;
        let record = make(maker, alg, state, now).await?;
        let mut tx = self.store.begin().await?;
        if self.add_record(&mut tx, &record).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Adds a key that was made; false if there is one of its algorithm in its state.
    pub(super) async fn add_record(
        &self,
        tx: &mut Tx,
        key: &SigningKeyRecord,
    ) -> Result<bool, AdminError> {
        let is_added = tx.add_signing_key(key).await?;
        if is_added {
            let SigningKeyRecord { kid, alg, state, created_at, .. } = key;
            let made = json!({"kid": kid, "alg": alg.as_str(), "state": state.as_str()});
            tx.add_audit_event(self.event(Action::KeyCreated, *created_at).evidence(made));
        }
        Ok(is_added)
    }

    /// Does what is due with the keys.
    pub async fn maintain_keys(
        &self,
        maker: &KeyMaker,
        due: &[Due],
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let began = Instant::now();
        for due in due {
            // Making the keys before this one took its time.
            let now = now.plus(began.elapsed());
            match due {
                Due::Begin(alg) => self.add_key(maker, *alg, KeyState::Active, now).await?,
                Due::Prepare(alg) => self.add_key(maker, *alg, KeyState::Next, now).await?,
                Due::Schedule(kid, at) => self.schedule(kid, *at, now).await?,
                Due::Activate(kid) => self.activate(kid, now).await?,
                Due::Forget(kid) => {
                    let mut tx = self.store.begin().await?;
                    // Another server may have come before.
                    if tx.delete_signing_key(kid).await?.is_some() {
                        let event = self.event(Action::KeyForgotten, now);
                        tx.add_audit_event(event.evidence(json!({"kid": kid})));
                    }
                    tx.commit().await?;
                }
            }
        }
        Ok(())
    }

    /// Lets the next key of each algorithm, or of one, take over as soon as everybody can
    /// know it. The servers do it when the time has come; here it is decided.
    ///
    /// # Errors
    /// [`AdminError::Conflict`] if there is no next key, because no server has run yet.
    pub async fn rotate_keys(
        &self,
        alg: Option<SigningAlg>,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Vec<Rotation>, AdminError> {
        self.may(OperatorPermission::KeysWrite).await?;
        let keys = self.list_keys().await?;
        let next = keys
            .iter()
            .filter(|key| key.state == KeyState::Next && alg.is_none_or(|alg| alg == key.alg));
        let mut rotations = Vec::new();
        for key in next {
            let earliest = key_rotation::earliest_activation(key, policy, now);
            let signs_at = key.activates_at.map_or(earliest, |at| at.min(earliest));
            self.schedule(&key.kid, signs_at, now).await?;
            rotations.push(Rotation { alg: key.alg, kid: key.kid.clone(), signs_at });
        }
        if rotations.is_empty() {
            return Err(AdminError::Conflict(
                "no next key is published yet; a server that runs publishes one within seconds",
            ));
        }
        Ok(rotations)
    }

    /// Makes pairwise subjects with the secret that all servers on the store share.
    pub async fn open_pairwise(&self, master: &MasterKey) -> Result<Pairwise, AdminError> {
        Ok(Pairwise::new(self.open_shared_secret(master, PAIRWISE).await?))
    }

    /// The secret that devices are known by.
    pub async fn open_device_key(&self, master: &MasterKey) -> Result<Secret<String>, AdminError> {
        self.open_shared_secret(master, DEVICE).await
    }

    /// A secret that all servers on the store share, made here if there is none.
    async fn open_shared_secret(
        &self,
        master: &MasterKey,
        name: &str,
    ) -> Result<Secret<String>, AdminError> {
        let mut sealed = self.store.view().await?.find_shared_secret(name).await?;
        if sealed.is_none() {
            let fresh = random::secret()?;
            let fresh = master.seal(Purpose::SharedSecret, name, fresh.expose().as_bytes())?;
            let mut tx = self.store.begin().await?;
            tx.add_shared_secret(name, &fresh).await?;
            tx.commit().await?;
            // Another server may have been faster.
            sealed = self.store.view().await?.find_shared_secret(name).await?;
        }
        let secret = master.open(Purpose::SharedSecret, name, &sealed.unwrap_or_default())?;
        let secret =
            String::from_utf8(secret.expose().clone()).map_err(|_| CryptoError::Altered)?;
        Ok(Secret::new(secret))
    }

    pub(super) async fn get_key(&self, kid: &str) -> Result<SigningKeyRecord, AdminError> {
        let keys = self.list_keys().await?;
        let found = keys.into_iter().find(|key| key.kid == kid);
        found.ok_or_else(|| no_key(kid))
    }

    async fn schedule(&self, kid: &str, at: Timestamp, now: Timestamp) -> Result<(), AdminError> {
        let mut tx = self.store.begin().await?;
        if tx.schedule_signing_key(kid, at).await? {
            let event = self.event(Action::KeyRotationScheduled, now);
            let decided = json!({"kid": kid, "signs_at": at.to_string()});
            tx.add_audit_event(event.evidence(decided));
            tx.commit().await?;
        }
        Ok(())
    }

    async fn activate(&self, kid: &str, now: Timestamp) -> Result<(), AdminError> {
        let mut tx = self.store.begin().await?;
        if tx.activate_signing_key(kid, now).await? {
            tx.add_audit_event(self.key_event(Action::KeyActivated, kid, now));
            tx.commit().await?;
        }
        Ok(())
    }

    pub(super) fn key_event(&self, action: Action, kid: &str, now: Timestamp) -> AuditEvent {
        self.event(action, now).evidence(json!({"kid": kid}))
    }
}

pub(super) fn no_key(kid: &str) -> AdminError {
    AdminError::NotFound { kind: "signing key", name: kid.to_owned() }
}

/// Makes a key, as it is stored.
///
/// It is stamped with the moment at which it is there. Making it may take seconds, and whoever
/// waits until everybody can know it counts from that moment.
pub(super) async fn make(
    maker: &KeyMaker,
    alg: SigningAlg,
    state: KeyState,
    now: Timestamp,
) -> Result<SigningKeyRecord, CryptoError> {
    let began = Instant::now();
    let bits = maker.rsa_bits;
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(alg, bits)).await;
    let key = made.map_err(|_| CryptoError::Interrupted)??;
    key.seal(&maker.master, state, now.plus(began.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::testing;
    use crate::store::Find;

    #[tokio::test]
    async fn a_key_is_no_older_than_it_can_be_known() {
        let maker = testing::maker();
        let now = Timestamp::from_seconds(1_000_000);
        let began = Instant::now();
        let key = make(&maker, SigningAlg::Rs256, KeyState::Next, now).await.unwrap();
        let took = began.elapsed();
        assert!(key.created_at > now, "making it took {took:?}");
        assert!(key.created_at <= now.plus(took));

        // One after the other, each with its own time.
        let (_folder, admin) = testing::admin().await;
        let due = [Due::Begin(SigningAlg::Rs256), Due::Begin(SigningAlg::Ps256)];
        admin.maintain_keys(&maker, &due, now).await.unwrap();
        let keys = admin.list_keys().await.unwrap();
        let made = |alg| keys.iter().find(|key| key.alg == alg).unwrap().created_at;
        assert!(made(SigningAlg::Ps256) > made(SigningAlg::Rs256));
    }

    #[tokio::test]
    async fn a_key_is_forgotten_once_and_that_is_written_down() {
        let (maker, (_folder, admin)) = (testing::maker(), testing::admin().await);
        let now = Timestamp::from_seconds(1_000_000);
        admin.add_key(&maker, SigningAlg::Rs256, KeyState::Next, now).await.unwrap();
        let kid = admin.list_keys().await.unwrap().remove(0).kid;
        let due = [Due::Forget(kid.clone()), Due::Forget(kid.clone())];
        admin.maintain_keys(&maker, &due, now).await.unwrap();
        assert!(admin.list_keys().await.unwrap().is_empty());
        let events = admin.find_events(&Find::default()).await.unwrap().items;
        let told: Vec<_> = events.iter().filter(|event| event.action == "key.forgotten").collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].evidence.as_ref().unwrap().contains(&kid));
    }

    #[tokio::test]
    async fn a_store_without_a_key_that_signs_gets_one() {
        let (maker, (_folder, admin)) = (testing::maker(), testing::admin().await);
        let now = Timestamp::from_seconds(1_000_000);
        let signs = |ring: &Keyring| ring.active(SigningAlg::Rs256).unwrap().kid().to_owned();
        let ring = admin.open_keyring(&maker, &Keyring::default(), now).await.unwrap();
        let first = signs(&ring);
        admin.add_key(&maker, SigningAlg::Rs256, KeyState::Next, now).await.unwrap();
        let lose = async |kid: &str| {
            let mut tx = admin.store().begin().await.unwrap();
            tx.delete_signing_key(kid).await.unwrap();
            tx.commit().await.unwrap();
        };
        // The next one is published already.
        let keys = admin.list_keys().await.unwrap();
        let next = &keys.iter().find(|key| key.state == KeyState::Next).unwrap().kid;
        lose(&first).await;
        let ring = admin.open_keyring(&maker, &ring, now).await.unwrap();
        assert_eq!(signs(&ring), *next);
        lose(next).await;
        let ring = admin.open_keyring(&maker, &ring, now).await.unwrap();
        assert!(![&first, next].contains(&&signs(&ring)));
        assert_eq!(ring.records().len(), 1);
    }
}
