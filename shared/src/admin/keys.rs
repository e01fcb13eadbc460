//! Signing keys.

use super::{Admin, AdminError};
use crate::crypto::keyring::{Keyring, SigningKey};
use crate::crypto::seal::MasterKey;
use crate::model::{Action, KeyState, SigningKeyRecord, Timestamp};

impl Admin {
    /// All signing keys, newest first.
    pub async fn list_keys(&self) -> Result<Vec<SigningKeyRecord>, AdminError> {
        Ok(self.store.view().await?.list_signing_keys().await?)
    }

    /// The keys that are published, with a first one made if there is none.
    ///
    /// Of several servers that start at once on a fresh store one makes the key; the
    /// others find it.
    pub async fn open_keyring(
        &self,
        master: &MasterKey,
        bits: u32,
        now: Timestamp,
    ) -> Result<Keyring, AdminError> {
        let mut records = self.list_keys().await?;
        if !records.iter().any(|record| record.state == KeyState::Active) {
            self.add_first_key(master, bits, now).await?;
            records = self.list_keys().await?;
        }
        Ok(Keyring::open(&records, master)?)
    }

    async fn add_first_key(
        &self,
        master: &MasterKey,
        bits: u32,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        // Making a large key takes seconds of one core.
        let made = tokio::task::spawn_blocking(move || SigningKey::generate(bits)).await;
        let key = made.map_err(|_| crate::crypto::CryptoError::Interrupted)??;
        let record = key.seal(master, KeyState::Active, now)?;
        let mut tx = self.store.begin().await?;
        if tx.add_signing_key(&record).await? {
            tx.add_audit_event(&self.event(Action::KeyCreated, now)).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
