//! What can be done at APIs, and who can.

use shared::admin::{Holding, WhoCan};
use shared::model::{Api, Catalogue, Permission};
use shared::rules::naming;
use shared::store::Find;

use super::rows::{self, added, count, names};
use super::{Tools, Trouble, apis};
use crate::form_spec::{Field, FormSpec, Values, Whole};
use crate::keys::{Action, ActionId};
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// How many ways to a permission are shown.
const SHOWN: i64 = 200;

/// The list. A row's id is the API's identifier, a blank and the permission's name.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Permissions,
    columns: &[
        Column::share("name", "permission", 18).sortable(),
        Column::share("api", "api", 24).sortable(),
        Column::share("scopes", "scopes", 14).sortable(),
        Column::share("description", "description", 24).sortable(),
    ],
    scopes: &[Kind::Apis],
    whole: true,
    filter: "everything in the row",
    permission: "roles.read",
};

/// A page, in the order of APIs and names.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let catalogue = tools.admin.catalogue().await?;
    let of = |permission: &&Permission| {
        query.scope.as_ref().is_none_or(|scope| scope.id == permission.api_id.as_str())
    };
    let permissions = catalogue.permissions.iter().filter(of);
    let rows = permissions.filter_map(|permission| row(permission, &catalogue)).collect();
    Ok(rows::whole(rows, query))
}

/// The scopes that carry a permission.
fn scopes(permission: &Permission, catalogue: &Catalogue) -> String {
    let carrying = catalogue.scopes.iter();
    let carrying = carrying.filter(|scope| scope.permissions.contains(&permission.id));
    names(carrying.map(|scope| scope.name.as_str()))
}

/// A row of the list.
pub(super) fn row(permission: &Permission, catalogue: &Catalogue) -> Option<Row> {
    let api = catalogue.api(&permission.api_id)?;
    Some(Row {
        id: format!("{} {}", api.identifier, permission.name),
        cells: vec![
            permission.name.clone(),
            api.identifier.clone(),
            scopes(permission, catalogue),
            permission.description.clone(),
        ],
        mark: if api.disabled_at.is_some() { Mark::Off } else { Mark::None },
        links: vec![
            Link::new("Who can", who_can_place(api, permission)),
            Link::new("API", Place::one(Kind::Apis, api.id.as_str(), &api.identifier)),
        ],
        ..Row::default()
    })
}

fn who_can_place(api: &Api, permission: &Permission) -> Place {
    let id = format!("{} {}", api.identifier, permission.name);
    let scope = Scope::new(Kind::Permissions, id.as_str(), permission.name.as_str());
    let target = Target::new(Kind::Holders, id, &api.identifier);
    Place::Detail(Target { scope: Some(scope), ..target })
}

/// The permission that an id names, and its API.
fn find<'a>(catalogue: &'a Catalogue, id: &str) -> Result<(&'a Api, &'a Permission), Trouble> {
    let found = id.split_once(' ').and_then(|(api, name)| {
        let api = catalogue.api_at(api)?;
        let mut permissions = catalogue.permissions.iter();
        Some((api, permissions.find(|each| each.api_id == api.id && each.name == name)?))
    });
    found.ok_or_else(|| Trouble::Refused("there is no such permission any more".to_owned()))
}

/// All about a permission.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let catalogue = tools.admin.catalogue().await?;
    let (api, permission) = find(&catalogue, &target.id)?;
    let find = Find { limit: 1, ..Find::default() };
    let who = tools.admin.who_can(&api.identifier, &permission.name, &find).await?;
    Ok(told((api, permission), &catalogue, &who, target))
}

/// What is known of it, in facts.
pub(super) fn told(
    (api, permission): (&Api, &Permission),
    catalogue: &Catalogue,
    who: &WhoCan,
    target: &Target,
) -> Detail {
    let ways = count(who.count, "way", "ways");
    let facts = vec![
        Fact::new("Permission", &permission.name),
        Fact::link(
            "API",
            &api.identifier,
            Place::one(Kind::Apis, api.id.as_str(), &api.identifier),
        ),
        Fact::new("Description", &permission.description),
        Fact::new("Scopes", scopes(permission, catalogue)),
        Fact::new("Added", added(permission.created_at)),
        Fact::link("Who can", format!("{ways} to it"), who_can_place(api, permission)),
    ];
    let sections = vec![Section::new("Permission", facts)];
    let title = permission.name.clone();
    Detail { id: target.id.clone(), title, state: String::new(), sections }
}

/// Everybody who can obtain a permission.
pub(super) async fn who_can(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let (api, name) = target.id.split_once(' ').unwrap_or((target.id.as_str(), ""));
    let find = Find { limit: SHOWN, ..Find::default() };
    Ok(told_who(&tools.admin.who_can(api, name, &find).await?, target))
}

/// The same, in facts.
pub(super) fn told_who(who: &WhoCan, target: &Target) -> Detail {
    let (api, name) = target.id.split_once(' ').unwrap_or((target.id.as_str(), ""));
    let mut ways: Vec<_> = who
        .ways
        .items
        .iter()
        .map(|Holding { way, scopes }| {
            let through = way.through.as_ref();
            let through = through.map(|group| format!(" of the group {group}"));
            let text = format!("by the role {}{}", way.role, through.unwrap_or_default());
            let kind = if way.is_user { Kind::Users } else { Kind::Clients };
            let text = if way.is_user { text } else { format!("service · {text}") };
            let in_vain = scopes.is_empty() && !who.scopes.is_empty();
            let lacking = if in_vain { " · in vain: each scope stands for more" } else { "" };
            let text = format!("{text}{lacking}");
            let called = if way.is_user { &way.name } else { &way.id };
            Fact::link(called, text, Place::one(kind, way.id.as_str(), called))
        })
        .collect();
    if who.ways.next.is_some() {
        let action = Action::of(ActionId::PermissionWhoCan);
        let all = action.map(|action| action.equal_command(target, &Values::default()));
        let all = all.unwrap_or_default();
        ways.push(Fact::new("", format!("the first {SHOWN} of {}; {all} lists all", who.count)));
    }
    let clients: Vec<_> = who
        .clients
        .iter()
        .map(|asker| {
            let kind = if asker.is_service { " · a service: its own roles count" } else { "" };
            let text = format!("{} · asks for {}{kind}", asker.name, asker.scopes.join(" "));
            let id = asker.id.as_str();
            Fact::link(id, text, Place::one(Kind::Clients, id, id))
        })
        .collect();
    let none = |facts: Vec<Fact>, why: &str| {
        if facts.is_empty() { vec![Fact::new("", why)] } else { facts }
    };
    let disabled = if who.api_is_disabled { " (disabled: nobody is given it)" } else { "" };
    let what = vec![
        Fact::new("Permission", name),
        Fact::new("API", format!("{api}{disabled}")),
        Fact::new("Scopes", names(who.scopes.iter().map(String::as_str))),
    ];
    let sections = vec![
        Section::new("Who can obtain", what),
        Section::new("People and services that have it", none(ways, "nobody: no role permits it")),
        Section::new(
            "Clients through which it gets into tokens",
            none(clients, "none: no client may ask for a scope that carries it"),
        ),
    ];
    let title = format!("{name} at {api}");
    Detail { id: target.id.clone(), title, state: String::new(), sections }
}

/// What an action wants to know.
pub(super) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    let catalogue = tools.admin.catalogue().await?;
    Ok(match action {
        ActionId::PermissionAdd => {
            let own = catalogue.apis.iter().filter(|api| !api.built_in);
            let words: Vec<_> = own.map(|api| api.identifier.clone()).collect();
            let scoped = target.scope.as_ref().map(|scope| scope.name.clone());
            let chosen = scoped.filter(|name| words.contains(name)).or(words.first().cloned());
            let none = || Trouble::Refused("there is no API that could have one".to_owned());
            let label = ("API", "Where; the server's own has what it came with.");
            let mut fields = vec![Field::choice("api", label, words, chosen.ok_or_else(none)?)];
            fields.extend(apis::permission_fields());
            FormSpec::new("Add a permission", fields).checked(Whole::new(apis::check_permission))
        }
        ActionId::PermissionDescribe => {
            let (api, permission) = find(&catalogue, &target.id)?;
            let label = ("Description", "What it is, on one line.");
            let field = Field::text("description", label, &permission.description);
            let check = |values: &Values| {
                let words = values.text("description");
                rows::checked("description", naming::check_description(words))
            };
            FormSpec::new(format!("Describe {}", permission.name), vec![field])
                .of_version(api.version)
                .checked(Whole::new(check))
        }
        _ => FormSpec::default(),
    })
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let Errand { action, target, .. } = errand;
    if *action != ActionId::PermissionDelete {
        return Ok(Preview::default());
    }
    let catalogue = tools.admin.catalogue().await?;
    let (api, permission) = find(&catalogue, &target.id)?;
    let find = Find { limit: 1, ..Find::default() };
    let who = tools.admin.who_can(&api.identifier, &permission.name, &find).await?;
    Ok(Preview::of(vec![
        format!("Deletes {} at {} for good.", permission.name, api.identifier),
        format!(
            "{} to it; scopes that carry it: {}.",
            count(who.count, "way leads", "ways lead"),
            scopes(permission, &catalogue)
        ),
    ]))
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now) = (tools.admin, tools.now);
    let (api, name) = target.id.split_once(' ').unwrap_or_default();
    Ok(match action {
        ActionId::PermissionAdd => {
            return apis::add_permission(tools, values.text("api"), values).await;
        }
        ActionId::PermissionDescribe => {
            let words = values.text("description");
            admin.describe_permission((api, name), words, values.version(), now).await?;
            Performed::said(format!("{name} is described anew."))
        }
        ActionId::PermissionWhoCan => {
            let catalogue = admin.catalogue().await?;
            let (api, permission) = find(&catalogue, &target.id)?;
            Performed::default().go_to(who_can_place(api, permission))
        }
        _ => {
            admin.delete_permission(api, name, now).await?;
            let place = Place::List(Kind::Permissions, target.scope.clone());
            Performed::said(format!("{name} is deleted.")).go_to(place)
        }
    })
}
