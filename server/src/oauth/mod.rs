//! The driver of oxide-auth's state machines at the token endpoint.
//!
//! Each machine is asked what it needs next; what needs the store or a key is done by
//! the grants, and the answer is given back. The machines decide whether client,
//! redirect URI, scope and verifier fit; what they do not know (families, replay,
//! exact spelling) the grants check themselves. `Input` holds a reference that is not
//! `Sync`, so no machine is advanced across an `.await`.
//!
//! The authorization machine is driven in `shared::rules::authorize`, where it is pure.

pub(crate) mod code;
pub(crate) mod credentials;
pub(crate) mod refresh;

use chrono::{DateTime, Utc};
use oxide_auth::primitives::grant::{Extensions, Grant as MachineGrant};
use shared::model::{ErrorCode, Grant, Refusal, Timestamp};
use url::Url;

/// What a machine says that we have ruled out before asking it.
const UNEXPECTED: Refusal = ErrorCode::InvalidRequest.because("the request cannot be understood");

/// A grant in the machines' own words.
fn grant(
    grant: &Grant,
    redirect_uri: &str,
    extensions: Extensions,
) -> Result<Box<MachineGrant>, Refusal> {
    let redirect_uri = Url::parse(redirect_uri).map_err(|_| UNEXPECTED)?;
    Ok(Box::new(MachineGrant {
        owner_id: grant.user_id.to_string(),
        client_id: grant.client_id.to_string(),
        scope: grant.scope.to_string().parse().map_err(|_| UNEXPECTED)?,
        redirect_uri,
        until: moment(grant.expires_at).ok_or(UNEXPECTED)?,
        extensions,
    }))
}

fn moment(at: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(at.0)
}
