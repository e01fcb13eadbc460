//! What sign-ins gave clients: families of tokens.

use shared::model::{Grant, Timestamp, UserId};
use shared::store::{Find, FoundGrant};

use super::rows::{self, count, moment, names};
use super::{Tools, Trouble};
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Grants,
    columns: &[
        Column::share("username", "person", 14),
        Column::share("client", "client", 14),
        Column::fixed("state", "state", 7),
        Column::fixed("created_at", "given", 19).sortable(),
        Column::share("scope", "scope", 14),
        Column::fixed("expires_at", "ends by itself", 19),
    ],
    scopes: &[Kind::Users, Kind::Clients, Kind::Sessions],
    whole: true,
    filter: "the beginning of user names, or a whole address, or the id of a person, client, \
             session or family; in a list of somebody's everything in the row",
    permission: "sessions.read",
};

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let scope = query.scope.as_ref().map(rows::filter_of);
    let order = rows::order(query, LIST.columns, None);
    let sought = rows::Sought::new(query, scope, order);
    let mut parts = rows::Parts::new(query, sought);
    while let Some(find) = parts.next() {
        parts.take(tools.admin.find_grants(&find).await?, |found| row(found, tools.now));
    }
    Ok(parts.page())
}

fn state(found: &FoundGrant, now: Timestamp) -> &'static str {
    match found.grant.revoked_at {
        Some(_) => "revoked",
        None if found.grant.is_alive(now) => "alive",
        None => "expired",
    }
}

/// The most token families that are counted.
const COUNTED: usize = 2000;

/// How many live token families of a person are like this, in words; nothing if the operator
/// may not see them.
pub(super) async fn live(
    tools: Tools<'_>,
    user: &UserId,
    is_meant: impl Fn(&Grant) -> bool,
) -> Result<Option<String>, Trouble> {
    let mut find = Find { filter: format!("user:{user}"), limit: 500, ..Find::default() };
    let (mut live, mut looked_at) = (0_usize, 0);
    loop {
        let found = rows::if_seen(tools.admin.find_grants(&find).await)?;
        let Some(page) = found else { return Ok(None) };
        looked_at += page.items.len();
        let meant = page.items.iter().map(|found| &found.grant).filter(|grant| is_meant(grant));
        live += meant.filter(|grant| grant.is_alive(tools.now)).count();
        find.after = page.next;
        let families = count(live, "live token family", "live token families");
        if find.after.is_none() {
            return Ok(Some(families));
        }
        if looked_at >= COUNTED {
            return Ok(Some(format!("at least {families}")));
        }
    }
}

/// It as what a list is about.
fn scope(found: &FoundGrant) -> Scope {
    let name = format!("{} of {}", found.client_name, found.username);
    Scope::new(Kind::Grants, found.grant.id.as_str(), name)
}

/// A row of the list.
pub(super) fn row(found: &FoundGrant, now: Timestamp) -> Row {
    let grant = &found.grant;
    let session = Place::one(Kind::Sessions, grant.session_id.as_str(), &found.username);
    let client = grant.client_id.as_str();
    Row {
        id: grant.id.to_string(),
        cells: vec![
            found.username.clone(),
            client.to_owned(),
            state(found, now).to_owned(),
            moment(grant.created_at),
            grant.scope.to_string(),
            moment(grant.expires_at),
        ],
        mark: if grant.is_alive(now) { Mark::None } else { Mark::Off },
        links: vec![
            Link::new("Person", Place::one(Kind::Users, grant.user_id.as_str(), &found.username)),
            Link::new("Client", Place::one(Kind::Clients, client, client)),
            Link::new("Session", session),
            Link::new("Events", Place::of(Kind::Audit, &scope(found))),
        ],
        ..Row::default()
    }
}

/// All about a token family, dead or alive.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let find = Find { filter: format!("grant:{}", target.id), ..Find::default() };
    let page = tools.admin.find_grants(&find).await?;
    let found = page.items.iter().find(|found| found.grant.id.as_str() == target.id);
    let gone = || Trouble::Refused("there is no such token family any more".to_owned());
    Ok(told(found.ok_or_else(gone)?, target, tools.now))
}

/// What is known of it, in facts.
pub(super) fn told(found: &FoundGrant, target: &Target, now: Timestamp) -> Detail {
    let grant = &found.grant;
    let client = grant.client_id.as_str();
    let state_now = match grant.revoked_at {
        Some(at) => format!("revoked {}", moment(at)),
        None => state(found, now).to_owned(),
    };
    let outlives = if grant.outlives_session { "lives on (offline_access)" } else { "ends too" };
    let facts = vec![
        Fact::link(
            "Person",
            &found.username,
            Place::one(Kind::Users, grant.user_id.as_str(), &found.username),
        ),
        Fact::link(
            "Client",
            format!("{} ({client})", found.client_name),
            Place::one(Kind::Clients, client, client),
        ),
        Fact::link(
            "Session",
            grant.session_id.as_str(),
            Place::one(Kind::Sessions, grant.session_id.as_str(), &found.username),
        ),
        Fact::new("Id", grant.id.as_str()),
        Fact::new("State", state_now),
        Fact::link("Events", "all", Place::of(Kind::Audit, &scope(found))),
    ];
    let given = vec![
        Fact::new("Scope", grant.scope.to_string()),
        Fact::new("APIs", names(grant.resources.iter().map(String::as_str))),
        Fact::new("Level", &grant.acr),
        Fact::new("Methods", &grant.amr),
        Fact::new("Generations seen", grant.seen_generation.to_string()),
        Fact::new("With its session", outlives),
    ];
    let times = vec![
        Fact::new("Signed in", moment(grant.auth_time)),
        Fact::new("Given", moment(grant.created_at)),
        Fact::new("Ends by itself", moment(grant.expires_at)),
    ];
    let sections = vec![
        Section::new("Token family", facts),
        Section::new("What was given", given),
        Section::new("Times", times),
    ];
    let word = match state(found, now) {
        "alive" => "",
        other => other,
    };
    let title = found.username.clone();
    Detail { id: target.id.clone(), title, state: word.to_owned(), sections }
}

/// What revoking it would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let grant = tools.admin.get_grant(&errand.target.id).await?;
    let (client, name) = (&grant.client_id, &errand.target.name);
    Ok(Preview::of(vec![
        format!("Revokes 1 token family: what {client} was given for {name}."),
        "Its access and refresh tokens die at once; the session lives on.".to_owned(),
    ]))
}

/// Revokes it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    tools.admin.revoke_grant(&errand.target.id, tools.now).await?;
    Ok(Performed::said(format!("A token family of {} is revoked.", errand.target.name)))
}
