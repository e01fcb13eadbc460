//! What may be stored of a person.

use url::Url;

use crate::model::Profile;
use crate::model::profile::Address;

/// Why something of a person may not be stored, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidField {
    /// The claim or field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
}

const fn invalid(field: &'static str, problem: &'static str) -> InvalidField {
    InvalidField { field, problem }
}

/// A person's claims, as another provider or a script hands them over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// `email`
    pub email: Option<String>,
    /// `email_verified`
    pub email_verified: bool,
    /// All others.
    pub profile: Profile,
}

/// Reads a JSON object of standard claims.
///
/// # Errors
/// In words for the operator: a claim that is not standard, or of another type.
pub fn read_claims(text: &str) -> Result<Claims, String> {
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|fault| format!("claims: {fault}"))?;
    let email = match object.remove("email") {
        Some(serde_json::Value::String(email)) => Some(email),
        None => None,
        Some(_) => return Err("email: it is not a string".to_owned()),
    };
    let email_verified = match object.remove("email_verified") {
        Some(serde_json::Value::Bool(verified)) => verified,
        None => false,
        Some(_) => return Err("email_verified: it is not true or false".to_owned()),
    };
    let profile = serde_json::from_value(serde_json::Value::Object(object))
        .map_err(|fault| format!("claims: {fault}"))?;
    Ok(Claims { email, email_verified, profile })
}

/// The longest, in bytes; longer ones only burn time.
pub const LONGEST_PASSWORD: usize = 1024;
/// The longest text of any claim.
const LONGEST_TEXT: usize = 2000;

/// Checks a user name: something that can be typed and read.
///
/// # Errors
/// [`InvalidField`].
pub fn check_username(username: &str) -> Result<(), InvalidField> {
    check_name("username", username)
}

/// Checks a name of anything: something that can be typed and read.
///
/// # Errors
/// [`InvalidField`].
pub fn check_name(field: &'static str, name: &str) -> Result<(), InvalidField> {
    if name.is_empty() || name.chars().count() > 255 {
        return Err(invalid(field, "it has 1 to 255 characters"));
    }
    if name.trim() != name || name.chars().any(char::is_control) {
        return Err(invalid(field, "no blanks around it, no control characters"));
    }
    Ok(())
}

/// Checks an e-mail address: one `@`, something on either side, no blanks. Whether it
/// is somebody's is proven by a message, not by a pattern.
///
/// # Errors
/// [`InvalidField`].
pub fn check_email(email: &str) -> Result<(), InvalidField> {
    let wrong = invalid("email", "it is not an e-mail address");
    let (local, domain) = email.rsplit_once('@').ok_or(wrong.clone())?;
    let clean = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if local.is_empty() || domain.is_empty() || local.contains('@') || !clean || email.len() > 254 {
        return Err(wrong);
    }
    Ok(())
}

/// Checks the standard claims: nothing empty, addresses of pages are addresses, dates
/// are dates (Core §5.1).
///
/// # Errors
/// [`InvalidField`], naming the first claim that is wrong.
pub fn check_profile(profile: &Profile) -> Result<(), InvalidField> {
    for (field, value) in texts(profile) {
        let Some(value) = value else { continue };
        if value.trim().is_empty() {
            return Err(invalid(field, "it is empty; leave it out"));
        }
        if value.len() > LONGEST_TEXT {
            return Err(invalid(field, "it has more than 2000 bytes"));
        }
        let may_have_lines = matches!(field, "address.formatted" | "address.street_address");
        let is_foreign = |c: char| c.is_control() && !(may_have_lines && matches!(c, '\n' | '\r'));
        if value.chars().any(is_foreign) {
            return Err(invalid(field, "it has control characters"));
        }
    }
    for (field, value) in [
        ("profile", &profile.profile),
        ("picture", &profile.picture),
        ("website", &profile.website),
    ] {
        if value.as_deref().is_some_and(|text| !is_page(text)) {
            return Err(invalid(field, "it is not an http or https URL"));
        }
    }
    if profile.birthdate.as_deref().is_some_and(|text| !is_birthdate(text)) {
        return Err(invalid("birthdate", "it is not YYYY-MM-DD, 0000-MM-DD or YYYY"));
    }
    if profile.address.as_ref().is_some_and(|address| *address == Address::default()) {
        return Err(invalid("address", "it is empty; leave it out"));
    }
    if profile.phone_number_verified.is_some() && profile.phone_number.is_none() {
        return Err(invalid("phone_number_verified", "there is no phone_number"));
    }
    Ok(())
}

fn texts(profile: &Profile) -> Vec<(&'static str, Option<&str>)> {
    let address = profile.address.as_ref();
    vec![
        ("name", profile.name.as_deref()),
        ("given_name", profile.given_name.as_deref()),
        ("family_name", profile.family_name.as_deref()),
        ("middle_name", profile.middle_name.as_deref()),
        ("nickname", profile.nickname.as_deref()),
        ("preferred_username", profile.preferred_username.as_deref()),
        ("profile", profile.profile.as_deref()),
        ("picture", profile.picture.as_deref()),
        ("website", profile.website.as_deref()),
        ("gender", profile.gender.as_deref()),
        ("birthdate", profile.birthdate.as_deref()),
        ("zoneinfo", profile.zoneinfo.as_deref()),
        ("locale", profile.locale.as_deref()),
        ("phone_number", profile.phone_number.as_deref()),
        ("address.formatted", address.and_then(|a| a.formatted.as_deref())),
        ("address.street_address", address.and_then(|a| a.street_address.as_deref())),
        ("address.locality", address.and_then(|a| a.locality.as_deref())),
        ("address.region", address.and_then(|a| a.region.as_deref())),
        ("address.postal_code", address.and_then(|a| a.postal_code.as_deref())),
        ("address.country", address.and_then(|a| a.country.as_deref())),
    ]
}

/// Whether this is the address of a page: http or https.
pub fn is_page(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn is_birthdate(text: &str) -> bool {
    let full = match text.strip_prefix("0000-") {
        // A leap year, so that 29 February is a birthday.
        Some(rest) => format!("2000-{rest}"),
        None if text.len() == 4 => format!("{text}-01-01"),
        None => text.to_owned(),
    };
    full.len() == 10 && chrono::NaiveDate::parse_from_str(&full, "%Y-%m-%d").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birthdates() {
        for (text, good) in [
            ("1815-12-10", true),
            ("0000-02-29", true),
            ("1815", true),
            ("1815-13-01", false),
            ("10.12.1815", false),
            ("", false),
        ] {
            assert_eq!(is_birthdate(text), good, "{text}");
        }
    }

    #[test]
    fn nothing_empty_is_stored() {
        let profile = Profile { nickname: Some(String::new()), ..Profile::default() };
        assert_eq!(check_profile(&profile).unwrap_err().field, "nickname");
    }

    /// An operator's terminal would obey them.
    #[test]
    fn nobody_is_called_by_control_characters() {
        let name = |name: &str| Profile { name: Some(name.to_owned()), ..Profile::default() };
        for hostile in ["\u{1b}]52;c;eA==\u{7}", "Ada\nroot", "a\0"] {
            assert_eq!(check_profile(&name(hostile)).unwrap_err().field, "name", "{hostile:?}");
        }
        let formatted = |text: &str| {
            let address = Address { formatted: Some(text.to_owned()), ..Address::default() };
            Profile { address: Some(address), ..Profile::default() }
        };
        check_profile(&formatted("12 Row\r\nLondon")).unwrap();
        check_profile(&formatted("12 Row\u{1b}[2J")).unwrap_err();
    }

    #[test]
    fn addresses_of_people() {
        for (text, good) in [
            ("ada@example.org", true),
            ("a@b", true),
            ("ada", false),
            ("@example.org", false),
            ("ada@", false),
            ("a da@example.org", false),
            ("a@b@c", false),
        ] {
            assert_eq!(check_email(text).is_ok(), good, "{text}");
        }
    }
}
