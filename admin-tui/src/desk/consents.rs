//! What people allowed clients, and what they said over time.

use shared::model::Consent;
use shared::store::{ConsentChange, Find, FoundConsent};

use super::rows::{self, count, moment};
use super::{Tools, Trouble, grants, users};
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Page, Query, Row, Section};

/// The list. A row's id is the person's, a blank and the client's.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Consents,
    columns: &[
        Column::share("username", "person", 14),
        Column::share("client_id", "client", 14),
        Column::share("scope", "scope", 18),
        Column::fixed("updated_at", "last widened", 19).sortable(),
        Column::fixed("granted_at", "since", 19),
    ],
    scopes: &[Kind::Users, Kind::Clients],
    whole: true,
    filter: "the beginning of user names, or a whole address, or the id of a person or client; in \
             a list of somebody's everything in the row",
    permission: "consents.read",
};

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let scope = query.scope.as_ref().map(rows::filter_of);
    let order = rows::order(query, LIST.columns, None);
    let sought = rows::Sought::new(query, scope, order);
    let mut parts = rows::Parts::new(query, sought);
    while let Some(find) = parts.next() {
        parts.take(tools.admin.find_consents(&find).await?, row);
    }
    Ok(parts.page())
}

fn row(found: &FoundConsent) -> Row {
    let consent = &found.consent;
    let (user, client) = (consent.user_id.as_str(), consent.client_id.as_str());
    let person = Scope::new(Kind::Users, user, found.username.as_str());
    Row {
        id: format!("{user} {client}"),
        cells: vec![
            found.username.clone(),
            client.to_owned(),
            consent.scope.to_string(),
            moment(consent.updated_at),
            moment(consent.granted_at),
        ],
        links: vec![
            Link::new("Person", Place::Detail(person.target())),
            Link::new("Client", Place::one(Kind::Clients, client, client)),
            Link::new("Token families of the person", Place::of(Kind::Grants, &person)),
            Link::new("Events of the person", Place::of(Kind::Audit, &person)),
        ],
        ..Row::default()
    }
}

/// The ids of the person and the client.
fn both(target: &Target) -> (&str, &str) {
    target.id.split_once(' ').unwrap_or((target.id.as_str(), ""))
}

/// What a person allows a client at this moment.
async fn find(tools: Tools<'_>, target: &Target) -> Result<Option<FoundConsent>, Trouble> {
    let (user, client) = both(target);
    let mut find = Find { filter: format!("user:{user}"), ..Find::default() };
    loop {
        let page = tools.admin.find_consents(&find).await?;
        let mut items = page.items.into_iter();
        let is_it = |found: &FoundConsent| {
            found.consent.user_id.as_str() == user && found.consent.client_id.as_str() == client
        };
        if let Some(found) = items.find(is_it) {
            return Ok(Some(found));
        }
        find.after = page.next;
        if find.after.is_none() {
            return Ok(None);
        }
    }
}

/// All about a consent: also what was said before, and after it was withdrawn.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let (user, client) = both(target);
    let found = find(tools, target).await?;
    let changes = tools.admin.list_consent_changes(&user.into(), &client.into()).await?;
    if found.is_none() && changes.is_empty() {
        return Err(Trouble::Refused("nothing was ever allowed here".to_owned()));
    }
    let username = match &found {
        Some(found) => found.username.clone(),
        None => users::name_of(tools, user).await,
    };
    let mut facts = vec![
        Fact::link("Person", &username, Place::one(Kind::Users, user, &username)),
        Fact::link("Client", client, Place::one(Kind::Clients, client, client)),
    ];
    match &found {
        Some(found) => facts.extend([
            Fact::new("Client's name", &found.client_name),
            Fact::new("Scope", found.consent.scope.to_string()),
            Fact::new("Since", moment(found.consent.granted_at)),
            Fact::new("Last widened", moment(found.consent.updated_at)),
        ]),
        None => facts.push(Fact::new("State", "withdrawn: nothing is allowed any more")),
    }
    let mut sections = vec![Section::new("Consent", facts)];
    if !changes.is_empty() {
        let said = changes.iter().map(|change| said(change, user)).collect();
        sections.push(Section::new("What was said, the newest first", said));
    }
    let state = if found.is_some() { "" } else { "withdrawn" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: username, state, sections })
}

/// What was said once: when, what, by whom, and the words that stood on the page.
fn said(change: &ConsentChange, user: &str) -> Fact {
    let mut lines = vec![format!("{}: {}", change.change, change.scope)];
    lines.push(match (change.actor_kind.as_str(), change.actor.as_str()) {
        ("user", actor) if actor == user => "by the person".to_owned(),
        (kind, actor) => format!("by {kind} {actor}").trim().to_owned(),
    });
    lines.extend(change.words.iter().map(|words| format!("“{words}”")));
    Fact::new(&moment(change.at), lines.join("\n"))
}

/// What withdrawing it would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let found = find(tools, &errand.target).await?;
    let found = found.ok_or_else(|| Trouble::Refused("it is withdrawn already".to_owned()))?;
    let (name, client) = (&found.username, &found.consent.client_id);
    let families = families(tools, &found).await?;
    Ok(Preview::of(vec![
        format!("{name} forgets to have allowed {client}: {}.", found.consent.scope),
        format!("{families} of that client for them: their tokens die."),
        "With the next sign-in they are asked again.".to_owned(),
    ]))
}

/// How many live token families came of it, in words.
async fn families(tools: Tools<'_>, found: &FoundConsent) -> Result<String, Trouble> {
    let Consent { user_id, client_id, .. } = &found.consent;
    let live = grants::live(tools, user_id, |grant| grant.client_id == *client_id).await?;
    Ok(live.map_or_else(|| "Ends the token families".to_owned(), |live| format!("Ends {live}")))
}

/// Withdraws it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let (user, client) = both(&errand.target);
    let died = tools.admin.withdraw_consent(user, client, tools.now).await?;
    let died = count(died, "token family", "token families");
    Ok(Performed::said(format!("The consent is withdrawn; {died} died.")))
}
