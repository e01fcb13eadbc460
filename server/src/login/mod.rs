//! The browser's way, in the order it is walked: authorize → advance → password →
//! consent → finish; and out again: logout.
//!
//! A page writes one fact and returns to [`advance`]; no page knows another, so no
//! step can be jumped.

pub(crate) mod advance;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod finish;
pub(crate) mod home;
pub(crate) mod logout;
pub(crate) mod password;
mod session;
pub(crate) mod visit;
