//! Connections to a SQLite file that only look.
//!
//! sqlx's own pool asks each connection whether it lives when it comes back, which is a
//! trip to the connection's thread for every request. A file does not hang up.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Result, StoreError};

/// Connections that only look, opened when they are first needed.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    options: Box<SqliteConnectOptions>,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
}

/// A connection, until it is dropped.
pub(super) struct Reader {
    connection: Option<SqliteConnection>,
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
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
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Reader { connection: Some(connection), idle: Arc::clone(&self.idle), _place: place })
    }

    /// Closes those that nobody uses; no other is given out any more.
    pub(super) async fn close(&self) {
        self.places.close();
        let idle = std::mem::take(&mut *lock(&self.idle));
        for connection in idle {
            // Nothing is lost by a reader that cannot be closed.
            drop(connection.close().await);
        }
    }
}

impl Reader {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(StoreError::Closed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            lock(&self.idle).push(connection);
        }
    }
}

fn lock(idle: &Mutex<Vec<SqliteConnection>>) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
