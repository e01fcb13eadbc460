//! Browsers in which a person is signed in.

use shared::model::{SessionId, UserId};
use shared::rules::user_agent;
use shared::store::UserSession;

use super::rows::{self, moment};
use super::{Tools, Trouble, scope_of, scope_of_target};
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section, Width};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Sessions,
    columns: &[
        Column { key: "browser", name: "browser", width: Width::Share(16), sortable: true },
        Column { key: "address", name: "address", width: Width::Fixed(15), sortable: true },
        Column { key: "began_at", name: "began", width: Width::Fixed(19), sortable: true },
        Column { key: "last_used_at", name: "last used", width: Width::Fixed(19), sortable: true },
        Column { key: "expires_at", name: "ends", width: Width::Fixed(19), sortable: true },
        Column { key: "level", name: "level", width: Width::Fixed(18), sortable: true },
    ],
    scopes: &[Kind::Users],
    whole: false,
    filter: "browsers, addresses and ids",
    permission: "sessions.read",
};

async fn of(tools: Tools<'_>, scope: &Scope) -> Result<Vec<UserSession>, Trouble> {
    let user = UserId::from(scope.id.as_str());
    Ok(tools.admin.list_sessions(&user, tools.now).await?)
}

/// A page, the newest first.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let scope = scope_of(query)?;
    let sessions = of(tools, scope).await?;
    let rows = sessions.iter().map(|session| row(session, scope)).collect();
    Ok(rows::whole(rows, query))
}

fn browser(session: &UserSession) -> String {
    user_agent::describe(session.session.user_agent.as_deref())
}

fn row(found: &UserSession, scope: &Scope) -> Row {
    let session = &found.session;
    Row {
        id: session.id.to_string(),
        cursor: session.id.to_string(),
        cells: vec![
            browser(found),
            session.address.clone().unwrap_or_default(),
            moment(session.created_at),
            moment(found.last_used_at),
            moment(session.expires_at),
            session.level.to_string(),
        ],
        mark: Mark::None,
        links: vec![Link { name: "Person".to_owned(), place: Place::Detail(scope.target()) }],
    }
}

/// All about a session.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let scope = scope_of_target(target)?;
    let sessions = of(tools, scope).await?;
    let found = sessions.into_iter().find(|found| found.session.id.as_str() == target.id);
    let found = found.ok_or_else(|| Trouble::Refused("the session has ended".to_owned()))?;
    let session = &found.session;
    let facts = vec![
        Fact::new("Id", session.id.as_str()),
        Fact::link("Person", &scope.name, Place::Detail(scope.target())),
        Fact::new("Browser", browser(&found)),
        Fact::new("User-Agent", session.user_agent.clone().unwrap_or_default()),
        Fact::new("Address", session.address.clone().unwrap_or_default()),
        Fact::new("Level", session.level.as_str()),
        Fact::new("Methods", &session.amr),
    ];
    let times = vec![
        Fact::new("Began", moment(session.created_at)),
        Fact::new("Password typed", moment(session.auth_time)),
        Fact::new("Last used", moment(found.last_used_at)),
        Fact::new("Ends by itself", moment(session.expires_at)),
    ];
    let sections = vec![
        Section { title: "Session".to_owned(), facts },
        Section { title: "Times".to_owned(), facts: times },
    ];
    Ok(Detail { id: target.id.clone(), title: browser(&found), state: String::new(), sections })
}

/// What ending it would do.
pub(super) fn preview(errand: &Errand) -> Result<Preview, Trouble> {
    let scope = scope_of_target(&errand.target)?;
    let line = format!("Ends 1 session of {}, and the grants that do not outlive it.", scope.name);
    Ok(Preview { lines: vec![line], word: None })
}

/// Ends it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let scope = scope_of_target(&errand.target)?;
    let user = UserId::from(scope.id.as_str());
    let session = SessionId::from(errand.target.id.as_str());
    tools.admin.end_session(&user, &session, tools.now).await?;
    let said = format!("A session of {} is ended.", scope.name);
    let go_to = Some(Place::List(Kind::Sessions, Some(scope.clone())));
    Ok(Performed { said, secret: None, go_to })
}
