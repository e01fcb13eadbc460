//! What people have beside a password: how it is enrolled, and what it says.

use shared::model::Level;

use super::session::Proof;

pub(super) mod challenge;
pub(super) mod enrolment;
pub(super) mod keys;
pub(super) mod recovery;
pub(super) mod totp;

/// What a code proves, an application's as well as a recovery code.
pub(super) const CODE_PROOF: Proof = Proof { methods: &["otp", "mfa"], level: Level::MultiFactor };
