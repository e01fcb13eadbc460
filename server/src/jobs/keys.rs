//! Sees to it that keys are made, take over and are forgotten in time.

use std::time::Duration;

use crate::app::App;

/// How often is looked what is due. It costs nothing unless something is.
const EVERY: Duration = Duration::from_millis(250);
/// How long to leave a store alone that failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Looks until it is aborted.
pub(super) async fn run(app: &App) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(fault) = app.keys.maintain(app.now()).await {
            let causes = shared::causes(&fault);
            tracing::error!(causes, "the signing keys cannot be seen to");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
