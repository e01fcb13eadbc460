//! Applications.

mod actions;
mod record;

pub(super) use actions::{form, perform, preview};

use shared::admin::Named;
use shared::model::Client;
use shared::rules::client_fields;

use super::rows::{self, count, if_seen, moment};
use super::{Tools, Trouble, holders};
use crate::place::{Kind, Place, Scope, Target};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Clients,
    columns: &[
        Column::share("client_id", "client id", 20),
        Column::share("name", "name", 18).sortable(),
        Column::fixed("kind", "kind", 7),
        Column::fixed("state", "state", 8),
        Column::fixed("created_at", "added", 19).sortable(),
        Column::fixed("auth", "authenticates by", 19),
    ],
    scopes: &[Kind::Groups, Kind::Roles],
    whole: true,
    filter: "names, ids and redirect URIs, anywhere in them; in a list of a group or role \
             everything in the row",
    permission: "clients.read",
};

/// A page, in the order of names.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    if let Some(scope) = &query.scope {
        let services = tools.admin.list_clients_of(&holders::circle(scope)?).await?;
        return Ok(rows::whole(services.iter().map(row).collect(), query));
    }
    let order = rows::order(query, LIST.columns, Some("name"));
    let sought = rows::Sought::new(query, None, order);
    let mut parts = rows::Parts::new(query, sought);
    while let Some(find) = parts.next() {
        parts.take(tools.admin.find_clients(&find).await?, row);
    }
    Ok(parts.page())
}

fn state(client: &Client) -> &'static str {
    if client.disabled_at.is_some() { "disabled" } else { "active" }
}

fn scope(client: &Client) -> Scope {
    Scope::new(Kind::Clients, client.id.as_str(), client.id.as_str())
}

fn row(client: &Client) -> Row {
    let scope = scope(client);
    let link = |name: &str, kind| Link::new(name, Place::of(kind, &scope));
    Row {
        id: client.id.to_string(),
        cells: vec![
            client.id.to_string(),
            client.name.clone(),
            client.kind.to_string(),
            state(client).to_owned(),
            moment(client.created_at),
            client.auth_method.to_string(),
        ],
        mark: if client.disabled_at.is_some() { Mark::Off } else { Mark::None },
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

/// Which fields stand together, and what they are about.
const SECTIONS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Where answers go",
        &[("Redirect URIs", "redirect_uris"), ("After sign-out", "post_logout_redirect_uris")],
    ),
    (
        "What it may",
        &[
            ("Authenticates by", "token_endpoint_auth_method"),
            ("Keys", "jwks"),
            ("Keys at", "jwks_uri"),
            ("Grant types", "grant_types"),
            ("Scope", "scope"),
            ("APIs", "resources"),
            ("PKCE", "pkce"),
            ("Consent", "consent"),
            ("Offline access", "offline_access"),
            ("Second factor", "mfa"),
            ("Introspection", "introspection"),
            ("Subject", "subject_type"),
            ("Sector", "sector_identifier"),
        ],
    ),
    (
        "Its tokens",
        &[
            ("Access token", "access_token_lifetime"),
            ("ID token", "id_token_lifetime"),
            ("Refresh token", "refresh_token_lifetime"),
            ("Signed with", "id_token_signed_response_alg"),
            ("Userinfo", "userinfo_signed_response_alg"),
        ],
    ),
    (
        "Its pages and applications",
        &[
            ("Home page", "client_uri"),
            ("Logo", "logo_uri"),
            ("Privacy policy", "policy_uri"),
            ("Terms", "tos_uri"),
            ("Android", "android_apps"),
            ("Apple", "apple_apps"),
        ],
    ),
];

/// What a field says; nothing if it is usual that it says nothing.
fn fact(client: &Client, label: &str, name: &str) -> Option<Fact> {
    let text = (client_fields::field(name)?.get)(client);
    let text = match (name, text.as_str()) {
        ("redirect_uris" | "post_logout_redirect_uris" | "scope" | "grant_types", "") => "none",
        (_, "") if name.ends_with("_lifetime") => "as the settings say",
        ("mfa", "default") => "as the settings say",
        ("userinfo_signed_response_alg", "none") => "plain JSON",
        (_, "") => return None,
        ("grant_types", text) => return Some(Fact::new(label, text.replace('\n', ", "))),
        (_, text) => text,
    };
    Some(Fact::new(label, text))
}

/// All about a client.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let client = tools.admin.get_client(&target.id).await?;
    let state = match client.disabled_at {
        Some(at) => format!("disabled since {}", moment(at)),
        None => "active".to_owned(),
    };
    let who = vec![
        Fact::new("Client id", client.id.as_str()),
        Fact::new("Name", &client.name),
        Fact::new("Kind", client.kind.as_str()),
        Fact::new("State", state),
        Fact::new("Added", moment(client.created_at)),
        Fact::new("Changed", moment(client.updated_at)),
    ];
    let scope = scope(&client);
    let has = tools.admin.count_of_client(&target.id, tools.now).await?;
    let belongs = vec![
        Fact::link(
            "Token families",
            format!("{} alive", has.grants),
            Place::of(Kind::Grants, &scope),
        ),
        Fact::link(
            "Consents",
            count(has.consents, "person", "people"),
            Place::of(Kind::Consents, &scope),
        ),
        Fact::link("Events", "all", Place::of(Kind::Audit, &scope)),
    ];
    let mut sections = vec![Section::new("Client", who), Section::new("Belongs to it", belongs)];
    for (title, fields) in SECTIONS {
        let facts = fields.iter().filter_map(|(label, name)| fact(&client, label, name));
        let facts: Vec<_> = facts.collect();
        if !facts.is_empty() {
            sections.push(Section::new(title, facts));
        }
    }
    if let Some(held) = if_seen(tools.admin.held_by_client(&client.id).await)? {
        let groups = tools.admin.list_groups_of(&Named::Client(target.id.clone())).await?;
        let mut facts = holders::held_facts(tools, &held).await?;
        facts.extend(groups.iter().map(|group| {
            let place = Place::one(Kind::Groups, group.id.as_str(), &group.name);
            Fact::link("Group", &group.name, place)
        }));
        if !facts.is_empty() {
            sections.push(Section::new("Roles and groups", facts));
        }
    }
    let state = if client.disabled_at.is_some() { "disabled" } else { "" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: client.id.to_string(), state, sections })
}
