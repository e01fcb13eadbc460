//! The browser's way, in the order it is walked: authorize → advance → password → second
//! factor or enrolment → consent → finish; and out again: logout.
//!
//! A page writes one fact and returns to [`advance`]; no page knows another, so no
//! step can be jumped.

pub(crate) mod account;
pub(crate) mod advance;
pub(crate) mod api;
pub(crate) mod authorize;
pub(crate) mod consent;
pub(crate) mod enrol;
mod factors;
pub(crate) mod finish;
pub(crate) mod home;
pub(crate) mod logout;
pub(crate) mod password;
pub(crate) mod second_factor;
mod session;
pub(crate) mod visit;
