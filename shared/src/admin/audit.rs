//! What happened.

use super::{Admin, AdminError};
use crate::store::RecordedEvent;

impl Admin {
    /// The last `limit` events, newest first.
    pub async fn list_audit_events(&self, limit: i64) -> Result<Vec<RecordedEvent>, AdminError> {
        Ok(self.store.view().await?.list_audit_events(limit).await?)
    }
}
