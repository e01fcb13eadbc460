//! What the server does without being asked.

use std::time::Duration;

use crate::app::App;
use crate::web::failure::Fault;

/// How often what is over is deleted.
const EVERY: Duration = Duration::from_mins(10);

/// Runs until it is aborted.
///
/// Several servers on one store may do this at the same time: deleting twice deletes once.
pub(crate) async fn run(app: App) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        if let Err(fault) = delete_expired(&app).await {
            tracing::error!(causes = %fault, "what is over could not be deleted");
        }
    }
}

/// Deletes sign-ins that were never finished in time.
async fn delete_expired(app: &App) -> Result<(), Fault> {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let deleted = tx.delete_expired_interactions(now).await?;
    tx.commit().await?;
    tracing::debug!(deleted, "deleted expired interactions");
    Ok(())
}
