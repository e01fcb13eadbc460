//! Audit events that go with no change of the store: written in groups, a moment later.
//!
//! An event that belongs to a change is written with it, in one unit of work. A machine's
//! token and a wrong secret change nothing; a unit of work for each would cost more than
//! the answer, and would be a lever for whoever sends nonsense.

use std::time::Duration;

use shared::model::AuditEvent;
use shared::store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

/// Events that may wait; whoever comes then waits with them.
const ROOM: usize = 10_000;
/// How long an event waits for others.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a group is tried, with pauses that double: a database that is started anew is back
/// within a few seconds.
const TRIES: u32 = 5;
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// The most events of one unit of work.
const GROUP: usize = 250;

/// Where events are put.
#[derive(Clone)]
pub(crate) struct Journal(mpsc::Sender<Entry>);

enum Entry {
    Event(Box<AuditEvent>),
    /// Say when all before this is written.
    Flush(oneshot::Sender<()>),
}

impl Journal {
    /// Starts writing.
    pub(crate) fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(ROOM);
        tokio::spawn(write(store, receiver));
        Self(sender)
    }

    /// Writes an event down, within a fraction of a second.
    pub(crate) async fn add(&self, event: AuditEvent) {
        // The other end is gone only when the runtime ends.
        drop(self.0.send(Entry::Event(Box::new(event))).await);
    }

    /// Waits until everything that was put here is written.
    pub(crate) async fn flush(&self) {
        let (ours, theirs) = oneshot::channel();
        if self.0.send(Entry::Flush(ours)).await.is_ok() {
            drop(theirs.await);
        }
    }
}

async fn write(store: Store, mut entries: mpsc::Receiver<Entry>) {
    while let Some(first) = entries.recv().await {
        let mut next = Some(first);
        let mut group = Vec::new();
        let mut flushed = None;
        // The first event of a group waits for others; a flush does not.
        let mut waits = true;
        while let Some(entry) = next.take() {
            match entry {
                Entry::Event(event) => group.push(*event),
                Entry::Flush(done) => {
                    flushed = Some(done);
                    break;
                }
            }
            if group.len() == GROUP {
                break;
            }
            next = entries.try_recv().ok();
            if next.is_none() && std::mem::take(&mut waits) {
                tokio::time::sleep(PAUSE).await;
                next = entries.try_recv().ok();
            }
        }
        let length = group.len();
        if let Err(fault) = append_in_time(&store, &group).await {
            let causes = shared::causes(&fault);
            tracing::error!(causes, lost = length, "audit events could not be written");
        }
        if let Some(done) = flushed {
            let _ = done.send(());
        }
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
    if group.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    for event in group {
        tx.add_audit_event(event.clone());
    }
    tx.commit().await
}
