//! Requests that went wrong in a way that somebody has to mend.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Timestamp;

/// The characters of Crockford's base32: without I, L, O and U, which look like others or
/// make words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The characters of a code, five bits each.
const LENGTH: usize = 8;

/// The name of an incident, short enough to be read out on the telephone: 40 random bits,
/// shown as `K7QF-2M9P`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IncidentCode(String);

impl IncidentCode {
    /// The code of these random bits.
    pub fn new(bits: [u8; 5]) -> Self {
        let number = bits.iter().fold(0u64, |number, byte| (number << 8) | u64::from(*byte));
        let digit = |place: usize| {
            let value = (number >> (5 * (LENGTH - 1 - place))) & 31;
            ALPHABET.get(usize::try_from(value).unwrap_or(0)).map_or('0', |&byte| byte.into())
        };
        Self((0..LENGTH).map(digit).collect())
    }

    /// Reads what somebody typed: in either case, with or without dashes and blanks; I and L
    /// are 1, O is 0.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |c: char| match c.to_ascii_uppercase() {
            'I' | 'L' => Some('1'),
            'O' => Some('0'),
            c => u8::try_from(c).ok().filter(|byte| ALPHABET.contains(byte)).map(char::from),
        };
        let typed = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
        let code: String = typed.map(digit).collect::<Option<_>>()?;
        (code.len() == LENGTH).then_some(Self(code))
    }

    /// The characters without the dash, as the store keeps them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for IncidentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.split_at_checked(LENGTH / 2) {
            Some((one, other)) => write!(f, "{one}-{other}"),
            None => f.write_str(&self.0),
        }
    }
}

super::words::words! {
    /// Where it happened. The words are stable.
    Place {
        /// At `/authorize`; a person was shown a page.
        AuthorizePage = "authorize_page",
        /// At `/authorize`; the client was told.
        AuthorizeReturned = "authorize_returned",
        /// At the token endpoint.
        Token = "token",
        /// At the introspection endpoint.
        Introspect = "introspect",
        /// At the revocation endpoint.
        Revoke = "revoke",
        /// Where clients send people to sign out.
        EndSession = "end_session",
        /// A form of one of our pages came back and was not accepted.
        Form = "form",
        /// An address that takes other requests than this one.
        NotTaken = "not_taken",
        /// An address that leads nowhere.
        NotFound = "not_found",
        /// Anywhere: an error of the server.
        Fault = "fault",
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&word).ok_or_else(|| D::Error::custom("no such place"))
    }
}

/// A request that went wrong, with what is needed to say why.
///
/// It never holds what opens anything or names a person: no secret, code, token, assertion,
/// password, `state`, `nonce`, hint or e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its name.
    pub code: IncidentCode,
    /// When.
    pub at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// What is known of it.
    pub facts: Facts,
}

/// What is known of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Where it happened.
    pub place: Place,
    /// The OAuth `error`.
    pub error: String,
    /// The fixed text that says what is wrong.
    pub description: String,
    /// The id of the request, which finds its lines in the log.
    pub request_id: String,
    /// What was asked.
    #[serde(default)]
    pub asked: AskedParams,
    /// What the code or refresh token is known to be that was presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// What the client claimed that wanted to prove who it is by a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<Assertion>,
}

/// The parameters of a request that explain an error. Each is cut and masked before it
/// comes here (`rules::why::masked`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AskedParams {
    /// `client_id`, from wherever the client named itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `redirect_uri`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// `post_logout_redirect_uri`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uri: Option<String>,
    /// `response_type`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,
    /// `response_mode`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mode: Option<String>,
    /// `scope`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Each `resource`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// `prompt`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// `max_age`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    /// `grant_type`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// `code_challenge_method`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_challenge_method: Option<String>,
    /// How many characters `code_challenge` has, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_challenge_length: Option<usize>,
    /// How many characters `code_verifier` has, if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_verifier_length: Option<usize>,
    /// The parameter that came more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<String>,
    /// How the client tried to prove who it is, in the words of `token_endpoint_auth_method`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auth_methods: Vec<String>,
    /// The path, where that is what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What an authorization code or a refresh token is known to be: ids and moments, which the
/// operator alone is told. Whoever presented it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The client that it was given to.
    pub client_id: String,
    /// The grant that it hangs on.
    pub grant_id: String,
    /// When it was given.
    pub issued_at: String,
    /// When it ends or ended.
    pub expires_at: String,
    /// When it was used first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<String>,
    /// Where a code was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The scope that the person allowed.
    pub scope: String,
    /// The APIs that its tokens may be for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// When its grant was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// Why, in the words of `RevocationReason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_reason: Option<String>,
    /// Whether the person may not sign in any more.
    #[serde(default)]
    pub user_is_disabled: bool,
}

/// What a client claimed of itself, without the signature and without its `jti`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Assertion {
    /// The algorithm that it is signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// The key that it is signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<String>,
    /// Whom it should have been for.
    pub expected_aud: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = IncidentCode::new([0x09, 0xDE, 0xF1, 0x52, 0x16]);
        assert_eq!(code.to_string().len(), 9);
        let shown = code.to_string();
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            format!(" {} ", shown.replace('-', " ")),
            shown.replace('1', "l").replace('0', "o"),
            shown.replace('1', "I"),
        ] {
            assert_eq!(IncidentCode::parse(&typed), Some(code.clone()), "{typed}");
        }
        assert_eq!(IncidentCode::new([0; 5]).to_string(), "0000-0000");
        assert_eq!(IncidentCode::new([255; 5]).to_string(), "ZZZZ-ZZZZ");
        assert_eq!(IncidentCode::parse("OIL0-0000"), IncidentCode::parse("0110-0000"));
    }

    #[test]
    fn what_is_no_code_is_not_read() {
        for text in ["", "K7QF-2M9", "K7QF-2M9PX", "K7QF-2M9U", "K7QF_2M9P", "K7QF-2M9é"] {
            assert_eq!(IncidentCode::parse(text), None, "{text}");
        }
    }
}
