//! The nouns: plain data without behaviour that needs a store, a clock or a key.

pub mod access_token;
pub mod audit_event;
pub mod client;
pub mod code;
pub mod consent;
pub mod grant;
pub mod id;
pub mod id_token;
pub mod interaction;
pub mod profile;
pub mod refresh_token;
pub mod refusal;
pub mod scope;
pub mod secret;
pub mod session;
pub mod signing_key;
pub mod time;
pub mod user;

pub use audit_event::{Action, Actor, AuditEvent};
pub use client::{AuthMethod, Client, ClientKind, GrantType};
pub use code::AuthorizationCode;
pub use consent::Consent;
pub use grant::Grant;
pub use id::{ClientId, GrantId, InteractionId, SessionId, UserId};
pub use id_token::IdTokenHint;
pub use interaction::{Interaction, Request};
pub use profile::Profile;
pub use refresh_token::RefreshToken;
pub use refusal::{ErrorCode, Refusal};
pub use scope::Scope;
pub use secret::Secret;
pub use session::Session;
pub use signing_key::{KeyState, SigningAlg, SigningKeyRecord};
pub use time::Timestamp;
pub use user::User;
