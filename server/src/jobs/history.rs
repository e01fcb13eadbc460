//! Deletes sign-ins that ended long ago.

use std::time::Duration;

use shared::store::{Slice, StoreError, Walk};

use crate::app::App;

/// How often everything is walked through.
const EVERY: Duration = Duration::from_mins(30);
/// How many rows are looked at in one unit of work: SQLite has one writer, and whoever signs
/// in or refreshes waits for it.
const SLICE: i64 = 200;
/// How long others have the store to themselves after each slice.
const PAUSE: Duration = Duration::from_millis(100);

/// What is walked through.
#[derive(Debug, Clone, Copy)]
enum Table {
    Grants,
    /// After the grants that name them.
    Sessions,
}

/// Deletes until it is aborted.
pub(super) async fn run(app: &App) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        for table in [Table::Grants, Table::Sessions] {
            match walk(app, table).await {
                Ok(deleted) => tracing::debug!(?table, deleted, "deleted what ended long ago"),
                Err(fault) => {
                    let causes = shared::causes(&fault);
                    tracing::error!(causes, "what ended long ago could not be deleted");
                }
            }
        }
    }
}

async fn walk(app: &App, table: Table) -> Result<u64, StoreError> {
    let now = app.now();
    let ended_before = now.minus(app.config.sign_in_retention.0);
    let walk = Walk { ended_before, now, slice: SLICE };
    let (mut after, mut deleted) = (String::new(), 0);
    loop {
        let mut tx = app.store.begin().await?;
        let slice: Slice = match table {
            Table::Grants => tx.delete_ended_grants(&after, walk).await?,
            Table::Sessions => tx.delete_ended_sessions(&after, walk).await?,
        };
        tx.commit().await?;
        deleted += slice.deleted;
        match slice.last {
            Some(last) => after = last,
            None => return Ok(deleted),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
