//! A machine's own token: what it may ask for (RFC 6749 §4.4).

use std::borrow::Cow;

use oxide_auth::code_grant::client_credentials::{
    ClientCredentials, Input, Output, Request as MachineRequest,
};
use oxide_auth::primitives::grant::Extensions;
use oxide_auth::primitives::registrar::{BoundClient, RegisteredUrl};
use shared::model::scope::KNOWN;
use shared::model::{Client, ErrorCode, Refusal, Scope};
use shared::rules::params::Params;
use url::Url;

use super::UNEXPECTED;

const INVALID_SCOPE: Refusal =
    ErrorCode::InvalidScope.because("scope is not within what this client may have for itself");

/// The scope that a client which has proved who it is gets for itself: what it asks for,
/// or all that it may have.
///
/// # Errors
/// `invalid_scope` for a wider scope, or one that is about people.
pub(crate) fn negotiate(params: &Params, client: &Client) -> Result<Scope, Refusal> {
    let mut machine = ClientCredentials::new(&Asked { params, client });
    let Output::Authenticate { .. } = machine.advance(Input::None) else {
        return Err(INVALID_SCOPE);
    };
    // The client proved who it is before.
    let Output::Binding { .. } = machine.advance(Input::Authenticated) else {
        return Err(UNEXPECTED);
    };
    let Output::Extend = machine.advance(Input::Bound { bound_client: bound(client)? }) else {
        return Err(UNEXPECTED);
    };
    let extended = Input::Extended { extensions: Extensions::new() };
    let Output::Negotiate { scope, .. } = machine.advance(extended) else {
        return Err(UNEXPECTED);
    };
    // What people allow is nothing that a machine can have.
    let allowed = client.scope.iter().filter(|scope| !KNOWN.contains(scope)).collect::<Scope>();
    match scope {
        None => Ok(allowed),
        Some(asked) => {
            let asked = Scope::parse(&asked.to_string()).map_err(|_| INVALID_SCOPE)?;
            if allowed.covers(&asked) { Ok(asked) } else { Err(INVALID_SCOPE) }
        }
    }
}

/// The machine wants a redirect URI of every client; a service has none.
fn bound(client: &Client) -> Result<BoundClient<'static>, Refusal> {
    let nowhere: Url = "urn:none".parse().map_err(|_| UNEXPECTED)?;
    Ok(BoundClient {
        client_id: Cow::Owned(client.id.to_string()),
        redirect_uri: Cow::Owned(RegisteredUrl::from(nowhere)),
    })
}

struct Asked<'a> {
    params: &'a Params,
    client: &'a Client,
}

impl MachineRequest for Asked<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(self.client.id.as_str()), Cow::Borrowed(&[])))
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        self.params.get("scope").map(Cow::Borrowed)
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.params.get("grant_type").map(Cow::Borrowed)
    }

    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}
