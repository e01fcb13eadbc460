//! What access tokens say.

use serde::{Deserialize, Serialize};

/// The type that access tokens carry in their header (RFC 9068 §2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer.
    pub iss: String,
    /// The person, by the name that the client knows, or the client that works for itself.
    pub sub: String,
    /// The APIs it is for.
    pub aud: Audience,
    /// The client it was given to.
    pub client_id: String,
    /// When it ends, in seconds since the Unix epoch.
    pub exp: i64,
    /// When it was made, in seconds since the Unix epoch.
    pub iat: i64,
    /// Its own name.
    pub jti: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The roles behind it, where the API wants to know (RFC 9068 §2.2.3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// The permissions behind it, by the API's own names, where it wants to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// When the person had proved who they are, in seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// What that is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// How they proved it (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The family: what is revoked is what is stored, and the token names it. None where
    /// no person is involved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// Its place in the family: the generation of the refresh token it was given with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
}

/// Whom a token is for: one name, or several (`aud`, RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// As most tokens have it.
    One(String),
    /// All are meant.
    Several(Vec<String>),
}

impl Audience {
    /// Whether this name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.names().iter().any(|each| each == name)
    }

    /// All names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

impl From<Vec<String>> for Audience {
    fn from(names: Vec<String>) -> Self {
        match <[String; 1]>::try_from(names) {
            Ok([name]) => Self::One(name),
            Err(names) => Self::Several(names),
        }
    }
}
