//! How much is done at once for clients.

use std::num::NonZero;
use std::time::Duration;

use shared::config::Config;
use shared::room::{Patience, Room};

/// Requests of clients that one core may be at, all of them waiting for the store and the
/// signatures of the others.
const PER_CORE: usize = 16;

/// How long a request of a burst waits for its turn, and how long a burst lasts.
const IN_A_BURST: Duration = Duration::from_secs(1);
const BURST: Duration = Duration::from_millis(50);

/// Of the seats, so many eighths are given in an overload: what is accepted then takes less than
/// twice as long as without it, though the machine is also at work on the answers to the others.
const EIGHTHS_OVERLOADED: usize = 5;

/// So many requests of a burst may wait for each that is at work.
const WAITING: usize = 2;

/// Room for requests that have arrived with all their bytes.
pub(crate) fn clients(config: &Config) -> Room {
    let seats = match config.requests_at_once.0 {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get) * PER_CORE,
        given => usize::try_from(given).unwrap_or(usize::MAX),
    };
    let most = seats.saturating_mul(WAITING);
    let narrow = (seats.saturating_mul(EIGHTHS_OVERLOADED) / 8).max(1);
    let overloaded = Duration::ZERO;
    Room::new(seats, Patience { in_a_burst: IN_A_BURST, overloaded, after: BURST, most, narrow })
}
