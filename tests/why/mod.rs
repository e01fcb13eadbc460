//! Broken client configurations: whatever goes wrong, the code in the error leads the operator
//! to the cause, the nearest right value and the change that mends it.

mod authorize;
mod kept;
mod token;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::browser::{Arrival, Browser};
use crate::harness::cli::Person;
use crate::harness::client::{Params, RelyingParty};
use crate::harness::http::{self, Answer, incident_code};
use crate::harness::server::Server;

/// What is broken, the code that the error carried, and what should be said of it.
struct Broken {
    how: String,
    code: String,
    cause: &'static str,
    nearest: Option<String>,
}

impl Broken {
    fn new(how: &str, code: Option<String>, cause: &'static str, nearest: &str) -> Self {
        let code = code.unwrap_or_else(|| panic!("no code: {how}"));
        let nearest = (!nearest.is_empty()).then(|| nearest.to_owned());
        Self { how: how.to_owned(), code, cause, nearest }
    }

    /// What a client was told in JSON.
    fn told(how: &str, answer: &Answer, cause: &'static str, nearest: &str) -> Self {
        assert!((400..500).contains(&answer.status), "{how}: {answer}");
        Self::new(how, answer.incident_code(), cause, nearest)
    }
}

/// What the operator is told. An incident is written a moment after its error was answered.
#[track_caller]
fn why(server: &Server, code: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let outcome = server.cli(&["why", code]);
        if outcome.code == 0 || Instant::now() > deadline {
            return outcome.done();
        }
    }
}

/// Every cause is named, with the nearest value where there is one.
#[track_caller]
fn assert_named(server: &Server, broken: &[Broken]) {
    for Broken { how, code, cause, nearest } in broken {
        let said = why(server, code);
        assert_eq!(said["cause"], *cause, "{how}: {said:#}");
        assert_eq!(said["nearest"], json!(nearest), "{how}: {said:#}");
        assert!(said["what"].as_str().is_some_and(|what| what.ends_with('.')), "{how}: {said:#}");
        assert!(said["change"].as_str().is_some_and(|change| change.len() > 20), "{how}");
    }
}

/// The code of the error that a browser came to: on a page, or at the client.
async fn code_at(browser: &Browser, url: &str) -> Option<String> {
    match browser.open(url).await {
        Arrival::Page(page) => {
            assert!((400..500).contains(&page.answer.status), "{page}");
            let code = page.text("incident-code");
            (!code.is_empty()).then_some(code)
        }
        Arrival::Left(returned) => {
            incident_code(returned.get("error_description").unwrap_or_default())
        }
    }
}

/// Everybody who calls the endpoints of clients.
struct Callers {
    shop: RelyingParty,
    app: RelyingParty,
    poster: RelyingParty,
    ada: Person,
    browser: Browser,
}

impl Callers {
    fn of(server: &Server) -> Self {
        let more = ["--auth-method", "client_secret_post"];
        Self {
            shop: server.client("shop"),
            app: server.app("app"),
            poster: server.client_with("poster", "web", &more),
            ada: server.add_user("ada"),
            browser: server.browser(),
        }
    }

    /// The form that would redeem a fresh code.
    async fn code_form(&self, party: &RelyingParty) -> Params {
        let request = party.request();
        let returned = self.browser.sign_in(&request.url(), &self.ada).await;
        party.code_form(&request, &returned)
    }
}

/// Sends a form to an endpoint with nothing added but these headers.
async fn post(party: &RelyingParty, path: &str, form: &Params, authorization: &[&str]) -> Answer {
    let mut request = party.http.request(Method::POST, &party.at(path));
    for value in authorization {
        request = request.header("authorization", *value);
    }
    http::answer(request.form(form.pairs())).await
}
