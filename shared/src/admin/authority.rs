//! Who is at work, what that lets them do, and that somebody is left who may do everything.

use super::{Admin, AdminError};
use crate::model::{ClientId, HeldRole, OperatorPermission, OperatorPermissions, UserId};
use crate::store::{Tx, View};

/// What somebody at work may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// Everything: the server itself, and whoever has its machine.
    Machine,
    /// What the roles of an operator who signed in permit, looked up anew for each operation.
    Roles(Operator),
    /// What people do with their own account.
    Own(UserId),
}

/// An operator who signed in: until everything of theirs is ended, because their password was
/// set anew or their sessions were ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who.
    pub user: UserId,
    /// How often everything of theirs had been ended when they signed in.
    pub sign_outs: i64,
}

impl Admin {
    /// The roles by which whoever is at work is an operator, each once; none for those who are
    /// not by a role.
    pub async fn own_roles(&self) -> Result<Vec<String>, AdminError> {
        let Authority::Roles(operator) = &self.authority else { return Ok(Vec::new()) };
        let held = self.store.view().await?.find_user_held(&operator.user).await?;
        let is_operators = |role: &HeldRole| {
            OperatorPermission::ALL.iter().any(|one| role.permissions.contains(&one.id()))
        };
        let mut names: Vec<_> =
            held.roles.into_iter().filter(is_operators).map(|role| role.name).collect();
        names.dedup();
        Ok(names)
    }

    /// Makes sure that whoever is at work may do this.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`].
    pub async fn may(&self, permission: OperatorPermission) -> Result<(), AdminError> {
        let permitted = match &self.authority {
            Authority::Machine => true,
            Authority::Roles(operator) => {
                let mut view = self.store.view().await?;
                live_permissions(&mut view, operator).await?.contains(permission)
            }
            Authority::Own(_) => false,
        };
        if permitted { Ok(()) } else { Err(AdminError::Forbidden(permission)) }
    }

    /// The same for something about a person, who may do it with their own account too.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`].
    pub async fn may_on(
        &self,
        user: &UserId,
        permission: OperatorPermission,
    ) -> Result<(), AdminError> {
        match &self.authority {
            Authority::Own(own) if own == user => Ok(()),
            _ => self.may(permission).await,
        }
    }

    /// The same for what decides who can sign in as a person. Whoever may do less than they
    /// may not do it: they could sign in as them, and do more.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`], [`AdminError::Outranked`].
    pub async fn may_take_over(
        &self,
        user: &UserId,
        permission: OperatorPermission,
    ) -> Result<(), AdminError> {
        self.may_on(user, permission).await?;
        let mut view = self.store.view().await?;
        let theirs = OperatorPermissions::of(&view.find_user_held(user).await?);
        self.covers(&mut view, &theirs).await
    }

    /// The same for what decides who can pass for a client: a service may have roles that
    /// permit more.
    ///
    /// # Errors
    /// [`AdminError::Forbidden`], [`AdminError::Outranked`].
    pub(super) async fn may_take_over_client(&self, client: &ClientId) -> Result<(), AdminError> {
        self.may(OperatorPermission::ClientsWrite).await?;
        let mut view = self.store.view().await?;
        let theirs = OperatorPermissions::of(&view.find_client_held(client).await?);
        self.covers(&mut view, &theirs).await
    }

    /// Makes sure that whoever is at work may do all of this themselves before they let
    /// others do it.
    ///
    /// # Errors
    /// [`AdminError::Outranked`].
    pub(super) async fn covers(
        &self,
        view: &mut View,
        permissions: &OperatorPermissions,
    ) -> Result<(), AdminError> {
        let Authority::Roles(operator) = &self.authority else { return Ok(()) };
        let mine = live_permissions(view, operator).await?;
        if mine.covers(permissions) { Ok(()) } else { Err(AdminError::Outranked) }
    }
}

/// What an operator may do at this moment: nothing once they are disabled or signed out.
async fn live_permissions(
    view: &mut View,
    operator: &Operator,
) -> Result<OperatorPermissions, AdminError> {
    let user = view.find_user(&operator.user).await?;
    if !user.is_some_and(|user| user.is_active() && user.sign_outs == operator.sign_outs) {
        return Ok(OperatorPermissions::default());
    }
    Ok(OperatorPermissions::of(&view.find_user_held(&operator.user).await?))
}

/// Sees to it that a change leaves somebody who may do everything, if there was anybody.
///
/// Whoever begins one waits for the others: two operators who remove each other at the same
/// moment do not both succeed.
pub(super) struct AdministratorGuard {
    before: i64,
}

impl AdministratorGuard {
    pub(super) async fn begin(tx: &mut Tx) -> Result<Self, AdminError> {
        tx.lock_roles().await?;
        Ok(Self { before: tx.count_administrators().await? })
    }

    pub(super) async fn check(self, tx: &mut Tx) -> Result<(), AdminError> {
        if self.before > 0 && tx.count_administrators().await? == 0 {
            return Err(AdminError::LastAdministrator);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
