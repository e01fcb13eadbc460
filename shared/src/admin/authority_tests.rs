use super::*;
use crate::admin::testing::admin;
use crate::admin::{Named, NewUser, RoleHolder, Which};
use crate::model::client::AuthMethod;
use crate::model::{Client, ClientKind, GrantType, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

async fn add(machine: &Admin, username: &str, role: &str) -> UserId {
    let new = NewUser { username: username.to_owned(), ..NewUser::default() };
    let user = machine.add_user(new, NOW).await.unwrap();
    if !role.is_empty() {
        machine.give_role(role, &one(username), NOW).await.unwrap();
    }
    user.id
}

fn one(username: &str) -> RoleHolder {
    RoleHolder::One(Named::User(username.to_owned()))
}

fn as_operator(machine: &Admin, user: &UserId) -> Admin {
    let operator = Operator { user: user.clone(), sign_outs: 0 };
    Admin::of_operator(machine.store.clone(), machine.hasher.clone(), &operator)
}

/// Helping people is no way to become somebody else.
#[tokio::test]
async fn nobody_takes_over_an_account_that_may_do_more() {
    let (_folder, machine) = admin().await;
    add(&machine, "root", "administrator").await;
    add(&machine, "ada", "").await;
    let helper = as_operator(&machine, &add(&machine, "helper", "support").await);
    let root = helper.set_password("root", "a long enough password".into(), NOW).await;
    assert!(matches!(root, Err(AdminError::Outranked)), "{root:?}");
    for refused in [
        helper.reset_factors("root", NOW).await.map(drop),
        helper.disable_user("root", NOW).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AdminError::Outranked)), "{refused:?}");
    }
    helper.set_password("ada", "a long enough password".into(), NOW).await.unwrap();
    let given = helper.give_role("support", &one("ada"), NOW).await;
    assert!(matches!(given, Err(AdminError::Forbidden(_))), "{given:?}");
}

/// Who may give roles gives none that permits more than they may do themselves.
#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let (_folder, machine) = admin().await;
    machine.add_role("clerk", "", None, NOW).await.unwrap();
    for permission in ["roles.read", "roles.write", "users.read", "clients.write", "clients.read"] {
        machine.permit("clerk", "urn:signet:admin", permission, NOW).await.unwrap();
    }
    let clerk_id = add(&machine, "clerk", "clerk").await;
    let clerk = as_operator(&machine, &clerk_id);
    clerk.add_role("own", "", None, NOW).await.unwrap();
    clerk.permit("own", "urn:signet:admin", "users.read", NOW).await.unwrap();
    let more = clerk.permit("own", "urn:signet:admin", "keys.write", NOW).await;
    assert!(matches!(more, Err(AdminError::Outranked)), "{more:?}");
    let more = clerk.give_role("administrator", &one("clerk"), NOW).await;
    assert!(matches!(more, Err(AdminError::Outranked)), "{more:?}");
    clerk.add_group("all", "", NOW).await.unwrap();
    let all = RoleHolder::Group("all".to_owned());
    machine.give_role("administrator", &all, NOW).await.unwrap();
    let more = clerk.add_member("all", &Named::User("clerk".to_owned()), NOW).await;
    assert!(matches!(more, Err(AdminError::Outranked)), "{more:?}");

    // A service that may do more is somebody, too.
    let mut batch = Client::new("batch".into(), "Batch", ClientKind::Service, NOW);
    batch.auth_method = AuthMethod::ClientSecretBasic;
    batch.grant_types = vec![GrantType::ClientCredentials];
    let batch = machine.add_client(batch, None, NOW).await.unwrap().client;
    clerk.rotate_client_secret("batch", None, NOW).await.unwrap();
    let service = RoleHolder::One(Named::Client(batch.id.to_string()));
    machine.give_role("administrator", &service, NOW).await.unwrap();
    let more = clerk.rotate_client_secret("batch", None, NOW).await.map(drop);
    assert!(matches!(more, Err(AdminError::Outranked)), "{more:?}");
}

/// What a role permits ends with the role, and everything with the account.
#[tokio::test]
async fn permissions_are_looked_up_for_each_operation() {
    let (_folder, machine) = admin().await;
    add(&machine, "root", "administrator").await;
    let reader = as_operator(&machine, &add(&machine, "reader", "read-only").await);
    reader.list_users("", 10).await.unwrap();
    let written = reader.add_group("x", "", NOW).await.map(drop);
    assert!(matches!(written, Err(AdminError::Forbidden(_))), "{written:?}");
    machine.disable_user("reader", NOW).await.unwrap();
    let read = reader.list_users("", 10).await.map(drop);
    assert!(matches!(read, Err(AdminError::Forbidden(_))), "{read:?}");
    assert!(reader.explain("K7QF-2M9P", std::time::Duration::from_secs(1), NOW).await.is_err());
}

/// Whoever set a password anew, or signed out everywhere, is rid of a console too.
#[tokio::test]
async fn a_console_ends_with_everything_else() {
    let (_folder, machine) = admin().await;
    let id = add(&machine, "helper", "support").await;
    let password = || "a long enough password".into();
    for (round, out) in ["password", "factors", "sessions", "others"].into_iter().enumerate() {
        let sign_outs = i64::try_from(round).unwrap();
        let operator = Operator { user: id.clone(), sign_outs };
        let helper = Admin::of_operator(machine.store.clone(), machine.hasher.clone(), &operator);
        helper.list_users("", 10).await.unwrap();
        match out {
            "password" => machine.set_password("helper", password(), NOW).await.map(drop),
            "factors" => machine.reset_factors("helper", NOW).await.map(drop),
            "sessions" => {
                let which = Which::User("helper".to_owned());
                machine.end_sessions(&which, NOW, |_| true).await.map(|_| ())
            }
            _ => machine.end_other_sessions(&id, &"none".into(), NOW).await.map(|_| ()),
        }
        .unwrap();
        let read = helper.list_users("", 10).await.map(drop);
        assert!(matches!(read, Err(AdminError::Forbidden(_))), "{out}: {read:?}");
    }
}

/// Names are free, ids are not: what goes by the name of somebody else's id is not taken for
/// them.
#[tokio::test]
async fn an_id_means_whose_it_is_whatever_others_are_called() {
    let (_folder, machine) = admin().await;
    let bob = add(&machine, "bob", "").await;
    add(&machine, bob.as_str(), "").await;
    assert_eq!(machine.get_user(bob.as_str()).await.unwrap().username, "bob");
    machine.give_role("administrator", &one(bob.as_str()), NOW).await.unwrap();
    let of_bob = machine.list_roles_of(&one("bob")).await.unwrap();
    assert_eq!(of_bob.len(), 1, "{of_bob:?}");
    machine.disable_user(bob.as_str(), NOW).await.unwrap_err();

    let clerk = machine.add_role("clerk", "", None, NOW).await.unwrap();
    machine.add_role("signet:administrator", "", None, NOW).await.unwrap();
    machine.add_role(clerk.id.as_str(), "", None, NOW).await.unwrap();
    for id in ["signet:administrator", clerk.id.as_str()] {
        assert_eq!(machine.get_role(id).await.unwrap().id.as_str(), id);
    }
    let group = machine.add_group("staff", "", NOW).await.unwrap();
    machine.add_group(group.id.as_str(), "", NOW).await.unwrap();
    assert_eq!(machine.get_group(group.id.as_str()).await.unwrap().name, "staff");
}

/// A decoy of the name of a built-in role's id does not open the role.
#[tokio::test]
async fn a_built_in_role_stays_under_a_decoy_of_its_id() {
    let (_folder, machine) = admin().await;
    machine.add_role("desk", "", None, NOW).await.unwrap();
    for permission in ["roles.read", "roles.write"] {
        machine.permit("desk", "urn:signet:admin", permission, NOW).await.unwrap();
    }
    let desk = as_operator(&machine, &add(&machine, "desk", "desk").await);
    desk.add_role("signet:administrator", "", None, NOW).await.unwrap();
    let mut role = desk.get_role("administrator").await.unwrap();
    role.mfa = None;
    let changed = desk.change_role(role, NOW).await.map(drop);
    assert!(matches!(changed, Err(AdminError::Outranked)), "{changed:?}");
}

/// What a role wants holds for those who have it through a group.
#[tokio::test]
async fn a_group_brings_what_its_roles_want() {
    let (_folder, machine) = admin().await;
    let ada = add(&machine, "ada", "").await;
    machine.add_role("clerk", "", Some(crate::model::MfaPolicy::Required), NOW).await.unwrap();
    machine.add_group("staff", "", NOW).await.unwrap();
    machine.give_role("clerk", &RoleHolder::Group("staff".to_owned()), NOW).await.unwrap();
    machine.add_member("staff", &Named::User("ada".to_owned()), NOW).await.unwrap();
    let standing = machine.store.view().await.unwrap().find_standing(&ada, "", NOW).await.unwrap();
    assert_eq!(standing.role_policy, Some(crate::model::MfaPolicy::Required));
}
