//! Trading a code: what must fit (RFC 6749 §4.1.3, RFC 7636 §4.6).

use std::borrow::Cow;

use oxide_auth::code_grant::accesstoken::{
    AccessToken, Authorization, Input, Output, Request as MachineRequest,
};
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::{Extensions, Value};
use shared::model::{AuthorizationCode, Client, ErrorCode, Grant, Refusal};
use shared::rules::params::Params;

use super::UNEXPECTED;

/// An exchange that waits to hear what its code stands for.
pub(crate) struct Exchange {
    machine: AccessToken,
    redirect_uri: String,
    verifier: Option<String>,
}

impl Exchange {
    /// Understands the request of a client that has proved who it is; also gives the code.
    ///
    /// # Errors
    /// `invalid_request` without a code; `invalid_grant` without the redirect URI, which
    /// every request here had.
    pub(crate) fn begin(params: &Params, client: &Client) -> Result<(Self, String), Refusal> {
        if params.get("code").is_none() {
            return Err(ErrorCode::InvalidRequest.because("code is missing"));
        }
        let Some(redirect_uri) = params.get("redirect_uri") else {
            return Err(ErrorCode::InvalidGrant.because("redirect_uri is missing"));
        };
        let mut machine = AccessToken::new(&Asked { params, client });
        let Output::Authenticate { .. } = machine.advance(Input::None) else {
            return Err(ErrorCode::InvalidGrant.because("redirect_uri is not the request's"));
        };
        // The client proved who it is before.
        let Output::Recover { code } = machine.advance(Input::Authenticated) else {
            return Err(UNEXPECTED);
        };
        let code = code.to_owned();
        let verifier = params.get("code_verifier").map(str::to_owned);
        Ok((Self { machine, redirect_uri: redirect_uri.to_owned(), verifier }, code))
    }

    /// Checks that the code was made for this exchange.
    ///
    /// # Errors
    /// `invalid_grant`: another client's code, another redirect URI, another verifier,
    /// or a grant that is over.
    pub(crate) fn check(mut self, code: &AuthorizationCode, grant: &Grant) -> Result<(), Refusal> {
        let invalid = |why| ErrorCode::InvalidGrant.because(why);
        // The machine compares parsed URLs; here every character counts.
        if self.redirect_uri != code.redirect_uri {
            return Err(invalid("redirect_uri is not the request's"));
        }
        let recovered = super::grant(grant, &code.redirect_uri, challenge(code))?;
        match self.machine.advance(Input::Recovered(Some(recovered))) {
            Output::Extend { .. } => {}
            _ => return Err(invalid("the code is another client's, or its grant is over")),
        }
        let rule = if code.code_challenge.is_some() { Pkce::required() } else { Pkce::optional() };
        let verifier = self.verifier.as_deref();
        if code.code_challenge.is_none() && verifier.is_some() {
            return Err(invalid("code_verifier is sent, but there was no code_challenge"));
        }
        let value = challenge(code).remove(&rule);
        rule.verify(value, verifier.map(Cow::Borrowed))
            .map_err(|()| invalid("code_verifier does not fit the code_challenge"))?;
        match self.machine.advance(Input::Extended { access_extensions: Extensions::new() }) {
            Output::Issue { .. } => Ok(()),
            _ => Err(UNEXPECTED),
        }
    }
}

/// The stored challenge, marked as S256 in the manner of the machine.
fn challenge(code: &AuthorizationCode) -> Extensions {
    let mut extensions = Extensions::new();
    if let Some(challenge) = &code.code_challenge {
        extensions.set(&Pkce::required(), Value::private(Some(format!("{challenge}S"))));
    }
    extensions
}

struct Asked<'a> {
    params: &'a Params,
    client: &'a Client,
}

impl MachineRequest for Asked<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.params.get("code").map(Cow::Borrowed)
    }

    fn authorization(&self) -> Authorization<'_> {
        Authorization::Username(Cow::Borrowed(self.client.id.as_str()))
    }

    /// None: it was looked at by the client's authentication, and the machine takes a
    /// second mention for a second set of credentials.
    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        self.params.get("redirect_uri").map(Cow::Borrowed)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.params.get("grant_type").map(Cow::Borrowed)
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}
