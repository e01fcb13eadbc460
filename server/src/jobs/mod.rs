//! What the server does without being asked.

mod expired;
mod history;
mod keys;
mod notice;

use crate::app::App;

/// Runs everything until it is aborted.
///
/// Several servers on one store do all of this at the same time. Each job's own
/// statements see to it that what is done twice is done once.
pub(crate) async fn run(app: App) {
    tokio::join!(expired::run(&app), history::run(&app), keys::run(&app), notice::run(&app));
}
