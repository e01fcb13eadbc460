//! What happened.

use super::{Admin, AdminError, not_found};
use crate::model::{OperatorPermission, Timestamp};
use crate::store::{ClientFailures, EventFilter, Find, MinuteCount, Page, RecordedEvent};

impl Admin {
    /// A part of what happened, the newest first unless it is wanted otherwise.
    ///
    /// The filter is the beginning of a word such as `login.`, or one of `user:`, `client:`,
    /// `session:`, `grant:` and `address:` with whom or what it is about; a person by id,
    /// user name or address.
    pub async fn find_events(&self, find: &Find) -> Result<Page<RecordedEvent>, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        let mut view = self.store.view().await?;
        let filter = match find.filter.trim().split_once(':') {
            Some(("user", named)) => {
                let user = view.find_named_user(named).await?;
                EventFilter::User(user.map_or_else(|| named.to_owned(), |user| user.id.to_string()))
            }
            Some(("client", id)) => EventFilter::Client(id.to_owned()),
            Some(("session", id)) => EventFilter::Session(id.to_owned()),
            Some(("grant", id)) => EventFilter::Grant(id.to_owned()),
            Some(("address", text)) => EventFilter::Address(text.to_owned()),
            _ if find.filter.trim().is_empty() => EventFilter::All,
            _ => EventFilter::Action(find.filter.trim().to_owned()),
        };
        Ok(view.find_events(find, &filter).await?)
    }

    /// The event with this id.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_event(&self, id: &str) -> Result<RecordedEvent, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        let found = self.store.view().await?.find_event(id).await?;
        found.ok_or_else(|| not_found("event", id))
    }

    /// How often each thing happened in each minute since a moment.
    pub async fn count_by_minute(&self, since: Timestamp) -> Result<Vec<MinuteCount>, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        Ok(self.store.view().await?.count_by_minute(since).await?)
    }

    /// The clients that failed to prove who they are since a moment, the worst first.
    pub async fn list_failing_clients(
        &self,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<ClientFailures>, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        Ok(self.store.view().await?.list_failing_clients(since, limit).await?)
    }
}
