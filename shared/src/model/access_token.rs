//! What access tokens say.

use serde::{Deserialize, Serialize};

/// The type that access tokens carry in their header (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer.
    pub iss: String,
    /// The person.
    pub sub: String,
    /// The API it is for.
    pub aud: String,
    /// The client it was given to.
    pub client_id: String,
    /// When it ends, in seconds since the Unix epoch.
    pub exp: i64,
    /// When it was made, in seconds since the Unix epoch.
    pub iat: i64,
    /// Its own name.
    pub jti: String,
    /// What it is for.
    pub scope: String,
    /// When the person had proved who they are, in seconds since the Unix epoch.
    pub auth_time: i64,
    /// What that is worth.
    pub acr: String,
    /// How they proved it (RFC 8176).
    pub amr: Vec<String>,
    /// The family: what is revoked is what is stored, and the token names it.
    pub grant_id: String,
}
