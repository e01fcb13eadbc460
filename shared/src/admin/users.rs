//! People.

use super::{Admin, AdminError};
use crate::crypto::random;
use crate::model::grant::RevocationReason;
use crate::model::{Action, AuditEvent, MfaPolicy, Profile, Secret, Timestamp, User, UserId};
use crate::rules::{password_policy, person};
use crate::store::Tx;

/// A person to be added.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// What they will type to sign in.
    pub username: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether it is known to be theirs.
    pub email_verified: bool,
    /// The other standard claims.
    pub profile: Profile,
    /// Their password, if they get one now.
    pub password: Option<Secret<String>>,
}

/// A password that is good enough for its owner as they stand.
pub(super) struct NewPassword {
    hash: String,
    /// Whether it is too short to stand alone.
    is_short: bool,
}

impl NewPassword {
    /// Sets it. Locks its owner: their last factor does not go at the same moment.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] if it went before.
    pub(super) async fn write(&self, tx: &mut Tx, owner: &UserId) -> Result<(), AdminError> {
        tx.set_user_password(owner, &self.hash, self.is_short).await?;
        if self.is_short && tx.list_factor_kinds(owner).await?.is_empty() {
            return Err(password_policy::TOO_SHORT_ALONE.into());
        }
        Ok(())
    }
}

impl Admin {
    /// Adds a person.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if the user name or address is taken.
    pub async fn add_user(&self, new: NewUser, now: Timestamp) -> Result<User, AdminError> {
        person::check_username(&new.username)?;
        new.email.as_deref().map_or(Ok(()), person::check_email)?;
        person::check_profile(&new.profile)?;
        let password_hash = match new.password {
            Some(password) => {
                let (email, name) = (new.email.as_deref(), new.profile.name.as_deref());
                let about: Vec<_> =
                    [Some(new.username.as_str()), email, name].into_iter().flatten().collect();
                Some(self.hash_password(password, false, &about).await?.hash)
            }
            None => None,
        };
        let user = User {
            id: random::id(now)?,
            username: new.username,
            email_verified: new.email_verified && new.email.is_some(),
            email: new.email,
            profile: new.profile,
            password_hash,
            disabled_at: None,
            created_at: now,
            updated_at: now,
        };

        let mut tx = self.store.begin().await?;
        if !tx.add_user(&user).await? {
            return Err(AdminError::Conflict("the user name or e-mail address is taken"));
        }
        tx.add_audit_event(self.event(Action::UserAdded, now).user(&user.id));
        tx.commit().await?;
        Ok(user)
    }

    /// The person with this user name, e-mail address or id.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_user(&self, named: &str) -> Result<User, AdminError> {
        let mut view = self.store.view().await?;
        let found = match view.find_user_by_login(named).await? {
            Some(user) => Some(user),
            None => view.find_user(&named.into()).await?,
        };
        found.ok_or_else(|| AdminError::NotFound { kind: "user", name: named.to_owned() })
    }

    /// At most `limit` people in the order of their user names, after the one named.
    pub async fn list_users(&self, after: &str, limit: i64) -> Result<Vec<User>, AdminError> {
        Ok(self.store.view().await?.list_users(after, limit).await?)
    }

    /// Sets a person's password, ends their sessions and kills their grants: whoever had
    /// the old one is out.
    pub async fn set_password(
        &self,
        named: &str,
        password: Secret<String>,
        now: Timestamp,
    ) -> Result<User, AdminError> {
        let user = self.get_user(named).await?;
        let new = self.hash_new_password(&user, password).await?;
        let mut tx = self.store.begin().await?;
        new.write(&mut tx, &user.id).await?;
        tx.revoke_user_sessions(&user.id, now).await?;
        tx.delete_remembered_browsers(&user.id).await?;
        tx.revoke_user_grants(&user.id, RevocationReason::PasswordSet, now).await?;
        tx.add_audit_event(self.event(Action::UserPasswordSet, now).user(&user.id));
        tx.commit().await?;
        Ok(user)
    }

    /// Disables a person, ends their sessions and kills their grants.
    ///
    /// # Errors
    /// [`AdminError::Conflict`] if they are disabled already.
    pub async fn disable_user(&self, named: &str, now: Timestamp) -> Result<User, AdminError> {
        let mut user = self.get_user(named).await?;
        let mut tx = self.store.begin().await?;
        if !tx.set_user_disabled(&user.id, now).await? {
            return Err(AdminError::Conflict("the user is disabled already"));
        }
        tx.revoke_user_sessions(&user.id, now).await?;
        tx.revoke_user_grants(&user.id, RevocationReason::UserDisabled, now).await?;
        tx.add_audit_event(self.event(Action::UserDisabled, now).user(&user.id));
        tx.commit().await?;
        user.disabled_at = Some(now);
        Ok(user)
    }

    /// Hashes a new password of a person who is here already.
    pub(super) async fn hash_new_password(
        &self,
        user: &User,
        password: Secret<String>,
    ) -> Result<NewPassword, AdminError> {
        let factors = self.store.view().await?.list_factor_kinds(&user.id).await?;
        let (email, name) = (user.email.as_deref(), user.profile.name.as_deref());
        let about: Vec<_> =
            [Some(user.username.as_str()), email, name].into_iter().flatten().collect();
        // Where nobody is asked for it, a second factor makes up for nothing.
        let has_second_factor = self.mfa != MfaPolicy::Off && !factors.is_empty();
        self.hash_password(password, has_second_factor, &about).await
    }

    /// Hashes a new password of somebody, if it is good enough for them.
    pub(super) async fn hash_password(
        &self,
        password: Secret<String>,
        has_second_factor: bool,
        about: &[&str],
    ) -> Result<NewPassword, AdminError> {
        password_policy::check(password.expose(), has_second_factor, about)?;
        let is_short = password_policy::is_short(password.expose());
        Ok(NewPassword { hash: self.hasher.hash(password).await?, is_short })
    }

    pub(super) fn event(&self, action: Action, now: Timestamp) -> AuditEvent {
        let event = AuditEvent::new(action, self.actor.clone(), now);
        match &self.place {
            Some((address, session)) => event.address(*address).session(session),
            None => event,
        }
    }
}
