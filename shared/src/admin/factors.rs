//! What people have beside a password.

use super::{Admin, AdminError, Authority};
use crate::model::grant::RevocationReason;
use crate::model::{Action, Factor, FactorId, MfaPolicy, OperatorPermission, Timestamp, User};
use crate::rules::mfa;

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

    /// Takes one factor from a person, who may have lost it. Whoever signed in with it is out:
    /// their sessions end, but the one in which they do it themselves, and no browser is
    /// remembered. With the last factor go the recovery codes, which are worth something beside
    /// one alone.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person, or no such factor of theirs;
    /// [`AdminError::Conflict`] if it is the last one and the password was chosen shorter
    /// because of it; [`AdminError::FactorRequired`] if they do it themselves and one is required
    /// of them.
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
        let password_is_short = tx.lock_user_password(&user.id).await?;
        if !tx.delete_factor(&user.id, &id).await? {
            return Err(AdminError::NotFound { kind: "factor", name: factor.to_owned() });
        }
        if tx.list_factor_kinds(&user.id).await?.is_empty() {
            if password_is_short {
                return Err(AdminError::Conflict(
                    "it is the last factor, and the password is too short to stand alone: set one \
                     of at least 15 characters first",
                ));
            }
            let standing = tx.find_standing(&user.id, "", now).await?;
            let is_wanted = mfa::policy(self.mfa, None, &standing) == MfaPolicy::Required;
            if is_wanted && matches!(self.authority, Authority::Own(_)) {
                // Else whoever has the password alone could enrol a factor of their own.
                return Err(AdminError::FactorRequired);
            }
            tx.delete_recovery_codes(&user.id).await?;
        }
        match &self.place {
            Some((_, here)) => tx.revoke_other_sessions(&user.id, here, now).await?,
            None => tx.revoke_user_sessions(&user.id, now).await?,
        };
        tx.revoke_ended_sessions_grants(&user.id, now).await?;
        tx.delete_remembered_browsers(&user.id).await?;
        let event = self.event(Action::FactorRemoved, now).user(&user.id);
        tx.add_audit_event(event.evidence(serde_json::json!({"factor": factor})));
        tx.commit().await?;
        Ok(user)
    }

    /// Takes everything from a person that they have beside a password, and gives the number
    /// of factors: they lost it, and somebody may have found it. Their sessions and grants
    /// end, and no browser is remembered. A password that was chosen shorter because of the
    /// factors goes with them: the person is then one without a password.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person.
    pub async fn reset_factors(
        &self,
        user: &str,
        now: Timestamp,
    ) -> Result<(User, u64), AdminError> {
        let mut user = self.find_named_user(user).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
        let mut tx = self.store.begin().await?;
        if tx.lock_user_password(&user.id).await? {
            tx.delete_user_password(&user.id).await?;
            user.password_hash = None;
        }
        tx.revoke_user_sessions(&user.id, now).await?;
        let factors = tx.delete_user_factors(&user.id).await?;
        tx.delete_recovery_codes(&user.id).await?;
        tx.delete_remembered_browsers(&user.id).await?;
        tx.revoke_user_grants(&user.id, RevocationReason::FactorsReset, now).await?;
        let mut event = self.event(Action::FactorsReset, now).user(&user.id);
        if user.password_hash.is_none() {
            event = event.detail("without_password");
        }
        tx.add_audit_event(event);
        tx.commit().await?;
        Ok((user, factors))
    }
}
