//! A client shows its secret (RFC 6749 §2.3.1).

use std::net::IpAddr;

use shared::crypto::password::is_guessable;
use shared::model::{Client, Secret};

use crate::app::App;
use crate::throttle::Counts;
use crate::web::failure::ClientFailure;
use crate::web::page::Wait;
use crate::web::request_id;

/// Whether this is the client's secret. One that can be guessed is looked at only as often as
/// the throttle allows, whether or not whoever guesses waits for the answer.
///
/// # Errors
/// [`ClientFailure::Throttled`], [`ClientFailure::Busy`], or a fault.
pub(super) async fn is_right(
    app: &App,
    client: &Client,
    secret: &Secret<String>,
    stored: &str,
    from: IpAddr,
) -> Result<bool, ClientFailure> {
    let (secret, stored) = (secret.clone(), stored.to_owned());
    if !is_guessable(&stored) {
        let right = app.hasher.verify_client_secret(secret, &stored).await;
        return right.map_err(ClientFailure::from_hash);
    }
    let counts = Counts::of_client_secret(&client.id, from);
    let app = app.clone();
    request_id::to_its_end(async move { attempt(&app, &counts, secret, &stored).await }).await?
}

async fn attempt(
    app: &App,
    counts: &Counts,
    secret: Secret<String>,
    stored: &str,
) -> Result<bool, ClientFailure> {
    let now = app.now();
    if let Some(until) = counts.blocked_until(&mut app.store.view().await?, now).await? {
        return Err(ClientFailure::Throttled(Wait::until(until, now)));
    }
    let right = app.hasher.verify_client_secret(secret, stored).await;
    let right = right.map_err(ClientFailure::from_hash)?;
    if !right {
        let mut tx = app.store.begin().await?;
        counts.add(&mut tx, app.now()).await?;
        tx.commit().await?;
    }
    Ok(right)
}
