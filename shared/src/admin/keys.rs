//! Signing keys.

use serde_json::{Value, json};

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
use crate::rules::key_rotation::{self, Due, LONGEST_TOKEN, Policy};

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

/// How many tokens a key has signed that are good at this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiveTokens {
    /// Access tokens.
    pub access_tokens: u64,
    /// ID tokens.
    pub id_tokens: u64,
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

    /// The keys of the store, opened, with a first one for RS256 made if there is none.
    pub async fn open_keyring(
        &self,
        maker: &KeyMaker,
        now: Timestamp,
    ) -> Result<Keyring, AdminError> {
        let mut records = self.list_keys().await?;
        let signs = |record: &SigningKeyRecord| {
            record.alg == SigningAlg::Rs256 && record.state == KeyState::Active
        };
        if !records.iter().any(signs) {
            self.add_key(maker, SigningAlg::Rs256, KeyState::Active, now).await?;
            records = self.list_keys().await?;
        }
        Ok(Keyring::default().renewed(records, &maker.master)?)
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
        // Making a large key takes seconds of one core.
        let bits = maker.rsa_bits;
        let made = tokio::task::spawn_blocking(move || SigningKey::generate(alg, bits)).await;
        let key = made.map_err(|_| CryptoError::Interrupted)??;
        let record = key.seal(&maker.master, state, now)?;
        let mut tx = self.store.begin().await?;
        if tx.add_signing_key(&record).await? {
            let made = json!({"kid": record.kid, "alg": alg.as_str(), "state": state.as_str()});
            tx.add_audit_event(self.event(Action::KeyCreated, now).evidence(made));
            tx.commit().await?;
        }
        Ok(())
    }

    /// Does what is due with the keys; true if anything was.
    pub async fn maintain_keys(
        &self,
        maker: &KeyMaker,
        ring: &Keyring,
        policy: Policy,
        now: Timestamp,
    ) -> Result<bool, AdminError> {
        let due = key_rotation::due(&ring.records(), policy, now);
        for due in &due {
            match due {
                Due::Prepare(alg) => {
                    self.add_key(maker, *alg, KeyState::Next, now).await?;
                }
                Due::Schedule(kid, at) => self.schedule(kid, *at, now).await?,
                Due::Activate(kid) => self.activate(kid, now).await?,
                Due::Forget(kid) => {
                    let mut tx = self.store.begin().await?;
                    tx.delete_signing_key(kid).await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(!due.is_empty())
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

    /// How many tokens would die with a key.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn count_tokens_of_key(
        &self,
        kid: &str,
        now: Timestamp,
    ) -> Result<LiveTokens, AdminError> {
        self.get_key(kid).await?;
        let since = Timestamp(now.0 - Timestamp(0).plus(LONGEST_TOKEN).0);
        let mut live = LiveTokens::default();
        let mut view = self.store.view().await?;
        let mut after = (since, String::new());
        loop {
            let page = view.list_issuing_events(&after.0, &after.1, PAGE).await?;
            for event in &page {
                let Ok(said) = serde_json::from_str::<Value>(&event.evidence) else { continue };
                let is_live = |token: &str| {
                    let token = said.get(token);
                    let of = |name: &str| token.and_then(|token| token.get(name));
                    of("kid").and_then(Value::as_str) == Some(kid)
                        && of("exp").and_then(Value::as_i64).is_some_and(|exp| exp > now.seconds())
                };
                live.access_tokens += u64::from(is_live("access_token"));
                live.id_tokens += u64::from(is_live("id_token"));
            }
            match page.into_iter().last() {
                Some(last) => after = (last.at, last.id),
                None => return Ok(live),
            }
        }
    }

    /// Takes a key out of use at once: what it signed is worth nothing from now on. If it
    /// signs, another signs in its place, which clients may not have heard of yet.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn revoke_key(
        &self,
        maker: &KeyMaker,
        kid: &str,
        now: Timestamp,
    ) -> Result<LiveTokens, AdminError> {
        self.may(OperatorPermission::KeysWrite).await?;
        let live = self.count_tokens_of_key(kid, now).await?;
        let key = self.get_key(kid).await?;
        let mut tx = self.store.begin().await?;
        tx.delete_signing_key(kid).await?;
        let revoked = json!({
            "kid": kid,
            "alg": key.alg.as_str(),
            "state": key.state.as_str(),
            "access_tokens": live.access_tokens,
            "id_tokens": live.id_tokens,
        });
        tx.add_audit_event(self.event(Action::KeyRevoked, now).evidence(revoked));
        if key.state == KeyState::Active {
            let keys = tx.list_signing_keys().await?;
            let next =
                keys.iter().find(|other| other.alg == key.alg && other.state == KeyState::Next);
            if let Some(next) = next {
                tx.activate_signing_key(&next.kid, now).await?;
                tx.add_audit_event(self.key_event(Action::KeyActivated, &next.kid, now));
                tx.commit().await?;
                return Ok(live);
            }
        }
        tx.commit().await?;
        if key.state == KeyState::Active {
            self.add_key(maker, key.alg, KeyState::Active, now).await?;
        }
        Ok(live)
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

    async fn get_key(&self, kid: &str) -> Result<SigningKeyRecord, AdminError> {
        let keys = self.list_keys().await?;
        let found = keys.into_iter().find(|key| key.kid == kid);
        found.ok_or_else(|| AdminError::NotFound { kind: "signing key", name: kid.to_owned() })
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

    fn key_event(&self, action: Action, kid: &str, now: Timestamp) -> AuditEvent {
        self.event(action, now).evidence(json!({"kid": kid}))
    }
}

/// Events that are read at once.
const PAGE: i64 = 5000;
