//! What people allowed.

use super::{Admin, AdminError, not_found};
use crate::model::consent::{Change, Said};
use crate::model::grant::RevocationReason;
use crate::model::{Action, ClientId, Consent, OperatorPermission, Timestamp, UserId};
use crate::store::{ConsentChange, Find, FoundConsent, Page};

impl Admin {
    /// Everything that a person allowed.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person.
    pub async fn list_consents(&self, user: &str) -> Result<Vec<Consent>, AdminError> {
        let user = self.find_named_user(user).await?;
        self.may_on(&user.id, OperatorPermission::ConsentsRead).await?;
        Ok(self.store.view().await?.list_consents(&user.id).await?)
    }

    /// A part of what people allowed ([`crate::store::View::find_consents`]).
    pub async fn find_consents(&self, find: &Find) -> Result<Page<FoundConsent>, AdminError> {
        self.may(OperatorPermission::ConsentsRead).await?;
        Ok(self.store.view().await?.find_consents(find).await?)
    }

    /// What a person and a client have come to over time, the newest first.
    pub async fn list_consent_changes(
        &self,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Vec<ConsentChange>, AdminError> {
        self.may_on(user, OperatorPermission::ConsentsRead).await?;
        Ok(self.store.view().await?.list_consent_changes(user, client).await?)
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
        let user = self.find_named_user(user).await?;
        self.may_on(&user.id, OperatorPermission::ConsentsWithdraw).await?;
        let client = ClientId::from(client);
        let mut tx = self.store.begin().await?;
        let Some(before) = tx.hold_consent(&user.id, &client).await? else {
            return Err(not_found("consent to client", client.as_str()));
        };
        tx.delete_consent(&user.id, &client).await?;
        tx.add_consent_change(&Said {
            at: now,
            user_id: user.id.clone(),
            client_id: client.clone(),
            change: Change::Withdrawn,
            actor: self.actor.clone(),
            scope: before.scope,
            words: Vec::new(),
        })
        .await?;
        let reason = RevocationReason::ConsentWithdrawn;
        let grants = tx.revoke_consented_grants(&user.id, &client, reason, now).await?;
        let event = self.event(Action::ConsentWithdrawn, now).user(&user.id).client(&client);
        tx.add_audit_event(event);
        tx.commit().await?;
        Ok(grants)
    }
}
