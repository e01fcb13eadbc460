//! Audit events that go with no change of the store: written in groups, a moment later.
//!
//! An event that belongs to a change is written with it, in one unit of work. A machine's
//! token and a wrong secret change nothing; a unit of work for each would cost more than
//! the answer, and would be a lever for whoever sends nonsense.

use std::time::Duration;

use shared::model::AuditEvent;
use shared::store::{Store, StoreError};

use crate::batch::Batch;

/// Events that may wait; whoever comes then waits with them.
const ROOM: usize = 10_000;
/// How often a group is tried, with pauses that double: a database that is started anew is back
/// within a few seconds.
const TRIES: u32 = 5;
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// The most events of one unit of work.
const GROUP: usize = 250;

/// Where events are put.
#[derive(Clone)]
pub(crate) struct Journal(Batch<AuditEvent>);

impl Journal {
    /// Starts writing.
    pub(crate) fn start(store: Store) -> Self {
        Self(Batch::start(ROOM, GROUP, move |group| write(store.clone(), group)))
    }

    /// Writes an event down, within a fraction of a second.
    pub(crate) async fn add(&self, event: AuditEvent) {
        self.0.add(event).await;
    }

    /// Waits until everything that was put here is written.
    pub(crate) async fn flush(&self) {
        self.0.flush().await;
    }
}

async fn write(store: Store, group: Vec<AuditEvent>) {
    if let Err(fault) = append_in_time(&store, &group).await {
        let causes = shared::causes(&fault);
        tracing::error!(causes, lost = group.len(), "audit events could not be written");
    }
}

async fn append_in_time(store: &Store, group: &[AuditEvent]) -> Result<(), StoreError> {
    let mut pause = FIRST_RETRY;
    for _ in 1..TRIES {
        let Err(fault) = append(store, group).await else { return Ok(()) };
        tracing::warn!(causes = shared::causes(&fault), "audit events have to be written again");
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    append(store, group).await
}

async fn append(store: &Store, group: &[AuditEvent]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for event in group {
        tx.add_audit_event(event.clone());
    }
    tx.commit().await
}
