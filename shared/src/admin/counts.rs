//! How much there is.

use super::{Admin, AdminError};
use crate::model::{OperatorPermission, Timestamp};
use crate::store::Counts;

impl Admin {
    /// Counts what there is at this moment.
    pub async fn count(&self, now: Timestamp) -> Result<Counts, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        Ok(self.store.view().await?.count(now).await?)
    }
}
