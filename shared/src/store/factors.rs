//! Second factors, and keys that need no first one.

use super::row::{read, row};
use super::{Result, StoreError, Tx, View, run};
use crate::model::factor::{Factor, FactorProof};
use crate::model::{FactorId, FactorKind, Timestamp, UserId};

row!(FactorRow {
    id: String,
    user_id: String,
    kind: String,
    name: String,
    sealed_seed: Option<String>,
    credential_id: Option<String>,
    credential: Option<String>,
    sign_count: Option<i64>,
    created_at: i64,
    last_used_at: Option<i64>,
});

macro_rules! select_factors {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, kind, name, sealed_seed, credential_id, credential, sign_count,
                 created_at, last_used_at
             FROM factors ",
            $rest
        )
    };
}

impl TryFrom<FactorRow> for Factor {
    type Error = StoreError;

    fn try_from(row: FactorRow) -> Result<Self> {
        let proof = match read("factors", "kind", FactorKind::parse(&row.kind))? {
            FactorKind::Totp => {
                FactorProof::Totp { sealed_seed: read("factors", "sealed_seed", row.sealed_seed)? }
            }
            kind => FactorProof::Key {
                kind,
                credential_id: read("factors", "credential_id", row.credential_id)?,
                credential: read("factors", "credential", row.credential)?,
                sign_count: row.sign_count.unwrap_or(0),
            },
        };
        Ok(Self {
            id: row.id.into(),
            user_id: row.user_id.into(),
            name: row.name,
            proof,
            created_at: Timestamp(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp),
        })
    }
}

impl View {
    /// What a person has, oldest first.
    pub async fn list_factors(&mut self, user: &UserId) -> Result<Vec<Factor>> {
        let rows: Vec<FactorRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_factors!("WHERE user_id = $1 ORDER BY created_at, id"))
                .bind(user.as_str())
        )?;
        rows.into_iter().map(Factor::try_from).collect()
    }

    /// The kinds of what a person has, each once.
    pub async fn list_factor_kinds(&mut self, user: &UserId) -> Result<Vec<FactorKind>> {
        let words: Vec<String> = run!(
            self,
            fetch_all,
            sqlx::query_scalar("SELECT DISTINCT kind FROM factors WHERE user_id = $1")
                .bind(user.as_str())
        )?;
        words.iter().map(|word| read("factors", "kind", FactorKind::parse(word))).collect()
    }

    /// The key with this credential id (base64url).
    pub async fn find_key(&mut self, credential_id: &str) -> Result<Option<Factor>> {
        let row: Option<FactorRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_factors!("WHERE credential_id = $1")).bind(credential_id)
        )?;
        row.map(Factor::try_from).transpose()
    }
}

impl Tx {
    /// Adds a factor; false if a key with its credential id is there already.
    pub async fn add_factor(&mut self, factor: &Factor) -> Result<bool> {
        let (seed, key) = match &factor.proof {
            FactorProof::Totp { sealed_seed } => (Some(sealed_seed), None),
            FactorProof::Key { credential_id, credential, sign_count, .. } => {
                (None, Some((credential_id, credential, *sign_count)))
            }
        };
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO factors (id, user_id, kind, name, sealed_seed, credential_id,
                     credential, sign_count, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (credential_id) DO NOTHING"
            )
            .bind(factor.id.as_str())
            .bind(factor.user_id.as_str())
            .bind(factor.kind().as_str())
            .bind(&factor.name)
            .bind(seed)
            .bind(key.map(|key| key.0))
            .bind(key.map(|key| key.1))
            .bind(key.map(|key| key.2))
            .bind(factor.created_at.0)
        )?;
        Ok(added == 1)
    }

    /// Takes note that the code of a period was accepted; false if it was, or a later one
    /// was, before: of several callers with the same code exactly one gets true.
    pub async fn redeem_totp_period(
        &mut self,
        id: &FactorId,
        period: i64,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE factors SET last_period = $2, last_used_at = $3
                 WHERE id = $1 AND (last_period IS NULL OR last_period < $2)"
            )
            .bind(id.as_str())
            .bind(period)
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Takes note that a key has signed; false if it is gone, or if its count has not grown,
    /// as it does unless there are two of it (`WebAuthn` §7.2 step 22).
    pub async fn set_key_used(
        &mut self,
        id: &FactorId,
        credential: &str,
        sign_count: i64,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE factors SET credential = $2, sign_count = $3, last_used_at = $4
                 WHERE id = $1 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))"
            )
            .bind(id.as_str())
            .bind(credential)
            .bind(sign_count)
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Renames a factor of a person; false if they have none with this id.
    pub async fn set_factor_name(
        &mut self,
        user: &UserId,
        id: &FactorId,
        name: &str,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("UPDATE factors SET name = $3 WHERE id = $1 AND user_id = $2")
                .bind(id.as_str())
                .bind(user.as_str())
                .bind(name)
        )?;
        Ok(changed == 1)
    }

    /// Deletes a factor of a person; false if they have none with this id.
    pub async fn delete_factor(&mut self, user: &UserId, id: &FactorId) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("DELETE FROM factors WHERE id = $1 AND user_id = $2")
                .bind(id.as_str())
                .bind(user.as_str())
        )?;
        Ok(changed == 1)
    }

    /// Deletes all factors of a person and gives their number.
    pub async fn delete_user_factors(&mut self, user: &UserId) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM factors WHERE user_id = $1").bind(user.as_str())
        )?)
    }
}
