//! What is done again and again.

use super::harness::cli::Person;
use super::harness::client::RelyingParty;
use super::wire::{Answer, Connection, get, post};

/// One of many that do the same.
pub(crate) enum Worker {
    /// Sends the same requests each time, one after the other.
    Fixed(Vec<Vec<u8>>),
    /// Refreshes a chain of its own.
    Refresh { client_id: String, token: String },
    /// Signs in as a fresh browser, from the client's request to its tokens.
    Login(Box<Login>),
}

pub(crate) struct Login {
    pub(crate) app: RelyingParty,
    pub(crate) person: Person,
}

/// What came of one go.
pub(crate) enum Outcome {
    Accepted,
    /// It was sent away; whether it was told when to come again.
    Shed {
        says_when: bool,
    },
    Failed(u16),
}

impl Outcome {
    fn of(answer: &Answer, expected: u16) -> Self {
        match answer.status {
            status if status == expected => Self::Accepted,
            429 | 503 => Self::Shed { says_when: answer.header("retry-after").is_some() },
            status => Self::Failed(status),
        }
    }
}

impl Worker {
    pub(crate) async fn work(&mut self, connection: &mut Connection) -> Outcome {
        match self {
            Self::Fixed(requests) => {
                let mut outcome = Outcome::Accepted;
                for request in requests {
                    outcome = Outcome::of(&connection.ask(request).await, 200);
                    if !matches!(outcome, Outcome::Accepted) {
                        break;
                    }
                }
                outcome
            }
            Self::Refresh { client_id, token } => {
                let body =
                    format!("grant_type=refresh_token&client_id={client_id}&refresh_token={token}");
                let answer = connection.ask(&post("/token", "", &body)).await;
                let outcome = Outcome::of(&answer, 200);
                if let Outcome::Accepted = outcome {
                    answer.between("\"refresh_token\":\"", "\"").clone_into(token);
                }
                outcome
            }
            Self::Login(login) => login.work(connection).await,
        }
    }
}

impl Login {
    async fn work(&self, connection: &mut Connection) -> Outcome {
        let request = self.app.request();
        let path = |url: &str| url.replacen(self.app.issuer.as_str(), "", 1);
        let mut cookies = Vec::new();

        let answer = connection.ask(&get(&path(&request.url()), "")).await;
        if answer.status != 303 {
            return Outcome::of(&answer, 303);
        }
        cookies.extend(answer.cookies().into_iter().map(str::to_owned));
        let login = path(answer.header("location").unwrap_or_default());
        let cookie = format!("cookie: {}\r\n", cookies.join("; "));
        let page = connection.ask(&get(&login, &cookie)).await;
        if page.status != 200 {
            return Outcome::of(&page, 200);
        }
        let csrf = page.between("name=\"csrf\" value=\"", "\"");
        let interaction = page.between("name=\"interaction\" value=\"", "\"");
        let Person { username, password, .. } = &self.person;
        let password = password.replace(' ', "+");
        let body = format!(
            "interaction={interaction}&csrf={csrf}&username={username}&password={password}"
        );
        let headers = format!("{cookie}origin: null\r\nsec-fetch-site: same-origin\r\n");
        let answer = connection.ask(&post("/login", &headers, &body)).await;
        if answer.status != 303 {
            return Outcome::of(&answer, 303);
        }
        let location = answer.header("location").unwrap_or_default();
        let Some((_, code)) = location.split_once("code=") else { return Outcome::Failed(303) };
        let code = code.split('&').next().unwrap_or_default();
        let redirect_uri: String =
            url::form_urlencoded::byte_serialize(self.app.redirect_uri.as_bytes()).collect();
        let body = format!(
            "grant_type=authorization_code&client_id={}&code={code}&redirect_uri={redirect_uri}\
             &code_verifier={}",
            self.app.id, request.verifier
        );
        Outcome::of(&connection.ask(&post("/token", "", &body)).await, 200)
    }
}
