//! Refreshing: what must fit (RFC 6749 §6).

use std::borrow::Cow;

use oxide_auth::code_grant::refresh::{Input, Output, Refresh, Request as MachineRequest};
use oxide_auth::primitives::grant::Extensions;
use shared::model::{Client, ErrorCode, Grant, Refusal, Scope};
use shared::rules::params::Params;

use super::UNEXPECTED;

/// A refresh that waits to hear what its token stands for.
pub(crate) struct Exchange {
    machine: Refresh,
    scope: Option<String>,
}

impl Exchange {
    /// Understands the request of a client that has proved who it is; also gives the token.
    ///
    /// # Errors
    /// `invalid_request` without a token.
    pub(crate) fn begin(params: &Params, client: &Client) -> Result<(Self, String), Refusal> {
        if params.get("refresh_token").is_none() {
            return Err(ErrorCode::InvalidRequest.because("refresh_token is missing"));
        }
        let mut machine = Refresh::new(&Asked { params, client });
        let scope = params.get("scope").map(str::to_owned);
        let Output::Unauthenticated { .. } = machine.advance(Input::None) else {
            return Err(UNEXPECTED);
        };
        // The client proved who it is before.
        let authenticated = Input::Authenticated { scope: scope.as_deref().map(Cow::Borrowed) };
        let Output::RecoverRefresh { token } = machine.advance(authenticated) else {
            return Err(UNEXPECTED);
        };
        let token = token.to_owned();
        Ok((Self { machine, scope }, token))
    }

    /// Checks that the token is this client's and gives the scope of the new access
    /// token: what is asked for, never more than was allowed.
    ///
    /// # Errors
    /// `invalid_grant` for another client's token or a grant that is over,
    /// `invalid_scope` for a wider scope.
    pub(crate) fn check(mut self, grant: &Grant) -> Result<Scope, Refusal> {
        // The machine wants a redirect URI in every grant; refreshing has none.
        let recovered = super::grant(grant, "urn:none", Extensions::new())?;
        let scope = self.scope.as_deref().map(Cow::Borrowed);
        let wider = self.asks_more_than(&grant.scope);
        match self.machine.advance(Input::Recovered { scope, grant: Some(recovered) }) {
            Output::Refresh { grant, .. } => {
                let scope = Scope::parse(&grant.scope.to_string()).map_err(|_| INVALID_SCOPE)?;
                if scope.is_empty() { Err(INVALID_SCOPE) } else { Ok(scope) }
            }
            Output::Err(_) if wider => Err(INVALID_SCOPE),
            _ => Err(ErrorCode::InvalidGrant
                .because("the refresh token is another client's, or its grant is over")),
        }
    }

    fn asks_more_than(&self, granted: &Scope) -> bool {
        let covered = |asked: &str| Scope::parse(asked).is_ok_and(|asked| granted.covers(&asked));
        self.scope.as_deref().is_some_and(|asked| !covered(asked))
    }
}

const INVALID_SCOPE: Refusal =
    ErrorCode::InvalidScope.because("scope is not within what was granted");

struct Asked<'a> {
    params: &'a Params,
    client: &'a Client,
}

impl MachineRequest for Asked<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        self.params.get("refresh_token").map(Cow::Borrowed)
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.params.get("scope").map(Cow::Borrowed)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.params.get("grant_type").map(Cow::Borrowed)
    }

    /// Always somebody: told of nobody, the machine would accept a public client's token
    /// from anyone.
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(self.client.id.as_str()), Cow::Borrowed(&[])))
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}
