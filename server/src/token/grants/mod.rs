//! One file a grant. Each understands the request, looks, mints, then consumes what is
//! used once and commits, before anything is answered.
//!
//! Tokens are minted before the unit of work begins: nothing waits for a signature while
//! it holds the store.

pub(crate) mod authorization_code;
pub(crate) mod refresh_token;
