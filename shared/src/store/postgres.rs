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

pub(super) async fn open(database_url: &str, connections: u32) -> Result<PgPool> {
    let options = PgConnectOptions::from_str(database_url)
        .map_err(|fault| StoreError::Address(fault.to_string()))?
        .application_name("signet")
        // Whatever the server's own default is, an answered change is durable.
        .options([("synchronous_commit", "on")])
        .disable_statement_logging();
    // A pool tries again until it gives up; the first connection says at once what is wrong.
    options.connect().await?.close().await?;
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
        .connect_lazy_with(options);
    Ok(pool)
}
