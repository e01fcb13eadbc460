//! What is told about a person, by scope.

use serde_json::{Map, Value, json};

use crate::model::{Scope, User};

/// The claims that `/userinfo` may answer with, for `claims_supported`.
pub const SUPPORTED: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "address",
    "phone_number",
    "phone_number_verified",
];

/// The claims in profile, but those of other scopes (Core §5.4).
const ADDRESS: [&str; 1] = ["address"];
const PHONE: [&str; 2] = ["phone_number", "phone_number_verified"];

/// The answer of `/userinfo`: `sub`, and what the scope asks for, as far as it is known.
///
/// Nothing is `null` or empty (Core §5.3.2).
pub fn userinfo(user: &User, scope: &Scope) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(user.id.as_str()));

    let stored = match serde_json::to_value(&user.profile) {
        Ok(Value::Object(stored)) => stored,
        _ => Map::new(),
    };
    for (name, value) in stored {
        let asked = match name.as_str() {
            name if ADDRESS.contains(&name) => scope.contains("address"),
            name if PHONE.contains(&name) => scope.contains("phone"),
            _ => scope.contains("profile"),
        };
        if asked {
            claims.insert(name, value);
        }
    }
    if scope.contains("profile") {
        claims.entry("preferred_username").or_insert_with(|| json!(user.username));
        claims.insert("updated_at".to_owned(), json!(user.updated_at.seconds()));
    }
    if let (true, Some(email)) = (scope.contains("email"), &user.email) {
        claims.insert("email".to_owned(), json!(email));
        claims.insert("email_verified".to_owned(), json!(user.email_verified));
    }
    if scope.contains("phone") && user.profile.phone_number.is_some() {
        claims.entry("phone_number_verified").or_insert(json!(false));
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::Address;
    use crate::model::{Profile, Timestamp};

    fn user() -> User {
        User {
            id: "u1".into(),
            username: "ada".into(),
            email: Some("ada@example.org".into()),
            email_verified: true,
            profile: Profile {
                name: Some("Ada".into()),
                phone_number: Some("+44 1".into()),
                address: Some(Address { locality: Some("London".into()), ..Address::default() }),
                ..Profile::default()
            },
            password_hash: None,
            disabled_at: None,
            created_at: Timestamp(0),
            updated_at: Timestamp::from_seconds(7),
        }
    }

    fn told(scope: &str) -> Value {
        Value::Object(userinfo(&user(), &Scope::parse(scope).unwrap()))
    }

    #[test]
    fn each_scope_tells_its_claims_and_no_other() {
        assert_eq!(told("openid"), json!({"sub": "u1"}));
        assert_eq!(
            told("openid profile"),
            json!({"sub": "u1", "name": "Ada", "preferred_username": "ada", "updated_at": 7})
        );
        assert_eq!(
            told("email"),
            json!({"sub": "u1", "email": "ada@example.org", "email_verified": true})
        );
        assert_eq!(told("address"), json!({"sub": "u1", "address": {"locality": "London"}}));
        assert_eq!(
            told("phone"),
            json!({"sub": "u1", "phone_number": "+44 1", "phone_number_verified": false})
        );
    }
}
