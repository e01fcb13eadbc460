//! Failures to sign in, by what was tried and where from.

use super::row::row;
use super::{Result, Tx, View, run};
use crate::model::{Failures, Timestamp};

row!(FailuresRow { key: String, failures: i64, last_failed_at: i64 });

impl From<&FailuresRow> for Failures {
    fn from(row: &FailuresRow) -> Self {
        Self {
            number: u32::try_from(row.failures).unwrap_or(u32::MAX),
            last: Timestamp(row.last_failed_at),
        }
    }
}

impl View {
    /// The failures under each of at most three keys that are not forgotten: those after
    /// `since`.
    pub async fn list_failures(
        &mut self,
        keys: &[String],
        since: Timestamp,
    ) -> Result<Vec<Option<Failures>>> {
        let key = |position: usize| keys.get(position).map_or("", String::as_str);
        let rows: Vec<FailuresRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT key, failures, last_failed_at FROM throttles
                 WHERE key IN ($1, $2, $3) AND last_failed_at > $4"
            )
            .bind(key(0))
            .bind(key(1))
            .bind(key(2))
            .bind(since.0)
        )?;
        let found = |key: &String| rows.iter().find(|row| row.key == *key).map(Failures::from);
        Ok(keys.iter().map(found).collect())
    }
}

impl Tx {
    /// Locks the count under a key until this unit of work ends.
    pub async fn lock_failures(&mut self, key: &str) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO throttles (key, failures, last_failed_at) VALUES ($1, 0, 0)
                 ON CONFLICT (key) DO UPDATE SET failures = throttles.failures"
            )
            .bind(key)
        )?;
        Ok(())
    }

    /// Counts a failure under each of these keys; those up to `since` are forgotten.
    pub async fn add_failure(
        &mut self,
        keys: &[String],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        // In one order, so that no two units of work wait for each other.
        let mut keys: Vec<_> = keys.iter().collect();
        keys.sort_unstable();
        for key in keys {
            run!(
                self,
                execute,
                sqlx::query(
                    "INSERT INTO throttles (key, failures, last_failed_at) VALUES ($1, 1, $3)
                     ON CONFLICT (key) DO UPDATE SET
                         failures = CASE WHEN throttles.last_failed_at > $2
                             THEN throttles.failures + 1 ELSE 1 END,
                         last_failed_at = $3"
                )
                .bind(key)
                .bind(since.0)
                .bind(now.0)
            )?;
        }
        Ok(())
    }

    /// Forgets the failures under a key.
    pub async fn delete_failures(&mut self, key: &str) -> Result<()> {
        run!(self, execute, sqlx::query("DELETE FROM throttles WHERE key = $1").bind(key))?;
        Ok(())
    }

    /// Deletes what is forgotten, all that was not after `since`, and gives its number.
    pub async fn delete_old_failures(&mut self, since: Timestamp) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query("DELETE FROM throttles WHERE last_failed_at <= $1").bind(since.0)
        )?)
    }
}
