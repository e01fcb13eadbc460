//! Assertions that clients have used.

use super::{Result, Tx, run};
use crate::model::{ClientId, Timestamp};

impl Tx {
    /// Marks an assertion as used: of several callers, on any server, exactly one gets
    /// true (RFC 7523 §3).
    pub async fn redeem_client_assertion(
        &mut self,
        client: &ClientId,
        jti_hash: &str,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO client_assertions (client_id, jti_hash, expires_at)
                 VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
            )
            .bind(client.as_str())
            .bind(jti_hash)
            .bind(expires_at.0)
        )?;
        Ok(added == 1)
    }

    /// Forgets assertions that had ended before `before`; their end alone refuses them.
    pub async fn delete_expired_assertions(&mut self, before: Timestamp) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM client_assertions WHERE expires_at < $1").bind(before.0)
        )?)
    }
}
