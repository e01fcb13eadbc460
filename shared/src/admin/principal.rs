//! Who can have roles and be in groups: a person or a service.

use super::{AdminError, not_found};
use crate::model::{AuditEvent, ClientId, UserId};
use crate::store::{Holder, Member, View};

/// Somebody who can have roles, as an operator names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A person, by id, user name or address.
    User(String),
    /// A client, by its id.
    Client(String),
}

/// Somebody who can have roles, found.
pub(super) enum Principal {
    /// A person.
    User(UserId),
    /// A client.
    Client(ClientId),
}

impl Named {
    pub(super) async fn find(&self, view: &mut View) -> Result<Principal, AdminError> {
        match self {
            Self::User(named) => {
                let user = view.find_named_user(named).await?;
                Ok(Principal::User(user.ok_or_else(|| not_found("user", named))?.id))
            }
            Self::Client(id) => {
                let client = view.find_client(&id.as_str().into()).await?;
                Ok(Principal::Client(client.ok_or_else(|| not_found("client", id))?.id))
            }
        }
    }
}

impl Principal {
    pub(super) fn member(&self) -> Member<'_> {
        match self {
            Self::User(id) => Member::User(id),
            Self::Client(id) => Member::Client(id),
        }
    }

    pub(super) fn holder(&self) -> Holder<'_> {
        match self {
            Self::User(id) => Holder::User(id),
            Self::Client(id) => Holder::Client(id),
        }
    }

    /// Says in an event whom it is about.
    pub(super) fn mark(&self, event: AuditEvent) -> AuditEvent {
        match self {
            Self::User(id) => event.user(id),
            Self::Client(id) => event.client(id),
        }
    }
}
