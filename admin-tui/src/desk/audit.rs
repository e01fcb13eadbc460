//! What happened.

use shared::model::{Timestamp, UserId};
use shared::store::RecordedEvent;

use super::rows::{self, moment};
use super::{Tools, Trouble};
use crate::place::{Kind, Place, Scope, Target};
use crate::view::{
    Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section, Total, Width,
};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Audit,
    columns: &[
        Column { key: "at", name: "when", width: Width::Fixed(19), sortable: false },
        Column { key: "action", name: "what", width: Width::Fixed(27), sortable: false },
        Column { key: "about", name: "about", width: Width::Share(13), sortable: false },
        Column { key: "actor", name: "by", width: Width::Share(13), sortable: false },
        Column { key: "detail", name: "how or why", width: Width::Share(16), sortable: false },
    ],
    scopes: &[Kind::Users],
    whole: true,
    filter: "everything in the row, of the latest events",
    permission: "audit.read",
};

/// As far back as the list of all events goes.
const LATEST: i64 = 1000;

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let Some(scope) = &query.scope else {
        let rows = latest(tools, LATEST).await?;
        let page = rows::whole(rows, query);
        return Ok(Page { total: Total::Unknown, ..page });
    };
    let user = UserId::from(scope.id.as_str());
    let mut scan = rows::Scan::new(query);
    while let Some(after) = scan.next() {
        let before = after.parse().map_or(Timestamp(i64::MAX), Timestamp);
        let events = tools.admin.list_user_events(&user, before, rows::BATCH).await?;
        scan.take(events.iter().map(|event| row(&event.event)).collect());
    }
    Ok(scan.page())
}

/// The latest events as rows.
pub(super) async fn latest(tools: Tools<'_>, limit: i64) -> Result<Vec<Row>, Trouble> {
    let events = tools.admin.list_audit_events(limit).await?;
    Ok(events.iter().map(row).collect())
}

/// Events have no id yet that the store tells: what they say stands in for it.
fn id(event: &RecordedEvent) -> String {
    let about = [&event.user_id, &event.client_id, &event.session_id, &event.grant_id];
    let about: Vec<_> = about.into_iter().flatten().map(String::as_str).collect();
    format!("{}/{}/{}", event.at.0, event.action, about.join("/"))
}

fn alarming(event: &RecordedEvent) -> bool {
    let words = ["failed", "throttled", "suspected", "replay", "revoked"];
    words.iter().any(|word| event.action.contains(word))
}

fn about(event: &RecordedEvent) -> String {
    let about = event.client_id.as_ref().or(event.user_id.as_ref());
    about.or(event.session_id.as_ref()).cloned().unwrap_or_default()
}

fn by(event: &RecordedEvent) -> String {
    format!("{} {}", event.actor_kind, event.actor).trim().to_owned()
}

fn row(event: &RecordedEvent) -> Row {
    Row {
        id: id(event),
        cursor: event.at.0.to_string(),
        cells: vec![
            moment(event.at),
            event.action.clone(),
            about(event),
            by(event),
            event.detail.clone().unwrap_or_default(),
        ],
        mark: if alarming(event) { Mark::Alert } else { Mark::None },
        links: links(event),
    }
}

/// From an event to the person, what they have, and the client.
fn links(event: &RecordedEvent) -> Vec<Link> {
    let target = |kind, id: &String| Target { kind, id: id.clone(), name: id.clone(), scope: None };
    let mut links = Vec::new();
    if let Some(user) = &event.user_id {
        let place = Place::Detail(target(Kind::Users, user));
        links.push(Link { name: "Person".to_owned(), place });
        let scope = Scope { kind: Kind::Users, id: user.clone(), name: user.clone() };
        let place = Place::List(Kind::Sessions, Some(scope));
        links.push(Link { name: "Sessions of the person".to_owned(), place });
    }
    if let Some(client) = &event.client_id {
        let place = Place::Detail(target(Kind::Clients, client));
        links.push(Link { name: "Client".to_owned(), place });
    }
    links
}

/// All about an event, if it is among those of its list.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let at = target.id.split('/').next().and_then(|at| at.parse().ok()).map(Timestamp);
    let events = match (&target.scope, at) {
        (Some(scope), Some(at)) => {
            let user = UserId::from(scope.id.as_str());
            let before = Timestamp(at.0.saturating_add(1));
            let events = tools.admin.list_user_events(&user, before, rows::BATCH).await?;
            events.into_iter().map(|event| event.event).collect()
        }
        _ => tools.admin.list_audit_events(LATEST).await?,
    };
    let event = events.into_iter().find(|event| id(event) == target.id);
    let event = event
        .ok_or_else(|| Trouble::Refused("the event is not among the latest any more".to_owned()))?;
    let links = links(&event);
    let link =
        |name: &str| links.iter().find(|link| link.name == name).map(|link| link.place.clone());
    let fact = |name: &str, value: &Option<String>, link: Option<Place>| {
        value.as_ref().map(|value| Fact { name: name.to_owned(), value: value.clone(), link })
    };
    let optional = [
        fact("Person", &event.user_id, link("Person")),
        fact("Client", &event.client_id, link("Client")),
        fact("Session", &event.session_id, link("Sessions of the person")),
        fact("Grant", &event.grant_id, None),
        fact("Address", &event.address, None),
        fact("How or why", &event.detail, None),
    ];
    let mut facts = vec![
        Fact::new("When", event.at.to_string()),
        Fact::new("What", &event.action),
        Fact::new("By", by(&event)),
    ];
    facts.extend(optional.into_iter().flatten());
    let mut sections = vec![Section { title: "Event".to_owned(), facts }];
    let evidence = event.evidence.as_deref().map(evidence).unwrap_or_default();
    if !evidence.is_empty() {
        sections.push(Section { title: "Evidence".to_owned(), facts: evidence });
    }
    let state = if alarming(&event) { "look at it" } else { "" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: event.action, state, sections })
}

/// What shows it, a fact for each value, however deep it lies.
fn evidence(json: &str) -> Vec<Fact> {
    fn walk(name: &str, value: &serde_json::Value, facts: &mut Vec<Fact>) {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    let dot = if name.is_empty() { "" } else { "." };
                    walk(&format!("{name}{dot}{key}"), value, facts);
                }
            }
            serde_json::Value::String(text) => facts.push(Fact::new(name, text)),
            other => facts.push(Fact::new(name, other.to_string())),
        }
    }
    let mut facts = Vec::new();
    if let Ok(value) = serde_json::from_str(json) {
        walk("", &value, &mut facts);
    }
    facts
}
