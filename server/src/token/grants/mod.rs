//! One file a grant. Each understands the request, looks, mints, then consumes what is
//! used once and commits, before anything is answered.
//!
//! Tokens are minted before the unit of work begins: nothing waits for a signature while
//! it holds the store.

pub(crate) mod authorization_code;
pub(crate) mod refresh_token;

use shared::model::{
    Action, Actor, AuditEvent, ErrorCode, Grant, GrantId, Refusal, Timestamp, User,
};
use shared::store::{StoreError, View};

/// Said of everything that a dead grant once gave.
const OVER: Refusal = ErrorCode::InvalidGrant.because("what was granted has been withdrawn");

/// A grant and the person who gave it.
async fn find_family(view: &mut View, id: &GrantId) -> Result<Option<(Grant, User)>, StoreError> {
    let Some(grant) = view.find_grant(id).await? else { return Ok(None) };
    let user = view.find_user(&grant.user_id).await?;
    Ok(user.map(|user| (grant, user)))
}

/// Something that a client did with a grant.
fn event(action: Action, grant: &Grant, now: Timestamp) -> AuditEvent {
    AuditEvent::new(action, Actor::Client(grant.client_id.clone()), now)
        .user(&grant.user_id)
        .client(&grant.client_id)
        .session(&grant.session_id)
        .grant(&grant.id)
}
