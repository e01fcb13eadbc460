//! Pure decisions: no I/O, no clock, no randomness.
//!
//! Because they are pure, the console can run them dry and say what would happen, and why.

pub mod acr;
pub mod asked_claims;
pub mod authorize;
pub mod basic;
pub mod claims;
pub mod client_assertion;
pub mod client_fields;
pub mod findings;
pub mod key_rotation;
pub mod logout;
pub mod metadata;
pub mod mfa;
pub mod naming;
pub mod next_step;
pub mod params;
pub mod password_policy;
pub mod person;
pub mod rbac;
pub mod redirect_uri;
pub mod refresh;
pub mod registration;
pub mod resource;
pub mod sign_in;
pub mod throttle;
pub mod token_claims;
pub mod user_agent;
pub mod why;
