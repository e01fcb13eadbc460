use std::path::Path;

use shared::admin::NewUser;
use shared::model::UserId;
use shared::store::Store;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::form_spec::{Value, Values};
use crate::keys::ACTIONS;
use crate::source::{Cancel, Told};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A desk on a store with some people, and a role.
async fn desk(folder: &Path) -> Desk {
    let url = format!("sqlite:{}", folder.join("signet.db").display());
    Store::open(&url, 1).await.unwrap().migrate().await.unwrap();
    let settings = [("SIGNET_DATABASE_URL".to_owned(), url)];
    let mut desk = Desk::new(Config::load(None, settings).unwrap(), Seat::Machine).unwrap();
    desk.open().await.unwrap();
    let admin = desk.tools(NOW).unwrap().admin;
    for username in ["ada", "adam", "bob", "Carol"] {
        let email = Some(format!("{username}@example.org"));
        let new = NewUser { username: username.to_owned(), email, ..NewUser::default() };
        admin.add_user(new, NOW).await.unwrap();
    }
    admin.add_role("helper", "", None, NOW).await.unwrap();
    desk
}

fn query(kind: Kind, filter: &str, after: Option<&str>, limit: usize) -> Query {
    let (filter, after) = (filter.to_owned(), after.map(str::to_owned));
    Query { kind, scope: None, filter, sort: None, after, limit }
}

fn names(page: &Page) -> Vec<&str> {
    page.rows.iter().map(|row| row.cells[0].as_str()).collect()
}

async fn user(desk: &mut Desk, name: &str) -> Target {
    let page = desk.page(&query(Kind::Users, name, None, 10), NOW).await.unwrap();
    page.rows[0].target(Kind::Users, None)
}

fn course() -> (Course, UnboundedReceiver<Told>) {
    let (told, answers) = unbounded_channel();
    (Course { id: 1, cancel: Cancel::default(), told }, answers)
}

fn errand(action: ActionId, target: Target, words: &[(&'static str, &str)]) -> Errand {
    Errand { action, target, values: Values::of_words(words) }
}

async fn perform(desk: &mut Desk, errand: &Errand) -> Result<Performed, Trouble> {
    desk.perform(errand, &course().0, NOW).await
}

#[tokio::test]
async fn people_come_a_page_at_a_time_and_are_found_by_what_their_names_begin_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let first = desk.page(&query(Kind::Users, "", None, 3), NOW).await.unwrap();
    assert_eq!((names(&first), first.more), (vec!["ada", "adam", "bob"], true));
    let after = first.rows.last().map(|row| row.cursor.clone());
    let rest = desk.page(&query(Kind::Users, "", after.as_deref(), 3), NOW).await.unwrap();
    assert_eq!((names(&rest), rest.more), (vec!["Carol"], false));

    for (filter, found) in [
        ("AD", vec!["ada", "adam"]),
        ("ada", vec!["ada", "adam"]),
        ("x", vec![]),
        ("carol@example.org", vec!["Carol"]),
    ] {
        let page = desk.page(&query(Kind::Users, filter, None, 10), NOW).await.unwrap();
        assert_eq!((names(&page), page.more), (found, false), "{filter}");
    }
}

#[tokio::test]
async fn every_list_has_as_many_cells_as_columns_and_every_row_a_detail() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    for list in LISTS {
        let scope = user(&mut desk, "ada").await;
        let scope = Scope { kind: Kind::Users, id: scope.id, name: scope.name };
        let scope = (!list.whole).then_some(scope);
        let query = Query { scope: scope.clone(), ..query(list.kind, "", None, 10) };
        let page = desk.page(&query, NOW).await.unwrap();
        for row in &page.rows {
            assert_eq!(row.cells.len(), list.columns.len(), "{:?}", list.kind);
            let target = row.target(list.kind, scope.clone());
            let detail = desk.detail(&target, NOW).await.unwrap();
            assert_eq!(detail.id, row.id);
            assert!(detail.facts().count() > 2);
        }
    }
}

#[tokio::test]
async fn whoever_was_overtaken_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let spec = desk.form(ActionId::UserEdit, &ada, NOW).await.unwrap();
    let mut edit = errand(ActionId::UserEdit, ada, &[("full_name", "Ada"), ("email", "")]);
    edit.values.version = spec.version;
    let later = Timestamp(NOW.0 + 1);
    desk.perform(&edit, &course().0, later).await.unwrap();
    let trouble = desk.perform(&edit, &course().0, later).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Changed(_)), "{trouble:?}");
}

#[tokio::test]
async fn a_role_is_given_and_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let none = desk.form(ActionId::UserTakeRole, &ada, NOW).await.unwrap_err();
    assert_eq!(none.words(), "they have no role");
    let words = [("role", "helper")];
    perform(&mut desk, &errand(ActionId::UserGiveRole, ada.clone(), &words)).await.unwrap();
    let detail = desk.detail(&ada, NOW).await.unwrap();
    assert!(detail.facts().any(|fact| fact.name == "Roles" && fact.value == "helper"));
    perform(&mut desk, &errand(ActionId::UserTakeRole, ada, &words)).await.unwrap();
}

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

#[tokio::test]
async fn work_that_is_broken_off_says_how_far_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let sessions = desk.tools(NOW).unwrap().admin;
    let id = UserId::from(ada.id.as_str());
    assert!(sessions.list_sessions(&id, NOW).await.unwrap().is_empty());
    let done = perform(&mut desk, &errand(ActionId::UserEndSessions, ada, &[])).await.unwrap();
    assert_eq!(done.said, "0 sessions of ada ended.");
}

#[tokio::test]
async fn every_action_that_asks_names_what_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    for action in ACTIONS {
        let target = match action.on {
            [Kind::Users] if action.needs == crate::keys::Needs::Row => {
                user(&mut desk, "ada").await
            }
            on => Target::none(on[0], None),
        };
        // What is not there is refused in words, and nothing breaks.
        match desk.form(action.id, &target, NOW).await {
            Ok(spec) => assert!(spec.fields.is_empty() || !spec.title.is_empty()),
            Err(trouble) => assert!(!trouble.words().is_empty()),
        }
    }
}
