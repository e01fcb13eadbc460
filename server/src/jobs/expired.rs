//! Deletes what is over.

use std::time::Duration;

use shared::rules::throttle::FORGOTTEN_AFTER;
use shared::store::StoreError;

use crate::app::App;

/// How often.
const EVERY: Duration = Duration::from_mins(10);
/// The most incidents that are kept: strangers who send nonsense for days fill no disk with it.
const MOST_INCIDENTS: i64 = 100_000;

/// Deletes until it is aborted.
pub(super) async fn run(app: &App) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        if let Err(fault) = delete(app).await {
            let causes = shared::causes(&fault);
            tracing::error!(causes, "what is over could not be deleted");
        }
    }
}

async fn delete(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut tx = app.store.begin().await?;
    let interactions = tx.delete_expired_interactions(now).await?;
    let assertions = tx.delete_expired_assertions(now).await?;
    let revocations = tx.delete_expired_revocations(now).await?;
    let challenges = tx.delete_expired_challenges(now).await?;
    let failures = tx.delete_old_failures(now.minus(FORGOTTEN_AFTER)).await?;
    let browsers = tx.delete_expired_browsers(now).await?;
    let incidents = tx.delete_expired_incidents(now).await?;
    let crowded_out = tx.delete_incidents_beyond(MOST_INCIDENTS).await?;
    tx.commit().await?;
    tracing::debug!(
        interactions,
        assertions,
        revocations,
        challenges,
        failures,
        browsers,
        incidents,
        crowded_out,
        "deleted what is over"
    );
    Ok(())
}
