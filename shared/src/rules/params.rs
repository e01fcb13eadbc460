//! What was typed: the parameters of a request, before anybody understands them.

use crate::model::{ErrorCode, Refusal};

/// The parameters of a form or a query, in the order they came.
///
/// An empty value counts as none (RFC 6749 §3.1).
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

/// Why a form or a query is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// A value has a NUL byte, which PostgreSQL cannot hold.
    Nul,
    /// A value is not UTF-8.
    NotUtf8,
    /// There are more parameters than any request has.
    TooMany,
    /// It says that it is something else than a form.
    NotAForm,
}

/// More parameters than this are an attack, not a request.
const MOST: usize = 100;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let mut pairs = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            if name.contains('\0') || value.contains('\0') {
                return Err(Malformed::Nul);
            }
            // What the decoder put in the place of bytes that are no UTF-8: such a value
            // could not be given back as it came.
            if name.contains('\u{FFFD}') || value.contains('\u{FFFD}') {
                return Err(Malformed::NotUtf8);
            }
            if pairs.len() == MOST {
                return Err(Malformed::TooMany);
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// Reads a form's body, which has come as `content_type`.
    ///
    /// # Errors
    /// [`Malformed`] also for a body that says it is something else than a form.
    pub fn parse_form(content_type: Option<&str>, body: &[u8]) -> Result<Self, Malformed> {
        let essence = content_type.and_then(|kind| kind.split(';').next()).map(str::trim);
        if !essence.is_some_and(|e| e.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
            return Err(Malformed::NotAForm);
        }
        Self::parse(body)
    }

    /// The first value of this name that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(each, value)| each == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Every value of this name that is not empty.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(each, value)| each == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    /// The same as `application/x-www-form-urlencoded` text.
    pub fn encode(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// Whether this name comes more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(each, _)| each == name).count() > 1
    }

    /// Checks that no parameter comes twice (RFC 6749 §3.1, §3.2) but the one that may
    /// (RFC 8707 §2).
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check_unique(&self) -> Result<(), Refusal> {
        match self.repeated() {
            Some(_) => Err(ErrorCode::InvalidRequest.because("a parameter is sent twice")),
            None => Ok(()),
        }
    }

    /// The first parameter that comes twice and may not.
    pub fn repeated(&self) -> Option<&str> {
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| *name != "resource" && self.is_repeated(name))
    }
}

impl std::fmt::Debug for Params {
    /// Names only: values may be passwords, codes and tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_counts_as_none() {
        let params = Params::parse(b"state=&nonce=n").unwrap();
        assert_eq!(params.get("state"), None);
        assert_eq!(params.get("nonce"), Some("n"));
    }

    #[test]
    fn plus_and_percent_are_decoded_once() {
        let params = Params::parse(b"state=a+b%2520c").unwrap();
        assert_eq!(params.get("state"), Some("a b%20c"));
    }

    #[test]
    fn a_repeated_name_is_refused_whatever_it_is() {
        let params = Params::parse(b"x=1&x=1").unwrap();
        assert_eq!(params.check_unique().unwrap_err().code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn resources_may_be_several() {
        let params = Params::parse(b"resource=a&x=1&resource=&resource=b").unwrap();
        assert!(params.check_unique().is_ok());
        assert_eq!(params.get_all("resource").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_nul_byte_and_a_flood_are_malformed() {
        assert_eq!(Params::parse(b"state=%00").unwrap_err(), Malformed::Nul);
        assert_eq!(Params::parse(b"state=%FF").unwrap_err(), Malformed::NotUtf8);
        let flood = "a=&".repeat(MOST + 1);
        assert_eq!(Params::parse(flood.as_bytes()).unwrap_err(), Malformed::TooMany);
    }

    #[test]
    fn a_form_says_that_it_is_one() {
        let form = "Application/X-WWW-Form-Urlencoded ; charset=utf-8";
        assert_eq!(Params::parse_form(Some(form), b"a=b").unwrap().get("a"), Some("b"));
        for other in [None, Some(""), Some("application/json"), Some("multipart/form-data")] {
            assert_eq!(Params::parse_form(other, b"a=b").unwrap_err(), Malformed::NotAForm);
        }
    }

    #[test]
    fn values_are_never_printed() {
        let params = Params::parse(b"password=hunter2").unwrap();
        assert_eq!(format!("{params:?}"), r#"["password"]"#);
    }
}
