//! APIs, their permissions and their scopes.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Admin, AdminError, not_found};
use crate::crypto::random;
use crate::model::{
    Action, Api, ApiScope, Catalogue, OperatorPermission, Permission, PermissionId, Timestamp,
};
use crate::rules::{naming, person, resource};
use crate::store::Tx;

/// An API to be added.
#[derive(Debug, Clone, Default)]
pub struct NewApi {
    /// Its absolute URI: the `aud` of its tokens.
    pub identifier: String,
    /// What operators call it.
    pub name: String,
    /// Whether its tokens tell roles.
    pub tells_roles: bool,
    /// Whether its tokens tell permissions.
    pub tells_permissions: bool,
}

/// A permission to be added.
#[derive(Debug, Clone, Default)]
pub struct NewPermission {
    /// What the API calls it.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether applications can ask for it by a scope of its name.
    pub with_scope: bool,
}

/// A scope as it is to be.
#[derive(Debug, Clone, Default)]
pub struct NewScope {
    /// What applications ask for.
    pub name: String,
    /// What people read. If absent it stays as it was, and a new scope has no words.
    pub description: Option<String>,
    /// The names of the permissions that it stands for. If absent it stays as it was, and a new
    /// scope stands for none: everybody gets it.
    pub permissions: Option<Vec<String>>,
    /// The version of the API for which this was decided; whatever it is if absent.
    pub version: Option<i64>,
}

impl Admin {
    /// Everything that tokens can be for.
    pub async fn catalogue(&self) -> Result<Catalogue, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.find_catalogue().await?)
    }

    /// The API of this identifier or id.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_api(&self, named: &str) -> Result<Api, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let found = self.store.view().await?.find_api(named).await?;
        found.ok_or_else(|| not_found("API", named))
    }

    /// Adds an API.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if its identifier is taken.
    pub async fn add_api(&self, new: NewApi, now: Timestamp) -> Result<Api, AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        if !resource::is_resource(&new.identifier) {
            let problem = "identifier: it is an absolute URI without a fragment (RFC 8707)";
            return Err(AdminError::Invalid(problem.to_owned()));
        }
        person::check_name("name", &new.name)?;
        let api = Api {
            id: random::id(now)?,
            identifier: new.identifier,
            name: new.name,
            tells_roles: new.tells_roles,
            tells_permissions: new.tells_permissions,
            built_in: false,
            disabled_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.store.begin().await?;
        if !tx.add_api(&api).await? {
            return Err(AdminError::Conflict("there is an API of this identifier"));
        }
        tx.add_audit_event(
            self.event(Action::ApiAdded, now).evidence(json!({"api": api.identifier})),
        );
        tx.commit().await?;
        Ok(api)
    }

    /// Changes an API, except its identifier, if it still is as `api.version` was.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Changed`] if somebody was faster.
    pub async fn change_api(&self, mut api: Api, now: Timestamp) -> Result<Api, AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        person::check_name("name", &api.name)?;
        if api.built_in {
            return Err(BUILT_IN);
        }
        api.updated_at = now;
        let mut tx = self.store.begin().await?;
        if !tx.set_api(&api).await? {
            return Err(AdminError::Changed("API"));
        }
        let evidence = json!({
            "api": api.identifier,
            "tells_roles": api.tells_roles,
            "tells_permissions": api.tells_permissions,
            "disabled": api.disabled_at.is_some(),
        });
        tx.add_audit_event(self.event(Action::ApiChanged, now).evidence(evidence));
        tx.commit().await?;
        api.version += 1;
        Ok(api)
    }

    /// Deletes an API that has no permissions and no scopes.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::InUse`] with what it has.
    pub async fn delete_api(&self, named: &str, now: Timestamp) -> Result<Api, AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        let (mut tx, api, catalogue) = self.begin_on_api(named, now).await?;
        let scopes = catalogue.scopes.iter().filter(|scope| scope.api_id == api.id);
        let scopes: Vec<_> = scopes.map(|scope| scope.name.clone()).collect();
        let permissions = catalogue.permissions.iter().filter(|each| each.api_id == api.id);
        let permissions: Vec<_> = permissions.map(|each| each.name.clone()).collect();
        if !scopes.is_empty() || !permissions.is_empty() {
            let has =
                format!("it has permissions: {}; scopes: {}", few(&permissions), few(&scopes));
            return Err(AdminError::InUse(has));
        }
        let clients = tx.list_clients_with_resource(&api.identifier).await?;
        if !clients.is_empty() {
            return Err(AdminError::InUse(format!("clients may name it: {}", few(&clients))));
        }
        tx.delete_api(&api.id).await?;
        tx.add_audit_event(
            self.event(Action::ApiDeleted, now).evidence(json!({"api": api.identifier})),
        );
        tx.commit().await?;
        Ok(api)
    }

    /// Adds a permission to an API, and a scope of its name where that is wanted.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`], or [`AdminError::Conflict`] if the
    /// API has one of its name, or another API a scope of that name.
    pub async fn add_permission(
        &self,
        api: &str,
        new: NewPermission,
        now: Timestamp,
    ) -> Result<Permission, AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        naming::check_permission(&new.name)?;
        naming::check_description(&new.description)?;
        let (mut tx, api, _) = self.begin_on_api(api, now).await?;
        let permission = Permission {
            id: random::id(now)?,
            api_id: api.id.clone(),
            name: new.name,
            description: new.description,
            created_at: now,
        };
        if !tx.add_permission(&permission).await? {
            return Err(AdminError::Conflict("the API has a permission of this name"));
        }
        if new.with_scope {
            naming::check_scope(&permission.name)?;
            let scope = ApiScope {
                name: permission.name.clone(),
                api_id: api.id.clone(),
                description: permission.description.clone(),
                permissions: BTreeSet::from([permission.id.clone()]),
                created_at: now,
            };
            if !tx.add_scope(&scope).await? {
                return Err(SCOPE_TAKEN);
            }
        }
        let evidence = json!({
            "api": api.identifier,
            "permission": permission.name,
            "with_scope": new.with_scope,
        });
        tx.add_audit_event(self.event(Action::PermissionAdded, now).evidence(evidence));
        tx.commit().await?;
        Ok(permission)
    }

    /// Says anew what the permission of this name is at this API, if the API still is as
    /// `version` says, if that is given.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`], or [`AdminError::Changed`] if somebody
    /// was faster.
    pub async fn describe_permission(
        &self,
        (api, name): (&str, &str),
        description: &str,
        version: Option<i64>,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        naming::check_description(description)?;
        let (mut tx, api, catalogue) = self.begin_on_api(api, now).await?;
        is_untouched(&api, version)?;
        let permission = permission_of(&catalogue, &api, name)?;
        tx.set_permission_description(&permission.id, description).await?;
        let evidence = json!({"api": api.identifier, "permission": name});
        tx.add_audit_event(self.event(Action::PermissionChanged, now).evidence(evidence));
        Ok(tx.commit().await?)
    }

    /// Deletes a permission that no role and no scope has.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::InUse`] with the roles and scopes that have it.
    pub async fn delete_permission(
        &self,
        api: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        let (mut tx, api, catalogue) = self.begin_on_api(api, now).await?;
        let permission = permission_of(&catalogue, &api, name)?;
        let roles = tx.list_roles_with_permission(&permission.id).await?;
        let scopes: Vec<_> = catalogue
            .scopes
            .iter()
            .filter(|scope| scope.permissions.contains(&permission.id))
            .map(|scope| scope.name.clone())
            .collect();
        if !roles.is_empty() || !scopes.is_empty() {
            let used = format!("roles: {}; scopes: {}", few(&roles), few(&scopes));
            return Err(AdminError::InUse(used));
        }
        tx.delete_permission(&permission.id).await?;
        let evidence = json!({"api": api.identifier, "permission": name});
        tx.add_audit_event(self.event(Action::PermissionDeleted, now).evidence(evidence));
        Ok(tx.commit().await?)
    }

    /// Adds a scope to an API, or changes what it stands for and what people read.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] for the API or a permission, [`AdminError::Invalid`],
    /// [`AdminError::Conflict`] if the name is another API's, or [`AdminError::Changed`] if
    /// somebody was faster.
    pub async fn put_scope(
        &self,
        api: &str,
        new: &NewScope,
        now: Timestamp,
    ) -> Result<ApiScope, AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        let NewScope { name, description, permissions, version } = new;
        naming::check_scope(name)?;
        description.as_deref().map_or(Ok(()), naming::check_description)?;
        let (mut tx, api, catalogue) = self.begin_on_api(api, now).await?;
        is_untouched(&api, *version)?;
        let before = catalogue.scope(name).map(|(scope, _)| scope);
        let ids = match permissions {
            Some(names) => names
                .iter()
                .map(|name| Ok(permission_of(&catalogue, &api, name)?.id.clone()))
                .collect::<Result<BTreeSet<_>, AdminError>>()?,
            None => before.map(|scope| scope.permissions.clone()).unwrap_or_default(),
        };
        let words = before.map(|scope| scope.description.clone()).unwrap_or_default();
        let scope = ApiScope {
            name: name.clone(),
            api_id: api.id.clone(),
            description: description.clone().unwrap_or(words),
            permissions: ids,
            created_at: now,
        };
        let action = match before {
            Some(before) if before.api_id != api.id => return Err(SCOPE_TAKEN),
            Some(_) => {
                tx.set_scope(&scope).await?;
                Action::ScopeChanged
            }
            None => {
                if !tx.add_scope(&scope).await? {
                    return Err(SCOPE_TAKEN);
                }
                Action::ScopeAdded
            }
        };
        let names = scope.permissions.iter().filter_map(|id| catalogue.permission(id));
        let names: Vec<_> = names.map(|permission| permission.name.as_str()).collect();
        let evidence = json!({"api": api.identifier, "scope": name, "permissions": names});
        tx.add_audit_event(self.event(action, now).evidence(evidence));
        tx.commit().await?;
        Ok(scope)
    }

    /// Deletes a scope that no client may ask for.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::InUse`] with the clients that may: without
    /// what it stands for they would get it for everybody.
    pub async fn delete_scope(
        &self,
        api: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        let (mut tx, api, catalogue) = self.begin_on_api(api, now).await?;
        if catalogue.scope(name).is_none_or(|(scope, _)| scope.api_id != api.id) {
            return Err(not_found("scope", name));
        }
        let clients = tx.list_clients_with_scope(name).await?;
        if !clients.is_empty() {
            let ids: Vec<_> = clients.iter().map(|client| client.id.to_string()).collect();
            return Err(AdminError::InUse(format!("clients may ask for it: {}", few(&ids))));
        }
        tx.delete_scope(name).await?;
        let evidence = json!({"api": api.identifier, "scope": name});
        tx.add_audit_event(self.event(Action::ScopeDeleted, now).evidence(evidence));
        Ok(tx.commit().await?)
    }

    /// Begins a change of an API: nobody else changes it until it ends.
    async fn begin_on_api(
        &self,
        named: &str,
        now: Timestamp,
    ) -> Result<(Tx, Api, Catalogue), AdminError> {
        let mut tx = self.store.begin().await?;
        let api = tx.find_api(named).await?.ok_or_else(|| not_found("API", named))?;
        if api.built_in {
            return Err(BUILT_IN);
        }
        let version = tx.lock_api(&api.id, now).await?.ok_or_else(|| not_found("API", named))?;
        let catalogue = tx.find_catalogue().await?;
        Ok((tx, Api { version, ..api }, catalogue))
    }
}

/// Makes sure that nobody changed an API, which was just locked, since it had this version.
fn is_untouched(api: &Api, version: Option<i64>) -> Result<(), AdminError> {
    match version {
        Some(version) if version + 1 != api.version => Err(AdminError::Changed("API")),
        _ => Ok(()),
    }
}

const BUILT_IN: AdminError =
    AdminError::Conflict("this API is the server's own and stays as it is");
const SCOPE_TAKEN: AdminError = AdminError::Conflict(
    "another API has a scope of this name: add the permission without one, and a scope of \
     another name for it",
);

/// The first few of many, for a sentence.
pub(super) fn few(names: &[String]) -> String {
    let shown = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "none".to_owned(),
        1..=5 => shown,
        more => format!("{shown} and {} more", more - 5),
    }
}

/// The permission of an API with this name.
pub(super) fn permission_of<'a>(
    catalogue: &'a Catalogue,
    api: &Api,
    name: &str,
) -> Result<&'a Permission, AdminError> {
    let mut permissions = catalogue.permissions.iter();
    let found = permissions.find(|each| each.api_id == api.id && each.name == name);
    found.ok_or_else(|| not_found("permission", name))
}

/// The id of the permission with this name, at the API that an operator names.
pub(super) fn permission_named(
    catalogue: &Catalogue,
    api: &str,
    name: &str,
) -> Result<PermissionId, AdminError> {
    Ok(permission_of(catalogue, api_named(catalogue, api)?, name)?.id.clone())
}

/// The API that an operator names, by its identifier or its id.
pub(super) fn api_named<'a>(catalogue: &'a Catalogue, named: &str) -> Result<&'a Api, AdminError> {
    let mut apis = catalogue.apis.iter();
    let found = apis.find(|api| api.identifier == named || api.id.as_str() == named);
    found.ok_or_else(|| not_found("API", named))
}
