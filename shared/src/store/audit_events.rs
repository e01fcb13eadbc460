//! What happened.

use serde::Serialize;

use super::row::{joined_row, row, to_json};
use super::search::{Page, moment_cursor, read_moment};
use super::{Arm, Result, Tx, View, run};
use crate::crypto::random;
use crate::model::{AuditEvent, ClientId, GrantId, SessionId, Timestamp, UserId};

row!(AuditEventRow {
    id: String,
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
    evidence: Option<String>,
});

/// An audit event as it was written down, perhaps by another version of this program:
/// words that this one does not know are kept.
#[derive(Debug, Clone)]
pub struct RecordedEvent {
    /// Its own name; later events have later ones.
    pub id: String,
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
    /// What shows it, as JSON.
    pub evidence: Option<String>,
}

impl From<AuditEventRow> for RecordedEvent {
    fn from(row: AuditEventRow) -> Self {
        Self {
            id: row.id,
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
            evidence: row.evidence,
        }
    }
}

impl View {
    /// A part of the events about a person, the newest first, of at most `limit`.
    pub async fn list_user_events(
        &mut self,
        user: &UserId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<UserEvent>> {
        let (at, id) = read_moment(after, true);
        let rows: Vec<UserEventRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT audit_events.id AS id, at, action, actor_kind, actor, user_id, client_id,
                     session_id, grant_id, address, detail, evidence,
                     (SELECT name FROM clients WHERE clients.id = client_id) AS client_name
                 FROM audit_events WHERE user_id = $1 AND (at, audit_events.id) < ($2, $3)
                 ORDER BY at DESC, audit_events.id DESC LIMIT $4"
            )
            .bind(user.as_str())
            .bind(at)
            .bind(&id)
            .bind(limit.saturating_add(1))
        )?;
        let event = |row: UserEventRow| UserEvent {
            event: row.event.into(),
            client_name: row.client.client_name,
        };
        let events = rows.into_iter().map(event).collect();
        Ok(Page::cut(events, limit, |each: &UserEvent| {
            moment_cursor(each.event.at, &each.event.id)
        }))
    }
}

row!(ClientName { client_name: Option<String> });

joined_row!(UserEventRow { event: AuditEventRow = "", client: ClientName = "" });

/// An event, as the person looks at it whom it is about.
#[derive(Debug, Clone)]
pub struct UserEvent {
    /// The event.
    pub event: RecordedEvent,
    /// The name of the client it is about, if there is one by that id now.
    pub client_name: Option<String>,
}

row!(IssuingEventRow { id: String, at: i64, evidence: String });

/// An event that says which tokens were given.
#[derive(Debug, Clone)]
pub struct IssuingEvent {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Which, as JSON.
    pub evidence: String,
}

impl View {
    /// At most `limit` events at which tokens were given that have not died with their
    /// grant, oldest first, after the one at that moment with that id.
    pub async fn list_issuing_events(
        &mut self,
        at: &Timestamp,
        id: &str,
        limit: i64,
    ) -> Result<Vec<IssuingEvent>> {
        let rows: Vec<IssuingEventRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT id, at, evidence FROM audit_events
                 WHERE (at > $1 OR (at = $1 AND id > $2)) AND evidence IS NOT NULL
                     AND action IN ('token.issued', 'token.refreshed', 'token.refresh_retried',
                         'token.refresh_overlapped')
                     AND (EXISTS (SELECT 1 FROM grants
                             WHERE grants.id = audit_events.grant_id AND revoked_at IS NULL)
                         OR grant_id IS NULL AND EXISTS (SELECT 1 FROM clients
                             WHERE clients.id = audit_events.client_id AND disabled_at IS NULL))
                 ORDER BY at, id LIMIT $3"
            )
            .bind(at.0)
            .bind(id)
            .bind(limit)
        )?;
        let event = |row: IssuingEventRow| IssuingEvent {
            id: row.id,
            at: Timestamp(row.at),
            evidence: row.evidence,
        };
        Ok(rows.into_iter().map(event).collect())
    }
}

impl Tx {
    /// Writes down what this unit of work does; it is kept if and only if the work is.
    pub fn add_audit_event(&mut self, event: AuditEvent) {
        self.events.push(event);
    }
}

/// An event as it is written.
#[derive(Serialize)]
struct Row<'a> {
    id: String,
    at: i64,
    action: &'a str,
    actor_kind: &'a str,
    actor: &'a str,
    user_id: Option<&'a str>,
    client_id: Option<&'a str>,
    session_id: Option<&'a str>,
    grant_id: Option<&'a str>,
    address: Option<&'a str>,
    detail: Option<&'a str>,
    evidence: Option<String>,
}

impl<'a> Row<'a> {
    fn of(event: &'a AuditEvent) -> Result<Self> {
        let (actor_kind, actor) = event.actor.parts();
        Ok(Self {
            id: random::id(event.at)?,
            at: event.at.0,
            action: event.action.as_str(),
            actor_kind,
            actor,
            user_id: event.user_id.as_ref().map(UserId::as_str),
            client_id: event.client_id.as_ref().map(ClientId::as_str),
            session_id: event.session_id.as_ref().map(SessionId::as_str),
            grant_id: event.grant_id.as_ref().map(GrantId::as_str),
            address: event.address.as_deref(),
            detail: event.detail,
            evidence: event.evidence.as_ref().map(ToString::to_string),
        })
    }
}

/// One statement for any number of events, which come as one JSON array.
macro_rules! insert_from {
    ($rows:literal) => {
        concat!(
            "INSERT INTO audit_events (id, at, action, actor_kind, actor, user_id, client_id,
                 session_id, grant_id, address, detail, evidence)
             SELECT value->>'id', CAST(value->>'at' AS BIGINT), value->>'action',
                 value->>'actor_kind', value->>'actor', value->>'user_id', value->>'client_id',
                 value->>'session_id', value->>'grant_id', value->>'address', value->>'detail',
                 value->>'evidence'
             FROM ",
            $rows
        )
    };
}

/// Writes events.
pub(super) async fn insert(connection: Arm<'_>, events: &[AuditEvent]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = events.iter().map(Row::of).collect::<Result<Vec<_>>>()?;
    let rows = to_json(&rows)?;
    match connection {
        Arm::Sqlite(connection) => {
            let query = sqlx::query(insert_from!("json_each($1)"));
            query.bind(&rows).execute(connection).await.map(drop)
        }
        Arm::Postgres(connection) => {
            let query = sqlx::query(insert_from!("json_array_elements(CAST($1 AS json))"));
            query.bind(&rows).execute(connection).await.map(drop)
        }
    }?;
    Ok(())
}
