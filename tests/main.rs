//! What the server promises, tried on the real program from outside, on both databases.
//!
//! The numbers in the tests' comments are those of the statements that the project keeps
//! about the protocol; the sections are those of the specifications.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails here and now"
)]

mod account;
mod account_protection;
mod authorize;
mod authorize_refusals;
mod client_assertion;
mod cluster;
mod command_line;
mod console;
mod cors;
mod crash;
mod discovery;
mod form_post;
mod harness;
mod hints;
mod history;
mod introspection;
mod issuer;
mod keys;
mod keys_api;
mod logout;
mod machines;
mod openidconnect_crate;
mod operation;
mod operator;
mod own_claims;
mod pages;
mod passkeys;
mod permissions;
mod predict;
mod races;
mod refresh;
mod refresh_theft;
mod second_factor;
mod throttle;
mod tidy;
mod tls;
mod token;
mod userinfo;
mod well_known;
mod why;
