//! Connections to a SQLite file that only look.
//!
//! sqlx's own pool asks each connection whether it lives when it comes back, which is a
//! trip to the connection's thread for every request. A file does not hang up.
//!
//! Whoever asks may go away before the answer: a caller hangs up, an operator opens another
//! screen. The thread would work on, and the next question would wait for it. So a statement
//! that nobody waits for is stopped, and its connection is closed rather than given out anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Result, StoreError};

/// After how many instructions SQLite's machine looks whether anybody still waits: so few that
/// they take less than a millisecond, so many that looking costs nothing beside them.
const STRIDE: i32 = 1000;

/// Connections that only look, opened when they are first needed.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    options: Box<SqliteConnectOptions>,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Open>>>,
}

/// An open connection.
#[derive(Debug)]
struct Open {
    connection: SqliteConnection,
    /// Once set, no statement on it comes to its end.
    given_up: Arc<AtomicBool>,
}

/// A connection, until it is dropped.
pub(super) struct Reader {
    open: Option<Open>,
    /// Whether a statement may be running.
    asked: bool,
    idle: Arc<Mutex<Vec<Open>>>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    /// At most so many.
    pub(super) fn new(options: SqliteConnectOptions, most: usize) -> Self {
        let options = Box::new(options.read_only(true));
        Self { options, places: Arc::new(Semaphore::new(most)), idle: Arc::default() }
    }

    /// Waits for a connection.
    pub(super) async fn acquire(&self) -> Result<Reader> {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = place.await.map_err(|_| StoreError::Closed)?;
        // The one that was used last: its thread may still be awake.
        let idle = lock(&self.idle).pop();
        let open = match idle {
            Some(open) => open,
            None => self.open().await?,
        };
        let idle = Arc::clone(&self.idle);
        Ok(Reader { open: Some(open), asked: false, idle, _place: place })
    }

    async fn open(&self) -> Result<Open> {
        let mut connection = self.options.connect().await?;
        let given_up = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&given_up);
        let goes_on = move || !watched.load(Ordering::Relaxed);
        connection.lock_handle().await?.set_progress_handler(STRIDE, goes_on);
        Ok(Open { connection, given_up })
    }

    /// Closes those that nobody uses; no other is given out any more.
    pub(super) async fn close(&self) {
        self.places.close();
        let idle = std::mem::take(&mut *lock(&self.idle));
        for open in idle {
            // Nothing is lost by a reader that cannot be closed.
            drop(open.connection.close().await);
        }
    }
}

impl Reader {
    /// The connection, for one statement.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.asked = true;
        self.open.as_mut().map(|open| &mut open.connection).ok_or(StoreError::Closed)
    }

    /// Says that the statement has ended.
    pub(super) fn answered(&mut self) {
        self.asked = false;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(open) = self.open.take() else { return };
        if self.asked {
            open.given_up.store(true, Ordering::Relaxed);
        } else {
            lock(&self.idle).push(open);
        }
    }
}

fn lock(idle: &Mutex<Vec<Open>>) -> std::sync::MutexGuard<'_, Vec<Open>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
