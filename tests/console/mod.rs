//! The operator's console in a real terminal, beside a running server.

mod commands;
mod door;
mod story;
mod terminal;
mod trouble;
mod why;

use crate::harness::authenticator::Protected;
use crate::harness::cli::Person;
use crate::harness::server::Server;

/// A person who has an application for codes, enrolled in a browser because a client asks
/// for it.
async fn protected(server: &Server, name: &str) -> Protected {
    let more = ["--mfa", "required", "--first-party"];
    let door = server.client_with(&format!("door-of-{name}"), "spa", &more);
    let (person, browser) = (server.add_user(name), server.browser());
    let page = browser.log_in(&door.request().url(), &person).await.page();
    browser.enrol(&page, &person).await.0
}

/// Somebody with one of the roles that come with the server, which ask for a second factor.
async fn operator(server: &Server, name: &str, role: &str) -> Protected {
    let door = server.client_with(&format!("door-of-{name}"), "spa", &["--first-party"]);
    let (person, browser) = (server.add_user(name), server.browser());
    give(server, role, &person);
    let page = browser.log_in(&door.request().url(), &person).await.page();
    browser.enrol(&page, &person).await.0
}

fn give(server: &Server, role: &str, person: &Person) {
    server.cli(&["role", "give", role, &person.username]).done();
}
