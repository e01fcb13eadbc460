//! People.

use super::authority::AdministratorGuard;
use super::{Admin, AdminError, not_found};
use crate::crypto::random;
use crate::model::grant::RevocationReason;
use crate::model::{
    Action, Held, MfaPolicy, OperatorPermission, Profile, Secret, Timestamp, User, UserId,
};
use crate::rules::{password_policy, person};
use crate::store::{Circle, Find, Page, Tx};

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
        self.may(OperatorPermission::UsersWrite).await?;
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
            sign_outs: 0,
            version: 1,
            created_at: now,
            updated_at: now,
        };

        let mut tx = self.store.begin().await?;
        if !tx.add_user(&user).await? {
            return Err(TAKEN);
        }
        tx.add_audit_event(self.event(Action::UserAdded, now).user(&user.id));
        tx.commit().await?;
        Ok(user)
    }

    /// The person with this id or, failing that, this user name or e-mail address.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_user(&self, named: &str) -> Result<User, AdminError> {
        let user = self.find_named_user(named).await?;
        self.may_on(&user.id, OperatorPermission::UsersRead).await?;
        Ok(user)
    }

    /// The same, for operations that look after themselves who may do them.
    pub(super) async fn find_named_user(&self, named: &str) -> Result<User, AdminError> {
        let found = self.store.view().await?.find_named_user(named).await?;
        found.ok_or_else(|| not_found("user", named))
    }

    /// A part of all people ([`crate::store::View::find_users`]).
    pub async fn find_users(&self, find: &Find) -> Result<Page<User>, AdminError> {
        self.may(OperatorPermission::UsersRead).await?;
        Ok(self.store.view().await?.find_users(find).await?)
    }

    /// A part of the people in a group or with a role
    /// ([`crate::store::View::find_users_of`]).
    pub async fn find_users_of(
        &self,
        circle: &Circle,
        find: &Find,
    ) -> Result<Page<User>, AdminError> {
        self.may(OperatorPermission::UsersRead).await?;
        self.may(OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.find_users_of(circle, find).await?)
    }

    /// The user names of people, by their ids; those of nobody are left out.
    pub async fn list_usernames(&self, ids: &[&str]) -> Result<Vec<(String, String)>, AdminError> {
        self.may(OperatorPermission::UsersRead).await?;
        Ok(self.store.view().await?.list_usernames(ids).await?)
    }

    /// At most `limit` people in the order of their user names, after the one named.
    pub async fn list_users(&self, after: &str, limit: i64) -> Result<Vec<User>, AdminError> {
        self.may(OperatorPermission::UsersRead).await?;
        Ok(self.store.view().await?.list_users(after, limit).await?)
    }

    /// What a person has by their roles.
    pub async fn held_by(&self, user: &UserId) -> Result<Held, AdminError> {
        self.may_on(user, OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.find_user_held(user).await?)
    }

    /// Changes what is on record about a person, if it still is as `after.version` was: name,
    /// address, whether it is verified, and the other claims.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Conflict`] if the name or address is taken,
    /// [`AdminError::Changed`] if somebody was faster, [`AdminError::Outranked`].
    pub async fn change_user(&self, mut after: User, now: Timestamp) -> Result<User, AdminError> {
        self.may_take_over(&after.id, OperatorPermission::UsersWrite).await?;
        person::check_username(&after.username)?;
        after.email.as_deref().map_or(Ok(()), person::check_email)?;
        person::check_profile(&after.profile)?;
        after.email_verified = after.email_verified && after.email.is_some();
        after.updated_at = now;
        let mut tx = self.store.begin().await?;
        if !tx.set_user_profile(&after).await? {
            let is_same = |user: Option<User>| {
                user.is_some_and(|user| user.id == after.id && user.version == after.version)
            };
            let untouched = is_same(tx.find_user(&after.id).await?);
            return Err(if untouched { TAKEN } else { AdminError::Changed("user") });
        }
        tx.add_audit_event(self.event(Action::UserChanged, now).user(&after.id));
        tx.commit().await?;
        after.version += 1;
        Ok(after)
    }

    /// Sets a person's password, ends their sessions and kills their grants: whoever had
    /// the old one is out.
    pub async fn set_password(
        &self,
        named: &str,
        password: Secret<String>,
        now: Timestamp,
    ) -> Result<User, AdminError> {
        let user = self.find_named_user(named).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
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
    /// [`AdminError::Conflict`] if they are disabled already, [`AdminError::Outranked`],
    /// [`AdminError::LastAdministrator`].
    pub async fn disable_user(&self, named: &str, now: Timestamp) -> Result<User, AdminError> {
        let mut user = self.find_named_user(named).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
        let mut tx = self.store.begin().await?;
        let guard = AdministratorGuard::begin(&mut tx).await?;
        if !tx.set_user_disabled(&user.id, now).await? {
            return Err(AdminError::Conflict("the user is disabled already"));
        }
        guard.check(&mut tx).await?;
        tx.revoke_user_sessions(&user.id, now).await?;
        tx.revoke_user_grants(&user.id, RevocationReason::UserDisabled, now).await?;
        tx.add_audit_event(self.event(Action::UserDisabled, now).user(&user.id));
        tx.commit().await?;
        user.disabled_at = Some(now);
        Ok(user)
    }

    /// Lets a person sign in again.
    ///
    /// # Errors
    /// [`AdminError::Conflict`] if they are not disabled, [`AdminError::Outranked`].
    pub async fn enable_user(&self, named: &str, now: Timestamp) -> Result<User, AdminError> {
        let mut user = self.find_named_user(named).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersSupport).await?;
        let mut tx = self.store.begin().await?;
        if !tx.set_user_enabled(&user.id).await? {
            return Err(AdminError::Conflict("the user is not disabled"));
        }
        tx.add_audit_event(self.event(Action::UserEnabled, now).user(&user.id));
        tx.commit().await?;
        user.disabled_at = None;
        Ok(user)
    }

    /// Deletes a person with everything that is theirs. What happened stays written down,
    /// under an id that is nobody's any more.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Outranked`], [`AdminError::LastAdministrator`].
    pub async fn delete_user(&self, named: &str, now: Timestamp) -> Result<User, AdminError> {
        let user = self.find_named_user(named).await?;
        self.may_take_over(&user.id, OperatorPermission::UsersWrite).await?;
        let mut tx = self.store.begin().await?;
        let guard = AdministratorGuard::begin(&mut tx).await?;
        // In the order in which everybody locks: the person, then what hangs on them.
        tx.set_user_disabled(&user.id, now).await?;
        tx.revoke_user_sessions(&user.id, now).await?;
        if !tx.delete_user(&user.id).await? {
            return Err(not_found("user", named));
        }
        guard.check(&mut tx).await?;
        tx.add_audit_event(self.event(Action::UserDeleted, now).user(&user.id));
        tx.commit().await?;
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
}

const TAKEN: AdminError = AdminError::Conflict("the user name or e-mail address is taken");
