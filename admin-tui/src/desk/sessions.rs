//! Browsers in which people are signed in.

use shared::admin::{Ended, Which};
use shared::rules::user_agent;
use shared::store::FoundSession;

use super::rows::{self, count, moment};
use super::{Tools, Trouble};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Course, Errand, Performed, Preview, Progress};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Sessions,
    columns: &[
        Column::share("username", "person", 14),
        Column::share("browser", "browser", 16),
        Column::fixed("signed_in_at", "signed in", 19).sortable(),
        Column::fixed("address", "address", 15),
        Column::fixed("level", "level", 18),
        Column::fixed("expires_at", "ends by itself", 19),
    ],
    scopes: &[Kind::Users, Kind::Clients],
    whole: true,
    filter: "the beginning of user names, or a whole address or id; client: with a client's id; \
             in a list of somebody's everything in the row",
    permission: "sessions.read",
};

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let scope = query.scope.as_ref().map(rows::filter_of);
    let order = rows::order(query, LIST.columns, None);
    let sought = rows::Sought::new(query, scope, order);
    let mut parts = rows::Parts::new(query, sought);
    while let Some(find) = parts.next() {
        parts.take(tools.admin.find_sessions(&find, tools.now).await?, row);
    }
    Ok(parts.page())
}

fn browser(found: &FoundSession) -> String {
    user_agent::describe(found.session.user_agent.as_deref())
}

fn person(found: &FoundSession) -> Scope {
    Scope::new(Kind::Users, found.session.user_id.as_str(), found.username.as_str())
}

/// It as what a list is about.
fn scope(found: &FoundSession) -> Scope {
    let name = format!("{} ({})", browser(found), found.username);
    Scope::new(Kind::Sessions, found.session.id.as_str(), name)
}

fn row(found: &FoundSession) -> Row {
    let session = &found.session;
    Row {
        id: session.id.to_string(),
        cells: vec![
            found.username.clone(),
            browser(found),
            moment(session.auth_time),
            session.address.clone().unwrap_or_default(),
            session.level.to_string(),
            moment(session.expires_at),
        ],
        mark: if found.ended_at.is_some() { Mark::Off } else { Mark::None },
        links: vec![
            Link::new("Person", Place::Detail(person(found).target())),
            Link::new("Token families", Place::of(Kind::Grants, &scope(found))),
            Link::new("Events", Place::of(Kind::Audit, &scope(found))),
        ],
        ..Row::default()
    }
}

/// All about a session, dead or alive.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let found = tools.admin.get_session(&target.id).await?;
    let session = &found.session;
    let (person, scope) = (person(&found), scope(&found));
    let live = tools.admin.list_sessions(&session.user_id, tools.now).await?;
    let used = live.iter().find(|live| live.session.id == session.id);
    let used = used.map_or_else(|| "unknown".to_owned(), |live| moment(live.last_used_at));
    let (word, state) = match found.ended_at {
        Some(at) => ("ended", format!("ended {}", moment(at))),
        None if session.expires_at <= tools.now => ("expired", "expired".to_owned()),
        None => ("", "alive".to_owned()),
    };
    let unsaid = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
    let facts = vec![
        Fact::link("Person", &found.username, Place::Detail(person.target())),
        Fact::new("State", state),
        Fact::new("Id", session.id.as_str()),
        Fact::new("Browser", browser(&found)),
        Fact::new("User-Agent", unsaid(&session.user_agent)),
        Fact::new("Address", unsaid(&session.address)),
        Fact::new("Level", session.level.as_str()),
        Fact::new("Methods", &session.amr),
    ];
    let times = vec![
        Fact::new("Began", moment(session.created_at)),
        Fact::new("Signed in", moment(session.auth_time)),
        Fact::new("Last used", used),
        Fact::new("Ends by itself", moment(session.expires_at)),
    ];
    let belongs = vec![
        Fact::link("Token families", "all", Place::of(Kind::Grants, &scope)),
        Fact::link("Events", "all", Place::of(Kind::Audit, &scope)),
        Fact::link("Other sessions", "of the person", Place::of(Kind::Sessions, &person)),
    ];
    let sections = vec![
        Section::new("Session", facts),
        Section::new("Times", times),
        Section::new("Belongs to it", belongs),
    ];
    Ok(Detail { id: target.id.clone(), title: found.username, state: word.to_owned(), sections })
}

/// Which sessions an action ends, and whose they are in words.
async fn which(tools: Tools<'_>, errand: &Errand) -> Result<(Which, String), Trouble> {
    Ok(match errand.action {
        ActionId::SessionEndAll => (Which::All, "everybody".to_owned()),
        ActionId::SessionEnd => (Which::One(errand.target.id.clone()), errand.target.name.clone()),
        _ => {
            let found = tools.admin.get_session(&errand.target.id).await?;
            (Which::User(found.session.user_id.to_string()), found.username)
        }
    })
}

fn both(ended: Ended) -> String {
    let sessions = count(ended.sessions, "session", "sessions");
    format!("{sessions} and {}", count(ended.grants, "token family", "token families"))
}

/// What ending them would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let (which, who) = which(tools, errand).await?;
    let live = tools.admin.count_sessions(&which, tools.now).await?;
    let lines = vec![
        format!("Ends {} of {who}.", both(live)),
        "What was granted with offline_access lives on.".to_owned(),
    ];
    Ok(if which == Which::All { Preview::typed(lines, "everything") } else { Preview::of(lines) })
}

/// Ends them.
pub(super) async fn perform(
    tools: Tools<'_>,
    errand: &Errand,
    course: &Course,
) -> Result<Performed, Trouble> {
    let (which, who) = which(tools, errand).await?;
    let said = end(tools, &which, &who, course).await?;
    let place = Place::List(Kind::Sessions, errand.target.scope.clone());
    Ok(Performed::said(said).go_to(place))
}

/// Ends sessions, as long as the operator does not break it off, and says how many.
///
/// # Errors
/// [`Trouble::Cancelled`], with how many were ended so far.
pub(super) async fn end(
    tools: Tools<'_>,
    which: &Which,
    who: &str,
    course: &Course,
) -> Result<String, Trouble> {
    let of = match which {
        Which::One(_) => None,
        many => rows::if_seen(tools.admin.count_sessions(many, tools.now).await)?,
    };
    let of = of.map(|live| live.sessions);
    if course.is_cancelled() {
        return Err(Trouble::Cancelled("Broken off: no session was ended.".to_owned()));
    }
    let text = format!("Sessions of {who} are ended");
    let tell = |so_far: Ended| {
        course.tell(Progress { done: so_far.sessions, of, text: text.clone() });
        !course.is_cancelled()
    };
    // Of everybody there are many; else what is short is over before it is shown.
    let mut went_on = *which != Which::All || tell(Ended::default());
    let go_on = |so_far| {
        went_on = tell(so_far);
        went_on
    };
    let ended = tools.admin.end_sessions(which, tools.now, go_on).await?;
    said(ended, of, went_on, who)
}

/// What came of it, if the work went on to the end, or was broken off when nothing was left.
fn said(ended: Ended, of: Option<u64>, went_on: bool, who: &str) -> Result<String, Trouble> {
    let ended_of = format!("{} of {who} ended.", both(ended));
    let all = went_on || of.is_some_and(|of| ended.sessions >= of);
    if all { Ok(ended_of) } else { Err(Trouble::Cancelled(format!("Broken off: {ended_of}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_broken_off_is_not_said_to_be_done() {
        let ended = Ended { sessions: 10_000, grants: 2 };
        let so_far = "10000 sessions and 2 token families of ada ended.";
        for (of, went_on, is_done) in [
            (Some(30_000), true, true),
            (Some(10_000), false, true),
            (Some(30_000), false, false),
            (None, false, false),
        ] {
            let said = said(ended, of, went_on, "ada");
            let broken_off = Err(Trouble::Cancelled(format!("Broken off: {so_far}")));
            assert_eq!(said, if is_done { Ok(so_far.to_owned()) } else { broken_off });
        }
    }
}
