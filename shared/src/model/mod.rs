//! The nouns: plain data without behaviour that needs a store, a clock or a key.

pub mod access_token;
pub mod api;
pub mod app_link;
pub mod audit_event;
pub mod client;
pub mod code;
pub mod consent;
pub mod factor;
pub mod failures;
pub mod grant;
pub mod id;
pub mod id_token;
pub mod incident;
pub mod interaction;
pub mod level;
pub mod operator;
pub mod profile;
pub mod refresh_token;
pub mod refusal;
pub mod role;
pub mod scope;
pub mod secret;
pub mod session;
pub mod signing_key;
pub mod standing;
pub mod time;
pub mod user;
mod words;

pub use api::{Api, ApiScope, Catalogue, Held, HeldRole, Permission};
pub use app_link::{AndroidApp, AppleApp};
pub use audit_event::{Action, Actor, AuditEvent};
pub use client::{AuthMethod, Client, ClientKind, GrantType};
pub use code::AuthorizationCode;
pub use consent::Consent;
pub use factor::Factor;
pub use failures::Failures;
pub use grant::Grant;
pub use id::{
    ApiId, ClientId, FactorId, GrantId, GroupId, InteractionId, PermissionId, RoleId, SessionId,
    UserId,
};
pub use id_token::IdTokenHint;
pub use incident::{Incident, IncidentCode};
pub use interaction::{Interaction, Request};
pub use level::{FactorKind, Level, MfaPolicy};
pub use operator::{OperatorPermission, OperatorPermissions};
pub use profile::Profile;
pub use refresh_token::RefreshToken;
pub use refusal::{ErrorCode, Refusal};
pub use role::{Group, Role};
pub use scope::Scope;
pub use secret::Secret;
pub use session::Session;
pub use signing_key::{KeyState, SigningAlg, SigningKeyRecord};
pub use standing::Standing;
pub use time::Timestamp;
pub use user::User;
