//! What operators may do. These are permissions of the API that this server itself is.

use std::collections::BTreeSet;

use super::{Held, PermissionId};

/// The id of the API that this server itself is.
pub const OWN_API: &str = "signet";
/// The id of the role that may do everything.
pub const ADMINISTRATOR: &str = "signet:administrator";

super::words::words! {
    /// Something that an operator may do.
    OperatorPermission {
        /// See people.
        UsersRead = "users.read",
        /// Add, change and delete people.
        UsersWrite = "users.write",
        /// Help people who cannot sign in: enable, disable, passwords, second factors.
        UsersSupport = "users.support",
        /// See applications.
        ClientsRead = "clients.read",
        /// Add, change and delete applications.
        ClientsWrite = "clients.write",
        /// See APIs, permissions, roles and groups.
        RolesRead = "roles.read",
        /// Change APIs, permissions, roles and groups, and who has them.
        RolesWrite = "roles.write",
        /// See sessions and token families.
        SessionsRead = "sessions.read",
        /// End sessions and token families.
        SessionsEnd = "sessions.end",
        /// See what people allowed.
        ConsentsRead = "consents.read",
        /// Withdraw what people allowed.
        ConsentsWithdraw = "consents.withdraw",
        /// See signing keys.
        KeysRead = "keys.read",
        /// Rotate and revoke signing keys.
        KeysWrite = "keys.write",
        /// See what happened, and why.
        AuditRead = "audit.read",
    }
}

impl OperatorPermission {
    /// The permission's id in the store.
    pub fn id(self) -> PermissionId {
        format!("{OWN_API}:{self}").into()
    }
}

/// All that an operator may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorPermissions(BTreeSet<OperatorPermission>);

impl OperatorPermissions {
    /// What these roles permit an operator.
    pub fn of(held: &Held) -> Self {
        let all = OperatorPermission::ALL.iter().copied();
        Self(all.filter(|permission| held.permits(&permission.id())).collect())
    }

    /// Whether this is among it.
    pub fn contains(&self, permission: OperatorPermission) -> bool {
        self.0.contains(&permission)
    }

    /// Whether everything of `other` is among it.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.is_subset(&self.0)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = OperatorPermission> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The migration lists them too: they are rows like any other permission.
    #[test]
    fn the_store_is_given_every_permission() {
        let migration = include_str!("../../../migrations/0004_permissions.sql");
        for permission in OperatorPermission::ALL {
            let row = format!("('{}', 'signet', '{permission}',", permission.id());
            assert!(migration.contains(&row), "{permission}");
        }
        let rows = migration.matches("('signet:").count() - 3;
        assert_eq!(rows, OperatorPermission::ALL.len(), "and the three roles");
    }
}
