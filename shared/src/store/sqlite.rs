//! SQLite: several readers, one writer that commits in groups.
//!
//! A commit costs an `fsync`; under load most of the time would go there. So the
//! connection that writes is owned by one task, which lends it to one unit of work
//! after the other, each inside a savepoint, and commits once for all that have
//! ended while the last commit ran. A unit's `commit` answers when that is done:
//! nothing is acknowledged that a power loss could undo.

use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use super::{Result, StoreError};

/// Connections that only look.
const READERS: u32 = 4;
/// The most units of work that one commit makes durable.
const GROUP: usize = 256;
/// How long another process, such as the console, may hold the file before a writer gives up.
const BUSY: Duration = Duration::from_secs(10);

/// An open SQLite file.
#[derive(Debug, Clone)]
pub(super) struct Sqlite {
    readers: SqlitePool,
    writer: mpsc::Sender<oneshot::Sender<Turn>>,
}

impl Sqlite {
    pub(super) async fn open(database_url: &str) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(database_url)
            .map_err(|fault| StoreError::Address(fault.to_string()))?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .disable_statement_logging();

        let connection = options.clone().create_if_missing(true).connect().await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.read_only(true));
        let (writer, turns) = mpsc::channel(1024);
        tokio::spawn(write(connection, turns));
        Ok(Self { readers, writer })
    }

    pub(super) async fn reader(&self) -> Result<PoolConnection<sqlx::Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// Waits for the writer.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let (ours, theirs) = oneshot::channel();
        self.writer.send(ours).await.map_err(|_| StoreError::Closed)?;
        theirs.await.map_err(|_| StoreError::Closed)
    }

    pub(super) async fn close(&self) {
        // A turn is given once all before it have ended; taking it to the end closes the file.
        if let Ok(mut turn) = self.turn().await {
            turn.end(End::Close);
            turn.closed().await;
        }
        self.readers.close().await;
    }
}

/// The writer's connection, lent to one unit of work.
pub(super) struct Turn {
    connection: Option<SqliteConnection>,
    back: Option<oneshot::Sender<(SqliteConnection, End)>>,
    closed: Option<oneshot::Receiver<()>>,
}

/// How a unit of work ended.
enum End {
    /// Keep what it did, and answer here once that is durable.
    Commit(oneshot::Sender<Durability>),
    /// Undo what it did.
    Rollback,
    /// Undo nothing, there is nothing; end the writer.
    Close,
}

/// Whether a change will survive a power loss; the text says why not.
type Durability = std::result::Result<(), String>;

impl Turn {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(StoreError::Closed)
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        let (done, durable) = oneshot::channel();
        self.end(End::Commit(done));
        durable.await.map_err(|_| StoreError::Closed)?.map_err(StoreError::NotDurable)
    }

    fn end(&mut self, end: End) {
        if let (Some(connection), Some(back)) = (self.connection.take(), self.back.take()) {
            // The writer waits for this; it is gone only when the runtime ends.
            let _ = back.send((connection, end));
        }
    }

    async fn closed(&mut self) {
        if let Some(closed) = self.closed.take() {
            let _ = closed.await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end(End::Rollback);
    }
}

/// The task that owns the writing connection.
async fn write(connection: SqliteConnection, mut turns: mpsc::Receiver<oneshot::Sender<Turn>>) {
    let (ended, closed) = oneshot::channel();
    let mut closed = Some(closed);
    let mut kept = Some(connection);
    while let (Some(connection), Some(first)) = (kept.take(), turns.recv().await) {
        match group(connection, first, &mut turns, &mut closed).await {
            Group::Done(connection) => kept = Some(connection),
            Group::Closing(connection) => {
                let _ = connection.close().await;
                let _ = ended.send(());
                return;
            }
            Group::Lost => break,
        }
    }
}

enum Group {
    Done(SqliteConnection),
    Closing(SqliteConnection),
    /// The connection went down with a unit of work, as when the runtime ends.
    Lost,
}

/// Lends the connection to all who wait, one after the other, then commits for all.
async fn group(
    mut connection: SqliteConnection,
    first: oneshot::Sender<Turn>,
    turns: &mut mpsc::Receiver<oneshot::Sender<Turn>>,
    closed: &mut Option<oneshot::Receiver<()>>,
) -> Group {
    let mut waiting = Vec::new();
    let mut closing = false;
    let mut result = control(&mut connection, "BEGIN IMMEDIATE").await;
    let mut next = result.is_ok().then_some(first);

    while let Some(turn) = next.take() {
        result = control(&mut connection, "SAVEPOINT unit").await;
        if result.is_err() {
            break;
        }
        let Some((returned, end)) = lend(connection, turn, closed).await else {
            return Group::Lost;
        };
        connection = returned;
        result = match end {
            End::Commit(done) => {
                waiting.push(done);
                control(&mut connection, "RELEASE unit").await
            }
            End::Rollback => control(&mut connection, "ROLLBACK TO unit; RELEASE unit").await,
            End::Close => {
                closing = true;
                control(&mut connection, "RELEASE unit").await
            }
        };
        if result.is_err() || closing || waiting.len() >= GROUP {
            break;
        }
        next = turns.try_recv().ok();
    }

    if result.is_ok() {
        result = control(&mut connection, "COMMIT").await;
    }
    if result.is_err() {
        // Whatever is still open must not leak into the next group.
        let _ = control(&mut connection, "ROLLBACK").await;
    }
    let durability = result.map_err(|fault| fault.to_string());
    for done in waiting {
        let _ = done.send(durability.clone());
    }
    if closing { Group::Closing(connection) } else { Group::Done(connection) }
}

/// Lends the connection and waits until it comes back.
async fn lend(
    connection: SqliteConnection,
    turn: oneshot::Sender<Turn>,
    closed: &mut Option<oneshot::Receiver<()>>,
) -> Option<(SqliteConnection, End)> {
    let (back, returned) = oneshot::channel();
    let lent = Turn { connection: Some(connection), back: Some(back), closed: closed.take() };
    if let Err(mut unwanted) = turn.send(lent) {
        // Whoever waited has gone away.
        *closed = unwanted.closed.take();
        drop(unwanted);
    }
    returned.await.ok()
}

async fn control(connection: &mut SqliteConnection, sql: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(sql).execute(connection).await.map(|_| ())
}
