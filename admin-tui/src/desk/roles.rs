//! Roles.

use shared::model::{MfaPolicy, Role};

use super::rows::{self, moment};
use super::{Tools, Trouble};
use crate::place::{Kind, Target};
use crate::view::{Column, Detail, Fact, ListSpec, Mark, Page, Query, Row, Section, Width};

/// The list.
pub(super) const LIST: ListSpec = ListSpec {
    kind: Kind::Roles,
    columns: &[
        Column { key: "name", name: "role", width: Width::Share(20), sortable: true },
        Column { key: "mfa", name: "second factor", width: Width::Fixed(15), sortable: true },
        Column { key: "created_at", name: "added", width: Width::Fixed(19), sortable: true },
    ],
    scopes: &[],
    whole: true,
    filter: "names",
    permission: "roles.read",
};

/// A page, in the order of names.
pub(super) async fn page(tools: Tools<'_>, query: &Query) -> Result<Page, Trouble> {
    let roles = tools.admin.list_roles().await?;
    Ok(rows::whole(roles.iter().map(row).collect(), query))
}

fn mfa(role: &Role) -> &'static str {
    role.mfa.map_or("says nothing", MfaPolicy::as_str)
}

fn row(role: &Role) -> Row {
    Row {
        id: role.name.clone(),
        cursor: role.name.clone(),
        cells: vec![role.name.clone(), mfa(role).to_owned(), moment(role.created_at)],
        mark: Mark::None,
        links: Vec::new(),
    }
}

/// All about a role.
pub(super) async fn detail(tools: Tools<'_>, target: &Target) -> Result<Detail, Trouble> {
    let roles = tools.admin.list_roles().await?;
    let role = roles.into_iter().find(|role| role.name == target.id);
    let role = role.ok_or_else(|| Trouble::Refused(format!("there is no role {:?}", target.id)))?;
    let facts = vec![
        Fact::new("Name", &role.name),
        Fact::new("Id", role.id.as_str()),
        Fact::new("Second factor", mfa(&role)),
        Fact::new("Added", moment(role.created_at)),
    ];
    let sections = vec![Section { title: "Role".to_owned(), facts }];
    Ok(Detail { id: target.id.clone(), title: role.name, state: String::new(), sections })
}
