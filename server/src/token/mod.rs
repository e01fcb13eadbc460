//! The client's way: the token endpoint with its grants, and what tokens open here.

mod call;
mod client_assertion;
mod client_auth;
mod client_secret;
pub(crate) mod endpoint;
mod found;
pub(crate) mod grants;
pub(crate) mod introspect;
pub(crate) mod mint;
mod permitted;
mod refused;
pub(crate) mod revoke;
pub(crate) mod userinfo;
