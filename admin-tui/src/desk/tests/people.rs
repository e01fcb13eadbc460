//! What is done with people.

use super::*;
use crate::view::Sort;

#[tokio::test]
async fn people_come_in_the_order_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    for (column, descending, found) in [
        (0, false, ["ada", "adam", "bob", "Carol"]),
        (0, true, ["Carol", "bob", "adam", "ada"]),
        (4, true, ["Carol", "bob", "adam", "ada"]),
        (4, false, ["ada", "adam", "bob", "Carol"]),
    ] {
        let sort = Some(Sort { column, descending });
        let query = Query { sort, ..query(Kind::Users, "", None, 3) };
        let page = desk.page(&query, NOW).await.unwrap();
        assert_eq!(names(&page), found[..3]);
        let after = page.rows.last().map(|row| row.cursor.clone());
        let rest = desk.page(&Query { after, ..query.clone() }, NOW).await.unwrap();
        assert_eq!((names(&rest), rest.more), (vec![found[3]], false));
        // And from the end.
        let page = desk.page(&Query { backwards: true, ..query }, NOW).await.unwrap();
        let upwards: Vec<_> = found.into_iter().rev().take(3).collect();
        assert_eq!(names(&page), upwards);
    }
}

#[tokio::test]
async fn people_who_are_looked_for_come_in_the_order_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    for (username, later) in [("add", 4), ("zadar", 5)] {
        let now = NOW.plus(Duration::from_secs(later));
        let email = Some(format!("{username}@example.org"));
        let new = NewUser { username: username.to_owned(), email, ..NewUser::default() };
        desk.tools(NOW).unwrap().admin.add_user(new, now).await.unwrap();
    }
    for (filter, by_name) in [
        ("AD", vec!["ada", "adam", "add"]),
        ("add@", vec!["add"]),
        ("*ad", vec!["ada", "adam", "add", "zadar"]),
        ("nobody", vec![]),
    ] {
        // All were added one after the other in the order of their names.
        for column in [0, 4] {
            for descending in [false, true] {
                let sort = Some(Sort { column, descending });
                let query = Query { sort, ..query(Kind::Users, filter, None, 10) };
                let page = desk.page(&query, NOW).await.unwrap();
                let mut found = by_name.clone();
                if descending {
                    found.reverse();
                }
                assert_eq!(names(&page), found, "{filter} by {column}, descending: {descending}");
            }
        }
    }
}

#[tokio::test]
async fn somebody_is_added_disabled_enabled_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let none = Target::none(Kind::Users, None);
    let words = [("username", "dora"), ("full_name", "Dora"), ("email", "dora@example.org")];
    let added = done(&mut desk, ActionId::UserAdd, &none, &words).await;
    assert!(matches!(added.go_to, Some(crate::place::Place::Detail(_))));
    let dora = user(&mut desk, "dora").await;
    done(&mut desk, ActionId::UserDisable, &dora, &[]).await;
    let again = perform(&mut desk, &errand(ActionId::UserDisable, dora.clone(), &[])).await;
    assert_eq!(again.unwrap_err().words(), "the user is disabled already");
    done(&mut desk, ActionId::UserEnable, &dora, &[]).await;
    let delete = errand(ActionId::UserDelete, dora.clone(), &[]);
    let preview = desk.preview(&delete, NOW).await.unwrap();
    assert_eq!(preview.word.as_deref(), Some("dora"));
    perform(&mut desk, &delete).await.unwrap();
    assert!(desk.detail(&dora, NOW).await.is_err());
}

#[tokio::test]
async fn a_form_of_a_person_is_checked_by_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let spec = desk.form(ActionId::UserEdit, &ada, NOW).await.unwrap();
    for (words, wrong) in [
        (("email", "ada"), Some("email")),
        (("birthdate", "yesterday"), Some("birthdate")),
        (("website", "ada"), Some("website")),
        (("address.country", "France"), None),
    ] {
        let values = Values::of_words(&[("username", "ada"), words]);
        assert_eq!(spec.whole.problem(&values).map(|(field, _)| field), wrong, "{words:?}");
    }
    let taken = [("username", "bob")];
    let mut edit = errand(ActionId::UserEdit, ada, &taken);
    edit.values.version = spec.version;
    let refused = perform(&mut desk, &edit).await.unwrap_err();
    assert!(refused.words().contains("taken"), "{refused:?}");
}

#[tokio::test]
async fn another_address_is_verified_only_if_that_is_said_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    for (email, touched, shown) in [
        ("ada@example.org", true, "ada@example.org (verified)"),
        ("ada@example.org", false, "ada@example.org (verified)"),
        ("countess@example.org", false, "countess@example.org (not verified)"),
        ("ada@example.org", true, "ada@example.org (verified)"),
        ("", false, "none"),
    ] {
        let spec = desk.form(ActionId::UserEdit, &ada, NOW).await.unwrap();
        let words = [("username", "ada"), ("email", email)];
        let mut edit = errand(ActionId::UserEdit, ada.clone(), &words);
        edit.values.version = spec.version;
        // The form has what the last round left, or what the operator made of it.
        edit.values.fields.push(("email_verified", Value::Flag(true)));
        edit.values.touched = if touched { vec!["email_verified"] } else { Vec::new() };
        if email.starts_with("countess") {
            let preview = desk.preview(&edit, NOW).await.unwrap();
            assert!(preview.lines[1].contains("not verified any more"), "{preview:?}");
        }
        perform(&mut desk, &edit).await.unwrap();
        let detail = desk.detail(&ada, NOW).await.unwrap();
        assert_eq!(value(&detail, "E-mail"), shown);
    }
}

#[tokio::test]
async fn factors_are_reset_also_if_there_are_none_and_one_that_is_not_there_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(folder.path()).await;
    let ada = user(&mut desk, "ada").await;
    let none = desk.form(ActionId::UserRemoveFactor, &ada, NOW).await.unwrap_err();
    assert_eq!(none.words(), "they have no second factor");
    let reset = done(&mut desk, ActionId::UserResetFactors, &ada, &[]).await;
    assert_eq!(reset.said, "0 second factors and all recovery codes of ada are gone.");
    let sessions = done(&mut desk, ActionId::UserEndSessions, &ada, &[]).await;
    assert_eq!(sessions.said, "0 sessions and 0 token families of ada ended.");
}
