//! Sessions, token families, consents, keys and events.

use shared::model::interaction::AskedClaims;
use shared::model::{AuthorizationCode, Consent, Grant, Level, Session};
use shared::store::Tx;

use super::*;
use crate::place::Place;

/// Somebody signed in at a client in so many browsers.
async fn signed_in(desk: &mut Desk, who: &Target, count: i64) {
    clients::add(desk, "shop", "web").await;
    let admin = desk.tools(NOW).unwrap().admin;
    let mut tx = admin.store().begin().await.unwrap();
    for number in 0..count {
        let at = NOW.plus(Duration::from_secs(number.unsigned_abs()));
        let session = Session {
            id: format!("session-{number:03}").as_str().into(),
            user_id: who.id.as_str().into(),
            auth_time: at,
            amr: "pwd".to_owned(),
            level: Level::Password,
            user_agent: Some("Firefox/140.0 Linux".to_owned()),
            address: Some("192.0.2.1".to_owned()),
            created_at: at,
            expires_at: NOW.plus(Duration::from_hours(10)),
        };
        tx.add_session(&session, &format!("hash-{number}")).await.unwrap();
        add_grant(&mut tx, &grant(number, &session)).await;
    }
    let consent = Consent {
        user_id: who.id.as_str().into(),
        client_id: "shop".into(),
        scope: shared::model::Scope::parse("openid email").unwrap(),
        granted_at: NOW,
        updated_at: NOW,
    };
    tx.set_consent(&consent.user_id, &consent.client_id, &consent.scope, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn add_grant(tx: &mut Tx, grant: &Grant) {
    let code = AuthorizationCode {
        grant_id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        redirect_uri: "https://shop.example/cb".to_owned(),
        code_challenge: None,
        nonce: None,
        expires_at: grant.created_at,
        redeemed_at: None,
    };
    tx.add_grant(grant, &format!("code of {}", grant.id), &code).await.unwrap();
}

fn grant(number: i64, session: &Session) -> Grant {
    Grant {
        id: format!("grant-{number:03}").as_str().into(),
        user_id: session.user_id.clone(),
        client_id: "shop".into(),
        session_id: session.id.clone(),
        scope: shared::model::Scope::parse("openid").unwrap(),
        resources: Vec::new(),
        claims: AskedClaims::default(),
        outlives_session: false,
        seen_generation: 0,
        auth_time: session.auth_time,
        amr: "pwd".to_owned(),
        acr: "1".to_owned(),
        created_at: session.created_at,
        expires_at: session.expires_at,
        revoked_at: None,
    }
}

fn of(kind: Kind, scope: &Target, filter: &str) -> Query {
    Query { scope: Some(scope.as_scope()), ..query(kind, filter, None, 10) }
}

#[tokio::test]
async fn every_list_has_as_many_cells_as_columns_and_every_row_a_detail() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    rights::rights(&mut desk).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 2).await;
    for list in LISTS {
        let page = desk.page(&query(list.kind, "", None, 100), NOW).await.unwrap();
        assert!(!page.rows.is_empty() || list.kind == Kind::Keys, "{:?}", list.kind);
        let backwards = Query { backwards: true, ..query(list.kind, "", None, 100) };
        let mut upwards = desk.page(&backwards, NOW).await.unwrap();
        upwards.rows.reverse();
        let ids = |page: &Page| page.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&upwards), ids(&page), "{:?} from its end", list.kind);
        for row in &page.rows {
            assert_eq!(row.cells.len(), list.columns.len(), "{:?}", list.kind);
            let target = row.target(list.kind, None);
            let detail = desk.detail(&target, NOW).await.unwrap();
            assert_eq!(detail.id, row.id);
            assert!(detail.facts().count() > 2);
            // An event has its moment in front; everything else is called the same everywhere.
            if list.kind != Kind::Audit {
                assert_eq!(detail.title, row.cells[0], "{:?}", list.kind);
            }
            let links = row.links.iter().map(|link| &link.place);
            let facts = detail.facts().filter_map(|fact| fact.link.as_ref());
            for place in links.chain(facts) {
                leads_somewhere(&mut desk, place).await;
            }
        }
    }
}

async fn leads_somewhere(desk: &mut Desk, place: &Place) {
    match place {
        Place::Detail(target) => {
            let detail = desk.detail(target, NOW).await;
            assert!(detail.is_ok(), "{target:?}: {detail:?}");
        }
        Place::List(kind, scope) => {
            let list = LISTS.iter().find(|list| list.kind == *kind).unwrap();
            let scope = scope.clone().unwrap();
            assert!(list.scopes.contains(&scope.kind), "{kind:?} of {:?}", scope.kind);
            let query = Query { scope: Some(scope), ..query(*kind, "", None, 10) };
            desk.page(&query, NOW).await.unwrap();
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sessions_come_a_part_at_a_time_the_newest_first_or_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 450).await;
    let first = desk.page(&query(Kind::Sessions, "", None, 410), NOW).await.unwrap();
    assert_eq!((first.rows.len(), first.more), (410, true));
    assert_eq!(first.rows[0].id, "session-449");
    let known: Vec<_> = first.rows.iter().map(|row| !row.cursor.is_empty()).collect();
    assert_eq!(known.iter().filter(|known| **known).count(), 3);
    assert!(known[199] && known[399] && known[409]);
    let after = first.rows.last().map(|row| row.cursor.as_str());
    let rest = desk.page(&query(Kind::Sessions, "", after, 200), NOW).await.unwrap();
    assert_eq!((rest.rows.len(), rest.more), (40, false));
    let sort = Some(crate::view::Sort { column: 2, descending: false });
    let oldest = Query { sort, ..query(Kind::Sessions, "ada", None, 1) };
    assert_eq!(desk.page(&oldest, NOW).await.unwrap().rows[0].id, "session-000");
    // In the list of somebody the filter looks into the rows.
    let found = desk.page(&of(Kind::Sessions, &ada, "SESSION-00"), NOW).await.unwrap();
    assert_eq!((found.rows.len(), found.more), (10, false));
    let none = desk.page(&of(Kind::Sessions, &ada, "chrome"), NOW).await.unwrap();
    assert!(none.rows.is_empty() && !none.more);
}

#[tokio::test]
async fn sessions_end_one_by_one_of_a_person_and_all_with_the_number_said_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 3).await;
    let one = Target::new(Kind::Sessions, "session-000", "ada");
    let said = asked(&mut desk, ActionId::SessionEnd, &one).await;
    assert!(said.starts_with("Ends 1 session and 1 token family of ada."), "{said}");
    done(&mut desk, ActionId::SessionEnd, &one, &[]).await;
    assert_eq!(desk.detail(&one, NOW).await.unwrap().state, "ended");
    let gone = perform(&mut desk, &errand(ActionId::SessionEnd, one.clone(), &[])).await;
    assert!(gone.unwrap_err().words().contains("no live session"));
    let said = asked(&mut desk, ActionId::SessionEndOfPerson, &one).await;
    assert!(said.starts_with("Ends 2 sessions and 2 token families of ada."), "{said}");
    let all = errand(ActionId::SessionEndAll, Target::none(Kind::Sessions, None), &[]);
    let preview = desk.preview(&all, NOW).await.unwrap();
    assert_eq!(preview.word.as_deref(), Some("everything"));
    assert!(preview.lines[0].contains("2 sessions"), "{preview:?}");
    let (course, mut told) = course();
    let ended = desk.perform(&all, &course, NOW).await.unwrap();
    assert_eq!(ended.said, "2 sessions and 2 token families of everybody ended.");
    assert!(matches!(told.try_recv().unwrap().answer, Ok(crate::source::Answer::Progress(_))));
}

#[tokio::test]
async fn work_that_is_broken_off_before_it_began_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 1).await;
    let shop = Target::new(Kind::Clients, "shop", "shop");
    let session = Target::new(Kind::Sessions, "session-000", "ada");
    for (action, target) in [
        (ActionId::SessionEndAll, Target::none(Kind::Sessions, None)),
        (ActionId::SessionEndOfPerson, session),
        (ActionId::UserEndSessions, ada),
        (ActionId::ClientEndSessions, shop),
    ] {
        let (course, _told) = course();
        course.cancel.cancel();
        let broken = desk.perform(&errand(action, target, &[]), &course, NOW).await.unwrap_err();
        assert!(matches!(broken, Trouble::Cancelled(_)), "{action:?}: {broken:?}");
    }
    assert_eq!(desk.page(&query(Kind::Sessions, "", None, 9), NOW).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn a_token_family_is_found_from_all_sides_and_revoked_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 2).await;
    let shop = Target::new(Kind::Clients, "shop", "shop");
    let session = Target::new(Kind::Sessions, "session-001", "ada");
    for (scope, number) in [(&ada, 2), (&shop, 2), (&session, 1)] {
        let page = desk.page(&of(Kind::Grants, scope, ""), NOW).await.unwrap();
        assert_eq!(page.rows.len(), number, "{scope:?}");
    }
    let family = Target::new(Kind::Grants, "grant-001", "ada");
    let said = asked(&mut desk, ActionId::GrantRevoke, &family).await;
    assert!(said.contains("what shop was given for ada"), "{said}");
    done(&mut desk, ActionId::GrantRevoke, &family, &[]).await;
    assert_eq!(desk.detail(&family, NOW).await.unwrap().state, "revoked");
    let again = perform(&mut desk, &errand(ActionId::GrantRevoke, family.clone(), &[])).await;
    assert!(again.unwrap_err().words().contains("no live grant"));
    let events = desk.page(&of(Kind::Audit, &family, ""), NOW).await.unwrap();
    let event = desk.detail(&events.rows[0].target(Kind::Audit, None), NOW).await.unwrap();
    let links: Vec<_> = event.facts().filter(|fact| fact.link.is_some()).collect();
    for name in ["Person", "Session", "Token family", "Client"] {
        assert!(links.iter().any(|fact| fact.name == name), "{name}: {event:?}");
    }
}

#[tokio::test]
async fn a_consent_is_withdrawn_and_its_history_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 2).await;
    let consent = row(&mut desk, Kind::Consents, "ada").await;
    let said = asked(&mut desk, ActionId::ConsentWithdraw, &consent).await;
    assert!(said.contains("openid email") && said.contains("2 live token families"), "{said}");
    let withdrawn = done(&mut desk, ActionId::ConsentWithdraw, &consent, &[]).await;
    assert_eq!(withdrawn.said, "The consent is withdrawn; 2 token families died.");
    let detail = desk.detail(&consent, NOW).await.unwrap();
    assert_eq!((detail.title.as_str(), detail.state.as_str()), ("ada", "withdrawn"));
    let said = detail.sections.last().unwrap().facts.first().unwrap();
    assert!(
        said.value.starts_with("withdrawn: ") && said.value.contains("by operator"),
        "{said:?}"
    );
    // The list has it no more; the event and the person lead there.
    let events = desk.page(&query(Kind::Audit, "consent.", None, 9), NOW).await.unwrap();
    let link = events.rows[0].links.iter().find(|link| link.name == "Consent").unwrap();
    let event = desk.detail(&events.rows[0].target(Kind::Audit, None), NOW).await.unwrap();
    let person = desk.detail(&ada, NOW).await.unwrap();
    for (detail, name) in [(&event, "Consent"), (&person, "Withdrawn consent")] {
        let fact = detail.facts().find(|fact| fact.name == name).unwrap();
        assert_eq!(fact.link.as_ref(), Some(&link.place), "{name}");
    }
    let Place::Detail(target) = &link.place else { panic!("{link:?}") };
    assert_eq!(desk.detail(target, NOW).await.unwrap().state, "withdrawn");
    assert!(desk.preview(&errand(ActionId::ConsentWithdraw, consent, &[]), NOW).await.is_err());
}

#[tokio::test]
async fn what_outlives_sessions_is_counted_where_it_dies_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 2).await;
    let mut tx = desk.tools(NOW).unwrap().admin.store().begin().await.unwrap();
    let of_one = tx.find_grant(&"grant-001".into()).await.unwrap().unwrap();
    let offline = Grant { id: "offline".into(), outlives_session: true, ..of_one };
    add_grant(&mut tx, &offline).await;
    tx.commit().await.unwrap();
    for action in [
        ActionId::UserPassword,
        ActionId::UserDisable,
        ActionId::UserResetFactors,
        ActionId::UserDelete,
    ] {
        let said = asked(&mut desk, action, &ada).await;
        assert!(said.contains("2 sessions and 3 live token families"), "{action:?}: {said}");
    }
    let said = asked(&mut desk, ActionId::UserEndSessions, &ada).await;
    assert!(said.contains("2 sessions and 2 token families that do not outlive"), "{said}");
    let shop = Target::new(Kind::Clients, "shop", "shop");
    let said = asked(&mut desk, ActionId::ClientRotate, &shop).await;
    assert!(said.contains("3 live token families and 1 consent"), "{said}");
}

#[tokio::test]
async fn a_client_shows_how_many_sessions_would_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    signed_in(&mut desk, &ada, 2).await;
    let shop = Target::new(Kind::Clients, "shop", "shop");
    let said = asked(&mut desk, ActionId::ClientEndSessions, &shop).await;
    assert!(said.contains("2 sessions and 2 token families"), "{said}");
    let said = asked(&mut desk, ActionId::ClientDisable, &shop).await;
    assert!(said.contains("2 live token families and 1 consent"), "{said}");
    let ended = done(&mut desk, ActionId::ClientEndSessions, &shop, &[]).await;
    assert_eq!(ended.said, "2 sessions and 2 token families of shop ended.");
}

#[tokio::test]
async fn a_key_is_revoked_with_the_master_key_and_rotated_only_if_there_is_a_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let tools = desk.tools(NOW).unwrap();
    let master = tools.admin.open_master_key(&tools.config.master_key_file).await.unwrap();
    let maker = shared::admin::KeyMaker { master, rsa_bits: 2048 };
    let alg = shared::model::SigningAlg::Es256;
    tools.admin.add_key(&maker, alg, shared::model::KeyState::Active, NOW).await.unwrap();
    let rotate = errand(ActionId::KeyRotate, Target::none(Kind::Keys, None), &[]);
    let refused = perform(&mut desk, &rotate).await.unwrap_err();
    assert!(refused.words().contains("no next key"), "{refused:?}");
    let page = desk.page(&query(Kind::Keys, "", None, 9), NOW).await.unwrap();
    let key = page.rows[0].target(Kind::Keys, None);
    let revoke = errand(ActionId::KeyRevoke, key.clone(), &[]);
    let preview = desk.preview(&revoke, NOW).await.unwrap();
    assert_eq!(preview.word.as_deref(), Some("revoke"));
    assert!(preview.lines[1].contains("0 live access tokens"), "{preview:?}");
    perform(&mut desk, &revoke).await.unwrap();
    assert!(desk.detail(&key, NOW).await.is_err());
    let page = desk.page(&query(Kind::Keys, "", None, 9), NOW).await.unwrap();
    assert_eq!(page.rows.len(), 1);
}

#[tokio::test]
async fn the_keys_of_one_algorithm_are_rotated_alone() {
    use shared::model::{KeyState, SigningAlg};
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let tools = desk.tools(NOW).unwrap();
    let master = tools.admin.open_master_key(&tools.config.master_key_file).await.unwrap();
    let maker = shared::admin::KeyMaker { master, rsa_bits: 2048 };
    let target = Target::none(Kind::Keys, None);
    for (alg, asks) in [(SigningAlg::Es256, false), (SigningAlg::EdDsa, true)] {
        let admin = desk.tools(NOW).unwrap().admin;
        admin.add_key(&maker, alg, KeyState::Next, NOW).await.unwrap();
        let form = desk.form(ActionId::KeyRotate, &target, NOW).await.unwrap();
        assert_eq!(!form.fields.is_empty(), asks, "{form:?}");
    }
    let rotate = errand(ActionId::KeyRotate, target.clone(), &[("alg", "EdDSA")]);
    let preview = desk.preview(&rotate, NOW).await.unwrap();
    assert!(preview.lines[0].starts_with("1 next key signs"), "{preview:?}");
    let action = ACTIONS.iter().find(|action| action.id == ActionId::KeyRotate).unwrap();
    let command = |values: &Values| action.equal_command(&target, values);
    assert_eq!(command(&rotate.values), "signet key rotate --alg=EdDSA");
    let said = perform(&mut desk, &rotate).await.unwrap().said;
    assert!(said.starts_with("EdDSA signs from") && !said.contains("ES256"), "{said}");
    let keys = desk.tools(NOW).unwrap().admin.list_keys().await.unwrap();
    for key in keys {
        assert_eq!(key.activates_at.is_some(), key.alg == SigningAlg::EdDsa, "{key:?}");
    }

    let all = errand(ActionId::KeyRotate, target.clone(), &[("alg", crate::form_spec::ALL)]);
    assert_eq!(command(&all.values), "signet key rotate");
    let add = ACTIONS.iter().find(|action| action.id == ActionId::UserAdd).unwrap();
    let named_so = Values::of_words(&[("username", "all")]);
    let added = add.equal_command(&Target::none(Kind::Users, None), &named_so);
    assert_eq!(added, "signet user add all --password-stdin");
    let said = perform(&mut desk, &all).await.unwrap().said;
    assert!(said.contains("ES256") && said.contains("EdDSA"), "{said}");
}

#[tokio::test]
async fn events_are_found_by_what_happened_and_about_whom() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    done(&mut desk, ActionId::UserDisable, &ada, &[]).await;
    for (filter, number) in [("user.", 5), ("user.disabled", 1), ("user:ada", 2), ("login.", 0)] {
        let page = desk.page(&query(Kind::Audit, filter, None, 50), NOW).await.unwrap();
        assert_eq!(page.rows.len(), number, "{filter}");
    }
}
