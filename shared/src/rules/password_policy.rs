//! Which passwords are good enough (NIST SP 800-63B-4 §3.1.1.2): long ones that nobody
//! guesses first. What they are composed of is nobody's business.

use super::person::{InvalidField, LONGEST_PASSWORD};

/// The shortest password that stands alone. Characters.
pub const SHORTEST_ALONE: usize = 15;
/// The shortest password beside a second factor. Characters.
pub const SHORTEST_WITH_FACTOR: usize = 8;
/// What is said of a shorter one.
pub const TOO_SHORT_ALONE: InvalidField = invalid("it has fewer than 15 characters");
/// What more guesses would cost is not looked at beyond so many characters.
const LONGEST_ESTIMATED: usize = 64;

/// Passwords of eight and more characters that stand in breaches most often, in lower case:
/// the part of the list that Django ships (BSD-3-Clause) which is long enough.
const COMMON: &str = include_str!("common_passwords.txt");

/// Whether a password is too short to stand alone.
pub fn is_short(password: &str) -> bool {
    password.chars().count() < SHORTEST_ALONE
}

/// Checks a new password; `about` is what everybody knows of its owner.
///
/// # Errors
/// [`InvalidField`], in words for whoever chose it.
pub fn check(password: &str, has_second_factor: bool, about: &[&str]) -> Result<(), InvalidField> {
    if !has_second_factor && is_short(password) {
        return Err(TOO_SHORT_ALONE);
    }
    if password.chars().count() < SHORTEST_WITH_FACTOR {
        return Err(invalid("it has fewer than 8 characters"));
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(invalid("it has more than 1024 bytes"));
    }
    let lower = password.to_lowercase();
    if COMMON.lines().any(|common| common == lower) {
        return Err(invalid("it is among those that are tried first"));
    }
    let start: String = password.chars().take(LONGEST_ESTIMATED).collect();
    let enough = if has_second_factor { zxcvbn::Score::Two } else { zxcvbn::Score::Three };
    if zxcvbn::zxcvbn(&start, about).score() < enough {
        return Err(invalid("it is easy to guess; take several words that do not belong together"));
    }
    Ok(())
}

const fn invalid(problem: &'static str) -> InvalidField {
    InvalidField { field: "password", problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(password: &str, has_second_factor: bool) -> Option<&'static str> {
        let about = ["ada", "ada.lovelace@example.org", "Ada Lovelace"];
        check(password, has_second_factor, &about).err().map(|error| error.problem)
    }

    #[test]
    fn length_counts_and_a_second_factor_makes_up_for_some_of_it() {
        assert_eq!(problem("vK2#pq9", true), Some("it has fewer than 8 characters"));
        assert_eq!(problem("vK2#pq9!", true), None);
        assert_eq!(problem("vK2#pq9!xR5m&z", false), Some("it has fewer than 15 characters"));
        assert_eq!(problem("vK2#pq9!xR5m&zL", false), None);
        assert_eq!(problem(&"ä".repeat(600), false), Some("it has more than 1024 bytes"));
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        assert_eq!(problem("korrekt pferd batterie heftklammer", false), None);
        assert_eq!(problem("четыре слона и один кит", false), None);
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for password in ["password1", "Football1", "QWERTYUIOP"] {
            let told = problem(password, true);
            assert_eq!(told, Some("it is among those that are tried first"), "{password}");
        }
        for password in ["aaaaaaaaaaaaaaaaaaaa", "ada.lovelace@example.org", "passwordpassword"] {
            assert!(problem(password, false).is_some_and(|told| told.starts_with("it is easy")));
        }
    }
}
