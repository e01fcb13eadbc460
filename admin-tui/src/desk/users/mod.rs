//! People.

mod actions;
mod record;

pub(super) use actions::{form, perform, preview};

use std::collections::BTreeSet;

use shared::admin::{Named, Which};
use shared::model::{Held, Profile, User, UserId};
use shared::store::Find;

use super::rows::{self, count, if_seen, moment, moment_or};
use super::{Tools, Trouble, audit, grants, holders};
use crate::place::{Kind, Place, Scope, Target};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Users,
    columns: &[
        Column::share("username", "user name", 18).sortable(),
        Column::share("name", "name", 16),
        Column::share("email", "e-mail", 20),
        Column::fixed("state", "state", 8),
        Column::fixed("created_at", "added", 19).sortable(),
    ],
    scopes: &[Kind::Groups, Kind::Roles],
    whole: true,
    filter: "the beginning of user names; ada@ that of addresses, *da what stands anywhere in \
             either; a whole id finds its person; in a list of a group or role everything in the \
             row",
    permission: "users.read",
};

/// A page, in the order of user names.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let order = rows::order(query, LIST.columns, Some("username"));
    let circle = query.scope.as_ref().map(holders::circle).transpose()?;
    // Of a circle the store gives everybody.
    let sought = rows::Sought::new(query, circle.as_ref().map(|_| String::new()), order);
    let mut parts = rows::Parts::new(query, sought);
    while let Some(find) = parts.next() {
        let part = match &circle {
            Some(circle) => tools.admin.find_users_of(circle, &find).await?,
            None => tools.admin.find_users(&find).await?,
        };
        parts.take(part, row);
    }
    Ok(parts.page())
}

fn row(user: &User) -> Row {
    let scope = scope(user);
    let link = |name: &str, kind| Link::new(name, Place::of(kind, &scope));
    Row {
        id: user.id.to_string(),
        cells: vec![
            user.username.clone(),
            user.profile.name.clone().unwrap_or_default(),
            user.email.clone().unwrap_or_default(),
            if user.is_active() { "active" } else { "disabled" }.to_owned(),
            moment(user.created_at),
        ],
        mark: if user.is_active() { Mark::None } else { Mark::Off },
        links: vec![
            link("Sessions", Kind::Sessions),
            link("Token families", Kind::Grants),
            link("Consents", Kind::Consents),
            link("Roles", Kind::Roles),
            link("Groups", Kind::Groups),
            link("Events", Kind::Audit),
        ],
        ..Row::default()
    }
}

fn scope(user: &User) -> Scope {
    Scope::new(Kind::Users, user.id.as_str(), user.username.as_str())
}

/// What a person is called, as far as the operator may see that.
pub(super) async fn name_of(tools: Tools<'_>, id: &str) -> String {
    let user = tools.admin.get_user(id).await;
    user.map_or_else(|_| id.to_owned(), |user| user.username)
}

/// All about a person.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let user = tools.admin.get_user(&target.id).await?;
    let state = match user.disabled_at {
        Some(at) => format!("disabled since {}", moment(at)),
        None => "active".to_owned(),
    };
    let verified = if user.email_verified { " (verified)" } else { " (not verified)" };
    let email = user.email.as_ref().map(|email| format!("{email}{verified}"));
    let who = vec![
        Fact::new("User name", &user.username),
        Fact::new("Id", user.id.as_str()),
        Fact::new("State", state),
        Fact::new("E-mail", email.unwrap_or_else(|| "none".to_owned())),
        Fact::new("Added", moment(user.created_at)),
        Fact::new("Changed", moment(user.updated_at)),
    ];
    let mut sections = vec![
        Section::new("Person", who),
        Section::new("Signs in with", proofs(tools, &user).await?),
        Section::new("Belongs to it", belongings(tools, &user).await?),
    ];
    if let Some(held) = if_seen(tools.admin.held_by(&user.id).await)? {
        let groups = tools.admin.list_groups_of(&Named::User(target.id.clone())).await?;
        let mut facts = holders::held_facts(tools, &held).await?;
        facts.extend(groups.iter().map(|group| {
            Fact::link(
                "Group",
                &group.name,
                Place::one(Kind::Groups, group.id.as_str(), &group.name),
            )
        }));
        sections.push(Section::new(roles_title(&held), facts));
    }
    let claims = claims(&user.profile);
    if !claims.is_empty() {
        sections.push(Section::new("Claims", claims));
    }
    let state = if user.is_active() { "" } else { "disabled" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: user.username, state, sections })
}

fn roles_title(held: &Held) -> &'static str {
    if held.roles.is_empty() { "Roles and groups: no role" } else { "Roles and groups" }
}

/// What somebody proves with who they are.
async fn proofs(tools: Tools<'_>, user: &User) -> Result<Vec<Fact>, Trouble> {
    let has_password = if user.password_hash.is_some() { "yes" } else { "none" };
    let mut facts = vec![Fact::new("Password", has_password)];
    let found = tools.admin.list_factors(user.id.as_str()).await?;
    if found.factors.is_empty() {
        facts.push(Fact::new("Second factors", "none"));
    }
    for factor in &found.factors {
        let last = moment_or(factor.last_used_at, "never");
        let text = format!("{} · since {} · used {last}", factor.name, moment(factor.created_at));
        facts.push(Fact::new(factor.kind().as_str(), text));
    }
    facts.push(Fact::new("Recovery codes", found.recovery_codes.to_string()));
    Ok(facts)
}

/// What hangs on somebody, with how much there is of it.
async fn belongings(tools: Tools<'_>, user: &User) -> Result<Vec<Fact>, Trouble> {
    let scope = scope(user);
    let which = Which::User(user.id.to_string());
    let sessions = if_seen(tools.admin.count_sessions(&which, tools.now).await)?;
    let consents = if_seen(tools.admin.list_consents(user.id.as_str()).await)?;
    let unseen = || "not for you".to_owned();
    let alive = sessions.map_or_else(unseen, |ended| format!("{} alive", ended.sessions));
    let allowed = consents.map_or_else(unseen, |all| count(all.len(), "client", "clients"));
    let mut facts = vec![
        Fact::link("Sessions", alive, Place::of(Kind::Sessions, &scope)),
        Fact::link("Token families", "all", Place::of(Kind::Grants, &scope)),
        Fact::link("Consents", allowed, Place::of(Kind::Consents, &scope)),
    ];
    facts.extend(withdrawn(tools, user).await?);
    facts.push(Fact::link("Events", "all", Place::of(Kind::Audit, &scope)));
    Ok(facts)
}

/// Events of somebody that are looked at for what was withdrawn.
const LATELY: i64 = 200;

/// What somebody allowed no longer, with the way to all that was said of it: the list of
/// consents has it no more. What is older is found by its events.
async fn withdrawn(tools: Tools<'_>, user: &User) -> Result<Vec<Fact>, Trouble> {
    let find = Find { filter: format!("user:{}", user.id), limit: LATELY, ..Find::default() };
    let Some(events) = if_seen(tools.admin.find_events(&find).await)? else {
        return Ok(Vec::new());
    };
    let (mut facts, mut clients) = (Vec::new(), BTreeSet::new());
    let words = ["consent.granted", "consent.withdrawn"];
    for event in events.items.iter().filter(|event| words.contains(&event.action.as_str())) {
        // What came last between the person and a client is how it is.
        let Some(client) = &event.client_id else { continue };
        if clients.insert(client) && event.action == "consent.withdrawn" {
            let fact = Fact::new("Withdrawn consent", format!("{client} · {}", moment(event.at)));
            facts.push(Fact { link: audit::consent(event, &user.username), ..fact });
        }
    }
    Ok(facts)
}

fn claims(profile: &Profile) -> Vec<Fact> {
    let object = serde_json::to_value(profile).unwrap_or_default();
    let mut facts = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        match value {
            serde_json::Value::Object(members) => {
                let members = members.iter();
                facts.extend(members.map(|(member, value)| Fact::new(member, text(value))));
            }
            value => facts.push(Fact::new(name, text(value))),
        }
    }
    facts
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What ending somebody's sessions touches, in words.
pub(super) async fn live(tools: Tools<'_>, id: &UserId) -> Result<String, Trouble> {
    let which = Which::User(id.to_string());
    let Some(live) = if_seen(tools.admin.count_sessions(&which, tools.now).await)? else {
        return Ok("their sessions".to_owned());
    };
    let sessions = count(live.sessions, "session", "sessions");
    let one = "token family that does not outlive them";
    let families = count(live.grants, one, "token families that do not outlive them");
    Ok(format!("{sessions} and {families}"))
}

/// What ending somebody's access touches, in words: also what outlives their sessions.
pub(super) async fn all_live(tools: Tools<'_>, id: &UserId) -> Result<String, Trouble> {
    let which = Which::User(id.to_string());
    let live = if_seen(tools.admin.count_sessions(&which, tools.now).await)?;
    let families = grants::live(tools, id, |_| true).await?;
    let (Some(live), Some(families)) = (live, families) else {
        return Ok("their sessions, and what was granted in them or outlives them".to_owned());
    };
    let sessions = count(live.sessions, "session", "sessions");
    Ok(format!("{sessions} and {families}, also what would outlive them"))
}
