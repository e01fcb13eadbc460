//! What an ID token that comes back says.

use super::{ClientId, SessionId, UserId};

/// An ID token that came back as a hint (`id_token_hint`, Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// Whom it is about.
    pub user_id: UserId,
    /// For whom it was made.
    pub client_id: ClientId,
    /// The session it was made in.
    pub session_id: Option<SessionId>,
}
