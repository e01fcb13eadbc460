//! What permissions, scopes and descriptions may be called.

use super::person::InvalidField;
use crate::model::{Scope, scope};

/// Checks the name of a permission: one scope token (RFC 6749 §3.3), as it may be one.
///
/// # Errors
/// [`InvalidField`].
pub fn check_permission(name: &str) -> Result<(), InvalidField> {
    check_token("permission", name)
}

/// Checks the name of a scope.
///
/// # Errors
/// [`InvalidField`]: it is no scope token, or OpenID Connect's own.
pub fn check_scope(name: &str) -> Result<(), InvalidField> {
    check_token("scope", name)?;
    if scope::KNOWN.contains(&name) {
        let problem = "this name is OpenID Connect's";
        return Err(InvalidField { field: "scope", problem });
    }
    Ok(())
}

/// Checks what people read of a permission, scope, role or group.
///
/// # Errors
/// [`InvalidField`].
pub fn check_description(text: &str) -> Result<(), InvalidField> {
    if text.chars().count() > 500 || text.chars().any(char::is_control) {
        let problem = "it has at most 500 characters on one line";
        return Err(InvalidField { field: "description", problem });
    }
    Ok(())
}

fn check_token(field: &'static str, name: &str) -> Result<(), InvalidField> {
    let is_one = Scope::parse(name).is_ok_and(|scope| scope.iter().count() == 1);
    if is_one && !name.contains(' ') && name.len() <= 200 {
        return Ok(());
    }
    let problem = "it is 1 to 200 printable characters without blanks, quotes and backslashes";
    Err(InvalidField { field, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tokens() {
        for (name, permission, scope) in [
            ("orders.read", true, true),
            ("openid", true, false),
            ("", false, false),
            ("two words", false, false),
            ("quo\"te", false, false),
            (&"x".repeat(201), false, false),
        ] {
            assert_eq!(check_permission(name).is_ok(), permission, "{name}");
            assert_eq!(check_scope(name).is_ok(), scope, "{name}");
        }
    }

    #[test]
    fn descriptions_are_lines() {
        check_description("").unwrap();
        check_description("See your orders").unwrap();
        check_description("two\nlines").unwrap_err();
        check_description(&"x".repeat(501)).unwrap_err();
    }
}
