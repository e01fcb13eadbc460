//! APIs, their permissions and their scopes.

use std::collections::{BTreeMap, BTreeSet};

use super::revisions::Topic;
use super::row::row;
use super::{Result, Tx, View, run};
use crate::model::{Api, ApiId, ApiScope, Catalogue, Permission, PermissionId, Timestamp};

row!(ApiRow {
    id: String,
    identifier: String,
    name: String,
    tells_roles: bool,
    tells_permissions: bool,
    built_in: bool,
    disabled_at: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
});

impl From<ApiRow> for Api {
    fn from(row: ApiRow) -> Self {
        Self {
            id: row.id.into(),
            identifier: row.identifier,
            name: row.name,
            tells_roles: row.tells_roles,
            tells_permissions: row.tells_permissions,
            built_in: row.built_in,
            disabled_at: row.disabled_at.map(Timestamp),
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

row!(PermissionRow {
    id: String,
    api_id: String,
    name: String,
    description: String,
    created_at: i64,
});

impl From<PermissionRow> for Permission {
    fn from(row: PermissionRow) -> Self {
        Self {
            id: row.id.into(),
            api_id: row.api_id.into(),
            name: row.name,
            description: row.description,
            created_at: Timestamp(row.created_at),
        }
    }
}

row!(ScopeRow { name: String, api_id: String, description: String, created_at: i64 });

row!(ScopePermissionRow { scope: String, permission_id: String });

/// A statement that gives whole APIs.
macro_rules! select_apis {
    ($which:literal) => {
        concat!(
            "SELECT id, identifier, name, tells_roles, tells_permissions, built_in, disabled_at,
                 version, created_at, updated_at
             FROM apis ",
            $which
        )
    };
}

impl View {
    /// Everything that tokens can be for.
    pub async fn find_catalogue(&mut self) -> Result<Catalogue> {
        let apis: Vec<ApiRow> =
            run!(self, fetch_all, sqlx::query_as(select_apis!("ORDER BY identifier")))?;
        let permissions: Vec<PermissionRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT id, api_id, name, description, created_at FROM permissions
                 ORDER BY api_id, name"
            )
        )?;
        let scopes: Vec<ScopeRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT name, api_id, description, created_at FROM api_scopes ORDER BY name"
            )
        )?;
        let links: Vec<ScopePermissionRow> = run!(
            self,
            fetch_all,
            sqlx::query_as("SELECT scope, permission_id FROM scope_permissions")
        )?;
        let mut stands_for: BTreeMap<String, BTreeSet<PermissionId>> = BTreeMap::new();
        for link in links {
            stands_for.entry(link.scope).or_default().insert(link.permission_id.into());
        }
        let scope = |row: ScopeRow| ApiScope {
            permissions: stands_for.remove(&row.name).unwrap_or_default(),
            name: row.name,
            api_id: row.api_id.into(),
            description: row.description,
            created_at: Timestamp(row.created_at),
        };
        Ok(Catalogue {
            apis: apis.into_iter().map(Api::from).collect(),
            permissions: permissions.into_iter().map(Permission::from).collect(),
            scopes: scopes.into_iter().map(scope).collect(),
        })
    }

    /// The API of this id or identifier.
    pub async fn find_api(&mut self, named: &str) -> Result<Option<Api>> {
        let row: Option<ApiRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_apis!("WHERE id = $1 OR identifier = $1")).bind(named)
        )?;
        Ok(row.map(Api::from))
    }
}

impl Tx {
    /// Adds an API; false if its identifier is taken.
    pub async fn add_api(&mut self, api: &Api) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO apis (id, identifier, name, tells_roles, tells_permissions,
                     created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING"
            )
            .bind(api.id.as_str())
            .bind(&api.identifier)
            .bind(&api.name)
            .bind(api.tells_roles)
            .bind(api.tells_permissions)
            .bind(api.created_at.0)
        )?;
        self.bump(Topic::Apis).await?;
        Ok(added == 1)
    }

    /// Changes an API, except its identifier, if nobody did since `api.version`.
    pub async fn set_api(&mut self, api: &Api) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE apis SET name = $3, tells_roles = $4, tells_permissions = $5,
                     disabled_at = $6, updated_at = $7, version = version + 1
                 WHERE id = $1 AND version = $2 AND built_in = FALSE"
            )
            .bind(api.id.as_str())
            .bind(api.version)
            .bind(&api.name)
            .bind(api.tells_roles)
            .bind(api.tells_permissions)
            .bind(api.disabled_at.map(|at| at.0))
            .bind(api.updated_at.0)
        )?;
        self.bump(Topic::Apis).await?;
        Ok(changed == 1)
    }

    /// Locks an API for whoever changes what belongs to it, and gives its new version; none if
    /// it is gone.
    pub async fn lock_api(&mut self, id: &ApiId, now: Timestamp) -> Result<Option<i64>> {
        let version = run!(
            self,
            fetch_optional,
            sqlx::query_scalar(
                "UPDATE apis SET updated_at = $2, version = version + 1
                 WHERE id = $1 AND built_in = FALSE RETURNING version"
            )
            .bind(id.as_str())
            .bind(now.0)
        )?;
        self.bump(Topic::Apis).await?;
        Ok(version)
    }

    /// Deletes an API that has neither permissions nor scopes.
    pub async fn delete_api(&mut self, id: &ApiId) -> Result<bool> {
        let deleted = run!(
            self,
            execute,
            sqlx::query("DELETE FROM apis WHERE id = $1 AND built_in = FALSE").bind(id.as_str())
        )?;
        self.bump(Topic::Apis).await?;
        Ok(deleted == 1)
    }

    /// Adds a permission; false if its API has one of its name.
    pub async fn add_permission(&mut self, permission: &Permission) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO permissions (id, api_id, name, description, created_at)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
            )
            .bind(permission.id.as_str())
            .bind(permission.api_id.as_str())
            .bind(&permission.name)
            .bind(&permission.description)
            .bind(permission.created_at.0)
        )?;
        Ok(added == 1)
    }

    /// Says anew what a permission is.
    pub async fn set_permission_description(
        &mut self,
        id: &PermissionId,
        description: &str,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("UPDATE permissions SET description = $2 WHERE id = $1")
                .bind(id.as_str())
                .bind(description)
        )?;
        Ok(changed == 1)
    }

    /// Deletes a permission that no role and no scope has.
    pub async fn delete_permission(&mut self, id: &PermissionId) -> Result<bool> {
        let deleted = run!(
            self,
            execute,
            sqlx::query("DELETE FROM permissions WHERE id = $1").bind(id.as_str())
        )?;
        Ok(deleted == 1)
    }

    /// Adds a scope with what it stands for; false if there is one of its name.
    pub async fn add_scope(&mut self, scope: &ApiScope) -> Result<bool> {
        let added = run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO api_scopes (name, api_id, description, created_at)
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
            )
            .bind(&scope.name)
            .bind(scope.api_id.as_str())
            .bind(&scope.description)
            .bind(scope.created_at.0)
        )?;
        if added == 1 {
            self.add_scope_permissions(scope).await?;
        }
        Ok(added == 1)
    }

    /// Changes what a scope stands for and what people read; false if it is gone.
    pub async fn set_scope(&mut self, scope: &ApiScope) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("UPDATE api_scopes SET description = $2 WHERE name = $1")
                .bind(&scope.name)
                .bind(&scope.description)
        )?;
        if changed == 1 {
            self.delete_scope_permissions(&scope.name).await?;
            self.add_scope_permissions(scope).await?;
        }
        Ok(changed == 1)
    }

    /// Deletes a scope.
    pub async fn delete_scope(&mut self, name: &str) -> Result<bool> {
        self.delete_scope_permissions(name).await?;
        let deleted =
            run!(self, execute, sqlx::query("DELETE FROM api_scopes WHERE name = $1").bind(name))?;
        Ok(deleted == 1)
    }

    async fn add_scope_permissions(&mut self, scope: &ApiScope) -> Result<()> {
        for permission in &scope.permissions {
            run!(
                self,
                execute,
                sqlx::query("INSERT INTO scope_permissions (scope, permission_id) VALUES ($1, $2)")
                    .bind(&scope.name)
                    .bind(permission.as_str())
            )?;
        }
        Ok(())
    }

    async fn delete_scope_permissions(&mut self, name: &str) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("DELETE FROM scope_permissions WHERE scope = $1").bind(name)
        )?;
        Ok(())
    }
}
