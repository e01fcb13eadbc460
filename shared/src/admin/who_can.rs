//! Who can obtain a permission.

use super::apis::permission_named;
use super::{Admin, AdminError};
use crate::model::{ClientId, ClientKind, OperatorPermission};
use crate::store::Way;

/// Everybody who can obtain a permission, with the chain.
#[derive(Debug, Clone)]
pub struct WhoCan {
    /// People and services that have it by a role.
    pub ways: Vec<Way>,
    /// The scopes that carry it.
    pub scopes: Vec<String>,
    /// The clients that may ask for one of them: a person's permission gets into a token
    /// through one of these, and through no other.
    pub clients: Vec<Asker>,
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

/// More ways than these are not listed.
const MOST: i64 = 1000;

impl Admin {
    /// Everybody who can obtain a permission of an API.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such API or permission.
    pub async fn who_can(&self, api: &str, permission: &str) -> Result<WhoCan, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let mut view = self.store.view().await?;
        let catalogue = view.find_catalogue().await?;
        let id = permission_named(&catalogue, api, permission)?;
        let ways = view.list_ways_to(&id, MOST).await?;
        let scopes: Vec<_> = catalogue
            .scopes
            .iter()
            .filter(|scope| scope.permissions.contains(&id))
            .map(|scope| scope.name.clone())
            .collect();
        let mut clients: Vec<Asker> = Vec::new();
        for scope in &scopes {
            for id in view.list_clients_with_scope(scope).await? {
                let Some(client) = view.find_client(&id.as_str().into()).await? else { continue };
                if client.disabled_at.is_some() {
                    continue;
                }
                match clients.iter_mut().find(|asker| asker.id == client.id) {
                    Some(asker) => asker.scopes.push(scope.clone()),
                    None => clients.push(Asker {
                        id: client.id,
                        name: client.name,
                        is_service: client.kind == ClientKind::Service,
                        scopes: vec![scope.clone()],
                    }),
                }
            }
        }
        Ok(WhoCan { ways, scopes, clients })
    }
}
