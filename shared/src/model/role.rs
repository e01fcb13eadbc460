//! Roles, and groups of those who have the same.

use super::{GroupId, MfaPolicy, RoleId, Timestamp};

/// Permissions under one name, which people, services and groups are given together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Names it for good.
    pub id: RoleId,
    /// What operators call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it wants of the second factors of whoever has it; nothing if absent.
    pub mfa: Option<MfaPolicy>,
    /// Whether it came with this server; then its permissions stay as they are.
    pub built_in: bool,
    /// Counts its changes.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// People and services that have the same roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Names it for good.
    pub id: GroupId,
    /// What operators call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Counts its changes.
    pub version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
