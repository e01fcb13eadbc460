//! What ID tokens say, and what is left of one that comes back.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ClientId, SessionId};

/// The claims of an ID token (Core §2).
#[derive(Debug, Clone, Serialize)]
pub struct IdClaims {
    /// The issuer.
    pub iss: String,
    /// The person, by the name that the client knows.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// When it ends, in seconds since the Unix epoch.
    pub exp: i64,
    /// When it was made, in seconds since the Unix epoch.
    pub iat: i64,
    /// When the person had proved who they are, in seconds since the Unix epoch.
    pub auth_time: i64,
    /// The request's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the proof is worth.
    pub acr: String,
    /// How it was given (RFC 8176).
    pub amr: Vec<String>,
    /// The left half of the access token's hash (Core §3.1.3.6).
    pub at_hash: String,
    /// The session (Front-Channel Logout §3, Back-Channel Logout §2.1).
    pub sid: String,
    /// What was asked for one by one (Core §5.5).
    #[serde(flatten)]
    pub asked: Map<String, Value>,
}

/// An ID token that came back as a hint (`id_token_hint`, Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// Whom it is about, by the name that its client knows.
    pub subject: String,
    /// For whom it was made.
    pub client_id: ClientId,
    /// The session it was made in.
    pub session_id: Option<SessionId>,
}
