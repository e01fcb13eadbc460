//! Bringing the tables up to date.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use super::{Arm, Backend, Result, Store, run};

/// Every step, oldest first. A step that was released is never changed.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "core", include_str!("../../../migrations/0001_core.sql")),
    (2, "demanding clients", include_str!("../../../migrations/0002_demanding_clients.sql")),
    (3, "strong sign-in", include_str!("../../../migrations/0003_strong_sign_in.sql")),
    (4, "permissions", include_str!("../../../migrations/0004_permissions.sql")),
    (5, "incidents", include_str!("../../../migrations/0005_incidents.sql")),
    (6, "strong sign-in again", include_str!("../../../migrations/0006_strong_sign_in_again.sql")),
    (7, "history", include_str!("../../../migrations/0007_history.sql")),
    (8, "operators", include_str!("../../../migrations/0008_operators.sql")),
    (9, "own tokens", include_str!("../../../migrations/0009_own_tokens.sql")),
];

/// What is added to a step on PostgreSQL: texts that lists are read in the order of are
/// compared byte by byte, as SQLite does, whatever the database's own order is.
const ON_POSTGRES: &[(i64, &str)] = &[(
    4,
    "
ALTER TABLE users ALTER COLUMN username_key TYPE TEXT COLLATE \"C\";
ALTER TABLE users ALTER COLUMN email_key TYPE TEXT COLLATE \"C\";
ALTER TABLE clients ALTER COLUMN name TYPE TEXT COLLATE \"C\";
",
)];

/// How the tables stand to this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// As this program knows them; the number of the last step.
    Current(i64),
    /// Older: the last step taken and the last one known.
    Behind(i64, i64),
    /// Made by a newer program: the last step taken and the last one known.
    Ahead(i64, i64),
}

impl Store {
    /// Takes every step that is missing.
    ///
    /// Several servers may start at once: SQLite's file is locked for writing, and
    /// PostgreSQL has an advisory lock, while one of them migrates.
    pub async fn migrate(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => {
                let mut turn = sqlite.turn().await?;
                // Inside the writer's `BEGIN IMMEDIATE`: sqlx does not know of it, and
                // its own `begin` would fail, so the steps run without one.
                migrator(true, &[]).run_direct(None, turn.connection().await?, false).await?;
                turn.commit(Vec::new()).await
            }
            Backend::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                migrator(false, ON_POSTGRES).run_direct(None, &mut *connection, false).await?;
                Ok(connection.ping().await?)
            }
        }
    }

    /// How the tables stand.
    pub async fn schema_state(&self) -> Result<SchemaState> {
        let known = STEPS.iter().map(|step| step.0).max().unwrap_or(0);
        let mut view = self.view().await?;
        let exists = match view.arm()? {
            Arm::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
            Arm::Postgres(_) => {
                "SELECT COUNT(*) FROM information_schema.tables
                 WHERE table_name = '_sqlx_migrations' AND table_schema = current_schema()"
            }
        };
        let tables: i64 = run!(view, fetch_one, sqlx::query_scalar(exists))?;
        if tables == 0 {
            return Ok(SchemaState::Behind(0, known));
        }
        let taken: Option<i64> =
            run!(view, fetch_one, sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations"))?;
        let taken = taken.unwrap_or(0);
        Ok(match taken.cmp(&known) {
            std::cmp::Ordering::Less => SchemaState::Behind(taken, known),
            std::cmp::Ordering::Equal => SchemaState::Current(known),
            std::cmp::Ordering::Greater => SchemaState::Ahead(taken, known),
        })
    }
}

fn migrator(inside_transaction: bool, additions: &[(i64, &str)]) -> Migrator {
    let steps = STEPS.iter().map(|&(version, name, sql)| {
        let added = additions.iter().find(|(step, _)| *step == version);
        let sql = match added {
            // Both texts stand in this program.
            Some((_, more)) => AssertSqlSafe(format!("{sql}{more}")).into_sql_str(),
            None => sql.into_sql_str(),
        };
        Migration::new(version, Cow::from(name), MigrationType::Simple, sql, inside_transaction)
    });
    Migrator::with_migrations(steps.collect())
}
