//! The pages on which people look after their own account, as plain data.

use askama::Template;
use shared::model::FactorKind;

use super::page::{CodeNotice, Layout, Person, TotpOffer};
use super::scope_line::ScopeLine;

/// Where everything is.
#[derive(Debug, Template)]
#[template(path = "account/overview.html")]
pub(crate) struct OverviewPage<'a> {
    /// Where the files and pages are.
    pub(crate) layout: Layout<'a>,
    /// Whose account it is.
    pub(crate) person: Person<'a>,
}

/// One field of the profile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    name: &'static str,
    label: &'static str,
    value: &'a str,
    /// What browsers may fill in.
    autocomplete: &'static str,
    hint: &'static str,
    has_lines: bool,
    /// What is typed, for the keyboards of phones (HTML §6.8.6).
    mode: Option<&'static str>,
}

impl<'a> Field<'a> {
    /// A field with what is on record.
    pub(crate) fn new(
        name: &'static str,
        label: &'static str,
        value: Option<&'a str>,
        autocomplete: &'static str,
    ) -> Self {
        let value = value.unwrap_or_default();
        Self { name, label, value, autocomplete, hint: "", has_lines: false, mode: None }
    }

    /// With words below it.
    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// For what is no prose: `email`, `tel` or `url`.
    pub(crate) fn mode(self, mode: &'static str) -> Self {
        Self { mode: Some(mode), ..self }
    }

    /// For several lines.
    pub(crate) fn with_lines(self) -> Self {
        Self { has_lines: true, ..self }
    }
}

/// What is on record about a person.
#[derive(Debug, Template)]
#[template(path = "account/profile.html")]
pub(crate) struct ProfilePage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// Which record the form shows.
    pub(crate) version: &'a str,
    /// The fields, by their headings.
    pub(crate) groups: &'a [(&'static str, Vec<Field<'a>>)],
    /// Whether it was just saved.
    pub(crate) done: bool,
    /// Why it was not.
    pub(crate) problem: Option<&'a str>,
}

/// Asks for a new password.
#[derive(Debug, Template)]
#[template(path = "account/password.html")]
pub(crate) struct PasswordPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// Whose it will be; for password managers.
    pub(crate) username: &'a str,
    /// Whether it may be shorter, beside a second factor.
    pub(crate) may_be_short: bool,
    /// Whether it may once there is one.
    pub(crate) could_be_short: bool,
    /// Whether it was just changed.
    pub(crate) done: bool,
    /// Why it was not.
    pub(crate) problem: Option<&'a str>,
}

/// A factor, as its owner sees it.
#[derive(Debug)]
pub(crate) struct FactorLine<'a> {
    /// Names it in the forms.
    pub(crate) id: &'a str,
    /// What it is.
    pub(crate) kind: FactorKind,
    /// What its owner calls it.
    pub(crate) name: &'a str,
    /// When it was added.
    pub(crate) created: String,
    /// When it last served to sign in.
    pub(crate) last_used: Option<String>,
}

impl FactorLine<'_> {
    fn what(&self) -> &'static str {
        match self.kind {
            FactorKind::Totp => "Authenticator app",
            FactorKind::Passkey => "Passkey",
            FactorKind::SecurityKey => "Security key",
        }
    }
}

/// What a person has beside a password.
#[derive(Debug, Template)]
#[template(path = "account/factors.html")]
pub(crate) struct FactorsPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// The forms' proof that they are ours.
    pub(crate) csrf: &'a str,
    /// The factors.
    pub(crate) factors: &'a [FactorLine<'a>],
    /// Whether keys work at this address.
    pub(crate) has_keys: bool,
    /// How many recovery codes are left.
    pub(crate) recovery_codes: i64,
    /// In how many browsers the person is not asked.
    pub(crate) browsers: i64,
    /// What was just done.
    pub(crate) done: Option<&'a str>,
    /// Why a factor was not removed.
    pub(crate) kept: Option<Kept>,
}

/// Why the last factor of a person stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The password is too short to stand alone.
    ShortPassword,
    /// One is required of them.
    Required,
}

impl FactorsPage<'_> {
    fn said(&self) -> Option<&'static str> {
        Some(match self.done? {
            "added" => "It counts from now on.",
            "removed" => "It is removed. You are signed out everywhere else.",
            "renamed" => "It has its new name.",
            "forgotten" => "You will be asked again in every browser.",
            _ => return None,
        })
    }
}

/// Adds an application that makes codes.
#[derive(Template)]
#[template(path = "account/totp.html")]
pub(crate) struct TotpPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// The form's proof that it is ours.
    pub(crate) csrf: &'a str,
    /// The seed.
    pub(crate) totp: TotpOffer<'a>,
    /// What its owner calls the application.
    pub(crate) name: &'a str,
    /// Why the form is here once more.
    pub(crate) notice: Option<CodeNotice>,
}

/// A session, as its owner sees it.
#[derive(Debug)]
pub(crate) struct SessionLine<'a> {
    /// Names it in the form.
    pub(crate) id: &'a str,
    /// What kind of browser it is.
    pub(crate) device: String,
    /// Where it signed in from.
    pub(crate) address: Option<&'a str>,
    /// When its owner signed in.
    pub(crate) signed_in: String,
    /// When it was last used.
    pub(crate) last_used: String,
    /// Whether this page is in it.
    pub(crate) is_this: bool,
}

/// Where a person is signed in.
#[derive(Debug, Template)]
#[template(path = "account/sessions.html")]
pub(crate) struct SessionsPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// The forms' proof that they are ours.
    pub(crate) csrf: &'a str,
    /// The sessions.
    pub(crate) sessions: &'a [SessionLine<'a>],
    /// Whether some were just ended.
    pub(crate) done: bool,
}

/// An application, as somebody sees it who allowed it something.
#[derive(Debug)]
pub(crate) struct ApplicationLine<'a> {
    /// Names it in the form.
    pub(crate) id: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// What it may do.
    pub(crate) scopes: Vec<ScopeLine<'a>>,
    /// Since when.
    pub(crate) since: String,
    /// When it last did.
    pub(crate) last_used: Option<String>,
}

/// What a person allowed which application.
#[derive(Debug, Template)]
#[template(path = "account/applications.html")]
pub(crate) struct ApplicationsPage<'a> {
    /// Where the files and forms are.
    pub(crate) layout: Layout<'a>,
    /// The forms' proof that they are ours.
    pub(crate) csrf: &'a str,
    /// The applications.
    pub(crate) applications: &'a [ApplicationLine<'a>],
    /// Whether something was just withdrawn.
    pub(crate) done: bool,
}

/// Something that happened to an account.
#[derive(Debug)]
pub(crate) struct EventLine<'a> {
    /// When.
    pub(crate) at: String,
    /// What.
    pub(crate) what: &'a str,
    /// Whether an operator did it.
    pub(crate) by_operator: bool,
    /// Whether it should be looked at.
    pub(crate) failed: bool,
    /// The application it was about: its name, or the id of one that is gone.
    pub(crate) application: Option<&'a str>,
    /// Where it came from.
    pub(crate) address: Option<&'a str>,
}

/// What happened to an account.
#[derive(Debug, Template)]
#[template(path = "account/history.html")]
pub(crate) struct HistoryPage<'a> {
    /// Where the files and pages are.
    pub(crate) layout: Layout<'a>,
    /// The events, newest first.
    pub(crate) events: &'a [EventLine<'a>],
    /// Where the earlier ones begin, as it stands in an address, if there are any.
    pub(crate) earlier: Option<&'a str>,
}
