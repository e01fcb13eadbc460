//! Others who are at work at the same time, and a store that is not there.

use super::operator;
use crate::harness::console::{Console, LARGE, SMALL};
use crate::harness::database::{Database, Kind};
use crate::harness::on_every_database;

/// Opens the form of the only client, with the cursor behind its name.
async fn edit_shop(console: &Console) {
    console.go("Clients").await;
    console.wait_for("› shop").await;
    console.keys(&["e"]).await;
    console.wait_for("Edit shop").await;
    console.wait_for("› client_name").await;
    console.keys(&["End"]).await;
}

#[test]
fn of_two_who_change_one_client_the_second_is_told() {
    on_every_database(async |server| {
        server.client("shop");
        let (first, second) =
            (server.console_of_machine(SMALL).await, server.console_of_machine(LARGE).await);
        edit_shop(&first).await;
        edit_shop(&second).await;
        first.text(" of ada");
        first.keys(&["C-s"]).await;
        first.agree("shop of ada").await;
        first.wait_for("shop is changed.").await;

        second.text(" of bob");
        second.keys(&["C-s"]).await;
        second.wait_for("Somebody else changed the client meanwhile.").await;
        second.wait_for("What you typed is kept").await;
        second.wait_for("› client_name shop of bob").await;
        assert_eq!(server.cli(&["client", "show", "shop"]).done()["client_name"], "shop of ada");
        // Whoever has seen what is there by now may go on.
        second.keys(&["C-r"]).await;
        second.wait_for("The fields that you did not touch are as the store has them.").await;
        second.keys(&["C-s"]).await;
        second.agree("shop of bob").await;
        second.wait_for("shop is changed.").await;
        assert_eq!(server.cli(&["client", "show", "shop"]).done()["client_name"], "shop of bob");
    });
}

/// The same where the other was faster while the question was read.
#[test]
fn whoever_hesitates_over_the_question_is_told_too() {
    on_every_database(async |server| {
        server.client("shop");
        let console = server.console_of_machine(SMALL).await;
        edit_shop(&console).await;
        console.text(" of bob");
        console.keys(&["C-s"]).await;
        console.wait_for("Do it?").await;
        server.cli(&["client", "change", "shop", "client_name=Ada's"]).done();
        console.keys(&["y"]).await;
        console.wait_for("Somebody else changed the client meanwhile.").await;
        console.wait_for("› client_name shop of bob").await;
        assert_eq!(server.cli(&["client", "show", "shop"]).done()["client_name"], "Ada's");
    });
}

/// Takes the store away from everybody, or brings it back.
fn set_there(database: &Database, there: bool) {
    if database.kind == Kind::Postgres {
        return database.set_reachable(there);
    }
    let file = database.url.trim_start_matches("sqlite:");
    let away = format!("{file}.away");
    let (from, to) = if there { (&*away, file) } else { (file, &*away) };
    std::fs::rename(from, to).unwrap();
}

#[test]
fn a_store_that_goes_away_is_said_and_nothing_typed_is_lost() {
    on_every_database(async |server| {
        for name in ["ada", "adam", "bob"] {
            server.add_user(name);
        }
        let list = server.console_of_machine(SMALL).await;
        list.go("Users").await;
        list.filter("ada").await;
        list.wait_until_gone("bob").await;
        let form = server.console_of_machine(LARGE).await;
        form.go("Users").await;
        form.open_form("a", "Add a person").await;
        form.text("eve");
        form.keys(&["Tab"]).await;
        form.text("Eve Adams");

        set_there(&server.database, false);
        list.wait_for("STORE GONE").await;
        list.wait_for("filter: ada").await;
        // What was there last is still to be read, and what is typed is heard.
        list.wait_for("adam@people.example").await;
        list.keys(&["/"]).await;
        list.text("m");
        list.keys(&["Enter"]).await;
        list.wait_for("filter: adam").await;
        form.keys(&["C-s"]).await;
        form.wait_for("The store does not answer").await;
        form.wait_for("Eve Adams").await;

        set_there(&server.database, true);
        list.wait_until_gone("STORE GONE").await;
        list.wait_for("LIVE").await;
        list.wait_for("filter: adam").await;
        list.wait_until_gone("ada@people.example").await;
        list.wait_for("adam@people.example").await;
        form.keys(&["C-s"]).await;
        form.wait_for("eve is added.").await;
        assert_eq!(server.cli(&["user", "show", "eve"]).done()["claims"]["name"], "Eve Adams");
    });
}

/// A store that comes back asks nobody again who they are, and whoever was about to sign in
/// goes on where they were.
#[test]
fn whoever_is_in_stays_in_while_the_store_is_away() {
    on_every_database(async |server| {
        let ada = operator(&server, "ada", "administrator").await;
        let inside = server.open_console(LARGE, "").await;
        inside.sign_in(&ada).await;
        inside.go("Users").await;
        inside.wait_for("› ada").await;
        let outside = server.open_console(SMALL, "").await;
        outside.wait_for("› User name").await;
        outside.text("ada");
        outside.keys(&["Enter"]).await;
        outside.wait_for("› Password").await;
        outside.text(&ada.person.password);
        outside.keys(&["Enter"]).await;
        outside.wait_for("› Code").await;
        outside.text(&ada.recovery_codes[0]);

        set_there(&server.database, false);
        inside.wait_for("STORE GONE").await;
        outside.keys(&["Enter"]).await;
        let complaints = ["there is no file", "the store failed", "no answer within"];
        outside
            .wait_until("that the store is away", |screen| {
                complaints.iter().any(|complaint| screen.contains(complaint))
            })
            .await;
        outside.wait_for("User name ada").await;
        set_there(&server.database, true);

        inside.wait_for("LIVE").await;
        inside.wait_for("ada (administrator)").await;
        inside.open_form("a", "Add a person").await;
        inside.fill(&["eve"]).await;
        inside.wait_for("eve is added.").await;
        // What was typed is there still, and was not used up.
        outside.wait_for("› Code").await;
        outside.keys(&["Enter"]).await;
        outside.wait_for("Signet › Home").await;
    });
}

/// The console needs the store, not the server.
#[test]
fn the_console_works_while_the_server_is_down() {
    on_every_database(async |mut server| {
        server.add_user("ada");
        server.kill();
        let console = server.console_of_machine(SMALL).await;
        console.go("Users").await;
        console.wait_for("› ada").await;
        console.keys(&["D"]).await;
        console.agree("ada can no longer sign in.").await;
        console.wait_for("disabled").await;
        server.start_again().await;
        assert_eq!(server.cli(&["user", "show", "ada"]).done()["disabled"], true);
    });
}
