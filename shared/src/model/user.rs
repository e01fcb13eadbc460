//! People.

use super::{Profile, Timestamp, UserId};

/// A person who can sign in.
#[derive(Debug, Clone)]
pub struct User {
    /// Their id, and the `sub` of their tokens.
    pub id: UserId,
    /// What they type to sign in, as they wrote it; compared without case.
    pub username: String,
    /// Their address, if they gave one; also good to sign in with.
    pub email: Option<String>,
    /// Whether somebody has proved that the address is theirs.
    pub email_verified: bool,
    /// The other standard claims (Core §5.1).
    pub profile: Profile,
    /// An Argon2id hash in PHC form; absent for a person who has no password yet.
    pub password_hash: Option<String>,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
    /// How often everything was ended that they were signed in to: what was known of a browser
    /// or let a console in before counts no more.
    pub sign_outs: i64,
    /// Counts the changes of their record.
    pub version: i64,
    /// When they were added.
    pub created_at: Timestamp,
    /// When a claim of theirs last changed (the claim `updated_at`).
    pub updated_at: Timestamp,
}

impl User {
    /// Whether they may sign in and their grants are good.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// What pages call them.
    pub fn display_name(&self) -> &str {
        self.profile.name.as_deref().unwrap_or(&self.username)
    }
}

/// The form in which names and addresses are compared: without case and outer blanks.
pub fn login_key(typed: &str) -> String {
    typed.trim().to_lowercase()
}
