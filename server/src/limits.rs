//! How much is done at once for clients.

use std::num::NonZero;
use std::time::Duration;

use shared::config::Config;
use shared::room::{Patience, Room};

/// Requests of clients that one core may be at, all of them waiting for the store and the
/// signatures of the others.
const PER_CORE: usize = 16;

/// How long a request waits for its turn.
const PATIENCE: Patience = Patience {
    in_a_burst: Duration::from_secs(1),
    overloaded: Duration::ZERO,
    after: Duration::from_millis(200),
};

/// Room for requests that have arrived with all their bytes.
pub(crate) fn clients(config: &Config) -> Room {
    let places = match config.requests_at_once.0 {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get) * PER_CORE,
        given => usize::try_from(given).unwrap_or(usize::MAX),
    };
    Room::new(places, PATIENCE)
}
