//! What people have beside a password.

use super::{Admin, AdminError};
use crate::model::grant::RevocationReason;
use crate::model::{Action, Factor, FactorId, OperatorPermission, Timestamp, User};

/// What a person has beside a password.
#[derive(Debug, Clone)]
pub struct UserFactors {
    /// The factors, oldest first.
    pub factors: Vec<Factor>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

impl Admin {
    /// What a person has beside a password.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person.
    pub async fn list_factors(&self, user: &str) -> Result<UserFactors, AdminError> {
        let user = self.find_named_user(user).await?;
        self.may_on(&user.id, OperatorPermission::UsersRead).await?;
        let mut view = self.store.view().await?;
        let factors = view.list_factors(&user.id).await?;
        let recovery_codes = view.count_recovery_codes(&user.id).await?;
        Ok(UserFactors { factors, recovery_codes })
    }

    /// Takes one factor from a person.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person, or no such factor of theirs.
    pub async fn remove_factor(
        &self,
        user: &str,
        factor: &str,
        now: Timestamp,
    ) -> Result<User, AdminError> {
        let user = self.find_named_user(user).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
        let id = FactorId::from(factor);
        let mut tx = self.store.begin().await?;
        if !tx.delete_factor(&user.id, &id).await? {
            return Err(AdminError::NotFound { kind: "factor", name: factor.to_owned() });
        }
        let event = self.event(Action::FactorRemoved, now).user(&user.id);
        tx.add_audit_event(event.evidence(serde_json::json!({"factor": factor})));
        tx.commit().await?;
        Ok(user)
    }

    /// Takes everything from a person that they have beside a password, and gives the number
    /// of factors: they lost it, and somebody may have found it. Their sessions and grants
    /// end, and no browser is remembered.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person.
    pub async fn reset_factors(
        &self,
        user: &str,
        now: Timestamp,
    ) -> Result<(User, u64), AdminError> {
        let user = self.find_named_user(user).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
        let mut tx = self.store.begin().await?;
        tx.revoke_user_sessions(&user.id, now).await?;
        let factors = tx.delete_user_factors(&user.id).await?;
        tx.delete_recovery_codes(&user.id).await?;
        tx.delete_remembered_browsers(&user.id).await?;
        tx.revoke_user_grants(&user.id, RevocationReason::FactorsReset, now).await?;
        tx.add_audit_event(self.event(Action::FactorsReset, now).user(&user.id));
        tx.commit().await?;
        Ok((user, factors))
    }
}
