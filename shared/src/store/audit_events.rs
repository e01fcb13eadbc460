//! What happened.

use super::row::row;
use super::{Result, Tx, View, run};
use crate::crypto::random;
use crate::model::{AuditEvent, ClientId, GrantId, SessionId, Timestamp, UserId};

row!(AuditEventRow {
    at: i64,
    action: String,
    actor_kind: String,
    actor: String,
    user_id: Option<String>,
    client_id: Option<String>,
    session_id: Option<String>,
    grant_id: Option<String>,
    address: Option<String>,
    detail: Option<String>,
});

/// An audit event as it was written down, perhaps by another version of this program:
/// words that this one does not know are kept.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// When.
    pub at: Timestamp,
    /// What, such as `login.failed`.
    pub action: String,
    /// What kind of actor: `operator`, `user`, `client`, `anonymous` or `system`.
    pub actor_kind: String,
    /// Its name or id.
    pub actor: String,
    /// The person it is about.
    pub user_id: Option<String>,
    /// The client it is about.
    pub client_id: Option<String>,
    /// The session it is about.
    pub session_id: Option<String>,
    /// The grant it is about.
    pub grant_id: Option<String>,
    /// The network address it came from.
    pub address: Option<String>,
    /// How or why.
    pub detail: Option<String>,
}

impl From<AuditEventRow> for RecordedEvent {
    fn from(row: AuditEventRow) -> Self {
        Self {
            at: Timestamp(row.at),
            action: row.action,
            actor_kind: row.actor_kind,
            actor: row.actor,
            user_id: row.user_id,
            client_id: row.client_id,
            session_id: row.session_id,
            grant_id: row.grant_id,
            address: row.address,
            detail: row.detail,
        }
    }
}

impl View {
    /// The last `limit` events, newest first.
    pub async fn list_audit_events(&mut self, limit: i64) -> Result<Vec<RecordedEvent>> {
        let rows: Vec<AuditEventRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT at, action, actor_kind, actor, user_id, client_id, session_id, grant_id,
                     address, detail
                 FROM audit_events ORDER BY at DESC, id DESC LIMIT $1"
            )
            .bind(limit)
        )?;
        Ok(rows.into_iter().map(RecordedEvent::from).collect())
    }
}

impl Tx {
    /// Writes down what this unit of work does; it is kept if and only if the work is.
    pub async fn add_audit_event(&mut self, event: &AuditEvent) -> Result<()> {
        let id: String = random::id(event.at)?;
        let (actor_kind, actor) = event.actor.parts();
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO audit_events (id, at, action, actor_kind, actor, user_id, client_id,
                     session_id, grant_id, address, detail)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            )
            .bind(&id)
            .bind(event.at.0)
            .bind(event.action.as_str())
            .bind(actor_kind)
            .bind(actor)
            .bind(event.user_id.as_ref().map(UserId::as_str))
            .bind(event.client_id.as_ref().map(ClientId::as_str))
            .bind(event.session_id.as_ref().map(SessionId::as_str))
            .bind(event.grant_id.as_ref().map(GrantId::as_str))
            .bind(&event.address)
            .bind(event.detail)
        )?;
        Ok(())
    }
}
