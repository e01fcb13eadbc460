//! The actors of the tests: a server in a process of its own, browsers, relying parties
//! and an operator at the command line or the console, on both databases.
//!
//! State is made the way people make it, never by writing tables.

pub(crate) mod assertion;
pub(crate) mod authenticator;
pub(crate) mod browser;
pub(crate) mod cli;
pub(crate) mod client;
pub(crate) mod console;
pub(crate) mod database;
pub(crate) mod http;
pub(crate) mod passkey;
pub(crate) mod server;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use database::{Database, Durability, Kind};
use server::{Server, Site};

/// Runs a test against a running server, once on each database.
pub(crate) fn on_every_database(test: impl AsyncFn(Server)) {
    on_every_database_with(&[], test);
}

/// Runs a test against a server that was started with these settings, once on each database.
pub(crate) fn on_every_database_with(settings: &[(&str, &str)], test: impl AsyncFn(Server)) {
    on_every_site(Durability::Relaxed, async |mut site| {
        for (name, value) in settings {
            site.set(name, value);
        }
        test(site.start().await).await;
    });
}

/// Runs a test that starts its servers itself, once on each database.
///
/// A failing test ends at the first database it fails on, which the log names.
pub(crate) fn on_every_site(durability: Durability, test: impl AsyncFn(Site)) {
    for kind in Kind::asked_for() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime starts");
        runtime.block_on(test(Site::new(|folder| Database::fresh(kind, durability, folder))));
    }
}

/// Waits until a token with these claims is surely over.
///
/// The lifetimes of such tests are long enough for a slow machine to use the token before.
pub(crate) async fn until_expired(claims: &Value) {
    let end = claims["exp"].as_i64().expect("a token ends at a time");
    let left = u64::try_from(end - http::now()).unwrap_or(0);
    tokio::time::sleep(Duration::from_secs(left + 1)).await;
}

/// Does the same thing `count` times at the same moment and gives what came of each, in
/// the order in which they were started.
pub(crate) async fn at_once<T, F>(count: usize, mut thing: impl FnMut(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let mut racers = JoinSet::new();
    for number in 0..count {
        let (start, racer) = (Arc::clone(&start), thing(number));
        racers.spawn(async move {
            start.wait().await;
            (number, racer.await)
        });
    }
    let mut results = racers.join_all().await;
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}
