//! What counts beside the password when a person signs in.

use super::{FactorKind, Level, MfaPolicy};

/// What counts beside the password when a person signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The kinds of factors that they have.
    pub factors: Vec<FactorKind>,
    /// The strictest policy of their roles, if any has one.
    pub role_policy: Option<MfaPolicy>,
    /// Whether their password is too short to stand alone.
    pub password_is_short: bool,
    /// Whether they wished not to be asked for a second factor in this browser.
    pub browser_is_remembered: bool,
}

impl Standing {
    /// What a sign-in is worth with the best of their factors; `None` if they have none.
    pub fn reach(&self) -> Option<Level> {
        self.factors.iter().map(|kind| kind.level()).max()
    }
}
