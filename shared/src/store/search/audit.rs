//! Looking through what happened.

use super::{Find, Order, Page, moment_cursor, read_moment};
use crate::store::audit_events::{AuditEventRow, RecordedEvent};
use crate::store::row::to_json;
use crate::store::{Arm, Result, View, run};

/// What is looked for in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFilter {
    /// Everything.
    All,
    /// What happened, by the beginning of its word, such as `login.`.
    Action(String),
    /// About a person, by their id.
    User(String),
    /// About a client.
    Client(String),
    /// About a session.
    Session(String),
    /// About a token family.
    Grant(String),
    /// From a network address.
    Address(String),
}

/// A statement that gives events, in either direction.
macro_rules! select_events {
    ($which:literal, $oldest_first:expr) => {
        if $oldest_first {
            concat!(
                "SELECT id, at, action, actor_kind, actor, user_id, client_id, session_id,
                     grant_id, address, detail, evidence
                 FROM audit_events WHERE (at, id) > ($1, $2)",
                $which,
                " ORDER BY at, id LIMIT $3"
            )
        } else {
            concat!(
                "SELECT id, at, action, actor_kind, actor, user_id, client_id, session_id,
                     grant_id, address, detail, evidence
                 FROM audit_events WHERE (at, id) < ($1, $2)",
                $which,
                " ORDER BY at DESC, id DESC LIMIT $3"
            )
        }
    };
}

impl View {
    /// A part of what happened, the newest first unless it is wanted otherwise. The filter of
    /// `find` is not looked at.
    pub async fn find_events(
        &mut self,
        find: &Find,
        filter: &EventFilter,
    ) -> Result<Page<RecordedEvent>> {
        let oldest_first = matches!(find.order, Order::Reversed | Order::Oldest);
        let (at, id) = read_moment(find.after.as_deref(), !oldest_first);
        let limit = find.limit.saturating_add(1);
        let (statement, value) = match filter {
            EventFilter::All => (select_events!("", oldest_first), None),
            EventFilter::Action(start) => (
                select_events!(" AND substr(action, 1, length($4)) = $4", oldest_first),
                Some(start),
            ),
            EventFilter::User(id) => (select_events!(" AND user_id = $4", oldest_first), Some(id)),
            EventFilter::Client(id) => {
                (select_events!(" AND client_id = $4", oldest_first), Some(id))
            }
            EventFilter::Session(id) => {
                (select_events!(" AND session_id = $4", oldest_first), Some(id))
            }
            EventFilter::Grant(id) => {
                (select_events!(" AND grant_id = $4", oldest_first), Some(id))
            }
            EventFilter::Address(text) => {
                (select_events!(" AND address = $4", oldest_first), Some(text))
            }
        };
        let rows: Vec<AuditEventRow> = match value {
            None => run!(self, fetch_all, sqlx::query_as(statement).bind(at).bind(&id).bind(limit)),
            Some(value) => run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(at).bind(&id).bind(limit).bind(value)
            ),
        }?;
        let events = rows.into_iter().map(RecordedEvent::from).collect();
        Ok(Page::cut(events, find.limit, |event: &RecordedEvent| {
            moment_cursor(event.at, &event.id)
        }))
    }

    /// The user names of people, by their ids; those of nobody are left out.
    pub async fn list_usernames(&mut self, ids: &[&str]) -> Result<Vec<(String, String)>> {
        let statement = match self.arm()? {
            Arm::Sqlite(_) => {
                "SELECT id, username FROM users WHERE id IN (SELECT value FROM json_each($1))"
            }
            Arm::Postgres(_) => {
                "SELECT id, username FROM users
                 WHERE id IN (SELECT json_array_elements_text(CAST($1 AS json)))"
            }
        };
        let ids = to_json(&ids)?;
        Ok(run!(self, fetch_all, sqlx::query_as(statement).bind(&ids))?)
    }

    /// The event with this id.
    pub async fn find_event(&mut self, id: &str) -> Result<Option<RecordedEvent>> {
        let row: Option<AuditEventRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(
                "SELECT id, at, action, actor_kind, actor, user_id, client_id, session_id,
                     grant_id, address, detail, evidence
                 FROM audit_events WHERE id = $1"
            )
            .bind(id)
        )?;
        Ok(row.map(RecordedEvent::from))
    }
}
