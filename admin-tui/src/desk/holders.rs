//! Roles and groups of somebody: of a person, a service, or everybody of a group.

use shared::admin::{Named, RoleHolder};
use shared::model::{Catalogue, Group, Held, PermissionId, Role};
use shared::store::Circle;

use super::rows::{count, names};
use super::{Tools, Trouble, no_such_list};
use crate::form_spec::{Field, FormSpec};
use crate::keys::ActionId;
use crate::place::{Kind, Place, Scope, Target};
use crate::source::{Errand, Performed, Preview};
use crate::view::Fact;

/// A person or a service.
pub(super) fn named(kind: Kind, id: &str) -> Result<Named, Trouble> {
    match kind {
        Kind::Users => Ok(Named::User(id.to_owned())),
        Kind::Clients => Ok(Named::Client(id.to_owned())),
        _ => Err(no_such_list(kind)),
    }
}

/// Whoever can have roles.
pub(super) fn holder(kind: Kind, id: &str) -> Result<RoleHolder, Trouble> {
    match kind {
        Kind::Groups => Ok(RoleHolder::Group(id.to_owned())),
        kind => Ok(RoleHolder::One(named(kind, id)?)),
    }
}

/// The group or role that a list of people or services is about.
pub(super) fn circle(scope: &Scope) -> Result<Circle, Trouble> {
    match scope.kind {
        Kind::Groups => Ok(Circle::Group(scope.id.as_str().into())),
        Kind::Roles => Ok(Circle::Role(scope.id.as_str().into())),
        kind => Err(no_such_list(kind)),
    }
}

/// The ways to the people and the services of a group or role.
pub(super) fn belonging(scope: &Scope) -> [Fact; 2] {
    [("People", Kind::Users), ("Services", Kind::Clients)]
        .map(|(name, kind)| Fact::link(name, "all", Place::of(kind, scope)))
}

/// The roles of whoever a list is about; all if it is about everything.
pub(super) async fn roles(tools: Tools<'_>, scope: Option<&Scope>) -> Result<Vec<Role>, Trouble> {
    Ok(match scope {
        Some(scope) => tools.admin.list_roles_of(&holder(scope.kind, &scope.id)?).await?,
        None => tools.admin.list_roles().await?,
    })
}

/// The groups of whoever a list is about; all if it is about everything.
pub(super) async fn groups(tools: Tools<'_>, scope: Option<&Scope>) -> Result<Vec<Group>, Trouble> {
    Ok(match scope {
        Some(scope) => tools.admin.list_groups_of(&named(scope.kind, &scope.id)?).await?,
        None => tools.admin.list_groups().await?,
    })
}

/// A fact for each role that somebody has, with the way to it.
pub(super) async fn held_facts(tools: Tools<'_>, held: &Held) -> Result<Vec<Fact>, Trouble> {
    if held.roles.is_empty() {
        return Ok(Vec::new());
    }
    let all = tools.admin.list_roles().await?;
    let id = |name: &str| all.iter().find(|role| role.name == name).map(|role| role.id.as_str());
    let fact = |role: &shared::model::HeldRole| {
        let through = role.through.as_ref().map(|group| format!(" · through {group}"));
        let permits = count(role.permissions.len(), "permission", "permissions");
        let text = format!("{}{} · {permits}", role.name, through.unwrap_or_default());
        // A role that was renamed this very moment is found by its name, or not any more.
        let id = id(&role.name).unwrap_or(&role.name);
        Fact::link("Role", text, Place::one(Kind::Roles, id, role.name.as_str()))
    };
    Ok(held.roles.iter().map(fact).collect())
}

/// The permissions of these ids in words, the first few.
pub(super) fn permission_names<'a>(
    ids: impl IntoIterator<Item = &'a PermissionId>,
    catalogue: &Catalogue,
) -> String {
    let found: Vec<_> = ids.into_iter().filter_map(|id| catalogue.permission(id)).collect();
    let first = names(found.iter().take(6).map(|permission| permission.name.as_str()));
    match found.len().checked_sub(6) {
        Some(more) if more > 0 => format!("{first} and {more} more"),
        _ => first,
    }
}

/// What an action wants to know.
pub(super) async fn form(
    tools: Tools<'_>,
    action: ActionId,
    target: &Target,
) -> Result<FormSpec, Trouble> {
    let scope = target.as_scope();
    let name = &target.name;
    let (title, key, words, none) = match action {
        ActionId::UserGiveRole | ActionId::ClientGiveRole | ActionId::GroupGiveRole => {
            let has = roles(tools, Some(&scope)).await?;
            let all = tools.admin.list_roles().await?.into_iter();
            let open = all.filter(|role| has.iter().all(|had| had.id != role.id));
            let words: Vec<_> = open.map(|role| role.name).collect();
            (format!("Give {name} a role"), "role", words, "they have every role there is")
        }
        ActionId::UserTakeRole | ActionId::ClientTakeRole | ActionId::GroupTakeRole => {
            let has = roles(tools, Some(&scope)).await?.into_iter();
            let words = has.map(|role| role.name).collect();
            (format!("Take a role from {name}"), "role", words, "they have no role of their own")
        }
        ActionId::UserJoin | ActionId::ClientJoin => {
            let is_in = groups(tools, Some(&scope)).await?;
            let all = tools.admin.list_groups().await?.into_iter();
            let open = all.filter(|group| is_in.iter().all(|one| one.id != group.id));
            let words = open.map(|group| group.name).collect();
            (format!("Take {name} into a group"), "group", words, "there is no other group")
        }
        _ => {
            let is_in = groups(tools, Some(&scope)).await?.into_iter();
            let words = is_in.map(|group| group.name).collect();
            (format!("Take {name} out of a group"), "group", words, "they are in no group")
        }
    };
    let first = words.first().cloned();
    let first = first.ok_or_else(|| Trouble::Refused(none.to_owned()))?;
    let label = if key == "role" { "Role" } else { "Group" };
    let help = "Left and Right choose, and letters find one.";
    Ok(FormSpec::new(title, vec![Field::choice(key, (label, help), words, first)]))
}

/// How many are meant by a target.
async fn who(tools: Tools<'_>, target: &Target) -> Result<String, Trouble> {
    if target.kind != Kind::Groups {
        return Ok(target.name.clone());
    }
    let (_, members) = tools.admin.list_members(&target.id, 0).await?;
    let members = count(members, "member", "members");
    Ok(format!("Everybody of {} ({members})", target.name))
}

/// What an action would do.
pub(super) async fn preview(tools: Tools<'_>, errand: &Errand) -> Result<Preview, Trouble> {
    let Errand { action, target, values } = errand;
    let who = who(tools, target).await?;
    let (role, group) = (values.text("role"), values.text("group"));
    let soon = "It counts from the next token on.".to_owned();
    let line = match action {
        ActionId::UserGiveRole | ActionId::ClientGiveRole | ActionId::GroupGiveRole => {
            format!("{who} gets the role {role}: {}.", permits(tools, role).await?)
        }
        ActionId::UserTakeRole | ActionId::ClientTakeRole | ActionId::GroupTakeRole => {
            format!("{who} loses the role {role}: {}.", permits(tools, role).await?)
        }
        ActionId::UserJoin | ActionId::ClientJoin => {
            let roles = group_roles(tools, group).await?;
            format!("{who} comes into {group} and has its roles: {roles}.")
        }
        _ => {
            let roles = group_roles(tools, group).await?;
            format!("{who} leaves {group} and loses its roles: {roles}.")
        }
    };
    Ok(Preview::of(vec![line, soon]))
}

/// What a role permits, in words.
pub(super) async fn permits(tools: Tools<'_>, role: &str) -> Result<String, Trouble> {
    let ids = tools.admin.list_role_permissions(role).await?;
    if ids.is_empty() {
        return Ok("it permits nothing yet".to_owned());
    }
    let catalogue = tools.admin.catalogue().await?;
    Ok(format!("it permits {}", permission_names(&ids, &catalogue)))
}

/// The roles of a group, in words.
pub(super) async fn group_roles(tools: Tools<'_>, group: &str) -> Result<String, Trouble> {
    let roles = tools.admin.list_roles_of(&RoleHolder::Group(group.to_owned())).await?;
    Ok(names(roles.into_iter().map(|role| role.name)))
}

/// Does it.
pub(super) async fn perform(tools: Tools<'_>, errand: &Errand) -> Result<Performed, Trouble> {
    let Errand { action, target, values } = errand;
    let (admin, now, name) = (tools.admin, tools.now, &target.name);
    let (role, group) = (values.text("role"), values.text("group"));
    Ok(Performed::said(match action {
        ActionId::UserGiveRole | ActionId::ClientGiveRole | ActionId::GroupGiveRole => {
            admin.give_role(role, &holder(target.kind, &target.id)?, now).await?;
            format!("{name} has the role {role}.")
        }
        ActionId::UserTakeRole | ActionId::ClientTakeRole | ActionId::GroupTakeRole => {
            admin.take_role(role, &holder(target.kind, &target.id)?, now).await?;
            format!("{name} no longer has the role {role}.")
        }
        ActionId::UserJoin | ActionId::ClientJoin => {
            admin.add_member(group, &named(target.kind, &target.id)?, now).await?;
            format!("{name} is in {group}.")
        }
        _ => {
            admin.remove_member(group, &named(target.kind, &target.id)?, now).await?;
            format!("{name} is no longer in {group}.")
        }
    }))
}
