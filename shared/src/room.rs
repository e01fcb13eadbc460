//! How much is done at once, and how long others wait.
//!
//! A burst may wait: it is over soon. Where the queue has not been empty for a while there
//! is more to do than can be done; then waiting longer only makes every answer late, so
//! patience becomes short and whoever does not get in is told to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Room for so many at once.
#[derive(Debug, Clone)]
pub struct Room {
    places: Arc<Semaphore>,
    patience: Patience,
    began: Instant,
    /// When nobody had to wait for the last time, in microseconds since `began`.
    last_free: Arc<AtomicU64>,
}

/// How long somebody waits for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// While a queue is young.
    pub in_a_burst: Duration,
    /// Once it has stood for `after`.
    pub overloaded: Duration,
    /// How long a burst may last.
    pub after: Duration,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Patience {
    /// As long for everybody.
    pub fn always(wait: Duration) -> Self {
        Self { in_a_burst: wait, overloaded: wait, after: Duration::ZERO }
    }
}

impl Room {
    /// Room for so many.
    pub fn new(places: usize, patience: Patience) -> Self {
        let places = Arc::new(Semaphore::new(places));
        Self { places, patience, began: Instant::now(), last_free: Arc::default() }
    }

    /// Waits for a place; none if there is none to be had in time.
    ///
    /// Whoever gets one lets the others go first once: work that never waits would hide
    /// how many there are, as they would not have been looked at.
    pub async fn enter(&self) -> Option<Place> {
        let place = self.wait().await;
        tokio::task::yield_now().await;
        place
    }

    async fn wait(&self) -> Option<Place> {
        let now = self.now();
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            self.last_free.store(now, Ordering::Relaxed);
            return Some(Place { _permit: permit });
        }
        let queued = now.saturating_sub(self.last_free.load(Ordering::Relaxed));
        let Patience { in_a_burst, overloaded, after } = self.patience;
        let patience = if Duration::from_micros(queued) < after { in_a_burst } else { overloaded };
        if patience.is_zero() {
            return None;
        }
        let permit = Arc::clone(&self.places).acquire_owned();
        let permit = tokio::time::timeout(patience, permit).await.ok()?.ok()?;
        Some(Place { _permit: permit })
    }

    fn now(&self) -> u64 {
        u64::try_from(Instant::now().duration_since(self.began).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        in_a_burst: Duration::from_secs(2),
        overloaded: Duration::from_millis(10),
        after: Duration::from_millis(100),
    };

    #[tokio::test(start_paused = true)]
    async fn a_burst_waits_and_a_standing_queue_does_not() {
        let room = Room::new(1, PATIENCE);
        let first = room.enter().await.unwrap();
        let began = Instant::now();
        // The queue is young: this one waits for two seconds, in vain.
        assert!(room.enter().await.is_none());
        assert_eq!(Instant::now() - began, PATIENCE.in_a_burst);
        // Now it has stood for long: the next one hardly waits.
        let began = Instant::now();
        assert!(room.enter().await.is_none());
        assert!(Instant::now() - began < Duration::from_millis(20));
        // Once there is room again, bursts may wait again.
        drop(first);
        let place = room.enter().await.unwrap();
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.enter().await.is_some() }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(place);
        assert!(waiting.await.unwrap());
    }
}
