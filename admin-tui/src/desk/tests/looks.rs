//! How a list and a detail of each newer kind look, made of things that are made up.

use std::collections::BTreeSet;

use ratatui::layout::Rect;
use shared::admin::{Asker, Holding, WhoCan};
use shared::model::interaction::AskedClaims;
use shared::model::{Api, ApiScope, Catalogue, Grant, Group, Permission, Role};
use shared::store::{self, FoundGrant, GroupMember, Way};

use crate::desk::{LISTS, apis, grants, groups, permissions};
use crate::place::{Kind, Target};
use crate::screen::{Screen, Wanted};
use crate::screens::{DetailScreen, ListScreen};
use crate::source::{Answer, Question};
use crate::testing::{self, NOW, SIZES};
use crate::view::{Detail, Page, Row, Total};

pub(super) fn list(name: &str, kind: Kind, rows: &[Row]) {
    let spec = LISTS.iter().find(|list| list.kind == kind).unwrap();
    for (width, height) in SIZES {
        let mut screen = ListScreen::new(spec, None);
        screen.lay_out(Rect::new(0, 0, width, height));
        let wanted = screen.on_tick(NOW);
        let [Wanted::Ask(ticket, _)] = wanted.as_slice() else { panic!("{wanted:?}") };
        let total = Total::Known(u64::try_from(rows.len()).unwrap());
        let page = Page { rows: rows.to_vec(), more: false, total };
        screen.on_reply(testing::reply(*ticket, Ok(Answer::Page(page))), NOW);
        let text = testing::drawn(&screen, width, height);
        testing::assert_snapshot(&format!("{name}_list"), (width, height), &text);
    }
}

pub(super) fn page(name: &str, target: &Target, detail: &Detail) {
    answer(&format!("{name}_detail"), &Question::Detail(target.clone()), detail);
}

pub(super) fn answer(name: &str, question: &Question, detail: &Detail) {
    for (width, height) in SIZES {
        let mut screen = DetailScreen::answering(question.clone());
        screen.lay_out(Rect::new(0, 0, width, height));
        let wanted = screen.on_tick(NOW);
        let [Wanted::Ask(ticket, _)] = wanted.as_slice() else { panic!("{wanted:?}") };
        screen.on_reply(testing::reply(*ticket, Ok(Answer::Detail(detail.clone()))), NOW);
        let text = testing::drawn(&screen, width, height);
        testing::assert_snapshot(name, (width, height), &text);
    }
}

fn catalogue() -> Catalogue {
    let api = |id: &str, identifier: &str, name: &str| Api {
        id: id.into(),
        identifier: identifier.to_owned(),
        name: name.to_owned(),
        tells_roles: false,
        tells_permissions: true,
        built_in: id == "signet",
        disabled_at: None,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    };
    let permission = |id: &str, api: &str, description: &str| Permission {
        id: id.into(),
        api_id: api.into(),
        name: id.to_owned(),
        description: description.to_owned(),
        created_at: NOW,
    };
    let mut billing = api("a2", "https://billing.example/v1/with/a/rather/long/path", "Billing");
    billing.disabled_at = Some(NOW);
    let scope = ApiScope {
        name: "reports".to_owned(),
        api_id: "a1".into(),
        description: "See and change your reports".to_owned(),
        permissions: BTreeSet::from(["reports:read".into(), "reports:write".into()]),
        created_at: NOW,
    };
    Catalogue {
        apis: vec![api("a1", "https://api.example", "Reports"), billing],
        permissions: vec![
            permission("reports:read", "a1", "See reports"),
            permission("reports:write", "a1", ""),
            permission("invoices:pay", "a2", "Pay invoices on behalf of the whole house"),
        ],
        scopes: vec![scope],
    }
}

fn who() -> WhoCan {
    let way = |is_user, id: &str, through: Option<&str>, scopes: &[&str]| Holding {
        way: Way {
            is_user,
            id: id.to_owned(),
            name: id.to_owned(),
            role: "editor".to_owned(),
            through: through.map(str::to_owned),
        },
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    };
    WhoCan {
        ways: store::Page {
            items: vec![
                way(true, "ada", Some("staff"), &["reports"]),
                way(false, "robot", None, &[]),
            ],
            next: Some("robot".to_owned()),
        },
        count: 20_000,
        api_is_disabled: false,
        scopes: vec!["reports".to_owned()],
        clients: vec![Asker {
            id: "shop".into(),
            name: "The shop".to_owned(),
            is_service: false,
            scopes: vec!["reports".to_owned()],
        }],
    }
}

#[test]
fn apis_look_like_this() {
    let all = catalogue();
    let rows: Vec<_> = all.apis.iter().map(|api| apis::row(api, &all)).collect();
    list("apis", Kind::Apis, &rows);
    let target = Target::new(Kind::Apis, "a1", "https://api.example");
    page("apis", &target, &apis::told(&all.apis[0], &all, &target));
}

#[test]
fn permissions_and_who_can_look_like_this() {
    let all = catalogue();
    let rows = all.permissions.iter().filter_map(|each| permissions::row(each, &all));
    let rows: Vec<_> = rows.collect();
    list("permissions", Kind::Permissions, &rows);
    let id = "https://api.example reports:read";
    let target = Target::new(Kind::Permissions, id, "reports:read");
    let told = permissions::told((&all.apis[0], &all.permissions[0]), &all, &who(), &target);
    page("permissions", &target, &told);
    let target = Target::new(Kind::Holders, id, "https://api.example");
    page("who_can", &target, &permissions::told_who(&who(), &target));
}

#[test]
fn groups_look_like_this() {
    let group = |name: &str, description: &str| Group {
        id: name.into(),
        name: name.to_owned(),
        description: description.to_owned(),
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    };
    let groups = [group("staff", "Everybody who works here"), group("robots", "")];
    list("groups", Kind::Groups, &groups.each_ref().map(groups::row));
    let target = Target::new(Kind::Groups, "staff", "staff");
    let role = Role {
        id: "r1".into(),
        name: "editor".to_owned(),
        description: String::new(),
        mfa: None,
        built_in: false,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    };
    let member =
        |is_user, id: &str| GroupMember { is_user, id: id.to_owned(), name: id.to_owned() };
    let members = [member(true, "ada"), member(false, "robot")];
    page("groups", &target, &groups::told(&groups[0], &[role], (&members, 1200), &target));
}

#[test]
fn token_families_look_like_this() {
    let found = |id: &str, revoked| FoundGrant {
        grant: Grant {
            id: id.into(),
            user_id: "0190-ada".into(),
            client_id: "shop".into(),
            session_id: "0190-session".into(),
            scope: shared::model::Scope::parse("openid email reports").unwrap(),
            resources: vec!["https://api.example".to_owned()],
            claims: AskedClaims::default(),
            outlives_session: true,
            seen_generation: 3,
            auth_time: NOW,
            amr: "pwd otp mfa".to_owned(),
            acr: "multi-factor".to_owned(),
            created_at: NOW,
            expires_at: NOW.plus(std::time::Duration::from_hours(720)),
            revoked_at: revoked,
        },
        username: "ada".to_owned(),
        client_name: "The shop".to_owned(),
    };
    let families = [found("0190-family-1", None), found("0190-family-2", Some(NOW))];
    list("grants", Kind::Grants, &families.each_ref().map(|one| grants::row(one, NOW)));
    let target = Target::new(Kind::Grants, "0190-family-1", "ada");
    page("grants", &target, &grants::told(&families[0], &target, NOW));
}
