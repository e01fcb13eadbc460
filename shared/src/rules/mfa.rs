//! Whether a second factor is asked for.

use crate::model::{MfaPolicy, Standing};

/// The policy for one person at one client: the client's own, or else that of the settings;
/// what the person's roles want can only make it stricter, and so can a password that is too
/// short to stand alone.
pub fn policy(settings: MfaPolicy, client: Option<MfaPolicy>, standing: &Standing) -> MfaPolicy {
    let base = client.unwrap_or(settings).max(standing.role_policy.unwrap_or(MfaPolicy::Off));
    if standing.password_is_short { base.max(MfaPolicy::Optional) } else { base }
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
            let standing = Standing { role_policy: roles, ..Standing::default() };
            assert_eq!(policy(settings, client, &standing), policy_of_all, "{case}");
        }
    }

    #[test]
    fn a_short_password_never_stands_alone() {
        let standing = Standing { password_is_short: true, ..Standing::default() };
        assert_eq!(policy(Off, None, &standing), Optional);
        assert_eq!(policy(Required, Some(Off), &standing), Optional);
        assert_eq!(policy(Required, None, &standing), Required);
    }
}
