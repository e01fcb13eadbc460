//! What tokens can be for: APIs, what can be done there, and what applications ask for.

use std::collections::BTreeSet;

use super::{ApiId, PermissionId, Scope, Timestamp};

/// An API that takes this server's tokens (a resource server, RFC 6749 §1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Names it for good.
    pub id: ApiId,
    /// Its absolute URI: the `aud` of its tokens, and the `resource` of requests for them
    /// (RFC 8707 §2).
    pub identifier: String,
    /// What operators call it.
    pub name: String,
    /// Whether its tokens say which roles are behind them (`roles`).
    pub tells_roles: bool,
    /// Whether its tokens say which permissions are behind them (`permissions`).
    pub tells_permissions: bool,
    /// Whether it is this server itself, which nobody changes.
    pub built_in: bool,
    /// Since when nobody gets tokens for it.
    pub disabled_at: Option<Timestamp>,
    /// Counts its changes.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Something that can be done at an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Names it for good.
    pub id: PermissionId,
    /// Where.
    pub api_id: ApiId,
    /// What the API calls it; of one API no two have the same name.
    pub name: String,
    /// What it is, for operators.
    pub description: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A scope of an API: what applications ask for, and what whoever is to get it must be
/// permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiScope {
    /// The scope token (RFC 6749 §3.3); no two APIs have the same.
    pub name: String,
    /// Where.
    pub api_id: ApiId,
    /// What people read when they are asked for it.
    pub description: String,
    /// What it stands for: all of these, or it is not given.
    pub permissions: BTreeSet<PermissionId>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Everything that tokens can be for. It is small: servers keep it in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// All APIs, by their identifiers.
    pub apis: Vec<Api>,
    /// All permissions, by API and name.
    pub permissions: Vec<Permission>,
    /// All scopes of APIs, by name.
    pub scopes: Vec<ApiScope>,
}

impl Catalogue {
    /// The scope of this name, and its API.
    pub fn scope(&self, name: &str) -> Option<(&ApiScope, &Api)> {
        let scope = self.scopes.iter().find(|scope| scope.name == name)?;
        Some((scope, self.api(&scope.api_id)?))
    }

    /// The API with this id.
    pub fn api(&self, id: &ApiId) -> Option<&Api> {
        self.apis.iter().find(|api| api.id == *id)
    }

    /// The API with this identifier.
    pub fn api_at(&self, identifier: &str) -> Option<&Api> {
        self.apis.iter().find(|api| api.identifier == identifier)
    }

    /// The permission with this id.
    pub fn permission(&self, id: &PermissionId) -> Option<&Permission> {
        self.permissions.iter().find(|permission| permission.id == *id)
    }

    /// Whether any API has a permission of this name.
    pub fn has_permission_named(&self, name: &str) -> bool {
        self.permissions.iter().any(|permission| permission.name == name)
    }

    /// The identifiers of the APIs that these scopes are of, disabled ones left out.
    pub fn audience_of(&self, scope: &Scope) -> Vec<&str> {
        let of = |api: &&Api| {
            api.disabled_at.is_none()
                && self
                    .scopes
                    .iter()
                    .any(|each| each.api_id == api.id && scope.contains(&each.name))
        };
        self.apis.iter().filter(of).map(|api| api.identifier.as_str()).collect()
    }

    /// Whether it depends on somebody's roles what of these scopes they get.
    pub fn needs_roles(&self, scope: &Scope) -> bool {
        self.scopes.iter().any(|each| !each.permissions.is_empty() && scope.contains(&each.name))
    }
}

/// What somebody has by their roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Their roles, each as often as there are ways to it.
    pub roles: Vec<HeldRole>,
}

/// A role that somebody has, and how they come to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// What it is called.
    pub name: String,
    /// The group that has it; they have it themselves if absent.
    pub through: Option<String>,
    /// What it permits.
    pub permissions: BTreeSet<PermissionId>,
}

impl Held {
    /// Whether any of the roles permits this.
    pub fn permits(&self, permission: &PermissionId) -> bool {
        self.roles.iter().any(|role| role.permissions.contains(permission))
    }
}
