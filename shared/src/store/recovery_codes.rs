//! Codes to get in with when everything else is lost.

use super::{Result, Tx, View, run};
use crate::model::{Timestamp, UserId};

impl View {
    /// How many unused codes a person has.
    pub async fn count_recovery_codes(&mut self, user: &UserId) -> Result<i64> {
        Ok(run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL"
            )
            .bind(user.as_str())
        )?)
    }
}

impl Tx {
    /// Gives a person new codes, by their hashes; the old ones are gone.
    pub async fn set_recovery_codes(
        &mut self,
        user: &UserId,
        hashes: &[String],
        now: Timestamp,
    ) -> Result<()> {
        self.delete_recovery_codes(user).await?;
        for hash in hashes {
            run!(
                self,
                execute,
                sqlx::query(
                    "INSERT INTO recovery_codes (code_hash, user_id, created_at)
                     VALUES ($1, $2, $3)"
                )
                .bind(hash)
                .bind(user.as_str())
                .bind(now.0)
            )?;
        }
        Ok(())
    }

    /// Uses a code: of several callers at the same moment, exactly one gets true.
    pub async fn redeem_recovery_code(
        &mut self,
        user: &UserId,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE recovery_codes SET used_at = $3
                 WHERE code_hash = $1 AND user_id = $2 AND used_at IS NULL"
            )
            .bind(hash)
            .bind(user.as_str())
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Deletes all codes of a person.
    pub async fn delete_recovery_codes(&mut self, user: &UserId) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user.as_str())
        )?;
        Ok(())
    }
}
