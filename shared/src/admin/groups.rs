//! Groups, and who is in them.

use serde_json::json;

use super::apis::few;
use super::authority::AdministratorGuard;
use super::principal::Named;
use super::{Admin, AdminError, not_found};
use crate::crypto::random;
use crate::model::{Action, AuditEvent, Group, OperatorPermission, OperatorPermissions, Timestamp};
use crate::rules::{naming, person};
use crate::store::{GroupMember, Holder, Tx};

impl Admin {
    /// All groups, by their names.
    pub async fn list_groups(&self) -> Result<Vec<Group>, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        Ok(self.store.view().await?.list_groups().await?)
    }

    /// The group of this name or id.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_group(&self, named: &str) -> Result<Group, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let found = self.store.view().await?.find_group(named).await?;
        found.ok_or_else(|| not_found("group", named))
    }

    /// The groups that somebody is in, by their names.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is nobody of that name.
    pub async fn list_groups_of(&self, member: &Named) -> Result<Vec<Group>, AdminError> {
        self.may(OperatorPermission::RolesRead).await?;
        let mut view = self.store.view().await?;
        let found = member.find(&mut view).await?;
        Ok(view.list_groups_of(found.member()).await?)
    }

    /// At most `limit` of those in a group, and how many there are.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn list_members(
        &self,
        group: &str,
        limit: i64,
    ) -> Result<(Vec<GroupMember>, i64), AdminError> {
        let group = self.get_group(group).await?;
        let mut view = self.store.view().await?;
        let members = view.list_members(&group.id, limit).await?;
        Ok((members, view.count_members(&group.id).await?))
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], or [`AdminError::Conflict`] if there is one of its name.
    pub async fn add_group(
        &self,
        name: &str,
        description: &str,
        now: Timestamp,
    ) -> Result<Group, AdminError> {
        person::check_name("group", name)?;
        naming::check_description(description)?;
        let group = Group {
            id: random::id(now)?,
            name: name.to_owned(),
            description: description.to_owned(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.begin_on_roles().await?;
        if !tx.add_group(&group).await? {
            return Err(TAKEN);
        }
        tx.add_audit_event(self.about(Action::GroupAdded, &group, now));
        tx.commit().await?;
        Ok(group)
    }

    /// Changes a group's name and description, if it still is as `group.version` was.
    ///
    /// # Errors
    /// [`AdminError::Invalid`], [`AdminError::Conflict`] if the name is taken, or
    /// [`AdminError::Changed`] if somebody was faster.
    pub async fn change_group(
        &self,
        mut group: Group,
        now: Timestamp,
    ) -> Result<Group, AdminError> {
        person::check_name("group", &group.name)?;
        naming::check_description(&group.description)?;
        group.updated_at = now;
        let mut tx = self.begin_on_roles().await?;
        if !tx.set_group(&group).await? {
            let other = tx.find_group(&group.name).await?;
            let taken = other.is_some_and(|other| other.id != group.id);
            return Err(if taken { TAKEN } else { AdminError::Changed("group") });
        }
        tx.add_audit_event(self.about(Action::GroupChanged, &group, now));
        tx.commit().await?;
        group.version += 1;
        Ok(group)
    }

    /// Deletes a group that nobody is in and that has no roles.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or [`AdminError::InUse`].
    pub async fn delete_group(&self, named: &str, now: Timestamp) -> Result<Group, AdminError> {
        let (mut tx, group) = self.begin_on_group(named).await?;
        let members = tx.count_members(&group.id).await?;
        let roles = tx.list_own_roles(Holder::Group(&group.id)).await?;
        if members > 0 || !roles.is_empty() {
            let roles: Vec<_> = roles.into_iter().map(|role| role.name).collect();
            let used = format!("{members} are in it; its roles: {}", few(&roles));
            return Err(AdminError::InUse(used));
        }
        tx.delete_group(&group.id).await?;
        tx.add_audit_event(self.about(Action::GroupDeleted, &group, now));
        tx.commit().await?;
        Ok(group)
    }

    /// Takes a person or a service into a group.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Conflict`] if they are in it, or
    /// [`AdminError::Outranked`] if its roles permit more than whoever is at work may do.
    pub async fn add_member(
        &self,
        group: &str,
        member: &Named,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (mut tx, group) = self.begin_on_group(group).await?;
        let permits = group_permissions(&mut tx, &group).await?;
        self.covers(&mut tx, &permits).await?;
        let found = member.find(&mut tx).await?;
        if !tx.add_member(&group.id, found.member()).await? {
            return Err(AdminError::Conflict("they are in this group already"));
        }
        let event = found.mark(self.about(Action::GroupJoined, &group, now));
        tx.add_audit_event(event);
        Ok(tx.commit().await?)
    }

    /// Takes a person or a service out of a group.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Conflict`] if they are not in it,
    /// [`AdminError::Outranked`], or [`AdminError::LastAdministrator`].
    pub async fn remove_member(
        &self,
        group: &str,
        member: &Named,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let (mut tx, group) = self.begin_on_group(group).await?;
        let permits = group_permissions(&mut tx, &group).await?;
        self.covers(&mut tx, &permits).await?;
        let guard = AdministratorGuard::begin(&mut tx).await?;
        let found = member.find(&mut tx).await?;
        if !tx.delete_member(&group.id, found.member()).await? {
            return Err(AdminError::Conflict("they are not in this group"));
        }
        guard.check(&mut tx).await?;
        let event = found.mark(self.about(Action::GroupLeft, &group, now));
        tx.add_audit_event(event);
        Ok(tx.commit().await?)
    }

    async fn begin_on_group(&self, named: &str) -> Result<(Tx, Group), AdminError> {
        let mut tx = self.begin_on_roles().await?;
        let group = tx.find_group(named).await?.ok_or_else(|| not_found("group", named))?;
        Ok((tx, group))
    }

    fn about(&self, action: Action, group: &Group, now: Timestamp) -> AuditEvent {
        self.event(action, now).evidence(json!({"group": group.name, "id": group.id.as_str()}))
    }
}

const TAKEN: AdminError = AdminError::Conflict("there is a group of this name");

/// What being in a group permits an operator.
async fn group_permissions(tx: &mut Tx, group: &Group) -> Result<OperatorPermissions, AdminError> {
    let mut held = crate::model::Held::default();
    for role in tx.list_own_roles(Holder::Group(&group.id)).await? {
        let permissions = tx.list_role_permissions(&role.id).await?;
        held.roles.push(crate::model::HeldRole { name: role.name, through: None, permissions });
    }
    Ok(OperatorPermissions::of(&held))
}
