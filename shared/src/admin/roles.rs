//! Roles, and who has them.

use serde_json::json;

use super::{Admin, AdminError};
use crate::crypto::random;
use crate::model::{Action, MfaPolicy, Role, Timestamp};
use crate::rules::person;

impl Admin {
    /// Adds a role.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if there is one of its name.
    pub async fn add_role(
        &self,
        name: &str,
        mfa: Option<MfaPolicy>,
        now: Timestamp,
    ) -> Result<Role, AdminError> {
        person::check_name("role", name)?;
        let role = Role { id: random::id(now)?, name: name.to_owned(), mfa, created_at: now };
        let mut tx = self.store.begin().await?;
        if !tx.add_role(&role).await? {
            return Err(AdminError::Conflict("there is a role of this name"));
        }
        let evidence = json!({"role": name, "mfa": mfa.map(MfaPolicy::as_str)});
        tx.add_audit_event(self.event(Action::RoleAdded, now).evidence(evidence));
        tx.commit().await?;
        Ok(role)
    }

    /// All roles, by their names.
    pub async fn list_roles(&self) -> Result<Vec<Role>, AdminError> {
        Ok(self.store.view().await?.list_roles().await?)
    }

    /// The roles of a person, by their names.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person.
    pub async fn list_user_roles(&self, user: &str) -> Result<Vec<Role>, AdminError> {
        let user = self.get_user(user).await?;
        Ok(self.store.view().await?.list_user_roles(&user.id).await?)
    }

    /// Sets what a role wants of second factors.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such role.
    pub async fn set_role_mfa(
        &self,
        name: &str,
        mfa: Option<MfaPolicy>,
        now: Timestamp,
    ) -> Result<Role, AdminError> {
        let mut role = self.get_role(name).await?;
        role.mfa = mfa;
        let mut tx = self.store.begin().await?;
        tx.set_role_mfa(&role.id, mfa).await?;
        let evidence = json!({"role": name, "mfa": mfa.map(MfaPolicy::as_str)});
        tx.add_audit_event(self.event(Action::RoleChanged, now).evidence(evidence));
        tx.commit().await?;
        Ok(role)
    }

    /// Gives a person a role.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person or role, [`AdminError::Conflict`]
    /// if they have it.
    pub async fn give_role(
        &self,
        name: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (role, user) = (self.get_role(name).await?, self.get_user(user).await?);
        let mut tx = self.store.begin().await?;
        if !tx.add_user_role(&user.id, &role.id).await? {
            return Err(AdminError::Conflict("the user has this role already"));
        }
        let event = self.event(Action::RoleGiven, now).user(&user.id);
        tx.add_audit_event(event.evidence(json!({"role": name})));
        Ok(tx.commit().await?)
    }

    /// Takes a role from a person.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person or role, [`AdminError::Conflict`]
    /// if they do not have it.
    pub async fn take_role(
        &self,
        name: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (role, user) = (self.get_role(name).await?, self.get_user(user).await?);
        let mut tx = self.store.begin().await?;
        if !tx.delete_user_role(&user.id, &role.id).await? {
            return Err(AdminError::Conflict("the user does not have this role"));
        }
        let event = self.event(Action::RoleTaken, now).user(&user.id);
        tx.add_audit_event(event.evidence(json!({"role": name})));
        Ok(tx.commit().await?)
    }

    async fn get_role(&self, name: &str) -> Result<Role, AdminError> {
        let found = self.store.view().await?.find_role(name).await?;
        found.ok_or_else(|| AdminError::NotFound { kind: "role", name: name.to_owned() })
    }
}
