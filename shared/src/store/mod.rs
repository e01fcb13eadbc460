//! The store: one SQL text for SQLite and PostgreSQL.
//!
//! [`Store::view`] gives a [`View`], on which statements only look.
//! [`Store::begin`] gives a [`Tx`], a unit of work: it looks and changes, and leaves
//! no trace unless [`Tx::commit`] has answered, which it does once the change is
//! durable. The function that begins also commits.
//!
//! PostgreSQL has many writers. So that no two wait for each other, a unit of work comes
//! to rows that others may change in this order: client, user, session, count of failures,
//! factor, consent, interaction, grant, token. What it will change it locks so at once: two
//! that only look at a row and then both want to change it would wait for each other.
//!
//! Each table has one file, with the statements as methods on `View` and `Tx`.

mod apis;
mod audit_events;
mod challenges;
mod client_assertions;
mod clients;
mod codes;
mod consents;
mod counts;
mod factors;
mod families;
mod gathered;
mod grants;
mod groups;
mod history;
mod incidents;
mod interactions;
mod migrate;
mod postgres;
mod recovery_codes;
mod refresh_tokens;
mod revisions;
mod revoked_tokens;
mod roles;
mod row;
mod search;
mod seed;
mod sessions;
mod shared_secrets;
mod signing_keys;
mod sqlite;
mod sqlite_readers;
mod sqlite_trip;
mod standings;
mod throttles;
mod users;

pub use audit_events::{RecordedEvent, UserEvent};
pub use challenges::Challenge;
pub use clients::ClientRemoval;
pub use consents::Application;
pub use counts::Counts;
pub use groups::{GroupMember, Member};
pub use history::{Slice, Walk};
pub use migrate::SchemaState;
pub use refresh_tokens::Redemption;
pub use revisions::Revisions;
pub use roles::{FoundHolder, Holder, HolderKind};
pub use search::{
    Circle, ClientFailures, ConsentChange, EventFilter, Find, FoundConsent, FoundGrant,
    FoundSession, MinuteCount, Order, Page, SessionsOf, Way,
};
pub use seed::Amount;
pub use sessions::UserSession;

use postgres::Plans;
use sqlite_trip::Trip;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};

use crate::model::AuditEvent;

/// A store that does not do what it should. Always a fault of ours, never a caller's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said so.
    #[error("the store failed")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the store's tables cannot be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row holds what nobody wrote.
    #[error("a row of {table} cannot be read: {column}")]
    Malformed {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The group of changes that this one was in could not be made durable.
    #[error("the change was not made durable: {0}")]
    NotDurable(String),
    /// What several asked for together could not be found.
    #[error("the store failed: {0}")]
    Gathered(String),
    /// Nothing can be changed now.
    #[error("the store cannot be written to: {0}")]
    Unwritable(String),
    /// The writer is gone, as it is when the server ends.
    #[error("the store is closed")]
    Closed,
    /// Cryptography failed on the way into or out of the store.
    #[error(transparent)]
    Crypto(#[from] crate::crypto::CryptoError),
    /// The address is neither of the two kinds.
    #[error("database_url: {0}")]
    Address(String),
}

/// What store functions answer.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A store that is open.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    gathered: gathered::Gathered,
}

#[derive(Debug, Clone)]
enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(sqlx::PgPool),
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…` with at most `connections` connections, on SQLite
    /// beside the one that writes, and makes the SQLite file if it is missing. The tables are
    /// left as they are.
    pub async fn open(database_url: &str, connections: u32) -> Result<Self> {
        Self::connect(database_url, connections, Plans::Each).await
    }

    /// Opens it for a server, which asks the same few questions again and again. On SQLite it
    /// has a connection a core.
    pub async fn open_to_serve(database_url: &str, connections: u32) -> Result<Self> {
        Self::connect(database_url, connections, Plans::Once).await
    }

    async fn connect(database_url: &str, connections: u32, plans: Plans) -> Result<Self> {
        let backend = match database_url.split_once(':') {
            Some(("sqlite", _)) => {
                let readers = match plans {
                    Plans::Each => usize::try_from(connections).unwrap_or(1),
                    Plans::Once => sqlite::most_readers(),
                };
                Backend::Sqlite(sqlite::Sqlite::open(database_url, readers).await?)
            }
            Some(("postgres" | "postgresql", _)) => {
                Backend::Postgres(postgres::open(database_url, connections, plans).await?)
            }
            _ => {
                return Err(StoreError::Address(
                    "it begins neither with sqlite: nor with postgres:".to_owned(),
                ));
            }
        };
        Ok(Self { backend, gathered: gathered::Gathered::default() })
    }

    /// A connection to look with.
    pub async fn view(&self) -> Result<View> {
        self.backend.view().await
    }

    /// Begins a unit of work. SQLite has one writer: others wait for their turn here.
    pub async fn begin(&self) -> Result<Tx> {
        let connection = match &self.backend {
            Backend::Sqlite(sqlite) => Connection::SqliteWriter(sqlite.turn().await?),
            Backend::Postgres(pool) => Connection::PostgresTx(Box::new(pool.begin().await?)),
        };
        Ok(Tx { view: View(connection), events: Vec::new() })
    }

    /// Which of the two it is: `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match &self.backend {
            Backend::Sqlite(_) => "sqlite",
            Backend::Postgres(_) => "postgres",
        }
    }

    /// Closes all connections, once what was begun has ended.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}

impl Backend {
    async fn view(&self) -> Result<View> {
        Ok(View(match self {
            Self::Sqlite(sqlite) => Connection::SqliteReader(sqlite.reader().await?),
            Self::Postgres(pool) => Connection::Postgres(pool.acquire().await?),
        }))
    }
}

/// A connection on which statements look at what is committed.
pub struct View(Connection);

/// A unit of work. Dropped without [`Tx::commit`], it leaves no trace.
pub struct Tx {
    view: View,
    /// What is written down of it, together, when it is committed.
    events: Vec<AuditEvent>,
}

enum Connection {
    SqliteReader(sqlite_readers::Reader),
    SqliteWriter(sqlite::Turn),
    Postgres(PoolConnection<Postgres>),
    PostgresTx(Box<sqlx::Transaction<'static, Postgres>>),
}

/// The two arms of every statement.
enum Arm<'a> {
    Sqlite(Trip<'a>),
    Postgres(&'a mut PgConnection),
}

impl View {
    fn arm(&mut self) -> Result<Arm<'_>> {
        Ok(match &mut self.0 {
            Connection::SqliteReader(reader) => Arm::Sqlite(Trip::plain(reader.connection()?)),
            Connection::SqliteWriter(turn) => Arm::Sqlite(turn.trip()?),
            Connection::Postgres(connection) => Arm::Postgres(connection),
            Connection::PostgresTx(tx) => Arm::Postgres(tx),
        })
    }

    /// Says that the statement on the arm has ended: a connection that is dropped before does
    /// not go back to the others. [`run!`] says it.
    fn answered(&mut self) {
        if let Connection::SqliteReader(reader) = &mut self.0 {
            reader.answered();
        }
    }
}

impl Tx {
    /// Makes the changes durable; once this has answered they survive power loss.
    pub async fn commit(self) -> Result<()> {
        match self.view.0 {
            Connection::SqliteWriter(turn) => turn.commit(self.events).await,
            Connection::PostgresTx(mut tx) => {
                audit_events::insert(Arm::Postgres(&mut tx), &self.events).await?;
                Ok(tx.commit().await?)
            }
            Connection::SqliteReader(_) | Connection::Postgres(_) => Err(StoreError::Closed),
        }
    }
}

impl std::ops::Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut View {
        &mut self.view
    }
}

/// Runs one statement on whichever database this is; where they differ, the first of two on
/// SQLite and the second on PostgreSQL.
///
/// `execute` gives the number of rows changed; every other word is sqlx's.
macro_rules! run {
    ($view:expr, $fetch:ident, $query:expr) => {
        $crate::store::run!($view, $fetch, $query, $query)
    };
    ($view:expr, execute, $sqlite:expr, $postgres:expr) => {{
        let changed = match $view.arm()? {
            $crate::store::Arm::Sqlite(c) => $sqlite.execute(c).await.map(|d| d.rows_affected()),
            $crate::store::Arm::Postgres(c) => {
                $postgres.execute(c).await.map(|d| d.rows_affected())
            }
        };
        $view.answered();
        changed
    }};
    ($view:expr, $fetch:ident, $sqlite:expr, $postgres:expr) => {{
        let found = match $view.arm()? {
            $crate::store::Arm::Sqlite(c) => $sqlite.$fetch(c).await,
            $crate::store::Arm::Postgres(c) => $postgres.$fetch(c).await,
        };
        $view.answered();
        found
    }};
}
use run;

/// Locks the row that a statement finds against being changed until the unit of work ends,
/// and says whether there is one: `SHARE`, if others who only look at it may lock it too, or
/// `NO KEY UPDATE`, if it is going to be changed. On SQLite, whose one writer this is, looking
/// is enough.
macro_rules! lock {
    ($tx:expr, $strength:literal, $statement:literal, $($value:expr),+) => {{
        let found: $crate::store::Result<Option<i32>> = $crate::store::run!(
            $tx,
            fetch_optional,
            sqlx::query_scalar($statement)$(.bind($value))+,
            sqlx::query_scalar(concat!($statement, " FOR ", $strength))$(.bind($value))+
        )
        .map_err($crate::store::StoreError::from);
        found.map(|row| row.is_some())
    }};
}
use lock;
