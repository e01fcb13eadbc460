//! Browsers in which somebody is signed in.

use super::{Level, SessionId, Timestamp, UserId};

/// A browser in which one person is signed in.
///
/// The browser holds a random secret in a cookie; the store has its hash.
#[derive(Debug, Clone)]
pub struct Session {
    /// The `sid` of ID tokens.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// When they last proved who they are with the first factor (`auth_time`).
    pub auth_time: Timestamp,
    /// How they proved it (`amr`, RFC 8176), space-separated.
    pub amr: String,
    /// What that is worth.
    pub level: Level,
    /// What the browser called itself (`User-Agent`), if it did.
    pub user_agent: Option<String>,
    /// The network address it came from.
    pub address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}
