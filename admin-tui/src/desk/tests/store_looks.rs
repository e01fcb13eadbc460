//! How lists and details look that are read from a store: what stands in it is always the
//! same, the ids of events alone are not.

use shared::model::{
    Action, Actor, AuditEvent, Client, ClientKind, GrantType, KeyState, Level, Profile, Role,
    Session, SigningAlg, SigningKeyRecord, User,
};

use super::*;
use crate::source::Question;

/// A store that is filled by hand, as operations would give ids of their own.
async fn filled(folder: &Path) -> Desk {
    let desk = desk(folder).await;
    let tools = desk.tools(NOW).unwrap();
    tools.admin.open_master_key(&tools.config.master_key_file).await.unwrap();
    let mut tx = tools.admin.store().begin().await.unwrap();
    let profile = serde_json::json!({"name": "Grace Hopper", "birthdate": "1906-12-09"});
    let grace = User {
        id: "0190-grace".into(),
        username: "grace".to_owned(),
        email: Some("grace@example.org".to_owned()),
        email_verified: true,
        profile: serde_json::from_value::<Profile>(profile).unwrap(),
        password_hash: None,
        disabled_at: None,
        sign_outs: 0,
        version: 3,
        created_at: NOW.plus(Duration::from_secs(90)),
        updated_at: NOW.plus(Duration::from_secs(95)),
    };
    assert!(tx.add_user(&grace).await.unwrap());
    let mut shop = Client::new("shop".into(), "The shop", ClientKind::Web, NOW);
    shop.redirect_uris = vec!["https://shop.example/callback".to_owned()];
    shop.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    shop.scope = shared::model::Scope::parse("openid email offline_access").unwrap();
    assert!(tx.add_client(&shop).await.unwrap());
    let robot = Client::new("robot".into(), "Nightly export", ClientKind::Service, NOW);
    assert!(tx.add_client(&robot).await.unwrap());
    let session = Session {
        id: "0190-session".into(),
        user_id: grace.id.clone(),
        auth_time: NOW,
        amr: "pwd otp mfa".to_owned(),
        level: Level::MultiFactor,
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0".to_owned()),
        address: Some("2001:db8::1".to_owned()),
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_hours(10)),
    };
    tx.add_session(&session, "hash").await.unwrap();
    let scope = shared::model::Scope::parse("openid email").unwrap();
    tx.set_consent(&grace.id, &shop.id, &scope, NOW).await.unwrap();
    let role = Role {
        id: "0190-editor".into(),
        name: "editor".to_owned(),
        description: "Changes what others read".to_owned(),
        mfa: Some(shared::model::MfaPolicy::Required),
        built_in: false,
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    };
    assert!(tx.add_role(&role).await.unwrap());
    let event = AuditEvent::new(Action::LoginFailed, Actor::Anonymous, NOW)
        .user(&grace.id)
        .client(&shop.id)
        .address("2001:db8::1".parse().unwrap())
        .detail("wrong_password")
        .evidence(serde_json::json!({"tried": 3}));
    tx.add_audit_event(AuditEvent { at: NOW.plus(Duration::from_secs(100)), ..event });
    tx.commit().await.unwrap();
    desk
}

/// Keys that nobody opens.
async fn add_keys(desk: &Desk) {
    let mut tx = desk.tools(NOW).unwrap().admin.store().begin().await.unwrap();
    for (kid, alg, state) in [
        ("first-key", SigningAlg::Rs256, KeyState::Active),
        ("second-key", SigningAlg::Rs256, KeyState::Next),
        ("curve-key", SigningAlg::Es256, KeyState::Active),
    ] {
        let key = SigningKeyRecord {
            kid: kid.to_owned(),
            alg,
            state,
            sealed_private_key: "sealed".to_owned(),
            created_at: NOW,
            activates_at: None,
            activated_at: (state == KeyState::Active).then_some(NOW),
            retired_at: None,
        };
        assert!(tx.add_signing_key(&key).await.unwrap());
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_a_store_holds_looks_like_this() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = filled(folder.path()).await;
    add_keys(&desk).await;
    let now = NOW.plus(Duration::from_mins(5));
    for (name, kind, first) in [
        ("users", Kind::Users, "grace"),
        ("clients", Kind::Clients, "shop"),
        ("roles", Kind::Roles, "editor"),
        ("sessions", Kind::Sessions, "grace"),
        ("consents", Kind::Consents, "grace"),
        ("keys", Kind::Keys, "first-key"),
    ] {
        let page = desk.page(&query(kind, "", None, 100), now).await.unwrap();
        looks::list(name, kind, &page.rows);
        let row = page.rows.iter().find(|row| row.cells[0] == first).unwrap();
        let target = row.target(kind, None);
        looks::page(name, &target, &desk.detail(&target, now).await.unwrap());
    }
    let failed = desk.page(&query(Kind::Audit, "login.failed", None, 1), now).await.unwrap();
    looks::list("audit", Kind::Audit, &failed.rows);
    let target = failed.rows[0].target(Kind::Audit, None);
    let mut told = desk.detail(&target, now).await.unwrap();
    for fact in told.sections.iter_mut().flat_map(|section| &mut section.facts) {
        if fact.value == target.id {
            fact.value = "0190-event".to_owned();
        }
    }
    looks::page("audit", &target, &told);
}

#[tokio::test]
async fn answers_of_why_look_like_this() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = filled(folder.path()).await;
    let now = NOW.plus(Duration::from_mins(5));
    let parts = WhyAsked {
        what: "".into(),
        user: "grace".to_owned(),
        session: String::new(),
        client: "shop".to_owned(),
        scope: "openid email profile".to_owned(),
        prompt: String::new(),
        max_age: "60".to_owned(),
        acr_values: String::new(),
    };
    let url = "http://localhost:8080/authorize?response_type=code&client_id=shop\
               &redirect_uri=https://shop.example/Callback&scope=openid";
    for (name, asked) in [
        ("why_request", parts.clone()),
        ("why_url", WhyAsked { what: url.into(), ..parts.clone() }),
        ("why_token", WhyAsked { what: "not.a.token".into(), ..parts }),
    ] {
        let answer = desk.because(&asked, now).await.unwrap();
        looks::answer(name, &Question::Why(asked), &answer);
    }
}
