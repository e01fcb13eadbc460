//! Roles.

use super::{MfaPolicy, RoleId, Timestamp};

/// What several people are, by one name.
#[derive(Debug, Clone)]
pub struct Role {
    /// Names it for good.
    pub id: RoleId,
    /// What operators call it.
    pub name: String,
    /// What it wants of the second factors of whoever has it; nothing if absent.
    pub mfa: Option<MfaPolicy>,
    /// When it was added.
    pub created_at: Timestamp,
}
