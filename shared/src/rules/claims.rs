//! What is told about a person, by scope.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::interaction::AskedClaims;
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

/// The scope that asks for a claim (Core §5.4).
pub fn scope_of(claim: &str) -> Option<&'static str> {
    Some(match claim {
        "email" | "email_verified" => "email",
        "address" => "address",
        "phone_number" | "phone_number_verified" => "phone",
        "name" | "given_name" | "family_name" | "middle_name" | "nickname"
        | "preferred_username" | "profile" | "picture" | "website" | "gender" | "birthdate"
        | "zoneinfo" | "locale" | "updated_at" => "profile",
        _ => return None,
    })
}

/// The scope whose consent covers a request: its own, and those of the claims that it
/// asks for one by one.
pub fn consent_scope(scope: &Scope, claims: &AskedClaims) -> Scope {
    let asked = claims.userinfo.iter().chain(&claims.id_token);
    scope.union(&asked.filter_map(|claim| scope_of(claim)).collect())
}

/// What is told about a person: what the scope asks for and what is asked for by name, as
/// far as it is known, and as far as the client is registered for it at this moment.
///
/// Nothing is `null` or empty (Core §5.3.2).
pub fn told(
    user: &User,
    scope: &Scope,
    asked: &BTreeSet<String>,
    registered: &Scope,
) -> Map<String, Value> {
    let mut claims = known(user);
    claims.retain(|name, _| {
        scope_of(name).is_some_and(|asking| {
            registered.contains(asking) && (scope.contains(asking) || asked.contains(name))
        })
    });
    claims
}

/// Everything that is known about a person.
fn known(user: &User) -> Map<String, Value> {
    let mut claims = match serde_json::to_value(&user.profile) {
        Ok(Value::Object(stored)) => stored,
        _ => Map::new(),
    };
    claims.entry("preferred_username").or_insert_with(|| json!(user.username));
    claims.insert("updated_at".to_owned(), json!(user.updated_at.seconds()));
    if let Some(email) = &user.email {
        claims.insert("email".to_owned(), json!(email));
        claims.insert("email_verified".to_owned(), json!(user.email_verified));
    }
    if user.profile.phone_number.is_some() {
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
            sign_outs: 0,
            version: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp::from_seconds(7),
        }
    }

    fn told_by(scope: &str, asked: &[&str]) -> Value {
        let asked = asked.iter().map(|&name| name.to_owned()).collect();
        let all = Scope::parse("openid profile email address phone").unwrap();
        Value::Object(told(&user(), &Scope::parse(scope).unwrap(), &asked, &all))
    }

    #[test]
    fn each_scope_tells_its_claims_and_no_other() {
        for (scope, claims) in [
            ("openid", json!({})),
            (
                "openid profile",
                json!({"name": "Ada", "preferred_username": "ada", "updated_at": 7}),
            ),
            ("email", json!({"email": "ada@example.org", "email_verified": true})),
            ("address", json!({"address": {"locality": "London"}})),
            ("phone", json!({"phone_number": "+44 1", "phone_number_verified": false})),
        ] {
            assert_eq!(told_by(scope, &[]), claims, "{scope}");
        }
    }

    #[test]
    fn a_claim_asked_for_by_name_is_told_alone() {
        assert_eq!(told_by("openid", &["name", "nickname"]), json!({"name": "Ada"}));
    }

    #[test]
    fn every_supported_claim_has_a_scope() {
        for claim in SUPPORTED.into_iter().filter(|&claim| claim != "sub") {
            assert!(scope_of(claim).is_some(), "{claim}");
        }
    }

    #[test]
    fn consent_covers_claims_by_their_scopes() {
        let claims = AskedClaims {
            userinfo: BTreeSet::from(["email".to_owned()]),
            id_token: BTreeSet::from(["name".to_owned()]),
        };
        let scope = consent_scope(&Scope::parse("openid").unwrap(), &claims);
        assert_eq!(scope.to_string(), "openid profile email");
    }
}
