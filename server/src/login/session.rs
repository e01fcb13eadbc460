//! The end of a session, whatever brings it about.

use shared::model::{Action, Actor, AuditEvent, Session, Timestamp};
use shared::store::{StoreError, Tx};

/// Ends a session with the grants that do not outlive it, and writes that down.
pub(super) async fn end(tx: &mut Tx, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    if !tx.revoke_session(&session.id, now).await? {
        return Ok(());
    }
    tx.revoke_session_grants(&session.id, now).await?;
    let event = AuditEvent::new(Action::LoggedOut, Actor::User(session.user_id.clone()), now)
        .user(&session.user_id)
        .session(&session.id);
    tx.add_audit_event(event);
    Ok(())
}
