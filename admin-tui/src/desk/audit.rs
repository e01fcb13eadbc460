//! What happened.

use std::collections::{BTreeMap, BTreeSet};

use shared::store::RecordedEvent;

use super::rows::{self, moment};
use super::{Tools, Trouble};
use crate::place::{Kind, Place, Scope, Target};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Audit,
    columns: &[
        Column::fixed("at", "when", 19).sortable(),
        Column::fixed("action", "what", 27),
        Column::share("about", "about", 13),
        Column::share("actor", "by", 13),
        Column::share("detail", "how or why", 16),
    ],
    scopes: &[Kind::Users, Kind::Clients, Kind::Sessions, Kind::Grants],
    whole: true,
    filter: "the beginning of what happened, such as login. — or one of user:, client:, session:, \
             grant: and address: with a whole name or id; in a list of somebody's everything in \
             the row",
    permission: "audit.read",
};

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let scope = query.scope.as_ref().map(rows::filter_of);
    let order = rows::order(query, LIST.columns, None);
    let sought = rows::Sought::new(query, scope, order);
    let mut parts = rows::Parts::new(query, sought);
    while let Some(find) = parts.next() {
        let events = tools.admin.find_events(&find).await?;
        let names = names(tools, &events.items).await?;
        parts.take(events, |event| row(event, &names));
    }
    Ok(parts.page())
}

/// What people are called, by their ids.
type Names = BTreeMap<String, String>;

/// The names of everybody in these events, as far as the operator may see them.
async fn names(tools: Tools<'_>, events: &[RecordedEvent]) -> Result<Names, Trouble> {
    let actors = events.iter().filter(|event| event.actor_kind == "user");
    let actors = actors.map(|event| event.actor.as_str());
    let users = events.iter().filter_map(|event| event.user_id.as_deref());
    let ids: BTreeSet<&str> = actors.chain(users).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let named = rows::if_seen(tools.admin.list_usernames(&ids).await)?;
    Ok(named.unwrap_or_default().into_iter().collect())
}

/// What somebody is called, or their id.
fn name<'a>(names: &'a Names, id: &'a String) -> &'a String {
    names.get(id).unwrap_or(id)
}

fn alarming(event: &RecordedEvent) -> bool {
    let words = ["failed", "throttled", "suspected", "replay", "revoked"];
    words.iter().any(|word| event.action.contains(word))
}

/// Whom it is about: the person, and the client if they signed in there.
fn about(event: &RecordedEvent, names: &Names) -> String {
    let user = event.user_id.as_ref().map(|id| name(names, id).as_str());
    match (user, event.client_id.as_deref()) {
        (Some(user), Some(client)) => format!("{user} · {client}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => event.session_id.clone().unwrap_or_default(),
    }
}

fn by(event: &RecordedEvent, names: &Names) -> String {
    match event.actor_kind.as_str() {
        // Whoever does something with their own account is not named twice.
        "user" if event.user_id.as_ref() == Some(&event.actor) => "themselves".to_owned(),
        "user" => format!("user {}", name(names, &event.actor)),
        kind => format!("{kind} {}", event.actor).trim().to_owned(),
    }
}

/// How or why, or else what shows it, as far as that is short.
fn how(event: &RecordedEvent) -> String {
    if let Some(detail) = &event.detail {
        return detail.clone();
    }
    let evidence = event.evidence.as_deref().unwrap_or_default();
    let Ok(serde_json::Value::Object(members)) = serde_json::from_str(evidence) else {
        return String::new();
    };
    let short = members.iter().filter(|(key, value)| *key != "id" && !value.is_null());
    let short = short.filter(|(_, value)| !value.is_object());
    let words = short.map(|(key, value)| format!("{key} {}", plain(value)));
    words.collect::<Vec<_>>().join(" · ")
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn row(event: &RecordedEvent, names: &Names) -> Row {
    Row {
        id: event.id.clone(),
        cells: vec![
            moment(event.at),
            event.action.clone(),
            about(event, names),
            by(event, names),
            how(event),
        ],
        mark: if alarming(event) { Mark::Alert } else { Mark::None },
        links: links(event, names),
        ..Row::default()
    }
}

/// An event as a line of a trail.
pub(super) fn fact(event: &RecordedEvent) -> Fact {
    let from = event.address.as_deref().map(|address| format!("from {address}"));
    let parts = [Some(event.action.clone()), from, event.detail.clone()];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("  ");
    Fact::link(&moment(event.at), text, Place::one(Kind::Audit, &event.id, &event.action))
}

/// What the person and the client of an event have come to over time, if it is about that.
pub(super) fn consent(event: &RecordedEvent, username: &str) -> Option<Place> {
    let (user, client) = (event.user_id.as_ref()?, event.client_id.as_ref()?);
    let is_about = event.action.starts_with("consent.");
    is_about.then(|| Place::one(Kind::Consents, format!("{user} {client}"), username))
}

/// From an event to the person, the consent, the session, the token family and the client.
fn links(event: &RecordedEvent, names: &Names) -> Vec<Link> {
    let mut links = Vec::new();
    if let Some(user) = &event.user_id {
        let scope = Scope::new(Kind::Users, user.as_str(), name(names, user).as_str());
        links.push(Link::new("Person", Place::Detail(scope.target())));
        links.push(Link::new("Sessions of the person", Place::of(Kind::Sessions, &scope)));
        links.push(Link::new("Events of the person", Place::of(Kind::Audit, &scope)));
        links.extend(consent(event, &scope.name).map(|place| Link::new("Consent", place)));
    }
    if let Some(session) = &event.session_id {
        let place = Place::one(Kind::Sessions, session.as_str(), session.as_str());
        links.push(Link::new("Session", place));
        let scope = Scope::new(Kind::Sessions, session.as_str(), session.as_str());
        links.push(Link::new("Events of the session", Place::of(Kind::Audit, &scope)));
    }
    if let Some(grant) = &event.grant_id {
        links.push(Link::new("Token family", Place::one(Kind::Grants, grant.as_str(), grant)));
        let scope = Scope::new(Kind::Grants, grant.as_str(), grant.as_str());
        links.push(Link::new("Events of the family", Place::of(Kind::Audit, &scope)));
    }
    if let Some(client) = &event.client_id {
        links.push(Link::new("Client", Place::one(Kind::Clients, client.as_str(), client)));
        let scope = Scope::new(Kind::Clients, client.as_str(), client.as_str());
        links.push(Link::new("Events of the client", Place::of(Kind::Audit, &scope)));
    }
    links
}

/// All about an event.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let event = tools.admin.get_event(&target.id).await?;
    let names = names(tools, std::slice::from_ref(&event)).await?;
    let user = event.user_id.as_ref().map(|id| name(&names, id).clone());
    let actor = if event.actor_kind == "user" {
        let name = name(&names, &event.actor).as_str();
        let place = Place::one(Kind::Users, event.actor.as_str(), name);
        Fact::link("By", by(&event, &names), place)
    } else {
        Fact::new("By", by(&event, &names))
    };
    let mut facts =
        vec![Fact::new("When", event.at.to_string()), Fact::new("What", &event.action), actor];
    let links = links(&event, &names);
    let link =
        |name: &str| links.iter().find(|link| link.name == name).map(|link| link.place.clone());
    let optional = [
        ("Person", &user),
        ("Client", &event.client_id),
        ("Session", &event.session_id),
        ("Token family", &event.grant_id),
        ("Address", &event.address),
        ("How or why", &event.detail),
    ];
    facts.extend(optional.into_iter().filter_map(|(name, value)| {
        let value = value.as_ref()?.clone();
        Some(Fact { name: name.to_owned(), value, link: link(name) })
    }));
    let consent = link("Consent");
    facts.extend(consent.map(|place| Fact::link("Consent", "all that was said of it", place)));
    facts.push(Fact::new("Id", &event.id));
    let mut sections = vec![Section::new("Event", facts)];
    if let Some(evidence) = &event.evidence {
        sections.push(Section::new("Evidence", evidence_facts(evidence)));
    }
    let around = links.iter().filter(|link| link.name.starts_with("Events of"));
    let around: Vec<_> = around
        .map(|link| {
            Fact::link(link.name.trim_start_matches("Events "), "events", link.place.clone())
        })
        .collect();
    if !around.is_empty() {
        sections.push(Section::new("What else happened", around));
    }
    let state = if alarming(&event) { "look at it" } else { "" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: event.action, state, sections })
}

/// What shows it: a fact for each value, however deep it lies, and a line for each of several.
fn evidence_facts(json: &str) -> Vec<Fact> {
    fn walk(name: &str, value: &serde_json::Value, facts: &mut Vec<Fact>) {
        match value {
            serde_json::Value::Object(object) if !object.is_empty() => {
                for (key, value) in object {
                    let dot = if name.is_empty() { "" } else { "." };
                    walk(&format!("{name}{dot}{key}"), value, facts);
                }
            }
            serde_json::Value::Array(all) if all.iter().all(|one| !one.is_object()) => {
                let lines: Vec<_> = all.iter().map(plain).collect();
                let text = if lines.is_empty() { "none".to_owned() } else { lines.join("\n") };
                facts.push(Fact::new(name, text));
            }
            serde_json::Value::Array(_) => {
                let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
                facts.push(Fact::new(name, pretty));
            }
            serde_json::Value::Null => facts.push(Fact::new(name, "nothing")),
            other => facts.push(Fact::new(name, plain(other))),
        }
    }
    let Ok(value) = serde_json::from_str(json) else { return vec![Fact::new("As written", json)] };
    let mut facts = Vec::new();
    walk("", &value, &mut facts);
    facts
}
