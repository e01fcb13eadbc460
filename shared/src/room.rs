//! How much is done at once, and how long others wait.
//!
//! A burst may wait: it is over soon. Where room has been short for a while there is more
//! to do than can be done; then waiting only makes every answer late, so whoever finds no
//! room is told to come again, until there was room for everybody for a while. Meanwhile there
//! is less room: those who are let in share the machine with the many who are sent away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Room for so many at once.
#[derive(Debug, Clone)]
pub struct Room {
    seats: Arc<Semaphore>,
    count: usize,
    patience: Patience,
    began: Instant,
    crowd: Arc<Crowd>,
}

/// When there was no room, in microseconds since the beginning; zero is never.
#[derive(Debug, Default)]
struct Crowd {
    /// For the first time after a calm.
    since: AtomicU64,
    /// For the last time.
    last: AtomicU64,
    /// For the last time though all seats were given.
    full: AtomicU64,
    /// How many wait.
    waiting: AtomicUsize,
}

/// There was room for everybody for so long: what comes next is a burst again.
const CALM: Duration = Duration::from_secs(1);

/// How often an overload is looked at once more: for as long as a burst may last all seats are
/// given, and if they are not enough, only some of them until the next look. In microseconds.
const LOOK: u64 = 10_000_000;

/// How long somebody waits for a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// While a queue is young.
    pub in_a_burst: Duration,
    /// Once room has been short for `after`.
    pub overloaded: Duration,
    /// How long a burst may last.
    pub after: Duration,
    /// How many may wait.
    pub most: usize,
    /// How many seats are given in an overload.
    pub narrow: usize,
}

/// A seat in a room, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    /// Absent while its holder waits for somebody else.
    permit: Option<OwnedSemaphorePermit>,
}

impl Seat {
    /// Waits for somebody else without keeping the others out, and takes a seat again
    /// afterwards; nothing if there is none to be had in time.
    pub async fn leave<T>(&mut self, room: &Room, wait: impl Future<Output = T>) -> Option<T> {
        self.permit = None;
        let outcome = wait.await;
        *self = room.enter().await?;
        Some(outcome)
    }
}

impl Patience {
    /// As long for everybody.
    pub fn always(wait: Duration) -> Self {
        Self {
            in_a_burst: wait,
            overloaded: wait,
            after: Duration::ZERO,
            most: usize::MAX,
            narrow: usize::MAX,
        }
    }
}

impl Room {
    /// Room for so many.
    pub fn new(seats: usize, patience: Patience) -> Self {
        let (count, seats) = (seats, Arc::new(Semaphore::new(seats)));
        Self { seats, count, patience, began: Instant::now(), crowd: Arc::default() }
    }

    /// Waits for a seat; none if there is none to be had in time.
    ///
    /// Whoever gets one lets the others go first once: work that never waits would hide
    /// how many there are, as they would not have been looked at.
    pub async fn enter(&self) -> Option<Seat> {
        let seat = self.wait().await;
        tokio::task::yield_now().await;
        seat
    }

    async fn wait(&self) -> Option<Seat> {
        if let Ok(permit) = Arc::clone(&self.seats).try_acquire_owned() {
            let given = self.count.saturating_sub(self.seats.available_permits());
            if given <= self.patience.narrow || !self.is_narrow() {
                return Some(Seat { permit: Some(permit) });
            }
            self.crowd.last.store(self.now(), Ordering::Relaxed);
            return None;
        }
        let patience = self.patience();
        if patience.is_zero() {
            return None;
        }
        let waiting = Waiting::begin(self);
        if waiting.before >= self.patience.most {
            return None;
        }
        let permit = Arc::clone(&self.seats).acquire_owned();
        let permit = tokio::time::timeout(patience, permit).await.ok()?.ok()?;
        Some(Seat { permit: Some(permit) })
    }

    /// Whether only some seats are given: in an overload, if all of them were not enough when
    /// it was looked at last.
    fn is_narrow(&self) -> bool {
        let now = self.now();
        let ago = |moment: &AtomicU64| now.saturating_sub(moment.load(Ordering::Relaxed));
        let is_over = is_calm(self.crowd.last.load(Ordering::Relaxed), now);
        let looked = ago(&self.crowd.since) % LOOK;
        let is_looking = Duration::from_micros(looked) < self.patience.after;
        !is_over && !is_looking && ago(&self.crowd.full) <= looked
    }

    /// How long somebody may wait who has found no room.
    fn patience(&self) -> Duration {
        let now = self.now();
        self.crowd.full.store(now, Ordering::Relaxed);
        let last = self.crowd.last.swap(now, Ordering::Relaxed);
        if is_calm(last, now) {
            self.crowd.since.store(now, Ordering::Relaxed);
        }
        let short = now.saturating_sub(self.crowd.since.load(Ordering::Relaxed));
        let Patience { in_a_burst, overloaded, after, .. } = self.patience;
        if Duration::from_micros(short) < after { in_a_burst } else { overloaded }
    }

    /// Never zero.
    fn now(&self) -> u64 {
        let now = Instant::now().duration_since(self.began);
        u64::try_from(now.as_micros()).unwrap_or(u64::MAX).max(1)
    }
}

/// Whether there was room for everybody for a while; `last` is when there was none.
fn is_calm(last: u64, now: u64) -> bool {
    last == 0 || Duration::from_micros(now.saturating_sub(last)) > CALM
}

/// Counts somebody who waits, until they do not.
struct Waiting<'a> {
    room: &'a Room,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn begin(room: &'a Room) -> Self {
        Self { room, before: room.crowd.waiting.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.room.crowd.waiting.fetch_sub(1, Ordering::Relaxed);
        self.room.crowd.last.store(self.room.now(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        in_a_burst: Duration::from_secs(2),
        overloaded: Duration::from_millis(10),
        after: Duration::from_millis(100),
        most: 2,
        narrow: 1,
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
        // Room for a moment is no calm.
        drop(first);
        let seat = room.enter().await.unwrap();
        let began = Instant::now();
        assert!(room.enter().await.is_none());
        assert!(Instant::now() - began < Duration::from_millis(20));
        drop(seat);
        // Once there was room for everybody for a while, bursts may wait again.
        tokio::time::sleep(CALM * 2).await;
        let seat = room.enter().await.unwrap();
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { room.enter().await.is_some() }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(seat);
        assert!(waiting.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_somebody_else_keeps_nobody_out() {
        let room = Room::new(1, PATIENCE);
        let mut seat = room.enter().await.unwrap();
        let others = async { room.enter().await.is_some() };
        assert_eq!(seat.leave(&room, others).await, Some(true));
        assert!(room.enter().await.is_none(), "it has a seat again");
    }

    /// How many of so many who come at the same moment get in.
    async fn let_in(room: &Room, comers: usize) -> usize {
        let mut seats = Vec::new();
        for _ in 0..comers {
            seats.extend(room.enter().await);
        }
        seats.len()
    }

    #[tokio::test(start_paused = true)]
    async fn an_overload_narrows_the_room_until_all_of_it_is_enough() {
        let patience = Patience { in_a_burst: Duration::ZERO, narrow: 2, ..PATIENCE };
        let room = Room::new(4, Patience { overloaded: Duration::ZERO, ..patience });
        assert_eq!(let_in(&room, 4).await, 4, "there was no overload yet");
        assert_eq!(let_in(&room, 5).await, 4, "it is a burst");
        tokio::time::advance(PATIENCE.after * 2).await;
        assert_eq!(let_in(&room, 5).await, 2, "it is an overload");
        // Those who stay, and are as many as there are seats, are let in after the next look.
        let mut lasted = Duration::ZERO;
        while let_in(&room, 4).await < 4 {
            tokio::time::advance(Duration::from_millis(40)).await;
            lasted += Duration::from_millis(40);
        }
        let look = Duration::from_micros(LOOK);
        assert!(lasted < look && lasted + PATIENCE.after * 2 >= look, "{lasted:?}");
        tokio::time::advance(PATIENCE.after).await;
        assert_eq!(let_in(&room, 4).await, 4, "all of it was enough");
        assert_eq!(let_in(&room, 5).await, 4, "too many again");
        assert_eq!(let_in(&room, 5).await, 2, "which is an overload still");
        // Nobody for a while: it is over.
        tokio::time::advance(CALM * 2).await;
        assert_eq!(let_in(&room, 5).await, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_wait_than_may() {
        let room = Room::new(1, PATIENCE);
        let seat = room.enter().await.unwrap();
        let began = Instant::now();
        let comers = (0..10).map(|_| {
            let room = room.clone();
            tokio::spawn(async move { (room.enter().await.is_some(), Instant::now() - began) })
        });
        let comers: Vec<_> = comers.collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(seat);
        let mut entered = 0;
        for comer in comers {
            let (got_in, after) = comer.await.unwrap();
            entered += usize::from(got_in);
            assert!(got_in || after.is_zero(), "{after:?}");
        }
        assert_eq!(entered, PATIENCE.most);
    }
}
