//! APIs that take this server's tokens, with their scopes.

mod actions;

pub(super) use actions::{
    add_permission, check_permission, form, perform, permission_fields, preview,
};

use shared::model::{Api, ApiScope, Catalogue};

use super::rows::{self, added, moment, names};
use super::{Tools, Trouble};
use crate::place::{Kind, Place, Scope, Target};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Apis,
    columns: &[
        Column::share("identifier", "identifier", 28).sortable(),
        Column::share("name", "name", 16).sortable(),
        Column::fixed("state", "state", 8).sortable(),
        Column::fixed("permissions", "permissions", 11),
        Column::fixed("scopes", "scopes", 6),
        Column::fixed("tells", "tokens tell", 18),
        Column::fixed("created_at", "added", 19).sortable(),
    ],
    scopes: &[],
    whole: true,
    filter: "everything in the row",
    permission: "roles.read",
};

/// A page, in the order of identifiers.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let catalogue = tools.admin.catalogue().await?;
    let rows = catalogue.apis.iter().map(|api| row(api, &catalogue)).collect();
    Ok(rows::whole(rows, query))
}

/// The API of this id, among all.
pub(super) fn find<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a Api, Trouble> {
    let named = |api: &&Api| api.id.as_str() == id || api.identifier == id;
    let found = catalogue.apis.iter().find(named);
    found.ok_or_else(|| Trouble::Refused("there is no such API any more".to_owned()))
}

fn scopes<'a>(api: &'a Api, catalogue: &'a Catalogue) -> impl Iterator<Item = &'a ApiScope> {
    catalogue.scopes.iter().filter(|scope| scope.api_id == api.id)
}

/// What a scope stands for.
fn stands_for(scope: &ApiScope, catalogue: &Catalogue) -> String {
    let permissions = catalogue.permissions.iter();
    let permissions = permissions.filter(|each| scope.permissions.contains(&each.id));
    names(permissions.map(|each| each.name.as_str()))
}

fn state(api: &Api) -> &'static str {
    match (api.built_in, api.disabled_at) {
        (_, Some(_)) => "disabled",
        (true, None) => "built in",
        (false, None) => "active",
    }
}

fn tells(api: &Api) -> &'static str {
    match (api.tells_roles, api.tells_permissions) {
        (true, true) => "roles, permissions",
        (true, false) => "roles",
        (false, true) => "permissions",
        (false, false) => "scope alone",
    }
}

pub(super) fn scope(api: &Api) -> Scope {
    Scope::new(Kind::Apis, api.id.as_str(), api.identifier.as_str())
}

/// A row of the list.
pub(super) fn row(api: &Api, catalogue: &Catalogue) -> Row {
    let permissions = catalogue.permissions.iter().filter(|each| each.api_id == api.id).count();
    Row {
        id: api.id.to_string(),
        cells: vec![
            api.identifier.clone(),
            api.name.clone(),
            state(api).to_owned(),
            permissions.to_string(),
            scopes(api, catalogue).count().to_string(),
            tells(api).to_owned(),
            added(api.created_at),
        ],
        mark: if api.disabled_at.is_some() { Mark::Off } else { Mark::None },
        links: vec![Link::new("Permissions", Place::of(Kind::Permissions, &scope(api)))],
        ..Row::default()
    }
}

/// All about an API.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let catalogue = tools.admin.catalogue().await?;
    Ok(told(find(&catalogue, &target.id)?, &catalogue, target))
}

/// What is known of it, in facts.
pub(super) fn told(api: &Api, catalogue: &Catalogue, target: &Target) -> Detail {
    let state_now = match api.disabled_at {
        Some(at) => format!("disabled since {}", moment(at)),
        None => state(api).to_owned(),
    };
    let facts = vec![
        Fact::new("Identifier", &api.identifier),
        Fact::new("Name", &api.name),
        Fact::new("State", state_now),
        Fact::new("Tokens tell", tells(api)),
        Fact::new("Added", added(api.created_at)),
        Fact::new("Changed", added(api.updated_at)),
    ];
    let permissions: Vec<_> = catalogue
        .permissions
        .iter()
        .filter(|each| each.api_id == api.id)
        .map(|each| {
            let text =
                if each.description.is_empty() { "no description" } else { &each.description };
            let id = format!("{} {}", api.identifier, each.name);
            Fact::link(&each.name, text, Place::one(Kind::Permissions, id, &each.name))
        })
        .collect();
    let scopes: Vec<_> = scopes(api, catalogue)
        .map(|each| {
            let words = Some(&each.description).filter(|words| !words.is_empty());
            let words = words.map(|words| format!("\n{words}")).unwrap_or_default();
            let text = format!("stands for {}{words}", stands_for(each, catalogue));
            Fact::new(&each.name, text)
        })
        .collect();
    let mut sections = vec![Section::new("API", facts)];
    sections.push(or_none("Permissions", permissions, "none: A adds one"));
    sections.push(or_none("Scopes", scopes, "none: m sets one"));
    let state = if api.disabled_at.is_some() { "disabled" } else { "" }.to_owned();
    Detail { id: target.id.clone(), title: api.identifier.clone(), state, sections }
}

fn or_none(title: &str, facts: Vec<Fact>, none: &str) -> Section {
    let facts = if facts.is_empty() { vec![Fact::new("", none)] } else { facts };
    Section::new(title, facts)
}
