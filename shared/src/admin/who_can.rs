//! Who can obtain a permission.

use super::apis::{api_named, permission_named};
use super::{Admin, AdminError};
use crate::model::{ApiScope, Catalogue, ClientId, ClientKind, OperatorPermission, PermissionId};
use crate::store::{Find, Page, View, Way};

/// Everybody who can obtain a permission, with the chain.
#[derive(Debug, Clone)]
pub struct WhoCan {
    /// A part of the people and services that have it by a role.
    pub ways: Page<Holding>,
    /// How many ways there are in all.
    pub count: u64,
    /// The scopes that carry it.
    pub scopes: Vec<String>,
    /// The clients that may ask for one of them: a person's permission gets into a token
    /// through one of these, and through no other.
    pub clients: Vec<Asker>,
    /// Whether its API is disabled: then nobody is given it.
    pub api_is_disabled: bool,
}

/// A way in which somebody has the permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who, and by which role.
    pub way: Way,
    /// The scopes by which they can be given it: those of which they have everything. None, if
    /// each of them stands for more than they have.
    pub scopes: Vec<String>,
}

/// A client that may ask for a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// Which.
    pub id: ClientId,
    /// What it is called.
    pub name: String,
    /// Whether it works for itself: then its own roles count.
    pub is_service: bool,
    /// By which scopes.
    pub scopes: Vec<String>,
}

impl Admin {
    /// Everybody who can obtain a permission of an API; `find` says which part of them is
    /// listed.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such API or permission.
    pub async fn who_can(
        &self,
        api: &str,
        permission: &str,
        find: &Find,
    ) -> Result<WhoCan, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let mut view = self.store.view().await?;
        let catalogue = view.find_catalogue().await?;
        let id = permission_named(&catalogue, api, permission)?;
        let carrying = carrying(&catalogue, &id);
        let ways = part(&mut view, &id, &carrying, find).await?;
        let count = view.count_ways_to(&id).await?;
        let clients = askers(&mut view, &carrying).await?;
        let scopes = carrying.iter().map(|scope| scope.name.clone()).collect();
        let api_is_disabled = api_named(&catalogue, api)?.disabled_at.is_some();
        Ok(WhoCan { ways, count, scopes, clients, api_is_disabled })
    }

    /// Another part of those who have it ([`WhoCan::ways`]).
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such API or permission.
    pub async fn list_ways(
        &self,
        api: &str,
        permission: &str,
        find: &Find,
    ) -> Result<Page<Holding>, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let mut view = self.store.view().await?;
        let catalogue = view.find_catalogue().await?;
        let id = permission_named(&catalogue, api, permission)?;
        part(&mut view, &id, &carrying(&catalogue, &id), find).await
    }

    /// The clients that may ask for one of these scopes, whatever it stands for.
    ///
    /// # Errors
    /// If this operator may not see roles, or the store fails.
    pub async fn list_askers(&self, scopes: &[&ApiScope]) -> Result<Vec<Asker>, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        askers(&mut self.store.view().await?, scopes).await
    }
}

/// The scopes that carry a permission.
fn carrying<'a>(catalogue: &'a Catalogue, id: &PermissionId) -> Vec<&'a ApiScope> {
    catalogue.scopes.iter().filter(|scope| scope.permissions.contains(id)).collect()
}

/// A part of the ways to a permission.
async fn part(
    view: &mut View,
    id: &PermissionId,
    carrying: &[&ApiScope],
    find: &Find,
) -> Result<Page<Holding>, AdminError> {
    let Page { items, next } = view.list_ways_to(id, find).await?;
    let mut ways = Page { items: Vec::with_capacity(items.len()), next };
    for way in items {
        let scopes = scopes_of(view, &way, carrying).await?;
        ways.items.push(Holding { way, scopes });
    }
    Ok(ways)
}

/// The scopes of which somebody has everything.
async fn scopes_of(
    view: &mut View,
    way: &Way,
    carrying: &[&ApiScope],
) -> Result<Vec<String>, AdminError> {
    let held = if carrying.iter().all(|scope| scope.permissions.len() == 1) {
        None
    } else if way.is_user {
        Some(view.find_user_held(&way.id.as_str().into()).await?)
    } else {
        Some(view.find_client_held(&way.id.as_str().into()).await?)
    };
    let has_all = |scope: &&&ApiScope| {
        held.as_ref().is_none_or(|held| scope.permissions.iter().all(|one| held.permits(one)))
    };
    Ok(carrying.iter().filter(has_all).map(|scope| scope.name.clone()).collect())
}

/// The clients that may ask for one of these scopes.
async fn askers(view: &mut View, carrying: &[&ApiScope]) -> Result<Vec<Asker>, AdminError> {
    let mut clients: Vec<Asker> = Vec::new();
    for scope in carrying {
        let all = view.list_clients_with_scope(&scope.name).await?.into_iter();
        for client in all.filter(|client| client.disabled_at.is_none()) {
            match clients.iter_mut().find(|asker| asker.id == client.id) {
                Some(asker) => asker.scopes.push(scope.name.clone()),
                None => clients.push(Asker {
                    id: client.id,
                    name: client.name,
                    is_service: client.kind == ClientKind::Service,
                    scopes: vec![scope.name.clone()],
                }),
            }
        }
    }
    Ok(clients)
}
