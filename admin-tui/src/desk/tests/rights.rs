//! APIs, permissions, roles and groups.

use super::*;
use crate::place::Place;

const API: &str = "https://api.example";

/// An API with two permissions, a scope of one of them, and a group with a role.
pub(super) async fn rights(desk: &mut Desk) {
    let none = |kind| Target::none(kind, None);
    let api = [("identifier", API), ("api_name", "Reports")];
    done(desk, ActionId::ApiAdd, &none(Kind::Apis), &api).await;
    let api = row(desk, Kind::Apis, API).await;
    done(desk, ActionId::ApiAddPermission, &api, &[("permission", "reports:read")]).await;
    let mut add = errand(
        ActionId::PermissionAdd,
        none(Kind::Permissions),
        &[("api", API), ("permission", "reports:write"), ("description", "Write reports")],
    );
    add.values.fields.push(("without_scope", Value::Flag(true)));
    perform(desk, &add).await.unwrap();
    done(desk, ActionId::RoleAdd, &none(Kind::Roles), &[("role", "editor"), ("mfa", "required")])
        .await;
    let editor = row(desk, Kind::Roles, "editor").await;
    for right in ["https://api.example reports:read", "https://api.example reports:write"] {
        done(desk, ActionId::RolePermit, &editor, &[("right", right)]).await;
    }
    done(desk, ActionId::GroupAdd, &none(Kind::Groups), &[("group", "staff")]).await;
    let staff = row(desk, Kind::Groups, "staff").await;
    done(desk, ActionId::GroupJoin, &staff, &[("user", "ada")]).await;
    done(desk, ActionId::GroupGiveRole, &staff, &[("role", "editor")]).await;
}

#[tokio::test]
async fn an_api_has_permissions_and_scopes_and_is_deleted_once_it_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let api = row(&mut desk, Kind::Apis, API).await;
    let detail = desk.detail(&api, NOW).await.unwrap();
    assert_eq!(value(&detail, "reports:write"), "Write reports");
    let scopes = detail.sections.last().unwrap();
    assert_eq!(scopes.facts[0].value, "stands for reports:read");

    let mut set = errand(ActionId::ApiSetScope, api.clone(), &[("scope_name", "reports:read")]);
    let both = vec!["reports:read".to_owned(), "reports:write".to_owned()];
    set.values.fields.push(("permissions", Value::Lines(both)));
    let preview = desk.preview(&set, NOW).await.unwrap();
    assert!(preview.lines[0].contains("will stand for reports:read, reports:write"));
    perform(&mut desk, &set).await.unwrap();
    let spec = desk.form(ActionId::ApiSetScope, &api, NOW).await.unwrap();
    let mut wrong = Values::of_words(&[("scope_name", "x")]);
    wrong.fields.push(("permissions", Value::Lines(vec!["nothing".to_owned()])));
    assert_eq!(spec.whole.problem(&wrong).unwrap().0, "permissions");

    let refused = perform(&mut desk, &errand(ActionId::ApiDelete, api.clone(), &[])).await;
    assert_eq!(
        refused.unwrap_err().words(),
        "it is in use: it has permissions: reports:read, reports:write; scopes: reports:read"
    );
    done(&mut desk, ActionId::ApiDeleteScope, &api, &[("scope_name", "reports:read")]).await;
    done(&mut desk, ActionId::ApiDisable, &api, &[]).await;
    assert_eq!(desk.detail(&api, NOW).await.unwrap().state, "disabled");
    done(&mut desk, ActionId::ApiEnable, &api, &[]).await;
    done(&mut desk, ActionId::ApiEdit, &api, &[("api_name", "Other")]).await;
    assert_eq!(value(&desk.detail(&api, NOW).await.unwrap(), "Name"), "Other");
}

#[tokio::test]
async fn what_a_form_changes_is_said_with_how_many_it_touches() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let editor = row(&mut desk, Kind::Roles, "editor").await;
    let staff = row(&mut desk, Kind::Groups, "staff").await;
    let api = row(&mut desk, Kind::Apis, API).await;
    let soon = "It counts from the next token on; 0 clients may ask for its 1 scope.";
    for (action, target, same, changed, lines) in [
        (
            ActionId::RoleEdit,
            &editor,
            &[("role", "editor"), ("mfa", "required")][..],
            &[("role", "editor"), ("mfa", "off"), ("description", "Edits")][..],
            [
                "Description: nothing → Edits",
                "Second factor: required → off",
                "It is held by 0 people, 0 services, 1 group.",
            ]
            .as_slice(),
        ),
        (
            ActionId::GroupEdit,
            &staff,
            &[("group", "staff")],
            &[("group", "team")],
            &["Name: staff → team", "It has 1 member; its roles: editor."],
        ),
        (
            ActionId::ApiEdit,
            &api,
            &[("api_name", "Reports")],
            &[("api_name", "Other")],
            &["Name: Reports → Other", soon],
        ),
    ] {
        let version = desk.form(action, target, NOW).await.unwrap().version;
        let mut edit = errand(action, target.clone(), same);
        edit.values.version.clone_from(&version);
        let refused = desk.preview(&edit, NOW).await.unwrap_err();
        assert_eq!(refused.words(), "nothing was changed", "{action:?}");
        let mut edit = errand(action, target.clone(), changed);
        edit.values.version = version;
        assert_eq!(desk.preview(&edit, NOW).await.unwrap().lines, lines);
    }
    let said = asked(&mut desk, ActionId::ApiDisable, &api).await;
    assert!(said.contains("Withholds 1 scope that 0 clients may ask for."), "{said}");
}

/// A scope that stands for nothing is given to everybody: all the more it matters who asks.
#[tokio::test]
async fn whoever_may_ask_for_a_scope_is_counted_also_if_it_stands_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let api = row(&mut desk, Kind::Apis, API).await;
    let set = errand(ActionId::ApiSetScope, api.clone(), &[("scope_name", "hello")]);
    perform(&mut desk, &set).await.unwrap();
    for scope in ["hello", "reports:read"] {
        let shop = clients::add(&mut desk, &format!("shop-{}", scope.len()), "web").await;
        let spec = desk.form(ActionId::ClientEdit, &shop, NOW).await.unwrap();
        let mut edit = errand(ActionId::ClientEdit, shop, &[("scope", scope)]);
        edit.values.version = spec.version;
        perform(&mut desk, &edit).await.unwrap();
        let set = errand(ActionId::ApiSetScope, api.clone(), &[("scope_name", scope)]);
        let preview = desk.preview(&set, NOW).await.unwrap();
        assert_eq!(preview.lines[1], "1 client may ask for it.", "{scope}: {preview:?}");
    }
}

#[tokio::test]
async fn permissions_of_one_api_are_listed_described_and_deleted_if_nothing_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let api = row(&mut desk, Kind::Apis, API).await;
    let scope = Some(api.as_scope());
    let query = Query { scope, ..query(Kind::Permissions, "", None, 10) };
    let page = desk.page(&query, NOW).await.unwrap();
    assert_eq!(names(&page), ["reports:read", "reports:write"]);
    let write = page.rows[1].target(Kind::Permissions, None);
    let words = [("description", "Change reports")];
    done(&mut desk, ActionId::PermissionDescribe, &write, &words).await;
    let detail = desk.detail(&write, NOW).await.unwrap();
    assert_eq!(value(&detail, "Description"), "Change reports");
    let refused = perform(&mut desk, &errand(ActionId::PermissionDelete, write.clone(), &[])).await;
    assert!(refused.unwrap_err().words().contains("roles: editor"));
    let editor = row(&mut desk, Kind::Roles, "editor").await;
    let right = [("right", "https://api.example reports:write")];
    done(&mut desk, ActionId::RoleForbid, &editor, &right).await;
    done(&mut desk, ActionId::PermissionDelete, &write, &[]).await;
}

#[tokio::test]
async fn who_can_shows_the_chain_and_the_clients_and_leads_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let none = Target::none(Kind::Clients, None);
    let words = [
        ("client_name", "Shop"),
        ("kind", "spa"),
        ("client_id", "shop"),
        ("scope_asked", "openid reports:read"),
    ];
    let mut add = errand(ActionId::ClientAdd, none, &words);
    let uris = vec!["https://shop.example/cb".to_owned()];
    add.values.fields.push(("redirect_uris", Value::Lines(uris)));
    perform(&mut desk, &add).await.unwrap();

    let read = row(&mut desk, Kind::Permissions, "reports:read").await;
    let went = done(&mut desk, ActionId::PermissionWhoCan, &read, &[]).await;
    let Some(Place::Detail(who)) = went.go_to else { panic!("{went:?}") };
    assert_eq!(who.kind, Kind::Holders);
    let detail = desk.detail(&who, NOW).await.unwrap();
    assert_eq!(value(&detail, "ada"), "by the role editor of the group staff");
    let client = detail.facts().find(|fact| fact.name == "shop").unwrap();
    assert_eq!(client.link, Some(Place::one(Kind::Clients, "shop", "shop")));
}

#[tokio::test]
async fn what_came_with_the_server_refuses_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let page = desk.page(&query(Kind::Roles, "built in", None, 10), NOW).await.unwrap();
    let role = page.rows[0].target(Kind::Roles, None);
    let refused = perform(&mut desk, &errand(ActionId::RoleDelete, role, &[])).await.unwrap_err();
    assert!(refused.words().contains("came with the server"), "{refused:?}");
    let page = desk.page(&query(Kind::Apis, "", None, 10), NOW).await.unwrap();
    let api = page.rows[0].target(Kind::Apis, None);
    let refused = perform(&mut desk, &errand(ActionId::ApiDisable, api, &[])).await.unwrap_err();
    assert!(refused.words().contains("the server's own"), "{refused:?}");
}

#[tokio::test]
async fn roles_are_given_taken_edited_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let editor = row(&mut desk, Kind::Roles, "editor").await;
    let given = done(&mut desk, ActionId::RoleGive, &editor, &[("user", "bob")]).await;
    assert_eq!(given.said, "bob has the role editor.");
    let detail = desk.detail(&editor, NOW).await.unwrap();
    assert_eq!(value(&detail, "Held by"), "1 person, 0 services, 1 group");
    assert_eq!((value(&detail, "Person"), value(&detail, "Group")), ("bob", "staff"));
    let spec = desk.form(ActionId::RoleGive, &editor, NOW).await.unwrap();
    for (words, wrong) in [
        (vec![], Some("user")),
        (vec![("user", "a"), ("client", "b")], Some("user")),
        (vec![("group", "nobody")], Some("group")),
        (vec![("group", "staff")], None),
    ] {
        let problem = spec.whole.problem(&Values::of_words(&words));
        assert_eq!(problem.map(|(field, _)| field), wrong, "{words:?}");
    }
    let edit = [("role", "writer"), ("description", "Writes"), ("mfa", "says nothing")];
    done(&mut desk, ActionId::RoleEdit, &editor, &edit).await;
    let refused = perform(&mut desk, &errand(ActionId::RoleDelete, editor.clone(), &[])).await;
    assert!(refused.unwrap_err().words().contains("1 people"));
    done(&mut desk, ActionId::RoleTake, &editor, &[("user", "bob")]).await;
    done(&mut desk, ActionId::RoleTake, &editor, &[("group", "staff")]).await;
    done(&mut desk, ActionId::RoleDelete, &editor, &[]).await;
}

#[tokio::test]
async fn a_group_has_members_and_roles_and_is_deleted_once_it_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let staff = row(&mut desk, Kind::Groups, "staff").await;
    let detail = desk.detail(&staff, NOW).await.unwrap();
    assert_eq!((value(&detail, "Role"), value(&detail, "Person")), ("editor", "ada"));
    let said = asked(&mut desk, ActionId::GroupDelete, &staff).await;
    assert!(said.contains("1 member; its roles: editor"), "{said}");
    let refused = perform(&mut desk, &errand(ActionId::GroupDelete, staff.clone(), &[])).await;
    assert!(refused.unwrap_err().words().contains("in use"));
    let ada = user(&mut desk, "ada").await;
    let scope = Some(ada.as_scope());
    let page = Query { scope, ..query(Kind::Groups, "", None, 10) };
    assert_eq!(names(&desk.page(&page, NOW).await.unwrap()), ["staff"]);
    done(&mut desk, ActionId::GroupLeave, &staff, &[("user", "ada")]).await;
    done(&mut desk, ActionId::GroupTakeRole, &staff, &[("role", "editor")]).await;
    done(&mut desk, ActionId::GroupEdit, &staff, &[("group", "team")]).await;
    done(&mut desk, ActionId::GroupDelete, &staff, &[]).await;
}

#[tokio::test]
async fn everybody_of_a_group_or_role_is_in_a_list_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights(&mut desk).await;
    let staff = row(&mut desk, Kind::Groups, "staff").await;
    let editor = row(&mut desk, Kind::Roles, "editor").await;
    let admin = desk.tools(NOW).unwrap().admin;
    for number in 0..450 {
        let username = format!("one{number:03}");
        let new = NewUser { username: username.clone(), ..NewUser::default() };
        let later = NOW.plus(Duration::from_secs(1000 - number));
        admin.add_user(new, later).await.unwrap();
        let named = shared::admin::Named::User(username);
        admin.add_member(&staff.id, &named, NOW).await.unwrap();
    }
    let detail = desk.detail(&staff, NOW).await.unwrap();
    assert_eq!(value(&detail, "Members"), "451; the first 200 are shown");

    let people = |filter: &str, after: Option<&str>, sort| Query {
        scope: Some(staff.as_scope()),
        sort,
        ..query(Kind::Users, filter, after, 410)
    };
    let first = desk.page(&people("", None, None), NOW).await.unwrap();
    assert_eq!((first.rows.len(), first.more, names(&first)[1]), (410, true, "one000"));
    let after = first.rows.last().map(|row| row.cursor.as_str());
    let rest = desk.page(&people("", after, None), NOW).await.unwrap();
    assert_eq!((rest.rows.len(), rest.more, names(&rest)[40]), (41, false, "one449"));
    for (column, descending, second) in
        [(0, true, "one448"), (4, true, "one001"), (4, false, "one449")]
    {
        let sort = Some(crate::view::Sort { column, descending });
        let page = desk.page(&people("", None, sort), NOW).await.unwrap();
        assert_eq!(names(&page)[1], second, "{column} {descending}");
    }
    let some = desk.page(&people("ONE44", None, None), NOW).await.unwrap();
    assert_eq!((some.rows.len(), some.more), (10, false));

    done(&mut desk, ActionId::RoleGive, &editor, &[("user", "bob")]).await;
    let scope = Some(editor.as_scope());
    let holders = Query { scope: scope.clone(), ..query(Kind::Users, "", None, 10) };
    assert_eq!(names(&desk.page(&holders, NOW).await.unwrap()), ["bob"]);
    let services = Query { scope, ..query(Kind::Clients, "", None, 10) };
    assert!(desk.page(&services, NOW).await.unwrap().rows.is_empty());
}
