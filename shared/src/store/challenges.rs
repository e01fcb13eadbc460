//! What a browser was asked and may answer once.

use super::{Result, Tx, View, run};
use crate::model::Timestamp;

/// A question that waits for its answer.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// Names it.
    pub id: String,
    /// What the answer is for: no other answer fits.
    pub purpose: String,
    /// The hash of the asked browser's secret.
    pub browser_hash: String,
    /// What is needed to check the answer, sealed.
    pub sealed_state: String,
    /// Until when it may be answered.
    pub expires_at: Timestamp,
}

impl View {
    /// The sealed state of a challenge that waits for its answer in this browser.
    pub async fn find_challenge(
        &mut self,
        id: &str,
        purpose: &str,
        browser_hash: &str,
        now: Timestamp,
    ) -> Result<Option<String>> {
        Ok(run!(
            self,
            fetch_optional,
            sqlx::query_scalar(
                "SELECT sealed_state FROM challenges
                 WHERE id = $1 AND purpose = $2 AND browser_hash = $3 AND expires_at > $4"
            )
            .bind(id)
            .bind(purpose)
            .bind(browser_hash)
            .bind(now.0)
        )?)
    }
}

impl Tx {
    /// Adds a challenge.
    pub async fn add_challenge(&mut self, new: &Challenge) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO challenges (id, purpose, browser_hash, sealed_state, expires_at)
                 VALUES ($1, $2, $3, $4, $5)"
            )
            .bind(&new.id)
            .bind(&new.purpose)
            .bind(&new.browser_hash)
            .bind(&new.sealed_state)
            .bind(new.expires_at.0)
        )?;
        Ok(())
    }

    /// Keeps a challenge, unless one of its name still waits: that one then waits as long as the
    /// new one would have. Gives the sealed state of the one that waits.
    pub async fn hold_challenge(&mut self, new: &Challenge, now: Timestamp) -> Result<String> {
        Ok(run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "INSERT INTO challenges (id, purpose, browser_hash, sealed_state, expires_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (id) DO UPDATE SET
                     sealed_state = CASE WHEN challenges.expires_at > $6
                         THEN challenges.sealed_state ELSE excluded.sealed_state END,
                     expires_at = excluded.expires_at
                 RETURNING sealed_state"
            )
            .bind(&new.id)
            .bind(&new.purpose)
            .bind(&new.browser_hash)
            .bind(&new.sealed_state)
            .bind(new.expires_at.0)
            .bind(now.0)
        )?)
    }

    /// Takes a challenge to check its answer, or because it was answered: of several callers
    /// at the same moment exactly one gets true.
    pub async fn redeem_challenge(&mut self, id: &str) -> Result<bool> {
        let changed =
            run!(self, execute, sqlx::query("DELETE FROM challenges WHERE id = $1").bind(id))?;
        Ok(changed == 1)
    }

    /// Deletes challenges that nobody may answer any more and gives their number.
    pub async fn delete_expired_challenges(&mut self, now: Timestamp, most: i64) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM challenges WHERE id IN
                     (SELECT id FROM challenges WHERE expires_at <= $1 LIMIT $2)"
            )
            .bind(now.0)
            .bind(most)
        )?)
    }
}
