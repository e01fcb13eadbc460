//! Who can obtain a permission, and by which way.

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

impl View {
    /// At most `limit` ways in which people who can sign in and services come to a
    /// permission, by their names.
    pub async fn list_ways_to(
        &mut self,
        permission: &PermissionId,
        limit: i64,
    ) -> Result<Vec<Way>> {
        let rows: Vec<WayRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "WITH permitting AS (SELECT roles.id AS id, roles.name AS name FROM roles
                     JOIN role_permissions ON role_id = roles.id WHERE permission_id = $1)
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
                     JOIN clients ON clients.id = client_id WHERE clients.disabled_at IS NULL
                 ORDER BY name, kind, id, role LIMIT $2"
            )
            .bind(permission.as_str())
            .bind(limit)
        )?;
        let way = |row: WayRow| Way {
            is_user: row.kind == "user",
            id: row.id,
            name: row.name,
            role: row.role,
            through: row.through,
        };
        Ok(rows.into_iter().map(way).collect())
    }
}
