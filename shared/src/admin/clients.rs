//! Applications.

use serde_json::json;

use super::{Admin, AdminError, not_found};
use crate::crypto::random;
use crate::model::grant::RevocationReason;
use crate::model::{Action, Client, ClientId, Held, OperatorPermission, Secret, Timestamp};
use crate::rules::registration;
use crate::store::{Circle, ClientRemoval, Find, Page};

/// A client that was added.
#[derive(Debug, Clone)]
pub struct AddedClient {
    /// The client.
    pub client: Client,
    /// Its secret, if one was made: shown this once and never again.
    pub secret: Option<Secret<String>>,
}

impl Admin {
    /// Adds a client, with a fresh id where it has none, and a fresh secret where it
    /// needs one and none is given.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if the id is taken.
    pub async fn add_client(
        &self,
        mut client: Client,
        secret: Option<Secret<String>>,
        now: Timestamp,
    ) -> Result<AddedClient, AdminError> {
        self.may(OperatorPermission::ClientsWrite).await?;
        if client.id.as_str().is_empty() {
            client.id = random::id(now)?;
        }
        registration::check(&client)?;
        let secret = if client.has_secret() {
            let (hash, made) = self.hash_secret(secret).await?;
            client.secret_hash = Some(hash);
            made
        } else if secret.is_some() {
            return Err(AdminError::Invalid(NO_SECRET.to_owned()));
        } else {
            None
        };

        let mut tx = self.store.begin().await?;
        if !tx.add_client(&client).await? {
            return Err(AdminError::Conflict("the client id is taken"));
        }
        tx.add_audit_event(self.event(Action::ClientAdded, now).client(&client.id));
        tx.commit().await?;
        Ok(AddedClient { client, secret })
    }

    /// The client with this id.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_client(&self, id: &str) -> Result<Client, AdminError> {
        self.may(OperatorPermission::ClientsRead).await?;
        let found = self.store.view().await?.find_client(&id.into()).await?;
        found.ok_or_else(|| not_found("client", id))
    }

    /// At most `limit` clients in the order of their ids, after the one named.
    pub async fn list_clients(&self, after: &str, limit: i64) -> Result<Vec<Client>, AdminError> {
        self.may(OperatorPermission::ClientsRead).await?;
        Ok(self.store.view().await?.list_clients(after, limit).await?)
    }

    /// A part of all clients ([`crate::store::View::find_clients`]).
    pub async fn find_clients(&self, find: &Find) -> Result<Page<Client>, AdminError> {
        self.may(OperatorPermission::ClientsRead).await?;
        Ok(self.store.view().await?.find_clients(find).await?)
    }

    /// All services in a group or with a role, by their names.
    pub async fn list_clients_of(&self, circle: &Circle) -> Result<Vec<Client>, AdminError> {
        self.may(OperatorPermission::ClientsRead).await?;
        self.may(OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.list_clients_of(circle).await?)
    }

    /// What a service has by its roles.
    pub async fn held_by_client(&self, client: &ClientId) -> Result<Held, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.find_client_held(client).await?)
    }

    /// Changes a client, if it still is as `after.version` was. What it needs no secret for
    /// any more takes the secret away; where it needs one that it had not, one is made. Where it
    /// knows people by other names afterwards, its token families die.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Invalid`], or [`AdminError::Changed`] if
    /// somebody was faster.
    pub async fn change_client(
        &self,
        mut after: Client,
        now: Timestamp,
    ) -> Result<AddedClient, AdminError> {
        self.may_take_over_client(&after.id).await?;
        registration::check(&after)?;
        let before = self.get_client(after.id.as_str()).await?;
        let made = match (after.has_secret(), before.secret_hash.is_some()) {
            (true, true) => {
                after.secret_hash.clone_from(&before.secret_hash);
                None
            }
            (true, false) => {
                let (hash, made) = self.hash_secret(None).await?;
                after.secret_hash = Some(hash);
                made
            }
            (false, _) => {
                after.secret_hash = None;
                None
            }
        };
        after.updated_at = now;
        let mut tx = self.store.begin().await?;
        if !tx.set_client(&after).await? {
            return Err(AdminError::Changed("client"));
        }
        let changed = registration::changed(&before, &after);
        let evidence = if after.pairwise_sector() == before.pairwise_sector() {
            json!({"changed": changed})
        } else {
            let reason = RevocationReason::SubjectsChanged;
            let grants = tx.revoke_client_grants(&after.id, reason, now).await?;
            json!({"changed": changed, "grants": grants})
        };
        let event = self.event(Action::ClientChanged, now).client(&after.id);
        tx.add_audit_event(event.evidence(evidence));
        tx.commit().await?;
        after.version += 1;
        Ok(AddedClient { client: after, secret: made })
    }

    /// Disables a client: nobody signs in for it, and its token families die. Gives their
    /// number.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Outranked`], or [`AdminError::Conflict`] if it is disabled already.
    pub async fn disable_client(&self, id: &str, now: Timestamp) -> Result<u64, AdminError> {
        let client = self.get_client(id).await?;
        self.may_take_over_client(&client.id).await?;
        let mut tx = self.store.begin().await?;
        if !tx.set_client_disabled(&client.id, true, now).await? {
            return Err(AdminError::Conflict("the client is disabled already"));
        }
        let reason = RevocationReason::ClientDisabled;
        let grants = tx.revoke_client_grants(&client.id, reason, now).await?;
        let event = self.event(Action::ClientDisabled, now).client(&client.id);
        tx.add_audit_event(event.evidence(json!({"grants": grants})));
        tx.commit().await?;
        Ok(grants)
    }

    /// Lets a client work again.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Outranked`], or [`AdminError::Conflict`] if it is not disabled.
    pub async fn enable_client(&self, id: &str, now: Timestamp) -> Result<(), AdminError> {
        let client = self.get_client(id).await?;
        self.may_take_over_client(&client.id).await?;
        let mut tx = self.store.begin().await?;
        if !tx.set_client_disabled(&client.id, false, now).await? {
            return Err(AdminError::Conflict("the client is not disabled"));
        }
        tx.add_audit_event(self.event(Action::ClientEnabled, now).client(&client.id));
        Ok(tx.commit().await?)
    }

    /// What would go with a client, or die with it while it is disabled: live token families
    /// and consents.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn count_of_client(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<ClientRemoval, AdminError> {
        self.may(OperatorPermission::ClientsRead).await?;
        let client = self.get_client(id).await?;
        Ok(self.store.view().await?.count_of_client(&client.id, now).await?)
    }

    /// Gives a client another secret, the given one or a fresh one, which is returned.
    /// The old one stops working at once.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::Invalid`] for a client without one.
    pub async fn rotate_client_secret(
        &self,
        id: &str,
        secret: Option<Secret<String>>,
        now: Timestamp,
    ) -> Result<AddedClient, AdminError> {
        self.may_take_over_client(&id.into()).await?;
        let client = self.get_client(id).await?;
        if !client.has_secret() {
            return Err(AdminError::Invalid(NO_SECRET.to_owned()));
        }
        let (hash, made) = self.hash_secret(secret).await?;
        let mut tx = self.store.begin().await?;
        if !tx.set_client_secret(&client.id, &hash, now).await? {
            return Err(not_found("client", id));
        }
        tx.add_audit_event(self.event(Action::ClientSecretRotated, now).client(&client.id));
        tx.commit().await?;
        Ok(AddedClient { client, secret: made })
    }

    /// Deletes a client with all that was granted to it.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::Outranked`].
    pub async fn delete_client(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<ClientRemoval, AdminError> {
        let id = ClientId::from(id);
        self.may_take_over_client(&id).await?;
        let mut tx = self.store.begin().await?;
        let removal =
            tx.delete_client(&id, now).await?.ok_or_else(|| not_found("client", id.as_str()))?;
        tx.add_audit_event(self.event(Action::ClientDeleted, now).client(&id));
        tx.commit().await?;
        Ok(removal)
    }

    /// The hash of a secret, and the secret itself where it was made here.
    async fn hash_secret(
        &self,
        given: Option<Secret<String>>,
    ) -> Result<(String, Option<Secret<String>>), AdminError> {
        if given.as_ref().is_some_and(|secret| secret.expose().chars().any(char::is_control)) {
            return Err(AdminError::Invalid("client_secret: it has control characters".to_owned()));
        }
        if given.as_ref().is_some_and(|secret| secret.expose().len() < SHORTEST_SECRET) {
            return Err(AdminError::Invalid(
                "client_secret: it has fewer than 12 characters".to_owned(),
            ));
        }
        let made = if given.is_none() { Some(random::secret()?) } else { None };
        let secret = given.or_else(|| made.clone()).unwrap_or_else(|| Secret::from(""));
        Ok((self.hasher.hash_client_secret(secret).await?, made))
    }
}

const NO_SECRET: &str = "client_secret: this client authenticates without one";

/// The shortest client secret that is accepted from elsewhere.
const SHORTEST_SECRET: usize = 12;
