//! Roles, what they permit, and who has them.

use std::collections::{BTreeMap, BTreeSet};

use super::row::{read, row};
use super::{Result, StoreError, Tx, View, run};
use crate::model::{
    ClientId, GroupId, Held, HeldRole, MfaPolicy, PermissionId, Role, RoleId, Timestamp, UserId,
    operator,
};

row!(RoleRow {
    id: String,
    name: String,
    description: String,
    mfa: Option<String>,
    built_in: bool,
    version: i64,
    created_at: i64,
    updated_at: i64,
});

impl TryFrom<RoleRow> for Role {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self> {
        let mfa = row.mfa.map(|word| read("roles", "mfa", MfaPolicy::parse(&word))).transpose()?;
        Ok(Self {
            id: row.id.into(),
            name: row.name,
            description: row.description,
            mfa,
            built_in: row.built_in,
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        })
    }
}

/// A statement that gives whole roles.
macro_rules! select_roles {
    ($which:literal) => {
        concat!(
            "SELECT id, name, description, mfa, built_in, version, created_at, updated_at
             FROM roles ",
            $which
        )
    };
}

row!(HeldRow { name: String, through: Option<String>, permission_id: Option<String> });

/// What somebody has by the roles that the first part lists.
macro_rules! select_held {
    ($own:literal, $through:literal) => {
        concat!(
            "SELECT roles.name AS name, ways.through AS through,
                 role_permissions.permission_id AS permission_id
             FROM (SELECT role_id, CAST(NULL AS TEXT) AS through FROM ",
            $own,
            " UNION ALL
                 SELECT group_roles.role_id, user_groups.name FROM ",
            $through,
            " JOIN group_roles ON group_roles.group_id = members.group_id
                 JOIN user_groups ON user_groups.id = members.group_id) AS ways
             JOIN roles ON roles.id = ways.role_id
             LEFT JOIN role_permissions ON role_permissions.role_id = ways.role_id"
        )
    };
}

row!(HolderRow { kind: String, id: String, name: String });

/// What kind of holder has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderKind {
    /// A person.
    User,
    /// Everybody of a group.
    Group,
    /// A service.
    Client,
}

/// Who has a role, as operators look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundHolder {
    /// What they are.
    pub kind: HolderKind,
    /// Their id.
    pub id: String,
    /// What they are called.
    pub name: String,
}

/// Who has a role: a person, a service or a group.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A person.
    User(&'a UserId),
    /// A service.
    Client(&'a ClientId),
    /// Everybody of a group.
    Group(&'a GroupId),
}

impl View {
    /// All roles, by their names.
    pub async fn list_roles(&mut self) -> Result<Vec<Role>> {
        let rows: Vec<RoleRow> =
            run!(self, fetch_all, sqlx::query_as(select_roles!("ORDER BY name")))?;
        rows.into_iter().map(Role::try_from).collect()
    }

    /// The role of this id or, failing that, of this name.
    pub async fn find_role(&mut self, named: &str) -> Result<Option<Role>> {
        let row: Option<RoleRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_roles!(
                "WHERE id = $1 OR name = $1 ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1"
            ))
            .bind(named)
        )?;
        row.map(Role::try_from).transpose()
    }

    /// The roles that somebody has themselves, by their names.
    pub async fn list_own_roles(&mut self, holder: Holder<'_>) -> Result<Vec<Role>> {
        let rows: Vec<RoleRow> = match holder {
            Holder::User(id) => run!(
                self,
                fetch_all,
                sqlx::query_as(select_roles!(
                    "WHERE id IN (SELECT role_id FROM user_roles WHERE user_id = $1) ORDER BY name"
                ))
                .bind(id.as_str())
            ),
            Holder::Client(id) => run!(
                self,
                fetch_all,
                sqlx::query_as(select_roles!(
                    "WHERE id IN (SELECT role_id FROM client_roles WHERE client_id = $1)
                     ORDER BY name"
                ))
                .bind(id.as_str())
            ),
            Holder::Group(id) => run!(
                self,
                fetch_all,
                sqlx::query_as(select_roles!(
                    "WHERE id IN (SELECT role_id FROM group_roles WHERE group_id = $1)
                     ORDER BY name"
                ))
                .bind(id.as_str())
            ),
        }?;
        rows.into_iter().map(Role::try_from).collect()
    }

    /// What a role permits.
    pub async fn list_role_permissions(&mut self, id: &RoleId) -> Result<BTreeSet<PermissionId>> {
        let ids: Vec<String> = run!(
            self,
            fetch_all,
            sqlx::query_scalar("SELECT permission_id FROM role_permissions WHERE role_id = $1")
                .bind(id.as_str())
        )?;
        Ok(ids.into_iter().map(PermissionId::from).collect())
    }

    /// What a person has by their roles, their own and those of their groups.
    pub async fn find_user_held(&mut self, user: &UserId) -> Result<Held> {
        let rows: Vec<HeldRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_held!(
                "user_roles WHERE user_id = $1",
                "(SELECT group_id FROM group_users WHERE user_id = $1) AS members"
            ))
            .bind(user.as_str())
        )?;
        Ok(held(rows))
    }

    /// What a service has by its roles, its own and those of its groups.
    pub async fn find_client_held(&mut self, client: &ClientId) -> Result<Held> {
        let rows: Vec<HeldRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(select_held!(
                "client_roles WHERE client_id = $1",
                "(SELECT group_id FROM group_clients WHERE client_id = $1) AS members"
            ))
            .bind(client.as_str())
        )?;
        Ok(held(rows))
    }

    /// The names of the roles that permit something.
    pub async fn list_roles_with_permission(
        &mut self,
        permission: &PermissionId,
    ) -> Result<Vec<String>> {
        Ok(run!(
            self,
            fetch_all,
            sqlx::query_scalar(
                "SELECT name FROM roles JOIN role_permissions ON role_id = id
                 WHERE permission_id = $1 ORDER BY name"
            )
            .bind(permission.as_str())
        )?)
    }

    /// How many people who can sign in may do everything here.
    pub async fn count_administrators(&mut self) -> Result<i64> {
        Ok(run!(
            self,
            fetch_one,
            sqlx::query_scalar(
                "SELECT COUNT(*) FROM users WHERE disabled_at IS NULL AND id IN (
                     SELECT user_id FROM user_roles WHERE role_id = $1
                     UNION SELECT group_users.user_id FROM group_users
                         JOIN group_roles ON group_roles.group_id = group_users.group_id
                         WHERE group_roles.role_id = $1)"
            )
            .bind(operator::ADMINISTRATOR)
        )?)
    }

    /// At most `limit` of those who have a role themselves: groups first, of which there are
    /// few, then people.
    pub async fn list_role_holders(&mut self, id: &RoleId, limit: i64) -> Result<Vec<FoundHolder>> {
        let rows: Vec<HolderRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT 1 AS place, 'group' AS kind, user_groups.id AS id, user_groups.name AS name
                     FROM group_roles JOIN user_groups ON user_groups.id = group_id
                     WHERE role_id = $1
                 UNION ALL SELECT 2, 'user', users.id, users.username FROM user_roles
                     JOIN users ON users.id = user_id WHERE role_id = $1
                 UNION ALL SELECT 3, 'client', clients.id, clients.name FROM client_roles
                     JOIN clients ON clients.id = client_id WHERE role_id = $1
                 ORDER BY place, name, id LIMIT $2"
            )
            .bind(id.as_str())
            .bind(limit)
        )?;
        let found = |row: HolderRow| FoundHolder {
            kind: match row.kind.as_str() {
                "user" => HolderKind::User,
                "group" => HolderKind::Group,
                _ => HolderKind::Client,
            },
            id: row.id,
            name: row.name,
        };
        Ok(rows.into_iter().map(found).collect())
    }

    /// How many people, services and groups have a role themselves.
    pub async fn count_role_holders(&mut self, id: &RoleId) -> Result<(i64, i64, i64)> {
        let users = run!(
            self,
            fetch_one,
            sqlx::query_scalar("SELECT COUNT(*) FROM user_roles WHERE role_id = $1")
                .bind(id.as_str())
        )?;
        let clients = run!(
            self,
            fetch_one,
            sqlx::query_scalar("SELECT COUNT(*) FROM client_roles WHERE role_id = $1")
                .bind(id.as_str())
        )?;
        let groups = run!(
            self,
            fetch_one,
            sqlx::query_scalar("SELECT COUNT(*) FROM group_roles WHERE role_id = $1")
                .bind(id.as_str())
        )?;
        Ok((users, clients, groups))
    }
}

fn held(rows: Vec<HeldRow>) -> Held {
    let mut roles: BTreeMap<(String, Option<String>), BTreeSet<PermissionId>> = BTreeMap::new();
    for row in rows {
        let permissions = roles.entry((row.name, row.through)).or_default();
        permissions.extend(row.permission_id.map(PermissionId::from));
    }
    let role = |((name, through), permissions)| HeldRole { name, through, permissions };
    Held { roles: roles.into_iter().map(role).collect() }
}

impl Tx {
    /// Adds a role that permits nothing yet; false if there is one of its name.
    pub async fn add_role(&mut self, role: &Role) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO roles (id, name, description, mfa, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $5)
                 ON CONFLICT (name) DO NOTHING"
            )
            .bind(role.id.as_str())
            .bind(&role.name)
            .bind(&role.description)
            .bind(role.mfa.map(MfaPolicy::as_str))
            .bind(role.created_at.0)
        )?;
        Ok(added == 1)
    }

    /// Changes a role, if nobody did since `role.version` and no other has its name; false if
    /// it was not changed.
    pub async fn set_role(&mut self, role: &Role) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE roles SET name = $3, description = $4, mfa = $5, updated_at = $6,
                     version = version + 1
                 WHERE id = $1 AND version = $2 AND NOT EXISTS
                     (SELECT 1 FROM roles AS others WHERE others.name = $3 AND others.id <> $1)"
            )
            .bind(role.id.as_str())
            .bind(role.version)
            .bind(&role.name)
            .bind(&role.description)
            .bind(role.mfa.map(MfaPolicy::as_str))
            .bind(role.updated_at.0)
        )?;
        Ok(changed == 1)
    }

    /// Locks roles, groups and who has and is in them for whoever changes any of it, until this
    /// unit of work ends: by the one role that is always there.
    pub async fn lock_roles(&mut self) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("UPDATE roles SET version = version WHERE id = $1")
                .bind(operator::ADMINISTRATOR)
        )?;
        Ok(())
    }

    /// Deletes a role with what it permits; nobody may have it.
    pub async fn delete_role(&mut self, id: &RoleId) -> Result<bool> {
        run!(
            self,
            execute,
            sqlx::query("DELETE FROM role_permissions WHERE role_id = $1").bind(id.as_str())
        )?;
        let deleted = run!(
            self,
            execute,
            sqlx::query("DELETE FROM roles WHERE id = $1 AND built_in = FALSE").bind(id.as_str())
        )?;
        Ok(deleted == 1)
    }

    /// Lets a role permit something; false if it does.
    pub async fn add_role_permission(
        &mut self,
        role: &RoleId,
        permission: &PermissionId,
    ) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO role_permissions (role_id, permission_id) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING"
            )
            .bind(role.as_str())
            .bind(permission.as_str())
        )?;
        Ok(added == 1)
    }

    /// Lets a role permit something no longer; false if it does not.
    pub async fn delete_role_permission(
        &mut self,
        role: &RoleId,
        permission: &PermissionId,
    ) -> Result<bool> {
        let deleted = run!(
            self,
            execute,
            sqlx::query("DELETE FROM role_permissions WHERE role_id = $1 AND permission_id = $2")
                .bind(role.as_str())
                .bind(permission.as_str())
        )?;
        Ok(deleted == 1)
    }

    /// Gives somebody a role; false if they have it.
    pub async fn add_holder(&mut self, role: &RoleId, holder: Holder<'_>) -> Result<bool> {
        let (statement, id) = match holder {
            Holder::User(id) => (
                "INSERT INTO user_roles (role_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                id.as_str(),
            ),
            Holder::Client(id) => (
                "INSERT INTO client_roles (role_id, client_id) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING",
                id.as_str(),
            ),
            Holder::Group(id) => (
                "INSERT INTO group_roles (role_id, group_id) VALUES ($1, $2)
                 ON CONFLICT DO NOTHING",
                id.as_str(),
            ),
        };
        let added = run!(self, execute, sqlx::query(statement).bind(role.as_str()).bind(id))?;
        Ok(added == 1)
    }

    /// Takes a role from somebody; false if they do not have it.
    pub async fn delete_holder(&mut self, role: &RoleId, holder: Holder<'_>) -> Result<bool> {
        let (statement, id) = match holder {
            Holder::User(id) => {
                ("DELETE FROM user_roles WHERE role_id = $1 AND user_id = $2", id.as_str())
            }
            Holder::Client(id) => {
                ("DELETE FROM client_roles WHERE role_id = $1 AND client_id = $2", id.as_str())
            }
            Holder::Group(id) => {
                ("DELETE FROM group_roles WHERE role_id = $1 AND group_id = $2", id.as_str())
            }
        };
        let deleted = run!(self, execute, sqlx::query(statement).bind(role.as_str()).bind(id))?;
        Ok(deleted == 1)
    }
}
