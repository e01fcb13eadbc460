//! SQLite: several readers, one writer that commits in groups.
//!
//! A commit costs an `fsync`; under load most of the time would go there. So the
//! connection that writes is owned by one task, which lends it to one unit of work
//! after the other, each but the first inside a savepoint, and commits once for all that have
//! ended while the last commit ran. A unit's `commit` answers when that is done:
//! nothing is acknowledged that a power loss could undo.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::sqlite_readers::{Reader, Readers};
use super::sqlite_trip::{Opening, Trip};
use super::{Arm, Result, StoreError, audit_events};
use crate::model::AuditEvent;

/// The most connections that only look, of a server: one a core. Each has a thread of its own,
/// and more of them than cores would only wait for each other.
const MOST_READERS: usize = 8;
/// The most units of work that one commit makes durable.
const GROUP: usize = 256;
/// How long another process, such as the console, may hold the file before a writer gives up.
const BUSY: Duration = Duration::from_secs(10);

/// The pages that each connection keeps, in KiB, negative as SQLite wants it. What is not among
/// them the system's own cache has, for every connection once.
const CACHE: &str = "-768";

/// After how many pages what stands in the log is copied to where it belongs: four times what
/// SQLite does by itself, as most of what is written is written again soon. A log of 16 MiB is
/// read in some 10 ms after a crash.
const CHECKPOINT: &str = "4000";

/// An open SQLite file.
#[derive(Debug, Clone)]
pub(super) struct Sqlite {
    readers: Readers,
    writer: mpsc::Sender<Message>,
}

/// What is asked of the task that owns the writing connection.
enum Message {
    /// Lend it to me.
    Turn(Waiter),
    /// Close it, and say when that is done.
    Close(oneshot::Sender<()>),
}

/// Who waits for the connection.
type Waiter = oneshot::Sender<Result<Turn>>;

impl Sqlite {
    /// Opens the file, with at most so many connections that only look.
    pub(super) async fn open(database_url: &str, readers: usize) -> Result<Self> {
        let options = SqliteConnectOptions::from_str(database_url)
            .map_err(|fault| StoreError::Address(fault.to_string()))?
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("cache_size", CACHE)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .disable_statement_logging();

        create(options.get_filename())?;
        let connection = options.clone().connect().await?;
        let readers = Readers::new(options, readers);
        let (writer, messages) = mpsc::channel(1024);
        tokio::spawn(write(connection, messages));
        Ok(Self { readers, writer })
    }

    pub(super) async fn reader(&self) -> Result<Reader> {
        self.readers.acquire().await
    }

    /// Waits for the writer.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let (ours, theirs) = oneshot::channel();
        self.writer.send(Message::Turn(ours)).await.map_err(|_| StoreError::Closed)?;
        theirs.await.map_err(|_| StoreError::Closed)?
    }

    /// Closes the file once every unit of work that was begun has ended.
    pub(super) async fn close(&self) {
        let (ours, theirs) = oneshot::channel();
        if self.writer.send(Message::Close(ours)).await.is_ok() {
            // An error means that the writer is gone already.
            let _ = theirs.await;
        }
        self.readers.close().await;
    }
}

/// How many connections that only look serve a server best.
pub(super) fn most_readers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.clamp(2, MOST_READERS)
}

/// Makes the file if it is missing, for its owner alone: there are hashes of passwords in
/// it. SQLite gives the files beside it the same mode.
fn create(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(fault) => Err(StoreError::Address(format!("{}: {fault}", path.display()))),
    }
}

/// The writer's connection, lent to one unit of work.
pub(super) struct Turn {
    lent: Option<Lent>,
    back: Option<oneshot::Sender<(Lent, End)>>,
}

/// The connection, and what has to come before its next statement.
struct Lent {
    connection: SqliteConnection,
    opening: Opening,
}

/// How a unit of work ended.
enum End {
    /// Keep what it did, with these events, and answer here once that is durable.
    Commit(Vec<AuditEvent>, oneshot::Sender<Durability>),
    /// Undo what it did.
    Rollback,
}

/// Whether a change will survive a power loss; the text says why not.
type Durability = std::result::Result<(), String>;

impl Turn {
    /// The connection, for one statement.
    pub(super) fn trip(&mut self) -> Result<Trip<'_>> {
        let lent = self.lent.as_mut().ok_or(StoreError::Closed)?;
        Ok(Trip::of_unit(&mut lent.connection, &mut lent.opening))
    }

    /// The connection itself, inside the transaction.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection> {
        sqlx::raw_sql("SELECT 1").execute(self.trip()?).await?;
        self.lent.as_mut().map(|lent| &mut lent.connection).ok_or(StoreError::Closed)
    }

    pub(super) async fn commit(mut self, events: Vec<AuditEvent>) -> Result<()> {
        let (done, durable) = oneshot::channel();
        self.end(End::Commit(events, done));
        durable.await.map_err(|_| StoreError::Closed)?.map_err(StoreError::NotDurable)
    }

    fn end(&mut self, end: End) {
        if let (Some(lent), Some(back)) = (self.lent.take(), self.back.take()) {
            // The writer waits for this; it is gone only when the runtime ends.
            let _ = back.send((lent, end));
        }
    }
}

impl Drop for Turn {
    /// Also when a handler is dropped in the middle, because its caller hung up.
    fn drop(&mut self) {
        self.end(End::Rollback);
    }
}

/// The task that owns the writing connection, until it is closed or its store is dropped.
async fn write(connection: SqliteConnection, mut messages: mpsc::Receiver<Message>) {
    let mut writer = Writer { connection: Some(connection), kept: None };
    while let Some(message) = writer.next(&mut messages).await {
        let closing = match message {
            Message::Turn(first) => writer.group(first, &mut messages).await,
            Message::Close(done) => Some(done),
        };
        if let Some(done) = closing {
            if let Some(connection) = writer.connection.take() {
                // What is durable stays so whatever happens here.
                let _ = connection.close().await;
            }
            let _ = done.send(());
            return;
        }
    }
}

struct Writer {
    /// Absent only while it is lent.
    connection: Option<SqliteConnection>,
    /// Who came when a group was full, and is the first of the next one.
    kept: Option<Waiter>,
}

impl Writer {
    async fn next(&mut self, messages: &mut mpsc::Receiver<Message>) -> Option<Message> {
        match self.kept.take() {
            Some(turn) => Some(Message::Turn(turn)),
            None => messages.recv().await,
        }
    }

    /// Lends the connection to all who wait, one after the other, then commits for all.
    /// Gives whom to tell if it was asked to close meanwhile.
    async fn group(
        &mut self,
        first: Waiter,
        messages: &mut mpsc::Receiver<Message>,
    ) -> Option<oneshot::Sender<()>> {
        let mut group = Group::default();
        let mut closing = None;
        let mut next = Some(first);
        let mut result = Ok(());

        while let Some(turn) = next.take() {
            if let Err(fault) = &result {
                // Whoever does not wait any more has hung up.
                let _ = turn.send(Err(StoreError::Unwritable(crate::causes(fault))));
                break;
            }
            let end = self.lend(turn, &mut group).await;
            match messages.try_recv() {
                Ok(Message::Turn(turn)) if group.waiting.len() < GROUP => next = Some(turn),
                Ok(Message::Turn(turn)) => self.kept = Some(turn),
                Ok(Message::Close(done)) => closing = Some(done),
                Err(_) => {}
            }
            result = match end {
                Some(End::Commit(events, done)) => group.keep(events, done),
                Some(End::Rollback) => self.undo(&mut group).await,
                None => Err(sqlx::Error::WorkerCrashed),
            };
        }
        let result = match result {
            Ok(()) => self.commit(&group).await,
            Err(fault) => Err(fault.into()),
        };
        if let Err(fault) = &result {
            let causes = crate::causes(fault);
            tracing::error!(causes, "a group of changes was not committed");
            // Whatever is still open must not leak into the next group.
            let _ = self.control("ROLLBACK").await;
        }
        let durability = result.map_err(|fault| fault.to_string());
        for done in group.waiting {
            // Whoever does not wait any more has hung up.
            let _ = done.send(durability.clone());
        }
        closing
    }

    /// Lends the connection and waits until it comes back.
    async fn lend(&mut self, turn: Waiter, group: &mut Group) -> Option<End> {
        let (back, returned) = oneshot::channel();
        let opening = group.opening;
        let lent = self.connection.take().map(|connection| Lent { connection, opening });
        // If whoever waited has hung up, the turn comes straight back.
        drop(turn.send(Ok(Turn { lent, back: Some(back) })));
        let (lent, end) = returned.await.ok()?;
        self.connection = Some(lent.connection);
        group.opening = lent.opening;
        Some(end)
    }

    /// Undoes what the last unit of a group did.
    async fn undo(&mut self, group: &mut Group) -> sqlx::Result<()> {
        match (group.opening, group.is_begun) {
            (Opening::Due(_), _) => {}
            (_, false) => {
                // If it was its beginning that failed, there is nothing to undo.
                let _ = self.control("ROLLBACK").await;
                group.opening = BEGIN;
            }
            (Opening::Sent, true) => self.control("ROLLBACK TO unit").await?,
            (Opening::Failed, true) => return Err(sqlx::Error::BeginFailed),
        }
        Ok(())
    }

    /// Writes the events of all units, and commits.
    async fn commit(&mut self, group: &Group) -> Result<()> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)?;
        match (group.is_begun, group.events.is_empty()) {
            (false, true) => {}
            // A statement alone is a transaction.
            (false, false) => {
                audit_events::insert(Arm::Sqlite(Trip::plain(connection)), &group.events).await?;
            }
            (true, true) => self.control("COMMIT").await?,
            (true, false) => {
                let trip = Trip::to_commit(connection);
                audit_events::insert(Arm::Sqlite(trip), &group.events).await?;
            }
        }
        Ok(())
    }

    async fn control(&mut self, sql: &'static str) -> sqlx::Result<()> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)?;
        sqlx::raw_sql(sql).execute(Trip::plain(connection)).await.map(drop)
    }
}

/// What comes before the first statement of a group.
const BEGIN: Opening = Opening::Due("BEGIN IMMEDIATE;");

/// Units of work that become durable together.
struct Group {
    /// What has to come before the next statement.
    opening: Opening,
    /// Whether a unit has changed something that is kept: those after it have a savepoint each.
    is_begun: bool,
    /// Their events.
    events: Vec<AuditEvent>,
    /// Who waits until it is durable.
    waiting: Vec<oneshot::Sender<Durability>>,
}

impl Default for Group {
    fn default() -> Self {
        Self { opening: BEGIN, is_begun: false, events: Vec::new(), waiting: Vec::new() }
    }
}

impl Group {
    /// Keeps what the last unit did. The first has no savepoint to keep it by, as long as
    /// there is nothing else: SQLite would copy each page for it.
    fn keep(
        &mut self,
        events: Vec<AuditEvent>,
        done: oneshot::Sender<Durability>,
    ) -> sqlx::Result<()> {
        self.events.extend(events);
        self.waiting.push(done);
        self.opening = match (self.opening, self.is_begun) {
            // It only has events.
            (due @ Opening::Due(_), _) => due,
            (Opening::Sent, false) => Opening::Due("SAVEPOINT unit;"),
            (Opening::Sent, true) => Opening::Due("RELEASE unit;SAVEPOINT unit;"),
            (Opening::Failed, _) => return Err(sqlx::Error::BeginFailed),
        };
        self.is_begun |= self.opening != BEGIN;
        Ok(())
    }
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;
