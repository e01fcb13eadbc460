//! Access tokens of machines that were given back before their end. All others name the
//! grant that they hang on.

use std::collections::HashSet;

use super::{Result, Tx, View, run};
use crate::model::Timestamp;

impl View {
    /// Whether this token was given back.
    pub async fn is_token_revoked(&mut self, jti: &str) -> Result<bool> {
        let found: Option<i64> = run!(
            self,
            fetch_optional,
            sqlx::query_scalar("SELECT expires_at FROM revoked_tokens WHERE jti = $1").bind(jti)
        )?;
        Ok(found.is_some())
    }

    /// All tokens that were given back, by their `jti`.
    pub async fn list_revoked_tokens(&mut self) -> Result<HashSet<String>> {
        let found: Vec<String> =
            run!(self, fetch_all, sqlx::query_scalar("SELECT jti FROM revoked_tokens"))?;
        Ok(found.into_iter().collect())
    }
}

impl Tx {
    /// Takes a token back; false if it was taken back before.
    pub async fn revoke_token(&mut self, jti: &str, expires_at: Timestamp) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO revoked_tokens (jti, expires_at) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING"
            )
            .bind(jti)
            .bind(expires_at.0)
        )?;
        Ok(added == 1)
    }

    /// Forgets tokens that had ended before `before`.
    pub async fn delete_expired_revocations(&mut self, before: Timestamp) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM revoked_tokens WHERE expires_at < $1").bind(before.0)
        )?)
    }
}
