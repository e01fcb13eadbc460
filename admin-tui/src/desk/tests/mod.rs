use std::path::Path;
use std::time::Duration;

use shared::admin::NewUser;
use shared::store::Store;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::form_spec::{Value, Values};
use crate::keys::ACTIONS;
use crate::source::{Cancel, Told};

mod clients;
mod looks;
mod people;
mod rights;
mod store_looks;
mod trails;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A desk on a store with some people, and a role.
async fn desk(folder: &Path) -> Desk {
    let url = format!("sqlite:{}", folder.join("signet.db").display());
    Store::open(&url, 1).await.unwrap().migrate().await.unwrap();
    let key = folder.join("master.key").display().to_string();
    let settings =
        [("SIGNET_DATABASE_URL".to_owned(), url), ("SIGNET_MASTER_KEY_FILE".to_owned(), key)];
    let mut desk = Desk::new(Config::load(None, settings).unwrap(), Seat::Machine).unwrap();
    desk.open().await.unwrap();
    let admin = desk.tools(NOW).unwrap().admin;
    for (username, later) in [("ada", 0), ("adam", 1), ("bob", 2), ("Carol", 3)] {
        let now = NOW.plus(Duration::from_secs(later));
        let email = Some(format!("{username}@example.org"));
        let new = NewUser { username: username.to_owned(), email, ..NewUser::default() };
        admin.add_user(new, now).await.unwrap();
    }
    admin.add_role("helper", "Helps people", None, NOW).await.unwrap();
    desk
}

fn query(kind: Kind, filter: &str, after: Option<&str>, limit: usize) -> Query {
    let (filter, after) = (filter.to_owned(), after.map(str::to_owned));
    Query { kind, scope: None, filter, sort: None, backwards: false, after, limit }
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

/// Fills a form in and does it, in the version that is there.
async fn done(
    desk: &mut Desk,
    action: ActionId,
    target: &Target,
    words: &[(&'static str, &str)],
) -> Performed {
    let spec = desk.form(action, target, NOW).await.unwrap();
    let mut errand = errand(action, target.clone(), words);
    errand.values.version = spec.version;
    desk.preview(&errand, NOW).await.unwrap();
    perform(desk, &errand).await.unwrap()
}

/// What is asked before it is done.
async fn asked(desk: &mut Desk, action: ActionId, target: &Target) -> String {
    let preview = desk.preview(&errand(action, target.clone(), &[]), NOW).await.unwrap();
    preview.lines.join(" ")
}

/// The row of a list that has this in its first column.
async fn row(desk: &mut Desk, kind: Kind, name: &str) -> Target {
    let page = desk.page(&query(kind, "", None, 100), NOW).await.unwrap();
    let found = page.rows.iter().find(|row| row.cells[0] == name);
    found.unwrap_or_else(|| panic!("no {name} in {page:?}")).target(kind, None)
}

fn value<'a>(detail: &'a Detail, name: &str) -> &'a str {
    let fact = detail.facts().find(|fact| fact.name == name);
    &fact.unwrap_or_else(|| panic!("no {name} in {detail:?}")).value
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
async fn whoever_was_overtaken_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let spec = desk.form(ActionId::UserEdit, &ada, NOW).await.unwrap();
    let words = [("username", "ada"), ("full_name", "Ada"), ("birthdate", "1815-12-10")];
    let mut edit = errand(ActionId::UserEdit, ada.clone(), &words);
    edit.values.version = spec.version;
    let later = Timestamp(NOW.0 + 1);
    desk.perform(&edit, &course().0, later).await.unwrap();
    let trouble = desk.perform(&edit, &course().0, later).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Changed(_)), "{trouble:?}");
    let detail = desk.detail(&ada, NOW).await.unwrap();
    assert!(detail.facts().any(|fact| fact.name == "birthdate" && fact.value == "1815-12-10"));
}

#[tokio::test]
async fn a_role_is_given_and_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let none = desk.form(ActionId::UserTakeRole, &ada, NOW).await.unwrap_err();
    assert_eq!(none.words(), "they have no role of their own");
    let words = [("role", "helper")];
    perform(&mut desk, &errand(ActionId::UserGiveRole, ada.clone(), &words)).await.unwrap();
    let detail = desk.detail(&ada, NOW).await.unwrap();
    let role = detail.facts().find(|fact| fact.name == "Role").unwrap();
    assert!(role.value.starts_with("helper"));
    // Wherever a role is reached from, it is the same page.
    let helper = row(&mut desk, Kind::Roles, "helper").await;
    assert_eq!(role.link, Some(crate::place::Place::Detail(helper)));
    perform(&mut desk, &errand(ActionId::UserTakeRole, ada, &words)).await.unwrap();
}

#[tokio::test]
async fn every_action_that_asks_names_what_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    for action in ACTIONS {
        let target = match action.on {
            Kind::Users if action.needs == crate::keys::Needs::Row => user(&mut desk, "ada").await,
            on => Target::none(on, None),
        };
        // What is not there is refused in words, and nothing breaks.
        match desk.form(action.id, &target, NOW).await {
            Ok(spec) => assert!(spec.fields.is_empty() || !spec.title.is_empty()),
            Err(trouble) => assert!(!trouble.words().is_empty()),
        }
    }
}
