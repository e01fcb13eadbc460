//! What people remember to have allowed.

use super::{ClientId, Scope, Timestamp, UserId};

/// What a person once allowed a client, remembered until withdrawn.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Who allowed it.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// All that was ever allowed.
    pub scope: Scope,
    /// Since when.
    pub granted_at: Timestamp,
    /// When it was last widened.
    pub updated_at: Timestamp,
}
