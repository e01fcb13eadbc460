//! Notices what other processes changed of what this one remembers.

use std::time::Duration;

use shared::admin::AdminError;
use shared::rules::key_rotation::NOTICE;
use shared::store::Revisions;

use crate::app::App;

/// How often the store is looked at: everybody knows within a fraction of [`NOTICE`].
const EVERY: Duration = Duration::from_millis(200);
const _: () = assert!(EVERY.as_millis() * 4 < NOTICE.as_millis());

/// Looks until it is aborted.
pub(super) async fn run(app: &App) {
    let mut clock = tokio::time::interval(EVERY);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut known = None;
    let mut is_blind = false;
    loop {
        clock.tick().await;
        let looked = async { app.store.view().await?.revisions().await }.await;
        match looked {
            Ok(revisions) => {
                is_blind = false;
                let before = known.replace(revisions);
                if let Err(fault) = follow(app, before, revisions).await {
                    let causes = shared::causes(&fault);
                    tracing::error!(causes, "what has changed cannot be read again");
                    known = before;
                }
            }
            Err(fault) => {
                // What cannot be looked at may have changed.
                app.clients.forget();
                app.catalogue.forget();
                known = None;
                if !std::mem::replace(&mut is_blind, true) {
                    let causes = shared::causes(&fault);
                    tracing::error!(causes, "the store cannot be looked at for changes");
                }
            }
        }
    }
}

/// Forgets or reads again what has changed.
async fn follow(
    app: &App,
    before: Option<Revisions>,
    revisions: Revisions,
) -> Result<(), AdminError> {
    if before.is_none_or(|before| before.clients != revisions.clients) {
        app.clients.forget();
        app.keys.want(app.store.view().await?.list_signing_algs().await?);
    }
    if before.is_none_or(|before| before.apis != revisions.apis) {
        app.catalogue.forget();
    }
    if before.is_none_or(|before| before.signing_keys != revisions.signing_keys) {
        app.keys.renew(app.now()).await?;
    }
    Ok(())
}
