//! Signing keys.

use super::row::{read, row};
use super::{Result, StoreError, Tx, View, run};
use crate::model::{KeyState, SigningKeyRecord, Timestamp};

row!(SigningKeyRow {
    kid: String,
    alg: String,
    state: String,
    sealed_private_key: String,
    created_at: i64,
    activated_at: Option<i64>,
    retired_at: Option<i64>,
});

impl TryFrom<SigningKeyRow> for SigningKeyRecord {
    type Error = StoreError;

    fn try_from(row: SigningKeyRow) -> Result<Self> {
        Ok(Self {
            kid: row.kid,
            alg: row.alg,
            state: read("signing_keys", "state", KeyState::parse(&row.state))?,
            sealed_private_key: row.sealed_private_key,
            created_at: Timestamp(row.created_at),
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
                "SELECT kid, alg, state, sealed_private_key, created_at, activated_at, retired_at
                 FROM signing_keys ORDER BY created_at DESC, kid"
            )
        )?;
        rows.into_iter().map(SigningKeyRecord::try_from).collect()
    }
}

impl Tx {
    /// Adds a signing key; false if it would be the second active one.
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
            .bind(&key.alg)
            .bind(key.state.as_str())
            .bind(&key.sealed_private_key)
            .bind(key.created_at.0)
            .bind(key.activated_at.map(|at| at.0))
        )?;
        Ok(added == 1)
    }
}
