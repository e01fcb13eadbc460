//! PostgreSQL: a pool.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use super::{Result, StoreError};

/// How long a request waits for a connection before it fails.
const ACQUIRE: Duration = Duration::from_secs(10);

/// How long a connection may have been idle and still be taken to be alive.
const IDLE: Duration = Duration::from_secs(1);

/// How PostgreSQL plans a statement that comes again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Plans {
    /// Once: enough where everything is found by its key. Left alone, PostgreSQL would think
    /// anew about each list of keys, as it does not know how long it will be, and take longer
    /// for that than for finding them.
    Once,
    /// For the values at hand, if it thinks that it pays: right for searches.
    Each,
}

pub(super) async fn open(database_url: &str, connections: u32, plans: Plans) -> Result<PgPool> {
    let plan_cache_mode = match plans {
        Plans::Once => "force_generic_plan",
        Plans::Each => "auto",
    };
    let options = PgConnectOptions::from_str(database_url)
        .map_err(|fault| StoreError::Address(fault.to_string()))?
        .application_name("signet")
        // Whatever the server's own default is, an answered change is durable.
        .options([("synchronous_commit", "on"), ("plan_cache_mode", plan_cache_mode)])
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        // Asking each time would cost a round trip; one that was at work a moment ago lives.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options.clone());
    // A pool tries again until it gives up; a connection beside it says at once what is wrong.
    let alone = async { options.connect().await?.close().await };
    let (first, ()) = tokio::try_join!(pool.acquire(), alone)?;
    drop(first);
    Ok(pool)
}
