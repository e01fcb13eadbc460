//! Incidents on their way to the store: written in groups, a moment later.
//!
//! Anybody can send nonsense, without end and without a name. So no more is kept of it than
//! a few dozen a second, whoever sends it; what is beyond that gets no code, and nothing is
//! said of that. What is looked up to explain a refusal is looked up only for those.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::crypto::random;
use shared::model::incident::{Facts, Place};
use shared::model::{Incident, IncidentCode, Timestamp};
use shared::store::{Store, StoreError};

use crate::batch::Batch;

/// The most incidents in a second.
const MOST: u32 = 50;
/// The most of them at addresses that lead nowhere: machines that look for holes open those all
/// day, and keep no application from being told what is wrong with it.
const MOST_NOWHERE: u32 = 5;
/// Incidents that may wait.
const ROOM: usize = 200;
/// The most incidents of one unit of work.
const GROUP: usize = 100;
/// How long to wait for a store that does not take them, and how often.
const STORE_PAUSE: Duration = Duration::from_secs(1);
const STORE_TRIES: u32 = 30;

/// Where incidents are put.
#[derive(Clone)]
pub(crate) struct Incidents {
    batch: Batch<Incident>,
    retention: Duration,
    second: Arc<Mutex<Second>>,
}

/// How many were let in during this second.
#[derive(Debug, Default)]
struct Second {
    number: i64,
    all: u32,
    nowhere: u32,
}

impl Second {
    fn admit(&mut self, place: Place, now: Timestamp) -> bool {
        if self.number != now.seconds() {
            *self = Self { number: now.seconds(), ..Self::default() };
        }
        let is_nowhere = place == Place::NotFound;
        if self.all >= MOST || (is_nowhere && self.nowhere >= MOST_NOWHERE) {
            return false;
        }
        self.all += 1;
        self.nowhere += u32::from(is_nowhere);
        true
    }
}

/// Leave to put one incident down.
#[must_use]
pub(crate) struct Permit {
    at: Timestamp,
}

impl Permit {
    /// The moment that it was given, and nothing left to use.
    fn used(self) -> Timestamp {
        self.at
    }
}

impl Incidents {
    /// Starts writing.
    pub(crate) fn start(store: Store, retention: Duration) -> Self {
        let batch = Batch::start(ROOM, GROUP, move |group| keep(store.clone(), group));
        Self { batch, retention, second: Arc::default() }
    }

    /// Leave to put one incident down, unless there were too many in this second.
    pub(crate) fn admit(&self, place: Place, now: Timestamp) -> Option<Permit> {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        second.admit(place, now).then_some(Permit { at: now })
    }

    /// Puts an incident down, to be written within a fraction of a second, and gives its code;
    /// none if too many wait already.
    pub(crate) fn add(&self, permit: Permit, facts: Facts) -> Option<IncidentCode> {
        let code = IncidentCode::new(random::bytes().ok()?);
        let at = permit.used();
        let expires_at = at.plus(self.retention);
        let incident = Incident { code: code.clone(), at, expires_at, facts };
        self.batch.try_add(incident).then_some(code)
    }

    /// Waits until everything that was put here is written.
    pub(crate) async fn flush(&self) {
        self.batch.flush().await;
    }
}

/// Writes a group. A store that is away for a while is waited for: whoever was shown a code of
/// that very fault wants to know of it.
async fn keep(store: Store, group: Vec<Incident>) {
    for tried in 1..=STORE_TRIES {
        let Err(fault) = add(&store, &group).await else { return };
        if tried == 1 {
            let causes = shared::causes(&fault);
            tracing::error!(causes, waiting = group.len(), "incidents cannot be written");
        }
        tokio::time::sleep(STORE_PAUSE).await;
    }
    tracing::error!(lost = group.len(), "incidents were not written");
}

async fn add(store: &Store, group: &[Incident]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.add_incidents(group).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_has_more_than_its_share() {
        let mut second = Second::default();
        let now = Timestamp::from_seconds(7);
        let admitted = |second: &mut Second, place, now| {
            (0..1000).filter(|_| second.admit(place, now)).count()
        };
        assert_eq!(admitted(&mut second, Place::NotFound, now), 5);
        assert_eq!(admitted(&mut second, Place::Token, now), 45);
        assert_eq!(admitted(&mut second, Place::Token, now), 0);
        let next = now.plus(Duration::from_secs(1));
        assert_eq!(admitted(&mut second, Place::Token, next), 50);
        assert_eq!(admitted(&mut second, Place::NotFound, next), 0);
    }
}
