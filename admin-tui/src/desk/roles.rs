//! Roles: what they permit, and who has them.

use shared::admin::{Named, RoleHolder};
use shared::model::{Catalogue, MfaPolicy, PermissionId, Role};
use shared::rules::{naming, person};
use shared::store::{FoundHolder, HolderKind};

use super::rows::{self, added, count};
use super::{Tools, Trouble, holders, overtaken};
use crate::form_spec::{Field, FormSpec, SILENT, Values, Whole};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::{Column, Detail, Fact, Link, ListSpec, Mark, Page, Query, Row, Section};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Roles,
    columns: &[
        Column::share("name", "role", 20).sortable(),
        Column::fixed("mfa", "second factor", 13).sortable(),
        Column::fixed("built_in", "origin", 8).sortable(),
        Column::share("description", "description", 24).sortable(),
        Column::fixed("created_at", "added", 19).sortable(),
    ],
    scopes: &[Kind::Users, Kind::Clients, Kind::Groups],
    whole: true,
    filter: "everything in the row",
    permission: "roles.read",
};

/// Holders of a role that a detail shows.
const SHOWN: i64 = 200;

/// A page, in the order of names.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let roles = holders::roles(tools, query.scope.as_ref()).await?;
    Ok(rows::whole(roles.iter().map(row).collect(), query))
}

fn mfa(role: &Role) -> &'static str {
    role.mfa.map_or(SILENT, MfaPolicy::as_str)
}

fn scope(role: &Role) -> Scope {
    Scope::new(Kind::Roles, role.id.as_str(), role.name.as_str())
}

fn row(role: &Role) -> Row {
    let scope = scope(role);
    let link = |name: &str, kind| Link::new(name, Place::of(kind, &scope));
    Row {
        id: role.id.to_string(),
        cells: vec![
            role.name.clone(),
            mfa(role).to_owned(),
            if role.built_in { "built in" } else { "made" }.to_owned(),
            role.description.clone(),
            added(role.created_at),
        ],
        mark: Mark::None,
        links: vec![link("People", Kind::Users), link("Services", Kind::Clients)],
        ..Row::default()
    }
}

/// All about a role.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let role = tools.admin.get_role(&target.id).await?;
    let permitted = tools.admin.list_role_permissions(&target.id).await?;
    let catalogue = tools.admin.catalogue().await?;
    let (held, counts) = tools.admin.list_role_holders(&target.id, SHOWN).await?;
    let mut facts = vec![
        Fact::new("Name", &role.name),
        Fact::new("Id", role.id.as_str()),
        Fact::new("Description", &role.description),
        Fact::new("Second factor", mfa(&role)),
        Fact::new("Added", added(role.created_at)),
        Fact::new("Changed", added(role.updated_at)),
        Fact::new("Held by", held_by(counts)),
    ];
    facts.extend(holders::belonging(&scope(&role)));
    let permits = permitted.iter().filter_map(|id| permission_fact(id, &catalogue)).collect();
    let none = |facts: Vec<Fact>, why: &str| {
        if facts.is_empty() { vec![Fact::new("", why)] } else { facts }
    };
    let sections = vec![
        Section::new("Role", facts),
        Section::new("Permits", none(permits, "nothing yet: P permits something")),
        Section::new(
            "Who has it themselves",
            none(held.iter().map(holder_fact).collect(), "nobody: R gives it"),
        ),
    ];
    let state = if role.built_in { "built in" } else { "" }.to_owned();
    Ok(Detail { id: target.id.clone(), title: role.name, state, sections })
}

fn held_by((users, clients, groups): (i64, i64, i64)) -> String {
    format!(
        "{}, {}, {}",
        count(users, "person", "people"),
        count(clients, "service", "services"),
        count(groups, "group", "groups")
    )
}

fn permission_fact(id: &PermissionId, catalogue: &Catalogue) -> Option<Fact> {
    let permission = catalogue.permission(id)?;
    let api = catalogue.api(&permission.api_id)?;
    let id = format!("{} {}", api.identifier, permission.name);
    let text = format!("at {}", api.identifier);
    Some(Fact::link(&permission.name, text, Place::one(Kind::Permissions, id, &permission.name)))
}

fn holder_fact(holder: &FoundHolder) -> Fact {
    let (label, kind, called) = match holder.kind {
        HolderKind::User => ("Person", Kind::Users, &holder.name),
        HolderKind::Group => ("Group", Kind::Groups, &holder.name),
        HolderKind::Client => ("Service", Kind::Clients, &holder.id),
    };
    Fact::link(label, called, Place::one(kind, holder.id.as_str(), called))
}

/// What an action wants to know.
pub(super) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    let name = &target.name;
    Ok(match action {
        ActionId::RoleAdd => {
            FormSpec::new("Add a role", own_fields(None)).checked(Whole::new(check))
        }
        ActionId::RoleEdit => {
            let role = tools.admin.get_role(&target.id).await?;
            FormSpec::new(format!("Edit {}", role.name), own_fields(Some(&role)))
                .of_version(role.version)
                .checked(Whole::new(check))
        }
        ActionId::RolePermit | ActionId::RoleForbid => {
            let permitted = tools.admin.list_role_permissions(&target.id).await?;
            let catalogue = tools.admin.catalogue().await?;
            let wanted = action == ActionId::RoleForbid;
            let open = catalogue.permissions.iter();
            let open = open.filter(|each| permitted.contains(&each.id) == wanted);
            let words: Vec<_> = open
                .filter_map(|each| {
                    let api = catalogue.api(&each.api_id)?;
                    Some(format!("{} {}", api.identifier, each.name))
                })
                .collect();
            let none = if wanted { "it permits nothing" } else { "it permits everything" };
            let first = words.first().cloned();
            let first = first.ok_or_else(|| Trouble::Refused(none.to_owned()))?;
            let label = ("Permission", "The API and what can be done there; letters find one.");
            let what = if wanted { "no longer permits" } else { "permits" };
            FormSpec::new(
                format!("{name} {what} …"),
                vec![Field::choice("right", label, words, first)],
            )
        }
        ActionId::RoleGive | ActionId::RoleTake => {
            let groups = tools.admin.list_groups().await?;
            let groups: Vec<_> = groups.into_iter().map(|group| group.name).collect();
            let what = if action == ActionId::RoleGive { "Give" } else { "Take" };
            FormSpec::new(format!("{what} the role {name}"), holder_fields())
                .checked(Whole::new(move |values| check_holder(values, &groups)))
        }
        _ => FormSpec::default(),
    })
}

fn own_fields(role: Option<&Role>) -> Vec<Field> {
    let text = |get: fn(&Role) -> &String| role.map(get).cloned().unwrap_or_default();
    let words = std::iter::once(SILENT).chain(MfaPolicy::WORDS.iter().copied());
    let words = words.map(str::to_owned).collect();
    let help = "What it wants of the second factors of whoever has it.";
    vec![
        Field::text("role", ("Name", "What operators call it."), text(|role| &role.name)),
        Field::text(
            "description",
            ("Description", "What it is for, on one line."),
            text(|role| &role.description),
        ),
        Field::choice("mfa", ("Second factor", help), words, role.map_or(SILENT, mfa)),
    ]
}

/// Who it is that a role is given to or taken from: one of these.
fn holder_fields() -> Vec<Field> {
    vec![
        Field::text("user", ("Person", "User name, e-mail address or id; or one below."), ""),
        Field::text("client", ("Service", "Its client id; or a person or a group."), ""),
        Field::text("group", ("Group", "Its name; or a person or a service."), ""),
    ]
}

fn check(values: &Values) -> Result<(), (&'static str, String)> {
    rows::checked("role", person::check_name("role", values.text("role")))?;
    rows::checked("description", naming::check_description(values.text("description")))
}

fn check_holder(values: &Values, groups: &[String]) -> Result<(), (&'static str, String)> {
    let filled = ["user", "client", "group"].map(|key| usize::from(values.filled(key).is_some()));
    match (filled.iter().sum(), values.filled("group")) {
        (0, _) => Err(("user", "say whose: one of the three".to_owned())),
        (1, Some(group)) if !groups.contains(&group) => {
            Err(("group", format!("there is no such group; there are: {}", rows::names(groups))))
        }
        (1, _) => Ok(()),
        _ => Err(("user", "only one of the three can be meant".to_owned())),
    }
}

/// Who was meant.
fn holder(values: &Values) -> RoleHolder {
    let user = values.filled("user").map(|user| RoleHolder::One(Named::User(user)));
    let client = || values.filled("client").map(|id| RoleHolder::One(Named::Client(id)));
    let group = || RoleHolder::Group(values.text("group").to_owned());
    user.or_else(client).unwrap_or_else(group)
}

/// The same in words, if they are there.
async fn who(tools: Tools<'_>, values: &Values) -> Result<String, Trouble> {
    Ok(match holder(values) {
        RoleHolder::One(Named::User(named)) => tools.admin.get_user(&named).await?.username,
        RoleHolder::One(Named::Client(id)) => tools.admin.get_client(&id).await?.id.to_string(),
        RoleHolder::Group(named) => {
            let (_, members) = tools.admin.list_members(&named, 0).await?;
            format!("everybody of {named} ({})", count(members, "member", "members"))
        }
    })
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let Errand { action, target, values } = errand;
    let (id, name) = (target.id.as_str(), &target.name);
    if *action == ActionId::RoleAdd {
        return Ok(Preview::default());
    }
    let (_, counts) = tools.admin.list_role_holders(id, 0).await?;
    let touched = format!("It is held by {}.", held_by(counts));
    let soon = "It counts from the next token on.".to_owned();
    Ok(Preview::of(match action {
        ActionId::RoleEdit => {
            let role = tools.admin.get_role(id).await?;
            overtaken(role.version, values, "role")?;
            let asks = policy(values).map_or(SILENT, MfaPolicy::as_str);
            let changes = [
                rows::change("Name", &role.name, values.text("role")),
                rows::change("Description", &role.description, values.text("description")),
                rows::change("Second factor", mfa(&role), asks),
            ];
            rows::changes(changes, touched)?
        }
        ActionId::RolePermit => {
            let right = values.text("right").replace(' ', " · ");
            vec![format!("{name} permits {right}."), touched, soon]
        }
        ActionId::RoleForbid => {
            let right = values.text("right").replace(' ', " · ");
            vec![format!("{name} no longer permits {right}."), touched, soon]
        }
        ActionId::RoleGive => {
            let who = who(tools, values).await?;
            vec![format!("Gives {name} to {who}: {}.", holders::permits(tools, id).await?), soon]
        }
        ActionId::RoleTake => {
            let who = who(tools, values).await?;
            vec![format!("Takes {name} from {who}: {}.", holders::permits(tools, id).await?), soon]
        }
        _ => vec![format!("Deletes the role {name} for good."), touched],
    }))
}

fn policy(values: &Values) -> Option<MfaPolicy> {
    MfaPolicy::parse(values.text("mfa"))
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, id) = (tools.admin, tools.now, target.id.as_str());
    let name = &target.name;
    let (api, permission) = values.text("right").split_once(' ').unwrap_or_default();
    Ok(match action {
        ActionId::RoleAdd => {
            let (name, words) = (values.text("role"), values.text("description"));
            let role = admin.add_role(name, words, policy(values), now).await?;
            let place = Place::one(Kind::Roles, role.id.as_str(), &role.name);
            Performed::said(format!("The role {} is added.", role.name)).go_to(place)
        }
        ActionId::RoleEdit => {
            let mut role = admin.get_role(id).await?;
            overtaken(role.version, values, "role")?;
            values.text("role").clone_into(&mut role.name);
            values.text("description").clone_into(&mut role.description);
            role.mfa = policy(values);
            let role = admin.change_role(role, now).await?;
            Performed::said(format!("The role {} is changed.", role.name))
        }
        ActionId::RolePermit => {
            admin.permit(id, api, permission, now).await?;
            Performed::said(format!("{name} permits {permission}."))
        }
        ActionId::RoleForbid => {
            admin.forbid(id, api, permission, now).await?;
            Performed::said(format!("{name} no longer permits {permission}."))
        }
        ActionId::RoleGive => {
            admin.give_role(id, &holder(values), now).await?;
            Performed::said(format!("{} has the role {name}.", who(tools, values).await?))
        }
        ActionId::RoleTake => {
            admin.take_role(id, &holder(values), now).await?;
            Performed::said(format!("{} has the role {name} no longer.", who(tools, values).await?))
        }
        _ => {
            admin.delete_role(id, now).await?;
            let place = Place::List(Kind::Roles, None);
            Performed::said(format!("The role {name} is deleted.")).go_to(place)
        }
    })
}
