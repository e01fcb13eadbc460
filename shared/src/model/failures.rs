//! Failures to sign in.

use super::Timestamp;

/// The failures that are counted under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub number: u32,
    /// When the last one was.
    pub last: Timestamp,
}
