//! One file a grant. Each understands the request, looks, mints, then consumes what is
//! used once and commits, before anything is answered.
//!
//! Tokens are minted before the unit of work begins: nothing waits for a signature while
//! it holds the store.

pub(crate) mod authorization_code;
pub(crate) mod client_credentials;
pub(crate) mod refresh_token;

use shared::model::{Action, Actor, AuditEvent, ErrorCode, Grant, Refusal, Timestamp};

/// Said of everything that a dead grant once gave.
const OVER: Refusal = ErrorCode::InvalidGrant.because("what was granted has been withdrawn");

/// Something that a client did with a grant.
fn event(action: Action, grant: &Grant, now: Timestamp) -> AuditEvent {
    AuditEvent::new(action, Actor::Client(grant.client_id.clone()), now)
        .user(&grant.user_id)
        .client(&grant.client_id)
        .session(&grant.session_id)
        .grant(&grant.id)
}
