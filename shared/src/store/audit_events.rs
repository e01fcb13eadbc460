//! What happened.

use super::{Result, Tx, run};
use crate::crypto::random;
use crate::model::AuditEvent;

impl Tx {
    /// Writes down what this unit of work does; it is kept if and only if the work is.
    pub async fn add_audit_event(&mut self, event: &AuditEvent) -> Result<()> {
        let id: String = random::id(event.at)?;
        let (actor_kind, actor) = event.actor.parts();
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO audit_events (id, at, action, actor_kind, actor, user_id, client_id,
                     session_id, grant_id, address, detail)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            )
            .bind(&id)
            .bind(event.at.0)
            .bind(event.action.as_str())
            .bind(actor_kind)
            .bind(actor)
            .bind(event.user_id.as_ref().map(|id| id.as_str()))
            .bind(event.client_id.as_ref().map(|id| id.as_str()))
            .bind(event.session_id.as_ref().map(|id| id.as_str()))
            .bind(event.grant_id.as_ref().map(|id| id.as_str()))
            .bind(&event.address)
            .bind(event.detail)
        )?;
        Ok(())
    }
}
