//! What the first screen shows.

use std::time::Duration;

use shared::admin::Admin;
use shared::model::{KeyState, Timestamp};
use shared::store::MinuteCount;

use super::Trouble;
use crate::source::{HomeFacts, Series};

/// Each point of a series is a minute.
const POINTS: usize = 60;
/// The span that is looked at.
const HOUR: Duration = Duration::from_hours(1);
/// How many failing clients are named.
const FAILING: i64 = 3;

/// Which actions a series counts, and its name.
const SERIES: [(&str, &[&str]); 4] = [
    ("Sign-ins", &["login.succeeded"]),
    ("Failures", &["login.failed", "login.throttled", "second_factor.failed"]),
    ("Tokens", &["token.issued"]),
    ("Refreshes", &["token.refreshed", "token.refresh_retried", "token.refresh_overlapped"]),
];

/// What an operator should hear of if it happened in the last hour.
const ALARMING: [(&str, &str); 4] = [
    ("token.theft_suspected", "Stolen refresh tokens are suspected"),
    ("code.replayed", "Codes were presented twice"),
    ("console.glass_broken", "Somebody entered this console without signing in"),
    ("key.revoked", "Signing keys were revoked"),
];

/// Series and alerts.
pub(super) async fn facts(admin: Admin, now: Timestamp) -> Result<HomeFacts, Trouble> {
    let counts = admin.count_by_minute(now.minus(HOUR)).await?;
    let mut alerts: Vec<_> = ALARMING
        .iter()
        .filter_map(|(action, words)| {
            let number: i64 =
                counts.iter().filter(|one| one.action == *action).map(|one| one.number).sum();
            (number > 0).then(|| format!("{words}: {number} in the last hour."))
        })
        .collect();
    alerts.extend(keys_near_rotation(&admin, now).await?);
    let failing = match admin.list_failing_clients(now.minus(HOUR), FAILING).await {
        Ok(clients) => clients
            .into_iter()
            .map(|client| {
                let how = client.detail.unwrap_or_default().replace('_', " ");
                format!("{}  {} times  {how}", client.client_id, client.number)
            })
            .collect(),
        Err(error) => return Err(error.into()),
    };
    let series =
        SERIES.map(|(name, actions)| Series { name, points: points(&counts, actions, now) });
    Ok(HomeFacts { series: series.into(), alerts, failing })
}

async fn keys_near_rotation(admin: &Admin, now: Timestamp) -> Result<Vec<String>, Trouble> {
    let soon = now.plus(Duration::from_hours(24));
    let keys = admin.list_keys().await?;
    let near = keys.into_iter().filter_map(|key| match (key.state, key.activates_at) {
        (KeyState::Next, Some(at)) if at < soon => {
            Some(format!("The key that signs with {} changes at {at}.", key.alg))
        }
        _ => None,
    });
    Ok(near.collect())
}

/// How many of these there were in each minute of the last hour, the oldest first.
fn points(counts: &[MinuteCount], actions: &[&str], now: Timestamp) -> Vec<u64> {
    let mut points = vec![0; POINTS];
    for count in counts.iter().filter(|count| actions.contains(&count.action.as_str())) {
        let minutes = usize::try_from(now.since(count.minute).as_secs() / 60).unwrap_or(usize::MAX);
        let place = (POINTS - 1).checked_sub(minutes).and_then(|place| points.get_mut(place));
        if let Some(point) = place {
            *point += u64::try_from(count.number).unwrap_or(0);
        }
    }
    points
}
