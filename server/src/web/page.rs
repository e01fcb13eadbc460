//! The pages people see: what each one shows, as plain data.
//!
//! A page decides nothing and fetches nothing. Whatever comes from a caller is
//! escaped by its template, and an address becomes a link only if it is on the web.

use askama::Template;
use url::{Host, Url};

/// What every page needs to find its own files and forms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout<'a> {
    /// The issuer's path, without a slash at the end: `""` or `"/tenant1"`.
    pub(crate) base: &'a str,
    /// Changes whenever a file under `server/assets` does, so that browsers may keep them for good.
    pub(crate) assets_version: &'a str,
}

/// The application on whose behalf a person is here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// Its name, as its operator wrote it.
    pub(crate) name: &'a str,
    /// Host of its `client_uri`, in ASCII form.
    pub(crate) website_host: Option<&'a str>,
    /// Its `policy_uri`.
    pub(crate) policy_uri: Option<&'a str>,
    /// Its `tos_uri`.
    pub(crate) tos_uri: Option<&'a str>,
}

impl<'a> Asker<'a> {
    fn policy(&self) -> Option<&'a str> {
        self.policy_uri.filter(|uri| is_web_address(uri))
    }

    fn terms(&self) -> Option<&'a str> {
        self.tos_uri.filter(|uri| is_web_address(uri))
    }
}

/// Whether an address may become a link: `javascript:` and `data:` would run in our origin.
fn is_web_address(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|uri| matches!(uri.scheme(), "https" | "http"))
}

/// The person who is signed in, as pages name them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'a> {
    /// Full name, if there is one on record.
    pub(crate) name: Option<&'a str>,
    /// The name they sign in with.
    pub(crate) username: &'a str,
}

impl<'a> Person<'a> {
    fn display_name(&self) -> &'a str {
        self.name.unwrap_or(self.username)
    }

    fn initial(&self) -> String {
        let letter = self.display_name().chars().find(|c| c.is_alphanumeric());
        letter.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
    }
}

/// Asks for username and password.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub(crate) struct LoginPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// Who the person signs in for.
    pub(crate) client: Asker<'a>,
    /// The interaction's id, sent back with the form.
    pub(crate) interaction: &'a str,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// What stands in the username field: `login_hint`, or what was typed before.
    pub(crate) username: &'a str,
    /// Why the form is here once more.
    pub(crate) notice: Option<LoginNotice>,
}

impl LoginPage<'_> {
    fn blames_input(&self) -> bool {
        matches!(self.notice, Some(LoginNotice::WrongCredentials | LoginNotice::MissingFields))
    }
}

/// Why a sign-in did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoginNotice {
    /// No such person, a wrong password or a disabled account: which of them is not told.
    WrongCredentials,
    /// The server had no room to check the password.
    TooBusy,
    /// Username or password was left empty.
    MissingFields,
}

impl LoginNotice {
    fn text(self) -> &'static str {
        match self {
            Self::WrongCredentials => "The username or password is not right.",
            Self::TooBusy => {
                "Too many people are signing in at this moment. Wait a few seconds and try again."
            }
            Self::MissingFields => "Fill in both username and password.",
        }
    }
}

/// Asks whether a client may have what it asks for.
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub(crate) struct ConsentPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// Who asks.
    pub(crate) client: Asker<'a>,
    /// Who is asked.
    pub(crate) person: Person<'a>,
    /// The interaction's id, sent back with the form.
    pub(crate) interaction: &'a str,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// What is asked for.
    pub(crate) scopes: &'a [ScopeLine<'a>],
    /// Where the browser goes with the answer.
    pub(crate) destination: Destination,
}

/// One thing a client asks for, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeLine<'a> {
    /// What it is.
    pub(crate) title: &'a str,
    /// What that means.
    pub(crate) detail: &'a str,
    /// Whether this person allowed it to this client before.
    pub(crate) already_allowed: bool,
}

impl<'a> ScopeLine<'a> {
    /// Puts a scope token into words; one nobody knows stands for itself.
    pub(crate) fn of(scope: &'a str, already_allowed: bool) -> Self {
        let (title, detail) = match scope {
            "openid" => (
                "Recognize you",
                "By an identifier that is the same every time you sign in. It says nothing else about you.",
            ),
            "profile" => (
                "See your profile",
                "Your name and username, and what else is on record: picture, websites, gender, birthday, time zone, language.",
            ),
            "email" => (
                "See your e-mail address",
                "The address, and whether it was confirmed to be yours.",
            ),
            "address" => ("See your postal address", "As it is on record here."),
            "phone" => (
                "See your phone number",
                "The number, and whether it was confirmed to be yours.",
            ),
            "offline_access" => (
                "Keep access while you are away",
                "It can use what you allow here without asking you again, also when you are not using it.",
            ),
            other => (other, "A permission known here by this name only."),
        };
        Self { title, detail, already_allowed }
    }
}

/// Where the browser goes after the consent page, whatever the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A site, by its host and port.
    Website(String),
    /// An application on the person's own device, by its loopback address or URI scheme (RFC 8252 §7).
    Device(String),
}

impl Destination {
    /// Names the receiver of a redirect URI.
    pub(crate) fn of(redirect_uri: &Url) -> Self {
        let Some(host) = redirect_uri.host().filter(|_| is_web_address(redirect_uri.as_str()))
        else {
            return Self::Device(redirect_uri.scheme().to_owned());
        };
        let is_loopback = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let name = match redirect_uri.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        if is_loopback { Self::Device(name) } else { Self::Website(name) }
    }
}

/// Says that something cannot go on, and who can help.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage<'a> {
    /// Where the files are.
    pub(crate) layout: Layout<'a>,
    /// What happened, as a heading.
    pub(crate) title: &'a str,
    /// What happened, in a sentence or two for the person.
    pub(crate) explanation: &'a str,
    /// What the person can do.
    pub(crate) hint: Option<&'a str>,
    /// The OAuth `error` code.
    pub(crate) error: &'a str,
    /// The request parameter at fault.
    pub(crate) parameter: Option<&'a str>,
    /// The reason for developers, in stable English.
    pub(crate) description: Option<&'a str>,
    /// The request's id, which finds its line in the log.
    pub(crate) request_id: &'a str,
}

/// Asks whether to end the session.
#[derive(Debug, Template)]
#[template(path = "logout.html")]
pub(crate) struct LogoutPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// Who is signed in.
    pub(crate) person: Person<'a>,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
}

/// Says that nobody is signed in any more.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub(crate) struct SignedOutPage<'a> {
    /// Where the files are.
    pub(crate) layout: Layout<'a>,
}

/// Says what this server is, at the issuer's own address.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage<'a> {
    /// Where the files are.
    pub(crate) layout: Layout<'a>,
    /// The issuer identifier.
    pub(crate) issuer: &'a str,
    /// Who is signed in, if anybody.
    pub(crate) person: Option<Person<'a>>,
}
