//! A person's authenticator application: `oathtool`, which was not written here.

use std::process::Command;

use super::browser::{Arrival, Browser, Page};
use super::cli::Person;
use super::http::now;

/// An application that makes codes.
#[derive(Debug, Clone)]
pub(crate) struct Authenticator {
    seed: String,
}

impl Authenticator {
    /// Brings the seed that a page shows into an application.
    #[track_caller]
    pub(crate) fn scan(page: &Page) -> Self {
        let seed = page.text("totp-seed");
        assert!(!seed.is_empty(), "no seed in {page}");
        Self { seed: seed.replace(' ', "") }
    }

    /// What the page showed, in base32.
    pub(crate) fn seed(&self) -> &str {
        &self.seed
    }

    /// The code of this period, or of one that many after it.
    pub(crate) fn code(&self, later: i64) -> String {
        let moment = format!("@{}", now() + later * 30);
        let output = Command::new("oathtool")
            .args(["--totp", "--base32", "--now", &moment, &self.seed])
            .output()
            .expect("oathtool runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a code is text").trim().to_owned()
    }
}

/// Somebody with everything they need to get in.
#[derive(Debug, Clone)]
pub(crate) struct Protected {
    pub(crate) person: Person,
    pub(crate) authenticator: Authenticator,
    pub(crate) recovery_codes: Vec<String>,
}

impl Browser {
    /// Goes from a client's request over the password to the page after it.
    pub(crate) async fn log_in(&self, url: &str, person: &Person) -> Arrival {
        let login = self.open(url).await.page();
        self.enter(&login, &person.username, &person.password).await
    }

    /// Enrols an application on the page that asks for it, with the code of the period
    /// before, so that those of this and the next one are still to be used. Gives what the
    /// person has then, and the page that shows the recovery codes.
    pub(crate) async fn enrol(&self, page: &Page, person: &Person) -> (Protected, Page) {
        let authenticator = Authenticator::scan(page);
        let mut shown = self.show_to_enrol(page, &authenticator).await;
        if shown.has("enrol-submit") {
            // A period ended on the way, and the code was too old.
            shown = self.show_to_enrol(&shown, &authenticator).await;
        }
        assert!(!shown.has("enrol-submit"), "{shown}");
        let recovery_codes = shown.select("#recovery-codes code", |code| code.text().collect());
        (Protected { person: person.clone(), authenticator, recovery_codes }, shown)
    }

    async fn show_to_enrol(&self, page: &Page, authenticator: &Authenticator) -> Page {
        let code = authenticator.code(-1);
        self.press(page, "enrol-submit", &[("code", &code)]).await.page()
    }

    /// Types a code on the page for a second factor.
    pub(crate) async fn show(&self, page: &Page, code: &str) -> Arrival {
        self.press(page, "code-submit", &[("code", code)]).await
    }

    /// Follows a link on a page.
    pub(crate) async fn follow(&self, page: &Page, link: &str) -> Arrival {
        let href = page.attribute(link, "href").unwrap_or_else(|| panic!("no {link} in {page}"));
        let url = page.url.join(&href).expect("a link is an address");
        self.open(url.as_str()).await
    }
}
