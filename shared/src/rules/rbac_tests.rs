use std::collections::BTreeSet;

use super::*;
use crate::model::{ApiScope, ClientKind, HeldRole, Permission, Timestamp};

const ORDERS: &str = "https://orders.example/";
const STOCK: &str = "https://stock.example/";
const ISSUER: &str = "https://id.example";

fn api(id: &str, identifier: &str) -> Api {
    Api {
        id: id.into(),
        identifier: identifier.into(),
        name: id.into(),
        tells_roles: true,
        tells_permissions: true,
        built_in: false,
        disabled_at: None,
        version: 1,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

fn permission(api: &str, name: &str) -> Permission {
    Permission {
        id: format!("{api}:{name}").into(),
        api_id: api.into(),
        name: name.into(),
        description: String::new(),
        created_at: Timestamp(0),
    }
}

fn scope_of(api: &str, name: &str, permissions: &[&str]) -> ApiScope {
    ApiScope {
        name: name.into(),
        api_id: api.into(),
        description: String::new(),
        permissions: permissions.iter().map(|&id| id.into()).collect(),
        created_at: Timestamp(0),
    }
}

/// Two APIs; `orders.all` stands for two permissions.
fn catalogue() -> Catalogue {
    Catalogue {
        apis: vec![api("orders", ORDERS), api("stock", STOCK)],
        permissions: vec![
            permission("orders", "read"),
            permission("orders", "refund"),
            permission("stock", "read"),
        ],
        scopes: vec![
            scope_of("orders", "orders.all", &["orders:read", "orders:refund"]),
            scope_of("orders", "orders.ping", &[]),
            scope_of("orders", "orders.read", &["orders:read"]),
            scope_of("stock", "stock.read", &["stock:read"]),
        ],
    }
}

fn held(permissions: &[&str]) -> Held {
    let permissions: BTreeSet<PermissionId> = permissions.iter().map(|&id| id.into()).collect();
    Held { roles: vec![HeldRole { name: "clerk".into(), through: None, permissions }] }
}

fn decided(asked: &str, has: &[&str], resources: &[&str]) -> Decision {
    let asked = Scope::parse(asked).unwrap();
    let resources: Vec<_> = resources.iter().map(|&name| name.to_owned()).collect();
    let asking = Asking {
        asked: &asked,
        registered: &asked,
        allowed: Some(&asked),
        held: &held(has),
        resources: &resources,
        issuer: ISSUER,
    };
    decide(asking, &catalogue())
}

#[test]
fn a_scope_needs_all_that_it_stands_for() {
    let clerk = decided("orders.read orders.all", &["orders:read"], &[]);
    assert_eq!(clerk.scope.to_string(), "orders.read");
    assert_eq!(
        clerk.scopes,
        [
            ("orders.all".into(), Reason::Lacks(vec!["orders:refund".into()])),
            ("orders.read".into(), Reason::Permitted),
        ]
    );
    assert_eq!(clerk.permissions, Some(vec!["read".into()]));
    assert_eq!(clerk.withheld().collect::<Vec<_>>(), ["orders.all"]);
}

/// Whatever is asked, and in whatever combination, no permission is in a token that its
/// subject does not have.
#[test]
fn no_request_brings_a_permission_that_the_subject_lacks() {
    let scopes = ["openid", "orders.all", "orders.ping", "orders.read", "stock.read"];
    let permissions = ["orders:read", "orders:refund", "stock:read"];
    let resources: [&[&str]; 4] = [&[], &[ORDERS], &[STOCK], &[ORDERS, STOCK]];
    for asked in 1_u32..1 << scopes.len() {
        for has in 0_u32..1 << permissions.len() {
            for resources in resources {
                let pick = |all: &[&'static str], bits: u32| -> Vec<&str> {
                    let chosen = all.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
                    chosen.map(|(_, name)| *name).collect()
                };
                let has = pick(&permissions, has);
                let decision = decided(&pick(&scopes, asked).join(" "), &has, resources);
                for name in decision.scope.iter() {
                    let needed = catalogue();
                    let needed = needed.scope(name).map(|(scope, _)| scope.permissions.clone());
                    for permission in needed.unwrap_or_default() {
                        assert!(has.contains(&permission.as_str()), "{decision:?} with {has:?}");
                    }
                }
                for name in decision.permissions.unwrap_or_default() {
                    assert!(
                        has.iter().any(|id| id.ends_with(&format!(":{name}"))),
                        "{name} with {has:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn each_way_to_be_withheld_has_its_reason() {
    let asked = Scope::parse("openid orders.read stock.read").unwrap();
    let less = Scope::parse("openid stock.read").unwrap();
    let everything = held(&["orders:read", "stock:read"]);
    let none = [];
    let asking = Asking {
        asked: &asked,
        registered: &asked,
        allowed: None,
        held: &everything,
        resources: &none,
        issuer: ISSUER,
    };
    let reason = |asking, catalogue: &Catalogue| decide(asking, catalogue).scopes[1].1.clone();
    assert_eq!(reason(asking, &catalogue()), Reason::Permitted);
    assert_eq!(reason(Asking { registered: &less, ..asking }, &catalogue()), Reason::NotRegistered);
    assert_eq!(reason(Asking { allowed: Some(&less), ..asking }, &catalogue()), Reason::NotAllowed);
    let stock = [STOCK.to_owned()];
    assert_eq!(reason(Asking { resources: &stock, ..asking }, &catalogue()), Reason::OtherApi);
    let mut disabled = catalogue();
    disabled.apis[0].disabled_at = Some(Timestamp(1));
    assert_eq!(reason(asking, &disabled), Reason::ApiDisabled);
    let lacks = Reason::Lacks(vec!["orders:read".into()]);
    assert_eq!(reason(Asking { held: &held(&[]), ..asking }, &catalogue()), lacks);
}

/// Of which API a scope would be that none defines cannot be told; an API may take its name for
/// a permission of its own.
#[test]
fn the_name_of_a_permission_without_a_scope_is_given_to_nobody() {
    let mut bare = catalogue();
    bare.permissions.push(permission("orders", "refund.all"));
    bare.permissions.push(permission("orders", "email"));
    let asked = Scope::parse("openid email refund.all other").unwrap();
    let everything = held(&["orders:refund.all"]);
    let decision = decide(
        Asking {
            asked: &asked,
            registered: &asked,
            allowed: None,
            held: &everything,
            resources: &[],
            issuer: ISSUER,
        },
        &bare,
    );
    // What OpenID Connect defines is no API's.
    assert_eq!(decision.scope.to_string(), "openid email other");
    assert_eq!(decision.scopes[3], ("refund.all".to_owned(), Reason::NoScope));
}

#[test]
fn a_token_is_for_the_apis_of_what_is_in_it() {
    let all = ["orders:read", "orders:refund", "stock:read"];
    for (asked, resources, audience) in [
        ("openid profile", &[][..], &[ISSUER][..]),
        ("orders.read", &[], &[ORDERS]),
        ("openid orders.read", &[], &[ORDERS, ISSUER]),
        ("orders.read stock.read", &[], &[ORDERS, STOCK]),
        ("openid orders.read stock.read", &[STOCK], &[STOCK]),
    ] {
        assert_eq!(decided(asked, &all, resources).audience, audience, "{asked}");
    }
    // What is withheld is not what a token is for.
    assert_eq!(decided("openid orders.read", &[], &[]).audience, [ISSUER]);
}

/// Two APIs may call different things by one name.
#[test]
fn permissions_and_roles_are_told_to_one_api_alone() {
    let all = ["orders:read", "stock:read"];
    let both = decided("orders.read stock.read", &all, &[]);
    assert_eq!((both.roles, both.permissions), (None, None));
    let one = decided("openid orders.read", &all, &[]);
    assert_eq!(one.roles, Some(vec!["clerk".into()]));
    assert_eq!(one.permissions, Some(vec!["read".into()]));
    // A role whose permissions were not asked for is nobody's business.
    let ping = decided("orders.ping", &all, &[]);
    assert_eq!((ping.roles, ping.permissions), (Some(vec![]), Some(vec![])));
}

#[test]
fn a_client_may_name_what_its_scopes_are_of() {
    let mut client = Client::new("shop".into(), "Shop", ClientKind::Web, Timestamp(0));
    client.scope = Scope::parse("openid stock.read").unwrap();
    client.resources = vec!["urn:other".into()];
    assert_eq!(nameable(&client, &catalogue()), ["urn:other", STOCK]);
    let mut disabled = catalogue();
    disabled.apis[1].disabled_at = Some(Timestamp(1));
    assert_eq!(nameable(&client, &disabled), ["urn:other"]);
}
