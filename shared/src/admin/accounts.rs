//! What people do with their own accounts. The actor is the person; an operator may do the
//! same for them.

use serde_json::json;

use super::{Admin, AdminError};
use crate::crypto::{random, token};
use crate::model::grant::RevocationReason;
use crate::model::{
    Action, FactorId, OperatorPermission, Profile, Secret, Session, SessionId, Timestamp, User,
    UserId,
};
use crate::rules::person;
use crate::store::{Application, Page, UserEvent, UserSession};

/// What a person wants on record about them.
#[derive(Debug, Clone, Default)]
pub struct NewProfile {
    /// Their address.
    pub email: Option<String>,
    /// The other standard claims; whether a number is verified is not for them to say.
    pub profile: Profile,
}

impl Admin {
    /// Changes what is on record about a person, if it is still what it was in `before`. An
    /// address or a number that is another one is not verified any more.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if the address is another's or
    /// the record was changed meanwhile.
    pub async fn set_profile(
        &self,
        before: &User,
        new: NewProfile,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may_take_over(&before.id, OperatorPermission::UsersWrite).await?;
        let NewProfile { email, mut profile } = new;
        email.as_deref().map_or(Ok(()), person::check_email)?;
        let old = &before.profile;
        profile.phone_number_verified = match &profile.phone_number {
            None => None,
            number if *number == old.phone_number => old.phone_number_verified,
            Some(_) => Some(false),
        };
        person::check_profile(&profile)?;
        let same_email = email == before.email;
        let after = User {
            email_verified: before.email_verified && same_email,
            email,
            profile,
            updated_at: now,
            ..before.clone()
        };
        let mut tx = self.store.begin().await?;
        if !tx.set_user_profile(&after).await? {
            let taken = "the e-mail address is taken, or the profile was changed meanwhile";
            return Err(AdminError::Conflict(taken));
        }
        let evidence = json!({"email_changed": !same_email});
        let event = self.event(Action::ProfileChanged, now).user(&before.id);
        tx.add_audit_event(event.evidence(evidence));
        Ok(tx.commit().await?)
    }

    /// Changes the password of somebody who is signed in, and gives their session's new secret.
    /// Their other sessions end with all that came of them, and no browser is remembered:
    /// whoever had the old password is out, and so is who copied the session's cookie.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] if it is not good enough; [`AdminError::NotFound`] if the session
    /// has ended.
    pub async fn change_password(
        &self,
        session: &Session,
        user: &User,
        password: Secret<String>,
        now: Timestamp,
    ) -> Result<Secret<String>, AdminError> {
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
        let new = self.hash_new_password(user, password).await?;
        let secret = random::secret()?;
        let hash = token::hash(secret.expose());
        let mut tx = self.store.begin().await?;
        new.write(&mut tx, &user.id).await?;
        if !tx.set_session_secret(&user.id, &session.id, &hash, now).await? {
            return Err(AdminError::NotFound { kind: "session", name: session.id.to_string() });
        }
        tx.revoke_other_sessions(&user.id, &session.id, now).await?;
        tx.delete_remembered_browsers(&user.id).await?;
        let reason = RevocationReason::PasswordSet;
        tx.revoke_other_sessions_grants(&user.id, &session.id, reason, now).await?;
        let event = self.event(Action::PasswordChanged, now).user(&user.id).session(&session.id);
        tx.add_audit_event(event);
        tx.commit().await?;
        Ok(secret)
    }

    /// The live sessions of a person, the newest first.
    pub async fn list_sessions(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<UserSession>, AdminError> {
        self.may_on(user, OperatorPermission::SessionsRead).await?;
        Ok(self.store.view().await?.list_user_sessions(user, now).await?)
    }

    /// Ends a session of a person with the grants that do not outlive it.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if they have no such live session.
    pub async fn end_session(
        &self,
        user: &UserId,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may_on(user, OperatorPermission::SessionsEnd).await?;
        let mut tx = self.store.begin().await?;
        if !tx.revoke_user_session(user, session, now).await? {
            return Err(AdminError::NotFound { kind: "session", name: session.to_string() });
        }
        tx.revoke_session_grants(session, now).await?;
        tx.add_audit_event(self.event(Action::SessionEnded, now).user(user).session(session));
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of a person but one, with the grants that do not outlive them, and
    /// gives their number.
    pub async fn end_other_sessions(
        &self,
        user: &UserId,
        keep: &SessionId,
        now: Timestamp,
    ) -> Result<u64, AdminError> {
        self.may_on(user, OperatorPermission::SessionsEnd).await?;
        let mut tx = self.store.begin().await?;
        let ended = tx.revoke_other_sessions(user, keep, now).await?;
        tx.revoke_ended_sessions_grants(user, now).await?;
        let event = self.event(Action::SessionsEnded, now).user(user).session(keep);
        tx.add_audit_event(event.evidence(json!({"sessions": ended})));
        tx.commit().await?;
        Ok(ended)
    }

    /// The applications to which a person allowed something.
    pub async fn list_applications(&self, user: &UserId) -> Result<Vec<Application>, AdminError> {
        self.may_on(user, OperatorPermission::ConsentsRead).await?;
        Ok(self.store.view().await?.list_applications(user).await?)
    }

    /// Renames a factor of a person.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if they have no such factor.
    pub async fn rename_factor(
        &self,
        user: &UserId,
        factor: &FactorId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        self.may_on(user, OperatorPermission::UsersSupport).await?;
        person::check_name("name", name)?;
        let mut tx = self.store.begin().await?;
        if !tx.set_factor_name(user, factor, name).await? {
            return Err(AdminError::NotFound { kind: "factor", name: factor.to_string() });
        }
        let event = self.event(Action::FactorRenamed, now).user(user);
        tx.add_audit_event(event.evidence(json!({"factor": factor.as_str()})));
        Ok(tx.commit().await?)
    }

    /// Asks for a second factor again in all browsers of a person.
    pub async fn forget_browsers(&self, user: &UserId, now: Timestamp) -> Result<u64, AdminError> {
        self.may_on(user, OperatorPermission::UsersSupport).await?;
        let mut tx = self.store.begin().await?;
        let browsers = tx.delete_remembered_browsers(user).await?;
        tx.add_audit_event(self.event(Action::BrowsersForgotten, now).user(user));
        tx.commit().await?;
        Ok(browsers)
    }

    /// A part of the events about a person, the newest first, of at most `limit`; it begins
    /// where the one before ended.
    pub async fn list_user_events(
        &self,
        user: &UserId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Page<UserEvent>, AdminError> {
        self.may_on(user, OperatorPermission::AuditRead).await?;
        Ok(self.store.view().await?.list_user_events(user, after, limit).await?)
    }
}
