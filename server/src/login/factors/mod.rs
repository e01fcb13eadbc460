//! What people have beside a password: how it is enrolled, and what it says.

mod challenge;
pub(super) mod enrolment;
pub(super) mod keys;
pub(super) mod recovery;
pub(super) mod totp;
