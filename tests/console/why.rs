//! Why something did not work: a code, a token or a request, and what the console says.

use crate::harness::console::{Console, LARGE, SMALL};
use crate::harness::on_every_database;

/// Asks why, with something pasted.
async fn ask(console: &Console, what: &str) {
    console.go("Why").await;
    console.wait_for("› Code, token or URL").await;
    console.paste(what);
    console.keys(&["Enter"]).await;
    console.wait_for("Signet › Why › Because").await;
}

#[test]
fn the_code_of_an_error_page_leads_to_its_cause() {
    on_every_database(async |server| {
        let (app, browser) = (server.app("app"), server.browser());
        let foreign = app.request().with("redirect_uri", "https://app.example/callback");
        let page = browser.open(&foreign.url()).await.page();
        let code = page.text("incident-code");
        assert!(!code.is_empty(), "{page}");
        // An incident is written a moment after its error was answered.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        for size in [SMALL, LARGE] {
            let console = server.console_of_machine(size).await;
            console.go("Why").await;
            console.text(&code.to_lowercase());
            console.keys(&["Enter"]).await;
            console.wait_for("redirect uri").await;
            console.wait_for(&code).await;
            console.wait_for("https://app.example/callback").await;
            // The registered one, and where the two part.
            console.wait_for("Right https://app.example/cb").await;
            console.wait_for("Differs").await;
            console.keys(&["Down", "Down", "Down", "Down", "Down", "Down"]).await;
            console.wait_for("What would mend it").await;
        }
    });
}

#[test]
fn a_token_is_good_until_its_family_is_revoked() {
    on_every_database(async |server| {
        let (ada, app) = (server.add_user("ada"), server.app("app"));
        let tokens = app.sign_in(&server.browser(), &ada, app.offline_request()).await;
        let console = server.console_of_machine(SMALL).await;
        for token in [&*tokens.access_token, tokens.refresh()] {
            ask(&console, token).await;
            console.wait_for("Good yes").await;
            console.wait_for("Person ada").await;
            let screen = console.screen();
            assert!(!screen.contains(token), "{screen}");
        }
        console.go("Grants").await;
        console.wait_for("› ada").await;
        console.keys(&["X"]).await;
        console.agree("Revokes 1 token family").await;
        console.wait_for("is revoked").await;
        for token in [&*tokens.access_token, tokens.refresh()] {
            ask(&console, token).await;
            console.wait_for("worth nothing").await;
            console.wait_for("Good no").await;
            // What became of it is told below.
            console.keys(&["End"]).await;
            console.wait_for("token.revoked").await;
        }
        ask(&console, "no such thing").await;
        console.wait_for("nothing that is known here").await;
    });
}

/// What is said of a request is what the server then does.
#[test]
fn a_request_is_tried_before_it_is_made() {
    on_every_database(async |server| {
        let (ada, app, browser) = (server.add_user("ada"), server.app("app"), server.browser());
        app.sign_in(&browser, &ada, app.request()).await;
        let console = server.console_of_machine(SMALL).await;
        let request = app.request().with("scope", "openid email");
        console.go("Why").await;
        console.paste(&request.url());
        console.keys(&["Tab"]).await;
        console.text("ada");
        console.keys(&["Enter"]).await;
        console.wait_for("The page /consent is shown").await;
        let page = browser.open(&request.url()).await.page();
        assert!(page.has("consent-allow"), "{page}");
    });
}
