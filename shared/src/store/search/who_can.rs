//! Who can obtain a permission, and by which way.

use super::{Find, Page};
use crate::model::PermissionId;
use crate::store::row::row;
use crate::store::{Result, View, run};

row!(WayRow { kind: String, id: String, name: String, role: String, through: Option<String> });

/// A way in which somebody comes to a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Whether it is a person, or else a service.
    pub is_user: bool,
    /// Their id.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// The role that permits it.
    pub role: String,
    /// The group that has the role; they have it themselves if absent.
    pub through: Option<String>,
}

/// Every way to the permission that is the first parameter, of those who are not disabled.
macro_rules! of_ways {
    ($select:literal, $rest:literal) => {
        concat!(
            "WITH permitting AS (SELECT roles.id AS id, roles.name AS name FROM roles
                 JOIN role_permissions ON role_id = roles.id WHERE permission_id = $1),
             ways AS (
                 SELECT 'user' AS kind, users.id AS id, users.username AS name,
                         permitting.name AS role, CAST(NULL AS TEXT) AS through
                     FROM permitting JOIN user_roles ON role_id = permitting.id
                     JOIN users ON users.id = user_id WHERE users.disabled_at IS NULL
                 UNION ALL SELECT 'user', users.id, users.username, permitting.name,
                         user_groups.name
                     FROM permitting JOIN group_roles ON role_id = permitting.id
                     JOIN user_groups ON user_groups.id = group_roles.group_id
                     JOIN group_users ON group_users.group_id = user_groups.id
                     JOIN users ON users.id = user_id WHERE users.disabled_at IS NULL
                 UNION ALL SELECT 'client', clients.id, clients.name, permitting.name, NULL
                     FROM permitting JOIN client_roles ON role_id = permitting.id
                     JOIN clients ON clients.id = client_id WHERE clients.disabled_at IS NULL
                 UNION ALL SELECT 'client', clients.id, clients.name, permitting.name,
                         user_groups.name
                     FROM permitting JOIN group_roles ON role_id = permitting.id
                     JOIN user_groups ON user_groups.id = group_roles.group_id
                     JOIN group_clients ON group_clients.group_id = user_groups.id
                     JOIN clients ON clients.id = client_id WHERE clients.disabled_at IS NULL) ",
            $select,
            " FROM ways ",
            $rest
        )
    };
}

impl View {
    /// In how many ways people who can sign in and services come to a permission.
    pub async fn count_ways_to(&mut self, permission: &PermissionId) -> Result<u64> {
        let count: i64 = run!(
            self,
            fetch_one,
            sqlx::query_scalar(of_ways!("SELECT COUNT(*)", "")).bind(permission.as_str())
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// A part of those ways, by the names of who comes to it; filter and order of `find` are
    /// not looked at.
    pub async fn list_ways_to(
        &mut self,
        permission: &PermissionId,
        find: &Find,
    ) -> Result<Page<Way>> {
        let rows: Vec<WayRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(of_ways!(
                "SELECT kind, id, name, role, through",
                "WHERE name || ' ' || id || ' ' || role || ' ' || COALESCE(through, '') > $2
                 ORDER BY name || ' ' || id || ' ' || role || ' ' || COALESCE(through, '') LIMIT $3"
            ))
            .bind(permission.as_str())
            .bind(find.after.clone().unwrap_or_default())
            .bind(find.limit.saturating_add(1))
        )?;
        let way = |row: WayRow| Way {
            is_user: row.kind == "user",
            id: row.id,
            name: row.name,
            role: row.role,
            through: row.through,
        };
        Ok(Page::cut(rows.into_iter().map(way).collect(), find.limit, |way| {
            let Way { id, name, role, through, .. } = way;
            format!("{name} {id} {role} {}", through.as_deref().unwrap_or_default())
        }))
    }
}
