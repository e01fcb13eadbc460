//! What the first screen shows.

use std::time::Duration;

use shared::model::{KeyState, Timestamp};
use shared::store::RecordedEvent;

use super::{Tools, Trouble, audit};
use crate::source::{HomeFacts, Series};

/// Events that are looked at. If that is less than an hour of them, the series are of the
/// time that they cover.
const EVENTS: i64 = 2000;
/// Rows of the tail.
const TAIL: i64 = 100;
/// Each point of a series is a minute.
const POINTS: usize = 60;

/// Which actions a series counts, and its name.
const SERIES: [(&str, &[&str]); 4] = [
    ("Sign-ins", &["login.succeeded"]),
    ("Failures", &["login.failed", "login.throttled", "second_factor.failed"]),
    ("Tokens", &["token.issued"]),
    ("Refreshes", &["token.refreshed", "token.refresh_retried", "token.refresh_overlapped"]),
];

/// Counts, series, tail and alerts.
pub(super) async fn facts(tools: Tools<'_>) -> Result<HomeFacts, Trouble> {
    let counts = tools.admin.count(tools.now).await?;
    let events = tools.admin.list_audit_events(EVENTS).await?;
    let tail = audit::latest(tools, TAIL).await?;
    let mut alerts = Vec::new();
    let suspected = |event: &&RecordedEvent| {
        event.action == "token.theft_suspected"
            && tools.now.since(event.at) < Duration::from_hours(1)
    };
    let suspected = events.iter().filter(suspected).count();
    if suspected > 0 {
        alerts.push(format!("Stolen tokens are suspected: {suspected} in the last hour."));
    }
    let soon = tools.now.plus(Duration::from_hours(24));
    for key in tools.admin.list_keys().await? {
        if let (KeyState::Next, Some(at)) = (key.state, key.activates_at)
            && at < soon
        {
            alerts.push(format!("The key that signs with {} changes at {at}.", key.alg));
        }
    }
    let series =
        SERIES.map(|(name, actions)| Series { name, points: points(&events, actions, tools.now) });
    Ok(HomeFacts { counts, series: series.into(), tail, alerts })
}

/// How many of these events there were in each minute of the last hour, the oldest first.
fn points(events: &[RecordedEvent], actions: &[&str], now: Timestamp) -> Vec<u64> {
    let mut points = vec![0; POINTS];
    for event in events.iter().filter(|event| actions.contains(&event.action.as_str())) {
        let minutes = usize::try_from(now.since(event.at).as_secs() / 60).unwrap_or(usize::MAX);
        let place = (POINTS - 1).checked_sub(minutes).and_then(|place| points.get_mut(place));
        if let Some(point) = place {
            *point += 1;
        }
    }
    points
}
