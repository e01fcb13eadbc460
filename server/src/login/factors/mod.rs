//! What people have beside a password: how it is enrolled, and what it says.

pub(super) mod challenge;
pub(super) mod enrolment;
pub(super) mod keys;
pub(super) mod recovery;
pub(super) mod totp;
