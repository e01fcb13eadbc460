//! What people allowed.

use super::{Admin, AdminError};
use crate::model::grant::RevocationReason;
use crate::model::{Action, ClientId, Consent, Timestamp};

impl Admin {
    /// Everything that a person allowed.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person.
    pub async fn list_consents(&self, user: &str) -> Result<Vec<Consent>, AdminError> {
        let user = self.get_user(user).await?;
        Ok(self.store.view().await?.list_consents(&user.id).await?)
    }

    /// Withdraws what a person allowed a client, kills every token that came of it, and
    /// gives the number of grants that died.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person, or no consent.
    pub async fn withdraw_consent(
        &self,
        user: &str,
        client: &str,
        now: Timestamp,
    ) -> Result<u64, AdminError> {
        let user = self.get_user(user).await?;
        let client = ClientId::from(client);
        let mut tx = self.store.begin().await?;
        if !tx.delete_consent(&user.id, &client).await? {
            return Err(AdminError::NotFound {
                kind: "consent to client",
                name: client.to_string(),
            });
        }
        let reason = RevocationReason::ConsentWithdrawn;
        let grants = tx.revoke_client_grants(&user.id, &client, reason, now).await?;
        let event = self.event(Action::ConsentWithdrawn, now).user(&user.id).client(&client);
        tx.add_audit_event(event);
        tx.commit().await?;
        Ok(grants)
    }
}
