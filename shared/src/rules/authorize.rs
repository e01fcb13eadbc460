//! What a client asks of `/authorize`, understood and checked.
//!
//! The steps are those of oxide-auth's authorization machine: who asks and where
//! the answer goes (`Bind`), what OpenID Connect and PKCE add (`Extend`), which of
//! the scope is given (`Negotiate`). This is its executor, with answers that need no I/O.

use std::borrow::Cow;

use oxide_auth::code_grant::authorization::{
    Authorization, Error as MachineError, Input, Output, Request as MachineRequest,
};
use oxide_auth::code_grant::extensions::Pkce as PkceRule;
use oxide_auth::primitives::grant::{Extensions, GrantExtension};
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, PreGrant, RegisteredUrl};

use super::params::Params;
use super::{asked_claims, rbac, redirect_uri, resource};
use crate::model::client::{OfflineAccess, Pkce};
use crate::model::interaction::{Prompt, ResponseMode};
use crate::model::scope::OFFLINE_ACCESS;
use crate::model::{Catalogue, Client, ErrorCode, GrantType, Refusal, Request, Scope};

/// Why a request starts no sign-in, and who must hear it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The person, on a page: it is not proven that the client is at `redirect_uri`.
    Shown(Notice),
    /// The client, by a redirect.
    Returned(Box<Returned>),
}

/// What a person is shown when a request is not even good enough to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// There is no `client_id`.
    MissingClientId,
    /// `client_id` is nobody's, or its client is disabled.
    UnknownClient,
    /// There is no `redirect_uri` (Core §3.1.2.1).
    MissingRedirectUri,
    /// `redirect_uri` is not one of the client's.
    ForeignRedirectUri,
    /// `client_id` or `redirect_uri` comes twice.
    Repeated(&'static str),
    /// The parameters cannot be read.
    Malformed,
}

impl Notice {
    /// The parameter at fault, for those who must mend it.
    pub const fn parameter(self) -> Option<&'static str> {
        match self {
            Self::MissingClientId | Self::UnknownClient => Some("client_id"),
            Self::MissingRedirectUri | Self::ForeignRedirectUri => Some("redirect_uri"),
            Self::Repeated(name) => Some(name),
            Self::Malformed => None,
        }
    }

    /// The refusal, for those who must mend it.
    pub const fn refusal(self) -> Refusal {
        let invalid = ErrorCode::InvalidRequest;
        match self {
            Self::MissingClientId => invalid.because("client_id is missing"),
            Self::UnknownClient => ErrorCode::InvalidClient.because("client_id is not known here"),
            Self::MissingRedirectUri => invalid.because("redirect_uri is missing"),
            Self::ForeignRedirectUri => {
                invalid.because("redirect_uri is not registered for this client")
            }
            Self::Repeated(_) => invalid.because("a parameter is sent twice"),
            Self::Malformed => invalid.because("the parameters cannot be read"),
        }
    }
}

/// An error that the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Where it is told; proven to be the client's.
    pub redirect_uri: String,
    /// How it is told: as it asked for, if that can be understood.
    pub response_mode: ResponseMode,
    /// Given back untouched.
    pub state: Option<String>,
    /// What it is told.
    pub refusal: Refusal,
}

/// Who asks.
///
/// # Errors
/// [`Rejection::Shown`].
pub fn client_id(params: &Params) -> Result<&str, Rejection> {
    for name in ["client_id", "redirect_uri"] {
        if params.is_repeated(name) {
            return Err(Rejection::Shown(Notice::Repeated(name)));
        }
    }
    params.get("client_id").ok_or(Rejection::Shown(Notice::MissingClientId))
}

/// Turns parameters into a request, or says who must hear that they are none.
///
/// # Errors
/// [`Rejection::Shown`] until `redirect_uri` is known to be the client's: sending
/// anyone there before would make this server an open redirector (RFC 6749 §4.1.2.1).
/// From then on, [`Rejection::Returned`].
pub fn check(
    params: &Params,
    client: &Client,
    provider: &Provider<'_>,
) -> Result<Request, Rejection> {
    if client.disabled_at.is_some() {
        return Err(Rejection::Shown(Notice::UnknownClient));
    }
    let redirect_uri =
        params.get("redirect_uri").ok_or(Rejection::Shown(Notice::MissingRedirectUri))?;
    if !redirect_uri::is_registered(client, redirect_uri) {
        return Err(Rejection::Shown(Notice::ForeignRedirectUri));
    }
    understand(params, client, redirect_uri, provider).map_err(|refusal| {
        // A state that comes twice is nobody's state.
        let state = params.get("state").filter(|_| !params.is_repeated("state"));
        Rejection::Returned(Box::new(Returned {
            redirect_uri: redirect_uri.to_owned(),
            response_mode: read_response_mode(params).unwrap_or_default(),
            state: state.map(str::to_owned),
            refusal,
        }))
    })
}

/// What a request is understood with.
pub struct Provider<'a> {
    /// This server's name.
    pub issuer: &'a str,
    /// What tokens can be for.
    pub catalogue: &'a Catalogue,
    /// Says whom an ID token is about, by the name that its client knows, if it is one of
    /// ours, expired or not.
    pub whose_token: &'a dyn Fn(&str) -> Option<String>,
}

fn understand(
    params: &Params,
    client: &Client,
    redirect_uri: &str,
    provider: &Provider<'_>,
) -> Result<Request, Refusal> {
    check_form(params, client)?;
    check_texts(params)?;
    let prompt = read_prompt(params.get("prompt"))?;
    let agreed = drive(params, client, prompt)?;
    let asked = asked_claims::read(params.get("claims"), &client.scope)?;
    let hinted = read_id_token_hint(params.get("id_token_hint"), provider)?;
    let text = |name| params.get(name).map(str::to_owned);
    Ok(Request {
        redirect_uri: redirect_uri.to_owned(),
        response_mode: read_response_mode(params)?,
        state: text("state"),
        scope: agreed.scope,
        nonce: text("nonce"),
        code_challenge: agreed.code_challenge,
        prompt,
        max_age: read_max_age(params.get("max_age"))?,
        expected_subject: one_person(hinted, asked.subject)?,
        essential_acr: asked.essential_acr,
        acr_values: wished_acr(params.get("acr_values"), asked.voluntary_acr),
        claims: asked.claims,
        resources: resource::asked(
            params,
            &rbac::nameable(client, provider.catalogue),
            provider.issuer,
        )?,
        login_hint: text("login_hint"),
    })
}

/// What the machine and its executor agree on.
struct Agreed {
    scope: Scope,
    code_challenge: Option<String>,
}

/// Answers each question of the machine until it is done.
fn drive(params: &Params, client: &Client, prompt: Prompt) -> Result<Agreed, Refusal> {
    let asked = Asked(params);
    let mut machine = Authorization::new(&asked);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind { client_id, redirect_uri: parsed } => {
                let exact = parsed.ok_or(UNREADABLE)?;
                Input::Bound { request: &asked, bound_client: bound(client_id, exact) }
            }
            Output::Extend => Input::Extended(extend(params, client)?),
            Output::Negotiate { bound_client, scope } => {
                let pre_grant = PreGrant {
                    client_id: bound_client.client_id.clone().into_owned(),
                    redirect_uri: bound_client.redirect_uri.clone().into_owned(),
                    scope: negotiate(scope, client, prompt)?,
                };
                Input::Negotiated { pre_grant, state: None }
            }
            Output::Ok { pre_grant, extensions, .. } => {
                let scope = Scope::parse(&pre_grant.scope.to_string()).map_err(|_| UNREADABLE)?;
                return Ok(Agreed { scope, code_challenge: challenge_in(&extensions) });
            }
            // Its one objection of this kind is the scope: the response type was looked at before.
            Output::Err(MachineError::Redirect(_)) => return Err(SCOPE_CHARACTERS),
            Output::Err(_) => return Err(UNREADABLE),
        }
    }
}

const SCOPE_CHARACTERS: Refusal =
    ErrorCode::InvalidScope.because("scope has characters it may not have");
const UNREADABLE: Refusal = ErrorCode::InvalidRequest.because("the request cannot be understood");

/// What can be said of the parameters before their meaning: no repetition, nothing
/// that is not offered here.
fn check_form(params: &Params, client: &Client) -> Result<(), Refusal> {
    params.check_unique()?;
    if params.get("request").is_some() && params.get("request_uri").is_some() {
        return Err(ErrorCode::InvalidRequest.because("request and request_uri exclude each other"));
    }
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() {
            return Err(code.because("this parameter is not supported here"));
        }
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(ErrorCode::UnsupportedResponseType.because("response_type is not code"));
        }
        None => return Err(ErrorCode::InvalidRequest.because("response_type is missing")),
    }
    if !client.may_use(GrantType::AuthorizationCode) {
        return Err(ErrorCode::UnauthorizedClient.because("this client may not use codes"));
    }
    Ok(())
}

const NO_TEXT: Refusal = ErrorCode::InvalidRequest.because("a parameter has control characters");

/// What is given back, shown or kept may not be longer than any client needs it, and is text: a
/// stranger can have it kept.
fn check_texts(params: &Params) -> Result<(), Refusal> {
    for (name, longest, refusal) in [
        ("state", 4096, "state is longer than 4096 bytes"),
        ("nonce", 1024, "nonce is longer than 1024 bytes"),
        ("login_hint", 320, "login_hint is longer than 320 bytes"),
        ("acr_values", 1024, "acr_values is longer than 1024 bytes"),
        ("claims", 8192, "claims is longer than 8192 bytes"),
    ] {
        let Some(value) = params.get(name) else { continue };
        if value.len() > longest {
            return Err(ErrorCode::InvalidRequest.because(refusal));
        }
        // JSON, which has lines, is read and not kept as it is.
        if name != "claims" && value.chars().any(char::is_control) {
            return Err(NO_TEXT);
        }
    }
    Ok(())
}

fn bound(client_id: String, redirect_uri: ExactUrl) -> BoundClient<'static> {
    BoundClient {
        client_id: Cow::Owned(client_id),
        redirect_uri: Cow::Owned(RegisteredUrl::Exact(redirect_uri)),
    }
}

/// PKCE: S256 or nothing, and nothing only for a client that was excused
/// (RFC 7636 §4.2, RFC 9700 §2.1.1).
fn extend(params: &Params, client: &Client) -> Result<Extensions, Refusal> {
    let invalid = |why| ErrorCode::InvalidRequest.because(why);
    let challenge = params.get("code_challenge");
    let method = params.get("code_challenge_method");
    if challenge.is_none() && method.is_some() {
        return Err(invalid("code_challenge is missing"));
    }
    if challenge.is_some_and(|challenge| !is_challenge(challenge)) {
        return Err(invalid("code_challenge is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~"));
    }
    let rule = match client.pkce {
        Pkce::Required => PkceRule::required(),
        Pkce::Excused => PkceRule::optional(),
    };
    let value =
        rule.challenge(method.map(Cow::Borrowed), challenge.map(Cow::Borrowed)).map_err(|()| {
            match challenge {
                None => invalid("code_challenge is missing: PKCE is required"),
                Some(_) => invalid("code_challenge_method is not S256"),
            }
        })?;
    let mut extensions = Extensions::new();
    if let Some(value) = value {
        extensions.set(&rule, value);
    }
    Ok(extensions)
}

/// The challenge as the machine keeps it, without the letter that marks the method.
fn challenge_in(extensions: &Extensions) -> Option<String> {
    let identifier = PkceRule::required().identifier();
    let (_, encoded) = extensions.private().find(|(name, _)| *name == identifier)?;
    Some(encoded?.strip_suffix('S')?.to_owned())
}

fn is_challenge(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// What of the scope asked for this client gets; the rest is left out, and the token
/// response says so (RFC 6749 §3.3).
fn negotiate(
    asked: Option<oxide_auth::primitives::scope::Scope>,
    client: &Client,
    prompt: Prompt,
) -> Result<oxide_auth::primitives::scope::Scope, Refusal> {
    let invalid = |why| ErrorCode::InvalidScope.because(why);
    let asked = asked.ok_or(invalid("scope is missing"))?.to_string();
    let asked = Scope::parse(&asked).map_err(|_| SCOPE_CHARACTERS)?;
    let mut given = asked.intersection(&client.scope);
    // Access while nobody is there is given only by somebody who was just asked, where
    // that is the client's policy (Core §11).
    let was_asked = client.offline_access != OfflineAccess::Prompted || prompt.consent;
    if !client.may_use(GrantType::RefreshToken) || !was_asked {
        given = given.without(OFFLINE_ACCESS);
    }
    if given.is_empty() {
        return Err(invalid("nothing in scope is known or allowed to this client"));
    }
    given.to_string().parse().map_err(|_| SCOPE_CHARACTERS)
}

fn read_response_mode(params: &Params) -> Result<ResponseMode, Refusal> {
    match params.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => {
            Err(ErrorCode::InvalidRequest.because("response_mode is neither query nor form_post"))
        }
    }
}

fn read_prompt(text: Option<&str>) -> Result<Prompt, Refusal> {
    let mut prompt = Prompt::default();
    for word in text.unwrap_or_default().split_whitespace() {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(ErrorCode::InvalidRequest.because("prompt has an unknown value")),
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(ErrorCode::InvalidRequest.because("prompt none excludes every other value"));
    }
    Ok(prompt)
}

/// `acr_values` in its order, then what the claim `acr` would like: to name a level in
/// either is to ask for it as a voluntary claim (Core §3.1.2.1).
fn wished_acr(parameter: Option<&str>, claimed: Vec<String>) -> Vec<String> {
    let named = parameter.unwrap_or_default().split_ascii_whitespace().map(str::to_owned);
    named.chain(claimed).collect()
}

fn read_max_age(text: Option<&str>) -> Result<Option<u64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    let refusal = ErrorCode::InvalidRequest.because("max_age is not a number of seconds");
    seconds.map(Some).ok_or(refusal)
}

fn read_id_token_hint(
    text: Option<&str>,
    provider: &Provider<'_>,
) -> Result<Option<String>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let refusal = ErrorCode::InvalidRequest.because("id_token_hint is no ID token of this server");
    (provider.whose_token)(text).map(Some).ok_or(refusal)
}

/// Whom the client expects, if it says so in two ways.
fn one_person(one: Option<String>, other: Option<String>) -> Result<Option<String>, Refusal> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(ErrorCode::LoginRequired
                .because("id_token_hint and claims expect different people"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// The parameters, as the machine reads them.
struct Asked<'a>(&'a Params);

impl Asked<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name).map(Cow::Borrowed)
    }
}

impl MachineRequest for Asked<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        self.get("client_id")
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.get("scope")
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        self.get("redirect_uri")
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        self.get("state")
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        self.get("response_type")
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key)
    }
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
pub(crate) mod tests;
