//! What people remember to have allowed.

use super::{Actor, ClientId, Scope, Timestamp, UserId};

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

super::words::words! {
    /// What became of what a person allows a client.
    Change {
        /// It was allowed for the first time, or after it was withdrawn.
        Granted = "granted",
        /// More was allowed than before.
        Widened = "widened",
        /// It was not allowed.
        Denied = "denied",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

/// Something that a person said to a client, or that was taken back for them.
#[derive(Debug, Clone)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// About whom.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// What.
    pub change: Change,
    /// By whom.
    pub actor: Actor,
    /// What it is about: what is newly allowed, denied or taken back.
    pub scope: Scope,
    /// The words that stood on the page; none where nobody was asked.
    pub words: Vec<String>,
}
