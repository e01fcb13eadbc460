//! The `claims` parameter: what a client asks for one by one (Core §5.5).

use serde_json::{Map, Value};

use super::claims::scope_of;
use crate::model::interaction::AskedClaims;
use crate::model::{ErrorCode, Refusal, Scope};

/// What the `claims` parameter asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The claims to be told, as far as they are known here and allowed to the client.
    pub claims: AskedClaims,
    /// Whom the client expects, by `sub` with a value.
    pub subject: Option<String>,
    /// What the proof must be worth, by `acr` as an essential claim with values.
    pub essential_acr: Vec<String>,
    /// What it should be worth, by `acr` as a voluntary claim with values.
    pub voluntary_acr: Vec<String>,
}

const MALFORMED: Refusal =
    ErrorCode::InvalidRequest.because("claims is not JSON as OpenID Connect Core 5.5 has it");

const SEVERAL: Refusal = ErrorCode::InvalidRequest.because("claims expects several people by sub");

/// Reads the parameter. Claims that are not known here, or that belong to a scope which
/// the client may not ask for, are left out: they are voluntary by nature (Core §5.5.1).
///
/// # Errors
/// `invalid_request` if it is not an object as Core §5.5 describes it.
pub fn read(text: Option<&str>, allowed: &Scope) -> Result<Asked, Refusal> {
    let Some(text) = text else { return Ok(Asked::default()) };
    let document: Map<String, Value> = serde_json::from_str(text).map_err(|_| MALFORMED)?;
    let mut asked = Asked::default();
    for (section, names) in
        [("userinfo", &mut asked.claims.userinfo), ("id_token", &mut asked.claims.id_token)]
    {
        let members = match document.get(section) {
            None | Some(Value::Null) => continue,
            Some(Value::Object(members)) => members,
            Some(_) => return Err(MALFORMED),
        };
        for (name, wish) in members {
            let wish = Wish::read(wish)?;
            if matches!(name.as_str(), "sub" | "acr") && wish.has_others {
                return Err(MALFORMED);
            }
            match name.as_str() {
                "sub" => {
                    for subject in wish.values {
                        // Whoever took one of them might sign in the other one's client.
                        if asked.subject.replace(subject.clone()).is_some_and(|one| one != subject)
                        {
                            return Err(SEVERAL);
                        }
                    }
                }
                "acr" if wish.essential => asked.essential_acr = wish.values,
                "acr" => asked.voluntary_acr = wish.values,
                name if scope_of(name).is_some_and(|scope| allowed.contains(scope)) => {
                    names.insert(name.to_owned());
                }
                _ => {}
            }
        }
    }
    Ok(asked)
}

/// What is said of one claim (Core §5.5.1).
struct Wish {
    essential: bool,
    values: Vec<String>,
    /// Whether there are values beside them that are no text.
    has_others: bool,
}

impl Wish {
    fn read(value: &Value) -> Result<Self, Refusal> {
        let members = match value {
            Value::Null => {
                return Ok(Self { essential: false, values: Vec::new(), has_others: false });
            }
            Value::Object(members) => members,
            _ => return Err(MALFORMED),
        };
        let essential = match members.get("essential") {
            None => false,
            Some(Value::Bool(essential)) => *essential,
            Some(_) => return Err(MALFORMED),
        };
        let several = match members.get("values") {
            None => [].iter(),
            Some(Value::Array(values)) => values.iter(),
            Some(_) => return Err(MALFORMED),
        };
        let all: Vec<_> = members.get("value").into_iter().chain(several).collect();
        let text = |value: &&Value| value.as_str().map(str::to_owned);
        let values: Vec<_> = all.iter().filter_map(text).collect();
        let has_others = values.len() < all.len();
        Ok(Self { essential, values, has_others })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Result<Asked, Refusal> {
        read(Some(text), &Scope::parse("openid profile").unwrap())
    }

    #[test]
    fn each_section_has_its_claims() {
        let asked = asked(
            r#"{"userinfo":{"given_name":{"essential":true},"nickname":null},
                "id_token":{"name":null,"auth_time":{"essential":true}},"more":1}"#,
        )
        .unwrap();
        assert_eq!(Vec::from_iter(asked.claims.userinfo), ["given_name", "nickname"]);
        assert_eq!(Vec::from_iter(asked.claims.id_token), ["name"]);
    }

    /// Core §5.5.1
    #[test]
    fn one_person_is_expected_or_none() {
        let one = asked(
            r#"{"userinfo":{"sub":{"value":"ada"}},"id_token":{"sub":{"values":["ada","ada"]}}}"#,
        );
        assert_eq!(one.unwrap().subject.as_deref(), Some("ada"));
        assert_eq!(asked(r#"{"id_token":{"sub":{"essential":true}}}"#).unwrap().subject, None);
        for several in [
            r#"{"id_token":{"sub":{"values":["ada","eve"]}}}"#,
            r#"{"id_token":{"sub":{"value":"ada","values":["eve"]}}}"#,
            r#"{"userinfo":{"sub":{"value":"ada"}},"id_token":{"sub":{"value":"eve"}}}"#,
        ] {
            assert_eq!(asked(several), Err(SEVERAL), "{several}");
        }
        for nobody in [
            r#"{"id_token":{"sub":{"value":5}}}"#,
            r#"{"id_token":{"sub":{"values":["ada",null]}}}"#,
            r#"{"id_token":{"acr":{"essential":true,"value":1}}}"#,
        ] {
            assert_eq!(asked(nobody), Err(MALFORMED), "{nobody}");
        }
    }

    #[test]
    fn what_is_unknown_or_not_allowed_is_left_out() {
        let asked = asked(r#"{"userinfo":{"email":null,"shoe_size":null,"name#de":null}}"#);
        assert_eq!(asked.unwrap(), Asked::default());
    }

    #[test]
    fn a_person_and_a_worth_can_be_demanded() {
        let asked = asked(
            r#"{"id_token":{"sub":{"value":"ada"},
                "acr":{"essential":true,"values":["gold","silver"]}}}"#,
        )
        .unwrap();
        assert_eq!(asked.subject.as_deref(), Some("ada"));
        assert_eq!(asked.essential_acr, ["gold", "silver"]);
    }

    #[test]
    fn a_voluntary_worth_demands_nothing() {
        let asked = asked(r#"{"id_token":{"acr":{"values":["gold"]}}}"#).unwrap();
        assert!(asked.essential_acr.is_empty());
        assert_eq!(asked.voluntary_acr, ["gold"]);
    }

    #[test]
    fn what_core_does_not_describe_is_refused() {
        for text in [
            "",
            "x",
            "[]",
            "{",
            r#"{"userinfo":[]}"#,
            r#"{"userinfo":{"name":true}}"#,
            r#"{"userinfo":{"name":{"essential":"yes"}}}"#,
            r#"{"userinfo":{"name":{"values":"x"}}}"#,
        ] {
            assert_eq!(asked(text), Err(MALFORMED), "{text}");
        }
    }
}
