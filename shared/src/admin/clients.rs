//! Applications.

use super::{Admin, AdminError};
use crate::crypto::random;
use crate::model::{Action, Client, ClientId, Secret, Timestamp};
use crate::rules::registration;
use crate::store::ClientRemoval;

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
        let found = self.store.view().await?.find_client(&id.into()).await?;
        found.ok_or_else(|| not_found(id))
    }

    /// At most `limit` clients in the order of their ids, after the one named.
    pub async fn list_clients(&self, after: &str, limit: i64) -> Result<Vec<Client>, AdminError> {
        Ok(self.store.view().await?.list_clients(after, limit).await?)
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
        let client = self.get_client(id).await?;
        if !client.has_secret() {
            return Err(AdminError::Invalid(NO_SECRET.to_owned()));
        }
        let (hash, made) = self.hash_secret(secret).await?;
        let mut tx = self.store.begin().await?;
        if !tx.set_client_secret(&client.id, &hash, now).await? {
            return Err(not_found(id));
        }
        tx.add_audit_event(self.event(Action::ClientSecretRotated, now).client(&client.id));
        tx.commit().await?;
        Ok(AddedClient { client, secret: made })
    }

    /// Deletes a client with all that was granted to it.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn delete_client(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Result<ClientRemoval, AdminError> {
        let id = ClientId::from(id);
        let mut tx = self.store.begin().await?;
        let removal = tx.delete_client(&id, now).await?.ok_or_else(|| not_found(id.as_str()))?;
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

fn not_found(id: &str) -> AdminError {
    AdminError::NotFound { kind: "client", name: id.to_owned() }
}
