//! The pages people see: what each one shows, as plain data.
//!
//! A page decides nothing and fetches nothing. Whatever comes from a caller is
//! escaped by its template, and an address becomes a link only if it is on the web.

use askama::Template;
use shared::model::Timestamp;
use shared::rules::redirect_uri::Destination;
use url::Url;

use super::scope_line::ScopeLine;

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
    /// Its `client_uri`; only the host is shown.
    pub(crate) client_uri: Option<&'a str>,
    /// Its `policy_uri`.
    pub(crate) policy_uri: Option<&'a str>,
    /// Its `tos_uri`.
    pub(crate) tos_uri: Option<&'a str>,
}

impl<'a> Asker<'a> {
    /// In ASCII form, so that a look-alike letter is seen for what it is.
    fn website_host(&self) -> Option<String> {
        let address = web_address(self.client_uri?)?;
        address.host_str().map(str::to_owned)
    }

    fn policy(&self) -> Option<&'a str> {
        self.policy_uri.filter(|uri| web_address(uri).is_some())
    }

    fn terms(&self) -> Option<&'a str> {
        self.tos_uri.filter(|uri| web_address(uri).is_some())
    }
}

/// Reads an address that may become a link: `javascript:` and `data:` would run as ours.
fn web_address(uri: &str) -> Option<Url> {
    Url::parse(uri).ok().filter(|uri| matches!(uri.scheme(), "https" | "http"))
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
    pub(super) fn display_name(&self) -> &'a str {
        self.name.unwrap_or(self.username)
    }

    pub(super) fn initial(&self) -> String {
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
    /// Whether passkeys work at this address.
    pub(crate) has_keys: bool,
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
    /// Too many attempts failed; whether there is such a person is not told.
    Blocked(Wait),
}

impl LoginNotice {
    fn text(self) -> String {
        let text = match self {
            Self::Blocked(wait) => return wait.text(),
            Self::WrongCredentials => "The username or password is not right.",
            Self::TooBusy => TOO_BUSY,
            Self::MissingFields => "Fill in both username and password.",
        };
        text.to_owned()
    }
}

/// What people are told who come when too many others are there.
pub(crate) const TOO_BUSY: &str =
    "Too many people are signing in at this moment. Wait a few seconds and try again.";

/// How long nobody may try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(super) seconds: u64,
}

impl Wait {
    /// From now until then.
    pub(crate) fn until(until: Timestamp, now: Timestamp) -> Self {
        Self { seconds: until.since(now).as_secs() + 1 }
    }

    fn text(self) -> String {
        let span = match self.seconds {
            1 => "a second".to_owned(),
            seconds @ 2..=90 => format!("{seconds} seconds"),
            seconds => format!("{} minutes", seconds.div_ceil(60)),
        };
        format!("There were too many attempts. Wait {span} and try again.")
    }
}

/// Asks for a second factor.
#[derive(Debug, Template)]
#[template(path = "second_factor.html")]
#[expect(clippy::struct_excessive_bools, reason = "what a person has, each of its own")]
pub(crate) struct SecondFactorPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// Who the person signs in for.
    pub(crate) client: Asker<'a>,
    /// Who has shown a password.
    pub(crate) person: Person<'a>,
    /// The interaction's id, sent back with the form.
    pub(crate) interaction: &'a str,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// Whether the field is for a recovery code.
    pub(crate) asks_recovery: bool,
    /// Whether the person has an application that makes codes, and that would be enough.
    pub(crate) has_totp: bool,
    /// Whether the person has recovery codes, and one would be enough.
    pub(crate) has_recovery: bool,
    /// Whether the person has a key.
    pub(crate) has_key: bool,
    /// For how many days this browser could be remembered, if that would excuse the person.
    pub(crate) remember_days: Option<u64>,
    /// Whether the person has wished so already.
    pub(crate) remember: bool,
    /// Why the form is here once more.
    pub(crate) notice: Option<CodeNotice>,
}

impl SecondFactorPage<'_> {
    fn has_field(&self) -> bool {
        if self.asks_recovery { self.has_recovery } else { self.has_totp }
    }
}

/// Why a code did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeNotice {
    /// It is not the right one, or was used before.
    Wrong,
    /// None was typed.
    Missing,
    /// What was shown with the page is not good any more.
    Expired,
    /// Too many were wrong.
    Blocked(Wait),
}

impl CodeNotice {
    pub(super) fn text(self) -> String {
        let text = match self {
            Self::Blocked(wait) => return wait.text(),
            Self::Wrong => {
                "This code is not right, or it was used before. Applications show a new one \
                 every half minute."
            }
            Self::Missing => "Type the code.",
            Self::Expired => "It took too long. Scan the new picture and type its code.",
        };
        text.to_owned()
    }
}

/// A seed that a person brings into an application that makes codes.
#[derive(Clone, Copy)]
pub(crate) struct TotpOffer<'a> {
    /// Names the offer, sent back with the form.
    pub(crate) id: &'a str,
    /// The seed as people type it.
    pub(crate) text: &'a str,
    /// The address that an application on the same device opens.
    pub(crate) uri: &'a str,
    /// Width and height of its QR code, in modules.
    pub(crate) size: usize,
    /// The path of the black modules.
    pub(crate) path: &'a str,
}

/// Has a person add a second factor, as the sign-in needs one.
#[derive(Template)]
#[template(path = "enrol.html")]
pub(crate) struct EnrolPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// Who the person signs in for.
    pub(crate) client: Asker<'a>,
    /// Who has shown a password.
    pub(crate) person: Person<'a>,
    /// The interaction's id, sent back with the form.
    pub(crate) interaction: &'a str,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// Whether keys work at this address.
    pub(crate) has_keys: bool,
    /// An application that makes codes, where that is enough.
    pub(crate) totp: Option<TotpOffer<'a>>,
    /// Why the form is here once more.
    pub(crate) notice: Option<CodeNotice>,
}

/// Shows recovery codes, this once.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub(crate) struct RecoveryCodesPage<'a> {
    /// Where the files are.
    pub(crate) layout: Layout<'a>,
    /// The codes.
    pub(crate) codes: &'a [&'a str],
    /// Where the person goes on.
    pub(crate) next: &'a str,
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
    /// The code by which the operator finds what happened.
    pub(crate) incident_code: Option<String>,
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
    /// What the client asked, sent back with the form.
    pub(crate) carried: &'a [(&'a str, &'a str)],
}

/// Carries an answer to the client: a form that the browser posts by itself, or at a click.
#[derive(Debug, Template)]
#[template(path = "form_post.html")]
pub(crate) struct FormPostPage<'a> {
    /// Where the files are.
    pub(crate) layout: Layout<'a>,
    /// Where the form goes: the client's redirect URI.
    pub(crate) action: &'a str,
    /// What it says.
    pub(crate) parameters: &'a [(&'a str, &'a str)],
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

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
