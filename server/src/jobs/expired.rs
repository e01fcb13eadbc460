//! Deletes what is over.

use std::time::Duration;

use shared::model::Timestamp;
use shared::rules::throttle::FORGOTTEN_AFTER;
use shared::store::{Store, StoreError};

use crate::app::App;

/// How often.
const EVERY: Duration = Duration::from_mins(10);
/// How many rows that strangers can make are deleted at a time: others change something in between.
const SLICE: i64 = 1_000;
/// The most incidents that are kept: strangers who send nonsense for days fill no disk with it.
const MOST_INCIDENTS: i64 = 100_000;

/// How much later what was used up is forgotten than it ends: a server whose clock is behind
/// still takes it for good, and would believe it a second time.
const SKEW: Duration = Duration::from_mins(5);

/// Deletes until it is aborted.
pub(super) async fn run(app: &App) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        if let Err(fault) = delete(&app.store, app.now()).await {
            let causes = shared::causes(&fault);
            tracing::error!(causes, "what is over could not be deleted");
        }
    }
}

async fn delete(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let everywhere = now.minus(SKEW);
    let mut tx = store.begin().await?;
    let assertions = tx.delete_expired_assertions(everywhere).await?;
    let revocations = tx.delete_expired_revocations(everywhere).await?;
    let failures = tx.delete_old_failures(now.minus(FORGOTTEN_AFTER)).await?;
    let browsers = tx.delete_expired_browsers(now).await?;
    let incidents = tx.delete_expired_incidents(now).await?;
    let crowded_out = tx.delete_incidents_beyond(MOST_INCIDENTS).await?;
    tx.commit().await?;
    let (interactions, challenges) = delete_visits(store, now).await?;
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

/// Deletes what begins with each visit of anybody, bit by bit.
async fn delete_visits(store: &Store, now: Timestamp) -> Result<(u64, u64), StoreError> {
    let (mut interactions, mut challenges) = (0, 0);
    loop {
        let mut tx = store.begin().await?;
        let some = tx.delete_expired_interactions(now, SLICE).await?;
        let others = tx.delete_expired_challenges(now, SLICE).await?;
        tx.commit().await?;
        interactions += some;
        challenges += others;
        if some.max(others) < SLICE.unsigned_abs() {
            return Ok((interactions, challenges));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_used_up_is_known_to_servers_whose_clocks_are_behind() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&url, 4).await.unwrap();
        store.migrate().await.unwrap();
        let end = Timestamp::from_seconds(1_000_000);
        let redeem = async || {
            let mut tx = store.begin().await.unwrap();
            let is_first = tx.redeem_client_assertion(&"c".into(), "hash", end).await.unwrap();
            tx.commit().await.unwrap();
            is_first
        };
        assert!(redeem().await);
        let mut tx = store.begin().await.unwrap();
        assert!(tx.revoke_token("jti", end).await.unwrap());
        tx.commit().await.unwrap();

        let minutes = |minutes| end.plus(Duration::from_mins(minutes));
        let is_revoked =
            async || store.view().await.unwrap().is_token_revoked("jti").await.unwrap();
        delete(&store, minutes(4)).await.unwrap();
        assert!(!redeem().await && is_revoked().await);
        delete(&store, minutes(6)).await.unwrap();
        assert!(redeem().await && !is_revoked().await);
    }
}
