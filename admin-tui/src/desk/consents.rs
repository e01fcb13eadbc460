//! What a person remembers to have allowed.

use shared::model::Consent;

use super::rows::{self, moment};
use super::{Tools, Trouble, scope_of, scope_of_target};
use crate::place::{Kind, Place, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section, Width};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Consents,
    columns: &[
        Column { key: "client_id", name: "client id", width: Width::Share(18), sortable: true },
        Column { key: "scope", name: "scope", width: Width::Share(24), sortable: true },
        Column { key: "granted_at", name: "since", width: Width::Fixed(19), sortable: true },
        Column { key: "updated_at", name: "widened", width: Width::Fixed(19), sortable: true },
    ],
    scopes: &[Kind::Users],
    whole: false,
    filter: "client ids and scopes",
    permission: "consents.read",
};

/// A page, in the order of client ids.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let scope = scope_of(query)?;
    let consents = tools.admin.list_consents(&scope.id).await?;
    Ok(rows::whole(consents.iter().map(row).collect(), query))
}

fn client(consent: &Consent) -> Place {
    let id = consent.client_id.to_string();
    Place::Detail(Target { kind: Kind::Clients, name: id.clone(), id, scope: None })
}

fn row(consent: &Consent) -> Row {
    let widened = consent.updated_at != consent.granted_at;
    Row {
        id: consent.client_id.to_string(),
        cursor: consent.client_id.to_string(),
        cells: vec![
            consent.client_id.to_string(),
            consent.scope.to_string(),
            moment(consent.granted_at),
            if widened { moment(consent.updated_at) } else { "never".to_owned() },
        ],
        mark: Mark::None,
        links: vec![Link { name: "Client".to_owned(), place: client(consent) }],
    }
}

/// All about a consent.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let scope = scope_of_target(target)?;
    let consents = tools.admin.list_consents(&scope.id).await?;
    let found = consents.into_iter().find(|consent| consent.client_id.as_str() == target.id);
    let consent = found.ok_or_else(|| Trouble::Refused("it was withdrawn".to_owned()))?;
    let facts = vec![
        Fact::link("Person", &scope.name, Place::Detail(scope.target())),
        Fact::link("Client", consent.client_id.as_str(), client(&consent)),
        Fact::new("Scope", consent.scope.to_string()),
        Fact::new("Since", moment(consent.granted_at)),
        Fact::new("Widened", moment(consent.updated_at)),
    ];
    let sections = vec![Section { title: "Consent".to_owned(), facts }];
    Ok(Detail { id: target.id.clone(), title: target.id.clone(), state: String::new(), sections })
}

/// What withdrawing it would do.
pub(super) fn preview(errand: &Errand) -> Result<Preview, Trouble> {
    let scope = scope_of_target(&errand.target)?;
    let lines = vec![
        format!("{} forgets to have allowed {} anything.", scope.name, errand.target.name),
        "Every grant of that client for them ends, and its tokens die.".to_owned(),
        "With the next sign-in they are asked again.".to_owned(),
    ];
    Ok(Preview { lines, word: None })
}

/// Withdraws it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let scope = scope_of_target(&errand.target)?;
    let ended = tools.admin.withdraw_consent(&scope.id, &errand.target.id, tools.now).await?;
    let ended = usize::try_from(ended).unwrap_or(usize::MAX);
    let said =
        format!("The consent is withdrawn; {} ended.", rows::count(ended, "grant", "grants"));
    let go_to = Some(Place::List(Kind::Consents, Some(scope.clone())));
    Ok(Performed { said, secret: None, go_to })
}
