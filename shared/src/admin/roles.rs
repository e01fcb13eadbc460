//! Roles, what they permit, and who has them.

use std::collections::BTreeSet;

use serde_json::json;

use super::apis::{few, permission_named};
use super::authority::AdministratorGuard;
use super::principal::Named;
use super::{Admin, AdminError, not_found};
use crate::crypto::random;
use crate::model::{
    Action, AuditEvent, Held, HeldRole, MfaPolicy, OperatorPermission, OperatorPermissions,
    PermissionId, Role, Timestamp,
};
use crate::rules::{naming, person};
use crate::store::{FoundHolder, Holder, Tx};

/// Who is given a role, as an operator names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleHolder {
    /// A person or a service.
    One(Named),
    /// Everybody of a group, by its name or id.
    Group(String),
}

impl Admin {
    /// All roles, by their names.
    pub async fn list_roles(&self) -> Result<Vec<Role>, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.list_roles().await?)
    }

    /// The role of this name or id.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_role(&self, named: &str) -> Result<Role, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let found = self.store.view().await?.find_role(named).await?;
        found.ok_or_else(|| not_found("role", named))
    }

    /// What a role permits.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn list_role_permissions(
        &self,
        named: &str,
    ) -> Result<BTreeSet<PermissionId>, AdminError> {
        let role = self.get_role(named).await?;
        Ok(self.store.view().await?.list_role_permissions(&role.id).await?)
    }

    /// The roles that somebody has themselves, by their names.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is nobody of that name.
    pub async fn list_roles_of(&self, holder: &RoleHolder) -> Result<Vec<Role>, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let mut view = self.store.view().await?;
        match holder {
            RoleHolder::One(named) => {
                let found = named.find(&mut view).await?;
                Ok(view.list_own_roles(found.holder()).await?)
            }
            RoleHolder::Group(named) => {
                let group =
                    view.find_group(named).await?.ok_or_else(|| not_found("group", named))?;
                Ok(view.list_own_roles(Holder::Group(&group.id)).await?)
            }
        }
    }

    /// At most `limit` of those who have a role themselves, and how many people, services and
    /// groups there are of them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn list_role_holders(
        &self,
        named: &str,
        limit: i64,
    ) -> Result<(Vec<FoundHolder>, (i64, i64, i64)), AdminError> {
        let role = self.get_role(named).await?;
        let mut view = self.store.view().await?;
        let holders = view.list_role_holders(&role.id, limit).await?;
        Ok((holders, view.count_role_holders(&role.id).await?))
    }

    /// Adds a role, which permits nothing yet.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if there is one of its name.
    pub async fn add_role(
        &self,
        name: &str,
        description: &str,
        mfa: Option<MfaPolicy>,
        now: Timestamp,
    ) -> Result<Role, AdminError> {
        person::check_name("role", name)?;
        naming::check_description(description)?;
        let role = Role {
            id: random::id(now)?,
            name: name.to_owned(),
            description: description.to_owned(),
            mfa,
            built_in: false,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.begin_on_roles().await?;
        if !tx.add_role(&role).await? {
            return Err(TAKEN);
        }
        tx.add_audit_event(self.on_role(Action::RoleAdded, &role, now));
        tx.commit().await?;
        Ok(role)
    }

    /// Changes a role's name, description and policy, if it still is as `role.version` was.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Conflict`] if the name is taken or built in, or
    /// [`AdminError::Changed`] if somebody was faster.
    pub async fn change_role(&self, mut role: Role, now: Timestamp) -> Result<Role, AdminError> {
        person::check_name("role", &role.name)?;
        naming::check_description(&role.description)?;
        role.updated_at = now;
        let mut tx = self.begin_on_roles().await?;
        let before = tx.find_role(role.id.as_str()).await?;
        let before = before.ok_or_else(|| not_found("role", &role.name))?;
        let permits = operator_permissions_of(&mut tx, &before).await?;
        self.covers(&mut tx, &permits).await?;
        if before.built_in && before.name != role.name {
            return Err(BUILT_IN);
        }
        if !tx.set_role(&role).await? {
            let other = tx.find_role(&role.name).await?;
            let taken = other.is_some_and(|other| other.id != role.id);
            return Err(if taken { TAKEN } else { AdminError::Changed("role") });
        }
        tx.add_audit_event(self.on_role(Action::RoleChanged, &role, now));
        tx.commit().await?;
        role.version += 1;
        Ok(role)
    }

    /// Deletes a role that nobody has.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::InUse`] with how many have it.
    pub async fn delete_role(&self, named: &str, now: Timestamp) -> Result<Role, AdminError> {
        let (mut tx, role) = self.begin_on_role(named).await?;
        if role.built_in {
            return Err(BUILT_IN);
        }
        let (users, clients, groups) = tx.count_role_holders(&role.id).await?;
        if users + clients + groups > 0 {
            let first = tx.list_role_holders(&role.id, 5).await?;
            let first: Vec<_> = first.into_iter().map(|holder| holder.name).collect();
            let used = format!(
                "{users} people, {clients} services and {groups} groups have it, such as {}",
                few(&first)
            );
            return Err(AdminError::InUse(used));
        }
        tx.delete_role(&role.id).await?;
        tx.add_audit_event(self.on_role(Action::RoleDeleted, &role, now));
        tx.commit().await?;
        Ok(role)
    }

    /// Lets a role permit something at an API.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Conflict`] if it does or is built in, or
    /// [`AdminError::Outranked`].
    pub async fn permit(
        &self,
        role: &str,
        api: &str,
        permission: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (mut tx, role) = self.begin_on_role(role).await?;
        if role.built_in {
            return Err(BUILT_IN);
        }
        let id = permission_named(&tx.find_catalogue().await?, api, permission)?;
        self.covers(&mut tx, &operator_permissions(&BTreeSet::from([id.clone()]))).await?;
        if !tx.add_role_permission(&role.id, &id).await? {
            return Err(AdminError::Conflict("the role permits this already"));
        }
        let evidence = json!({"role": role.name, "api": api, "permission": permission});
        tx.add_audit_event(self.event(Action::RolePermitted, now).evidence(evidence));
        Ok(tx.commit().await?)
    }

    /// Lets a role permit something no longer.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Conflict`] if it does not or is built in, or
    /// [`AdminError::Outranked`].
    pub async fn forbid(
        &self,
        role: &str,
        api: &str,
        permission: &str,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (mut tx, role) = self.begin_on_role(role).await?;
        if role.built_in {
            return Err(BUILT_IN);
        }
        let id = permission_named(&tx.find_catalogue().await?, api, permission)?;
        self.covers(&mut tx, &operator_permissions(&BTreeSet::from([id.clone()]))).await?;
        if !tx.delete_role_permission(&role.id, &id).await? {
            return Err(AdminError::Conflict("the role does not permit this"));
        }
        let evidence = json!({"role": role.name, "api": api, "permission": permission});
        tx.add_audit_event(self.event(Action::RoleForbidden, now).evidence(evidence));
        Ok(tx.commit().await?)
    }

    /// Gives somebody a role.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Conflict`] if they have it, or
    /// [`AdminError::Outranked`] if it permits more than whoever is at work may do.
    pub async fn give_role(
        &self,
        role: &str,
        to: &RoleHolder,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (mut tx, role) = self.begin_on_role(role).await?;
        let permits = operator_permissions_of(&mut tx, &role).await?;
        self.covers(&mut tx, &permits).await?;
        let event = self.on_role(Action::RoleGiven, &role, now);
        let (given, event) = match to {
            RoleHolder::One(named) => {
                let found = named.find(&mut tx).await?;
                (tx.add_holder(&role.id, found.holder()).await?, found.mark(event))
            }
            RoleHolder::Group(named) => {
                let group = tx.find_group(named).await?.ok_or_else(|| not_found("group", named))?;
                let evidence = json!({"role": role.name, "group": group.name});
                (tx.add_holder(&role.id, Holder::Group(&group.id)).await?, event.evidence(evidence))
            }
        };
        if !given {
            return Err(AdminError::Conflict("they have this role already"));
        }
        tx.add_audit_event(event);
        Ok(tx.commit().await?)
    }

    /// Takes a role from somebody.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Conflict`] if they do not have it,
    /// [`AdminError::Outranked`], or [`AdminError::LastAdministrator`].
    pub async fn take_role(
        &self,
        role: &str,
        from: &RoleHolder,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (mut tx, role) = self.begin_on_role(role).await?;
        let permits = operator_permissions_of(&mut tx, &role).await?;
        self.covers(&mut tx, &permits).await?;
        let guard = AdministratorGuard::begin(&mut tx).await?;
        let event = self.on_role(Action::RoleTaken, &role, now);
        let (taken, event) = match from {
            RoleHolder::One(named) => {
                let found = named.find(&mut tx).await?;
                (tx.delete_holder(&role.id, found.holder()).await?, found.mark(event))
            }
            RoleHolder::Group(named) => {
                let group = tx.find_group(named).await?.ok_or_else(|| not_found("group", named))?;
                let evidence = json!({"role": role.name, "group": group.name});
                let taken = tx.delete_holder(&role.id, Holder::Group(&group.id)).await?;
                (taken, event.evidence(evidence))
            }
        };
        if !taken {
            return Err(AdminError::Conflict("they do not have this role"));
        }
        guard.check(&mut tx).await?;
        tx.add_audit_event(event);
        Ok(tx.commit().await?)
    }

    async fn begin_on_role(&self, named: &str) -> Result<(Tx, Role), AdminError> {
        let mut tx = self.begin_on_roles().await?;
        let role = tx.find_role(named).await?.ok_or_else(|| not_found("role", named))?;
        Ok((tx, role))
    }

    /// A unit of work on roles and groups: each waits for the one before, so that two never
    /// wait for each other, and what one has read stays so.
    pub(super) async fn begin_on_roles(&self) -> Result<Tx, AdminError> {
        self.may(OperatorPermission::RolesWrite).await?;
        let mut tx = self.store.begin().await?;
        tx.lock_roles().await?;
        Ok(tx)
    }

    fn on_role(&self, action: Action, role: &Role, now: Timestamp) -> AuditEvent {
        let evidence = json!({
            "role": role.name,
            "id": role.id.as_str(),
            "mfa": role.mfa.map(MfaPolicy::as_str),
        });
        self.event(action, now).evidence(evidence)
    }
}

const TAKEN: AdminError = AdminError::Conflict("there is a role of this name");
const BUILT_IN: AdminError =
    AdminError::Conflict("this role came with the server: its name and what it permits stay");

async fn operator_permissions_of(
    tx: &mut Tx,
    role: &Role,
) -> Result<OperatorPermissions, AdminError> {
    Ok(operator_permissions(&tx.list_role_permissions(&role.id).await?))
}

fn operator_permissions(permissions: &BTreeSet<PermissionId>) -> OperatorPermissions {
    let permissions = permissions.clone();
    let role = HeldRole { name: String::new(), through: None, permissions };
    OperatorPermissions::of(&Held { roles: vec![role] })
}
