//! How it goes: what happened in the last minutes.

use crate::model::{ClientId, Timestamp};
use crate::store::row::row;
use crate::store::{Result, View, run};

row!(MinuteRow { minute: i64, action: String, number: i64 });

/// How often something happened in a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinuteCount {
    /// When the minute began.
    pub minute: Timestamp,
    /// What happened, such as `login.failed`.
    pub action: String,
    /// How often.
    pub number: i64,
}

row!(FailuresRow { client_id: String, number: i64, detail: Option<String> });

/// A client that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFailures {
    /// Which.
    pub client_id: ClientId,
    /// How often.
    pub number: i64,
    /// How, in the audit log's words.
    pub detail: Option<String>,
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

impl View {
    /// How often each thing happened in each minute since a moment.
    pub async fn count_by_minute(&mut self, since: Timestamp) -> Result<Vec<MinuteCount>> {
        let rows: Vec<MinuteRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT at / 60000000 AS minute, action, COUNT(*) AS number FROM audit_events
                 WHERE at >= $1 GROUP BY at / 60000000, action ORDER BY minute, action"
            )
            .bind(since.0)
        )?;
        let count = |row: MinuteRow| MinuteCount {
            minute: Timestamp(row.minute.saturating_mul(MINUTE)),
            action: row.action,
            number: row.number,
        };
        Ok(rows.into_iter().map(count).collect())
    }

    /// The clients that failed to prove who they are since a moment, the worst first.
    pub async fn list_failing_clients(
        &mut self,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<ClientFailures>> {
        let rows: Vec<FailuresRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT client_id, COUNT(*) AS number, MAX(detail) AS detail FROM audit_events
                 WHERE action = 'client.authentication_failed' AND at >= $1
                     AND client_id IS NOT NULL
                 GROUP BY client_id ORDER BY number DESC, client_id LIMIT $2"
            )
            .bind(since.0)
            .bind(limit)
        )?;
        let failures = |row: FailuresRow| ClientFailures {
            client_id: row.client_id.into(),
            number: row.number,
            detail: row.detail,
        };
        Ok(rows.into_iter().map(failures).collect())
    }
}
