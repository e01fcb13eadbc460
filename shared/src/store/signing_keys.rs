//! Signing keys.

use super::revisions::Topic;
use super::row::{read, row};
use super::{Result, StoreError, Tx, View, run};
use crate::model::{KeyState, SigningAlg, SigningKeyRecord, Timestamp};

row!(SigningKeyRow {
    kid: String,
    alg: String,
    state: String,
    sealed_private_key: String,
    created_at: i64,
    activates_at: Option<i64>,
    activated_at: Option<i64>,
    retired_at: Option<i64>,
});

impl TryFrom<SigningKeyRow> for SigningKeyRecord {
    type Error = StoreError;

    fn try_from(row: SigningKeyRow) -> Result<Self> {
        Ok(Self {
            kid: row.kid,
            alg: read("signing_keys", "alg", SigningAlg::parse(&row.alg))?,
            state: read("signing_keys", "state", KeyState::parse(&row.state))?,
            sealed_private_key: row.sealed_private_key,
            created_at: Timestamp(row.created_at),
            activates_at: row.activates_at.map(Timestamp),
            activated_at: row.activated_at.map(Timestamp),
            retired_at: row.retired_at.map(Timestamp),
        })
    }
}

impl View {
    /// All signing keys, newest first.
    pub async fn list_signing_keys(&mut self) -> Result<Vec<SigningKeyRecord>> {
        let rows: Vec<SigningKeyRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT kid, alg, state, sealed_private_key, created_at, activates_at,
                     activated_at, retired_at
                 FROM signing_keys ORDER BY created_at DESC, kid"
            )
        )?;
        rows.into_iter().map(SigningKeyRecord::try_from).collect()
    }
}

impl Tx {
    /// Adds a signing key; false if there is one of its algorithm in its state, which
    /// only retired keys may share.
    pub async fn add_signing_key(&mut self, key: &SigningKeyRecord) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO signing_keys (kid, alg, state, sealed_private_key, created_at,
                     activated_at)
                 VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT DO NOTHING"
            )
            .bind(&key.kid)
            .bind(key.alg.as_str())
            .bind(key.state.as_str())
            .bind(&key.sealed_private_key)
            .bind(key.created_at.0)
            .bind(key.activated_at.map(|at| at.0))
        )?;
        self.bump(Topic::SigningKeys).await?;
        Ok(added == 1)
    }

    /// Decides when the next key begins to sign; an earlier decision stays. False if this
    /// is not the next key.
    pub async fn schedule_signing_key(&mut self, kid: &str, at: Timestamp) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE signing_keys SET activates_at =
                     CASE WHEN activates_at < $2 THEN activates_at ELSE $2 END
                 WHERE kid = $1 AND state = 'next'"
            )
            .bind(kid)
            .bind(at.0)
        )?;
        self.bump(Topic::SigningKeys).await?;
        Ok(changed == 1)
    }

    /// Retires the key that signs and lets the next one sign; of several servers at the
    /// same moment exactly one gets true.
    pub async fn activate_signing_key(&mut self, next: &str, now: Timestamp) -> Result<bool> {
        run!(
            self,
            execute,
            sqlx::query(
                "UPDATE signing_keys SET state = 'retired', retired_at = $2
                 WHERE state = 'active'
                     AND alg = (SELECT alg FROM signing_keys WHERE kid = $1 AND state = 'next')"
            )
            .bind(next)
            .bind(now.0)
        )?;
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE signing_keys SET state = 'active', activated_at = $2
                 WHERE kid = $1 AND state = 'next'"
            )
            .bind(next)
            .bind(now.0)
        )?;
        self.bump(Topic::SigningKeys).await?;
        Ok(changed == 1)
    }

    /// Deletes a key and says what it was used for at that moment.
    pub async fn delete_signing_key(&mut self, kid: &str) -> Result<Option<KeyState>> {
        let state: Option<String> = run!(
            self,
            fetch_optional,
            sqlx::query_scalar("DELETE FROM signing_keys WHERE kid = $1 RETURNING state").bind(kid)
        )?;
        self.bump(Topic::SigningKeys).await?;
        state.map(|state| read("signing_keys", "state", KeyState::parse(&state))).transpose()
    }
}
