//! The pages people see: what each one shows, as plain data.
//!
//! A page decides nothing and fetches nothing. Whatever comes from a caller is
//! escaped by its template, and an address becomes a link only if it is on the web.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use shared::model::{Api, ApiScope, Timestamp};
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
            Self::TooBusy => {
                "Too many people are signing in at this moment. Wait a few seconds and try again."
            }
            Self::MissingFields => "Fill in both username and password.",
        };
        text.to_owned()
    }
}

/// How long nobody may try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wait {
    seconds: u64,
}

impl Wait {
    /// From now until then.
    pub(crate) fn until(until: Timestamp, now: Timestamp) -> Self {
        Self { seconds: until.since(now).as_secs() + 1 }
    }

    /// An answer that says so to programs (RFC 6585 §4).
    pub(crate) fn answer(self, mut page: Response) -> Response {
        *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(self.seconds));
        page
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

/// One thing a client asks for, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScopeLine<'a> {
    /// What it is.
    pub(crate) title: &'a str,
    /// What that means.
    pub(crate) detail: Cow<'a, str>,
    /// Whether this person allowed it to this client before.
    pub(crate) already_allowed: bool,
    /// Whether this person cannot do it themselves at this moment.
    pub(crate) beyond: bool,
}

impl<'a> ScopeLine<'a> {
    /// Puts a scope token into words; one nobody knows stands for itself.
    pub(crate) fn of(scope: &'a str, already_allowed: bool) -> Self {
        let (title, detail) = match scope {
            "openid" => (
                "Recognize you",
                "By an identifier that is the same every time you sign in. \
                 It says nothing else about you.",
            ),
            "profile" => (
                "See your profile",
                "Your name and username, and what else is on record: \
                 picture, websites, gender, birthday, time zone, language.",
            ),
            "email" => (
                "See your e-mail address",
                "The address, and whether it was confirmed to be yours.",
            ),
            "address" => ("See your postal address", "As it is on record here."),
            "phone" => {
                ("See your phone number", "The number, and whether it was confirmed to be yours.")
            }
            "offline_access" => (
                "Keep access while you are away",
                "It can use what you allow here without asking you again, \
                 also when you are not using it.",
            ),
            other => (other, "A permission known here by this name only."),
        };
        Self { title, detail: Cow::Borrowed(detail), already_allowed, beyond: false }
    }

    /// A scope of an API, in the words of those who run it.
    pub(crate) fn of_api(scope: &'a ApiScope, api: &Api, already_allowed: bool) -> Self {
        let named = scope.description.is_empty();
        let title = if named { &scope.name } else { &scope.description };
        let detail = if named { api.name.clone() } else { format!("{}: {}", api.name, scope.name) };
        Self { title, detail: Cow::Owned(detail), already_allowed, beyond: false }
    }

    /// What stands on the page, for those who have to know later what was shown.
    pub(crate) fn words(&self) -> String {
        format!("{}: {}", self.title, self.detail)
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
    pub(crate) fn of(redirect_uri: &str) -> Self {
        let Some(address) = web_address(redirect_uri) else {
            let scheme = redirect_uri.split_once(':').map_or(redirect_uri, |(scheme, _)| scheme);
            return Self::Device(scheme.to_owned());
        };
        let mut name = address.host_str().unwrap_or_default().to_owned();
        if let Some(port) = address.port() {
            name = format!("{name}:{port}");
        }
        let is_loopback = match address.host() {
            Some(Host::Domain(host)) => host == "localhost",
            Some(Host::Ipv4(host)) => host.is_loopback(),
            Some(Host::Ipv6(host)) => host.is_loopback(),
            None => false,
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
mod tests {
    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&";

    /// Every page in its fullest form, with `text` wherever a caller's text can stand.
    fn all_pages(base: &str, text: &str) -> Vec<String> {
        let layout = Layout { base, assets_version: "5eal" };
        let client = Asker {
            name: text,
            client_uri: Some("https://shop.example/about"),
            policy_uri: Some("https://shop.example/policy"),
            tos_uri: Some("https://shop.example/terms"),
        };
        let person = Person { name: Some(text), username: text };
        let (interaction, csrf) = (text, text);
        let login = |notice| LoginPage {
            layout,
            client,
            interaction: "4t6",
            csrf,
            username: text,
            has_keys: true,
            notice,
        };
        let scopes = [ScopeLine::of("openid", true), ScopeLine::of(text, false)];
        let consent = |destination| ConsentPage {
            layout,
            client,
            person,
            interaction,
            csrf,
            scopes: &scopes,
            destination,
        };
        let error = ErrorPage {
            layout,
            title: text,
            explanation: text,
            hint: Some(text),
            error: text,
            parameter: Some(text),
            description: Some(text),
            incident_code: Some(text.to_owned()),
            request_id: text,
        };
        let second_factor = |asks_recovery| SecondFactorPage {
            layout,
            client,
            person,
            interaction: "4t6",
            csrf,
            asks_recovery,
            has_totp: true,
            has_recovery: true,
            has_key: true,
            remember_days: Some(30),
            remember: true,
            notice: Some(CodeNotice::Wrong),
        };
        let totp = TotpOffer { id: text, text, uri: "otpauth://totp/a", size: 29, path: "M4 4h1" };
        let notice = Some(CodeNotice::Expired);
        let enrol = EnrolPage {
            layout,
            client,
            person,
            interaction: "4t6",
            csrf,
            has_keys: true,
            totp: Some(totp),
            notice,
        };
        let action = "https://shop.example/callback";
        let form_post = FormPostPage { layout, action, parameters: &[("state", text)] };
        vec![
            login(None).render().unwrap(),
            login(Some(LoginNotice::WrongCredentials)).render().unwrap(),
            second_factor(false).render().unwrap(),
            second_factor(true).render().unwrap(),
            enrol.render().unwrap(),
            RecoveryCodesPage { layout, codes: &[text], next: &format!("{base}/continue") }
                .render()
                .unwrap(),
            consent(Destination::Website(text.to_owned())).render().unwrap(),
            consent(Destination::Device(text.to_owned())).render().unwrap(),
            error.render().unwrap(),
            LogoutPage { layout, person, csrf, carried: &[("state", text)] }.render().unwrap(),
            SignedOutPage { layout }.render().unwrap(),
            HomePage { layout, issuer: text, person: Some(person) }.render().unwrap(),
            HomePage { layout, issuer: text, person: None }.render().unwrap(),
            form_post.render().unwrap(),
        ]
    }

    fn login(username: &str, notice: Option<LoginNotice>) -> String {
        let layout = Layout { base: "", assets_version: "5eal" };
        let client = Asker {
            name: "shop",
            client_uri: None,
            policy_uri: Some("javascript:alert(1)"),
            tos_uri: Some("data:text/html,<script>alert(1)</script>"),
        };
        LoginPage { layout, client, interaction: "i", csrf: "c", username, has_keys: false, notice }
            .render()
            .unwrap()
    }

    /// The values of an attribute, in the order of the page.
    fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
        let opening = format!(" {attribute}=\"");
        page.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn ids_are_stable_and_unique() {
        let expected: [&[&str]; 14] = [
            &["username", "password", "login-submit"],
            &["login-notice", "username", "password", "login-submit"],
            &["code", "remember", "code-submit", "use-recovery", "switch"],
            &["code", "remember", "code-submit", "use-totp", "switch"],
            &["code", "totp-seed", "totp-uri", "enrol-submit", "switch"],
            &["recovery-codes", "continue"],
            &["consent-switch", "consent-deny", "consent-allow"],
            &["consent-switch", "consent-deny", "consent-allow"],
            &["error-code", "error-parameter", "error-description", "incident-code", "request-id"],
            &["logout-confirm"],
            &[],
            &["sign-out"],
            &[],
            &["form-post-submit"],
        ];
        for (page, expected) in all_pages("", "shop").iter().zip(expected) {
            let mut ids = values(page, "id");
            assert!(expected.iter().all(|id| ids.contains(id)), "{expected:?} in {page}");
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count, "an id stands twice in {page}");
        }
    }

    #[test]
    fn a_callers_text_never_becomes_markup() {
        for page in all_pages("", HOSTILE) {
            let more = page.contains("form-post-submit") || page.contains("data-keys-at");
            let scripts = if more { 2 } else { 1 };
            assert_eq!(page.matches("<script").count(), scripts, "{page}");
            assert!(!page.contains("<img") && !page.contains(HOSTILE), "{page}");
        }
    }

    #[test]
    fn pages_hold_nothing_the_content_security_policy_forbids() {
        for page in all_pages("", "shop") {
            for forbidden in ["style=", "<style", " on", "javascript:", "<iframe", "<base"] {
                let found = page.split('<').skip(1).any(|tag| {
                    let tag = format!("<{}", tag.split('>').next().unwrap_or_default());
                    tag.contains(forbidden)
                });
                assert!(!found, "{forbidden} in {page}");
            }
            assert!(page.contains("></script>"), "a script has a body in {page}");
        }
    }

    #[test]
    fn files_and_forms_are_below_the_issuers_path() {
        for page in all_pages("/tenant1", "shop") {
            for address in [values(&page, "src"), values(&page, "action")].concat() {
                let is_clients = address.starts_with("https://shop.example/");
                assert!(is_clients || address.starts_with("/tenant1/"), "{address}");
            }
            for address in values(&page, "href") {
                let is_clients =
                    address.starts_with("https://shop.example/") || address.starts_with("otpauth:");
                assert!(is_clients || address.starts_with("/tenant1/"), "{address}");
            }
            assert!(page.contains("/tenant1/assets/signet.css?v=5eal"));
        }
    }

    #[test]
    fn only_an_address_on_the_web_becomes_a_link() {
        let page = login("", None);
        assert!(!page.contains("Privacy policy") && !page.contains("Terms of service"));
    }

    #[test]
    fn a_notice_is_tied_to_the_inputs_it_blames() {
        let wrong = login("ada", Some(LoginNotice::WrongCredentials));
        assert_eq!(wrong.matches("aria-describedby=\"login-notice\"").count(), 2);
        assert_eq!(wrong.matches("aria-invalid").count(), 2);

        let busy = login("ada", Some(LoginNotice::TooBusy));
        assert!(busy.contains("role=\"alert\"") && !busy.contains("aria-invalid"));
        assert!(!login("ada", None).contains("login-notice"));
    }

    #[test]
    fn the_cursor_waits_where_something_is_missing() {
        let focused = |page: String| {
            let before = page.split(" autofocus").next().unwrap().to_owned();
            values(&before, "id").last().map(|&id| id.to_owned())
        };
        assert_eq!(focused(login("", None)).as_deref(), Some("username"));
        assert_eq!(focused(login("ada", None)).as_deref(), Some("password"));
    }

    #[test]
    fn an_unknown_scope_stands_for_itself() {
        assert_eq!(ScopeLine::of("orders:read", false).title, "orders:read");
        assert_ne!(ScopeLine::of("email", false).title, "email");
    }

    #[test]
    fn a_destination_tells_websites_from_this_device() {
        let website = |name: &str| Destination::Website(name.to_owned());
        let device = |name: &str| Destination::Device(name.to_owned());
        for (redirect_uri, expected) in [
            ("https://shop.example/cb", website("shop.example")),
            ("https://sh\u{f6}p.example:8443/cb", website("xn--shp-tna.example:8443")),
            ("https://shop.example@evil.example/", website("evil.example")),
            ("http://127.0.0.1:4711/cb", device("127.0.0.1:4711")),
            ("http://[::1]:4711/cb", device("[::1]:4711")),
            ("http://localhost/cb", device("localhost")),
            ("com.example.app:/cb", device("com.example.app")),
        ] {
            assert_eq!(Destination::of(redirect_uri), expected, "{redirect_uri}");
        }
    }
}
