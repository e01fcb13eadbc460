//! Whether a second factor is asked for.

use crate::model::MfaPolicy;

/// The policy for one person at one client: the client's own, or else that of the settings;
/// what the person's roles want can only make it stricter.
pub fn policy(
    settings: MfaPolicy,
    client: Option<MfaPolicy>,
    roles: Option<MfaPolicy>,
) -> MfaPolicy {
    let base = client.unwrap_or(settings);
    roles.map_or(base, |roles| roles.max(base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use MfaPolicy::{Off, Optional, Required};

    #[test]
    fn a_client_decides_for_itself_and_roles_only_ask_for_more() {
        for (settings, client, roles, policy_of_all) in [
            (Optional, None, None, Optional),
            (Required, Some(Off), None, Off),
            (Off, Some(Required), None, Required),
            (Optional, None, Some(Off), Optional),
            (Required, Some(Off), Some(Optional), Optional),
            (Off, None, Some(Required), Required),
        ] {
            let case = format!("{settings} {client:?} {roles:?}");
            assert_eq!(policy(settings, client, roles), policy_of_all, "{case}");
        }
    }
}
