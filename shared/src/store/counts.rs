//! How much of everything there is.

use super::row::row;
use super::{Result, View, run};
use crate::model::Timestamp;

/// How much there is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// People, disabled ones included.
    pub users: i64,
    /// Clients.
    pub clients: i64,
    /// Sessions that are alive.
    pub sessions: i64,
    /// Grants that are alive.
    pub grants: i64,
    /// Signing keys, retired ones included.
    pub signing_keys: i64,
}

row!(CountsRow { users: i64, clients: i64, sessions: i64, grants: i64, signing_keys: i64 });

impl View {
    /// Counts what there is.
    pub async fn count(&mut self, now: Timestamp) -> Result<Counts> {
        let row: CountsRow = run!(
            self,
            fetch_one,
            sqlx::query_as(
                "SELECT
                     (SELECT COUNT(*) FROM users) AS users,
                     (SELECT COUNT(*) FROM clients) AS clients,
                     (SELECT COUNT(*) FROM sessions
                      WHERE ended_at IS NULL AND expires_at > $1) AS sessions,
                     (SELECT COUNT(*) FROM grants
                      WHERE revoked_at IS NULL AND expires_at > $1) AS grants,
                     (SELECT COUNT(*) FROM signing_keys) AS signing_keys"
            )
            .bind(now.0)
        )?;
        Ok(Counts {
            users: row.users,
            clients: row.clients,
            sessions: row.sessions,
            grants: row.grants,
            signing_keys: row.signing_keys,
        })
    }
}
