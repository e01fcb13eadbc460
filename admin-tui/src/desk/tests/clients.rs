//! What is done with clients.

use super::*;

#[tokio::test]
async fn a_client_that_is_added_shows_its_secret_and_is_found_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let words = [
        ("client_name", "Shop"),
        ("kind", "web"),
        ("client_id", "shop"),
        ("scope_asked", "openid"),
    ];
    let mut add = errand(ActionId::ClientAdd, Target::none(Kind::Clients, None), &words);
    let uris = vec!["https://shop.example/cb".to_owned(), String::new()];
    add.values.fields.push(("redirect_uris", Value::Lines(uris)));
    let added = perform(&mut desk, &add).await.unwrap();
    assert!(added.secret.is_some());
    let page = desk.page(&query(Kind::Clients, "SHO", None, 10), NOW).await.unwrap();
    assert_eq!(names(&page), ["shop"]);
    let shop = page.rows[0].target(Kind::Clients, None);
    let delete = errand(ActionId::ClientDelete, shop, &[]);
    let preview = desk.preview(&delete, NOW).await.unwrap();
    assert_eq!(preview.word.as_deref(), Some("shop"));
    perform(&mut desk, &delete).await.unwrap();
}

/// A client of this id, added through its form.
pub(super) async fn add(desk: &mut Desk, id: &str, kind: &str) -> Target {
    let words = [("client_name", id), ("kind", kind), ("client_id", id)];
    let none = Target::none(Kind::Clients, None);
    let mut add = errand(ActionId::ClientAdd, none, &words);
    if kind != "service" {
        let uris = vec![format!("https://{id}.example/cb")];
        add.values.fields.push(("redirect_uris", Value::Lines(uris)));
    }
    perform(desk, &add).await.unwrap();
    Target::new(Kind::Clients, id, id)
}

/// What the form of a client holds, with some fields filled in anew.
async fn edited(desk: &mut Desk, target: &Target, words: &[(&'static str, &str)]) -> Errand {
    let spec = desk.form(ActionId::ClientEdit, target, NOW).await.unwrap();
    let mut errand = errand(ActionId::ClientEdit, target.clone(), words);
    errand.values.version = spec.version;
    errand
}

#[tokio::test]
async fn every_kind_of_client_can_be_added() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    for kind in shared::model::ClientKind::WORDS {
        let target = add(&mut desk, &format!("the-{kind}"), kind).await;
        let detail = desk.detail(&target, NOW).await.unwrap();
        assert_eq!(value(&detail, "Kind"), *kind);
    }
    let query = Query {
        sort: Some(crate::view::Sort { column: 1, descending: true }),
        ..query(Kind::Clients, "", None, 10)
    };
    let page = desk.page(&query, NOW).await.unwrap();
    assert_eq!(names(&page), ["the-web", "the-spa", "the-service", "the-native"]);
}

#[tokio::test]
async fn a_form_of_a_client_is_checked_by_the_rules_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let shop = add(&mut desk, "shop", "web").await;
    let spec = desk.form(ActionId::ClientEdit, &shop, NOW).await.unwrap();
    assert!(spec.fields.len() > shared::rules::client_fields::FIELDS.len());
    for (words, wrong) in [
        (("access_token_lifetime", "soon"), Some("access_token_lifetime")),
        (("token_endpoint_auth_method", "private_key_jwt"), Some("jwks")),
        (("client_uri", "shop"), Some("client_uri")),
        (("mfa", "required"), None),
    ] {
        let problem = spec.whole.problem(&Values::of_words(&[words]));
        assert_eq!(problem.map(|(field, _)| field), wrong, "{words:?}");
    }
    let add = desk.form(ActionId::ClientAdd, &shop, NOW).await.unwrap();
    let problem = add.whole.problem(&Values::of_words(&[("client_name", "A"), ("kind", "spa")]));
    assert_eq!(problem.unwrap().0, "redirect_uris");
}

#[tokio::test]
async fn a_client_is_changed_field_by_field_and_whoever_was_overtaken_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let shop = add(&mut desk, "shop", "web").await;
    let nothing = edited(&mut desk, &shop, &[]).await;
    let refused = desk.preview(&nothing, NOW).await.unwrap_err();
    assert_eq!(refused.words(), "nothing was changed");
    let edit = edited(&mut desk, &shop, &[("mfa", "required"), ("client_name", "The shop")]).await;
    let preview = desk.preview(&edit, NOW).await.unwrap();
    assert_eq!(preview.lines[0], "client_name: shop → The shop");
    assert_eq!(preview.lines[1], "mfa: default → required");
    perform(&mut desk, &edit).await.unwrap();
    let detail = desk.detail(&shop, NOW).await.unwrap();
    assert_eq!((value(&detail, "Name"), value(&detail, "Second factor")), ("The shop", "required"));
    let changed = perform(&mut desk, &edit).await.unwrap_err();
    assert!(matches!(changed, Trouble::Changed(_)), "{changed:?}");
}

#[tokio::test]
async fn a_client_is_disabled_and_enabled_once_and_gets_another_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let shop = add(&mut desk, "shop", "web").await;
    done(&mut desk, ActionId::ClientDisable, &shop, &[]).await;
    let again = perform(&mut desk, &errand(ActionId::ClientDisable, shop.clone(), &[])).await;
    assert_eq!(again.unwrap_err().words(), "the client is disabled already");
    assert_eq!(desk.detail(&shop, NOW).await.unwrap().state, "disabled");
    done(&mut desk, ActionId::ClientEnable, &shop, &[]).await;
    assert!(done(&mut desk, ActionId::ClientRotate, &shop, &[]).await.secret.is_some());
    let spa = add(&mut desk, "spa", "spa").await;
    let refused = desk.preview(&errand(ActionId::ClientRotate, spa, &[]), NOW).await.unwrap_err();
    assert!(refused.words().contains("without a secret"));
}

#[tokio::test]
async fn a_service_has_roles_and_groups() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let robot = add(&mut desk, "robot", "service").await;
    let group = [("group", "staff")];
    done(&mut desk, ActionId::GroupAdd, &Target::none(Kind::Groups, None), &group).await;
    done(&mut desk, ActionId::ClientGiveRole, &robot, &[("role", "helper")]).await;
    done(&mut desk, ActionId::ClientJoin, &robot, &group).await;
    let detail = desk.detail(&robot, NOW).await.unwrap();
    assert!(value(&detail, "Role").starts_with("helper"));
    assert_eq!(value(&detail, "Group"), "staff");
    done(&mut desk, ActionId::ClientTakeRole, &robot, &[("role", "helper")]).await;
    done(&mut desk, ActionId::ClientLeave, &robot, &group).await;
    let refused = desk.form(ActionId::ClientLeave, &robot, NOW).await.unwrap_err();
    assert_eq!(refused.words(), "they are in no group");
}
