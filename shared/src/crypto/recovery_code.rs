//! Codes to get in with when everything else is lost.

use super::{CryptoError, random, token};
use crate::model::Secret;

/// How many a person gets at a time.
pub const NUMBER: usize = 10;
/// Letters and digits of one: 120 random bits, so that a plain hash of it may be kept
/// (NIST SP 800-63B-4 §3.1.2.2 wants 112).
const LENGTH: usize = 24;
/// Crockford's base32, which has no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Makes a set of codes, as they are shown: `4xk2tm-…`.
pub fn generate() -> Result<Vec<Secret<String>>, CryptoError> {
    (0..NUMBER).map(|_| one()).collect()
}

fn one() -> Result<Secret<String>, CryptoError> {
    let random: [u8; LENGTH] = random::bytes()?;
    let mut text = String::with_capacity(LENGTH + LENGTH / 6);
    for (position, byte) in random.into_iter().enumerate() {
        if position > 0 && position % 6 == 0 {
            text.push('-');
        }
        // 256 is a multiple of 32: every letter is as likely as any other.
        let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or_default();
        text.push(char::from(letter));
    }
    Ok(Secret::new(text))
}

/// What is kept of a code, whatever was typed between its letters and for those that look like
/// others; `None` if it cannot be one.
pub fn hash(typed: &str) -> Option<String> {
    normalize(typed).map(|code| token::hash(code.expose()))
}

fn normalize(typed: &str) -> Option<Secret<String>> {
    let mut text = String::with_capacity(LENGTH);
    for letter in typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        text.push(match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter if u8::try_from(letter).is_ok_and(|byte| ALPHABET.contains(&byte)) => letter,
            _ => return None,
        });
    }
    (text.len() == LENGTH).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_read_back_however_they_are_typed() {
        let codes = generate().unwrap();
        assert_eq!(codes.len(), NUMBER);
        for (position, code) in codes.iter().enumerate() {
            let shown = code.expose();
            assert_eq!(shown.len(), LENGTH + 3, "{shown}");
            assert!(codes.iter().skip(position + 1).all(|other| other.expose() != shown));
            let plain = shown.replace('-', "");
            for typed in [shown.clone(), plain.clone(), plain.to_uppercase(), format!(" {shown} ")]
            {
                assert_eq!(normalize(&typed).unwrap().expose(), &plain, "{typed}");
            }
        }
    }

    #[test]
    fn letters_that_look_like_digits_are_those_digits() {
        let typed = "oOiIlL-oOiIlL-oOiIlL-oOiIlL";
        assert_eq!(normalize(typed).unwrap().expose(), "001111001111001111001111");
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for typed in ["", "abc", "u00000-000000-000000-000000", "\u{e9}00000-000000-000000-000000"]
        {
            assert!(normalize(typed).is_none(), "{typed}");
        }
    }
}
