//! Roles, and who has them.

use super::row::{read, row};
use super::{Result, StoreError, Tx, View, run};
use crate::model::{MfaPolicy, Role, RoleId, Timestamp, UserId};

row!(RoleRow {
    id: String,
    name: String,
    mfa: Option<String>,
    created_at: i64,
});

impl TryFrom<RoleRow> for Role {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self> {
        let mfa = row.mfa.map(|word| read("roles", "mfa", MfaPolicy::parse(&word))).transpose()?;
        Ok(Self { id: row.id.into(), name: row.name, mfa, created_at: Timestamp(row.created_at) })
    }
}

impl View {
    /// All roles, by their names.
    pub async fn list_roles(&mut self) -> Result<Vec<Role>> {
        let rows: Vec<RoleRow> = run!(
            self,
            fetch_all,
            sqlx::query_as("SELECT id, name, mfa, created_at FROM roles ORDER BY name")
        )?;
        rows.into_iter().map(Role::try_from).collect()
    }

    /// The role of this name.
    pub async fn find_role(&mut self, name: &str) -> Result<Option<Role>> {
        let row: Option<RoleRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as("SELECT id, name, mfa, created_at FROM roles WHERE name = $1")
                .bind(name)
        )?;
        row.map(Role::try_from).transpose()
    }

    /// The roles of a person, by their names.
    pub async fn list_user_roles(&mut self, user: &UserId) -> Result<Vec<Role>> {
        let rows: Vec<RoleRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT id, name, mfa, created_at FROM roles
                 JOIN user_roles ON role_id = id WHERE user_id = $1 ORDER BY name"
            )
            .bind(user.as_str())
        )?;
        rows.into_iter().map(Role::try_from).collect()
    }
}

impl Tx {
    /// Adds a role; false if there is one of its name.
    pub async fn add_role(&mut self, role: &Role) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO roles (id, name, mfa, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (name) DO NOTHING"
            )
            .bind(role.id.as_str())
            .bind(&role.name)
            .bind(role.mfa.map(MfaPolicy::as_str))
            .bind(role.created_at.0)
        )?;
        Ok(added == 1)
    }

    /// Sets what a role wants of second factors.
    pub async fn set_role_mfa(&mut self, id: &RoleId, mfa: Option<MfaPolicy>) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("UPDATE roles SET mfa = $2 WHERE id = $1")
                .bind(id.as_str())
                .bind(mfa.map(MfaPolicy::as_str))
        )?;
        Ok(changed == 1)
    }

    /// Gives a person a role; false if they have it.
    pub async fn add_user_role(&mut self, user: &UserId, role: &RoleId) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
            )
            .bind(user.as_str())
            .bind(role.as_str())
        )?;
        Ok(added == 1)
    }

    /// Takes a role from a person; false if they do not have it.
    pub async fn delete_user_role(&mut self, user: &UserId, role: &RoleId) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2")
                .bind(user.as_str())
                .bind(role.as_str())
        )?;
        Ok(changed == 1)
    }
}
