//! Sessions and the token families that came of them, as operators look at them.

use serde_json::json;

use super::{Admin, AdminError, not_found};
use crate::model::grant::RevocationReason;
use crate::model::{Action, ClientId, Grant, GrantId, OperatorPermission, SessionId, Timestamp};
use crate::store::{Find, FoundGrant, FoundSession, Page, SessionsOf};

/// Sessions that are ended in one unit of work.
const PART: i64 = 10_000;

/// What ends when sessions are ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Sessions.
    pub sessions: u64,
    /// Token families.
    pub grants: u64,
}

/// Whose sessions are meant, as an operator names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one, by its id.
    One(String),
    /// Those of a person, by user name, address or id.
    User(String),
    /// Those in which a client got tokens, by its id.
    Client(String),
    /// All of them.
    All,
}

impl Admin {
    /// A part of the live sessions, the newest first. The filter names a person, or is the
    /// id of a session.
    pub async fn find_sessions(
        &self,
        find: &Find,
        now: Timestamp,
    ) -> Result<Page<FoundSession>, AdminError> {
        self.may(OperatorPermission::SessionsRead).await?;
        Ok(self.store.view().await?.find_sessions(find, now).await?)
    }

    /// The session with this id, dead or alive.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_session(&self, id: &str) -> Result<FoundSession, AdminError> {
        self.may(OperatorPermission::SessionsRead).await?;
        let found = self.store.view().await?.find_any_session(&id.into()).await?;
        found.ok_or_else(|| not_found("session", id))
    }

    /// A part of the token families, the newest first. The filter names a person or a client,
    /// or is the id of a family or a session.
    pub async fn find_grants(&self, find: &Find) -> Result<Page<FoundGrant>, AdminError> {
        self.may(OperatorPermission::SessionsRead).await?;
        Ok(self.store.view().await?.find_grants(find).await?)
    }

    /// The token family with this id, dead or alive.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn get_grant(&self, id: &str) -> Result<Grant, AdminError> {
        self.may(OperatorPermission::SessionsRead).await?;
        let found = self.store.view().await?.find_grant(&id.into()).await?;
        found.ok_or_else(|| not_found("grant", id))
    }

    /// How many live sessions are meant, and how many live token families end with them.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such person or client.
    pub async fn count_sessions(&self, which: &Which, now: Timestamp) -> Result<Ended, AdminError> {
        self.may(OperatorPermission::SessionsRead).await?;
        let of = self.sessions_of(which).await?;
        let (sessions, grants) = self.store.view().await?.count_sessions_of(&of, now).await?;
        Ok(Ended { sessions, grants })
    }

    /// Ends sessions with the token families that do not outlive them. Very many are ended part
    /// by part, so that nobody who signs in meanwhile waits for all of them; `go_on` is told
    /// after each part how many it is so far, and if it says no, the rest stays.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such live session, person or client.
    pub async fn end_sessions(
        &self,
        which: &Which,
        now: Timestamp,
        mut go_on: impl FnMut(Ended) -> bool,
    ) -> Result<Ended, AdminError> {
        self.may(OperatorPermission::SessionsEnd).await?;
        let of = self.sessions_of(which).await?;
        let mut ended = Ended::default();
        loop {
            let part = self.end_part(&of, now).await?;
            ended.sessions += part.sessions;
            ended.grants += part.grants;
            if part.sessions < PART.unsigned_abs() || !go_on(ended) {
                return Ok(ended);
            }
        }
    }

    async fn end_part(&self, of: &SessionsOf, now: Timestamp) -> Result<Ended, AdminError> {
        let mut tx = self.store.begin().await?;
        let (sessions, grants) = tx.revoke_sessions_of(of, now, PART).await?;
        let evidence = json!({"sessions": sessions, "grants": grants});
        let event = match of {
            SessionsOf::One(id) if sessions == 0 => {
                return Err(not_found("live session", id.as_str()));
            }
            SessionsOf::One(id) => {
                let session = tx.find_any_session(id).await?;
                let event = self.event(Action::SessionEnded, now).session(id);
                session.map_or(event.clone(), |found| event.user(&found.session.user_id))
            }
            SessionsOf::User(id) => self.event(Action::SessionsEnded, now).user(id),
            SessionsOf::Client(id) => self.event(Action::SessionsEnded, now).client(id),
            SessionsOf::All => self.event(Action::SessionsEnded, now).detail("all"),
        };
        tx.add_audit_event(event.evidence(evidence));
        tx.commit().await?;
        Ok(Ended { sessions, grants })
    }

    /// Revokes a token family: its tokens die at once.
    ///
    /// # Errors
    /// [`AdminError::NotFound`] if there is no such live family.
    pub async fn revoke_grant(&self, id: &str, now: Timestamp) -> Result<(), AdminError> {
        self.may(OperatorPermission::SessionsEnd).await?;
        let id = GrantId::from(id);
        let mut tx = self.store.begin().await?;
        let grant = tx.find_grant(&id).await?.ok_or_else(|| not_found("grant", id.as_str()))?;
        if !tx.revoke_grant(&id, RevocationReason::RevokedByOperator, now).await? {
            return Err(not_found("live grant", id.as_str()));
        }
        let event = self
            .event(Action::TokenRevoked, now)
            .user(&grant.user_id)
            .client(&grant.client_id)
            .session(&grant.session_id)
            .grant(&id);
        tx.add_audit_event(event.detail("operator"));
        Ok(tx.commit().await?)
    }

    async fn sessions_of(&self, which: &Which) -> Result<SessionsOf, AdminError> {
        Ok(match which {
            Which::One(id) => SessionsOf::One(SessionId::from(id.as_str())),
            Which::User(named) => SessionsOf::User(self.find_named_user(named).await?.id),
            Which::Client(id) => {
                let id = ClientId::from(id.as_str());
                let found = self.store.view().await?.find_client(&id).await?;
                SessionsOf::Client(found.ok_or_else(|| not_found("client", id.as_str()))?.id)
            }
            Which::All => SessionsOf::All,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::testing::admin;
    use crate::store::Amount;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    /// Very many are ended part by part; what was ended before it is broken off stays ended.
    #[tokio::test]
    async fn very_many_are_ended_in_parts() {
        let (_folder, machine) = admin().await;
        let amount = Amount { users: 20_000, clients: 1, sessions: 25_000, events: 0 };
        machine.store.seed(amount, NOW, |_, _| {}).await.unwrap();
        let first = machine.end_sessions(&Which::All, NOW, |_| false).await.unwrap();
        assert_eq!(first.sessions, 10_000);
        let left = machine.count_sessions(&Which::All, NOW).await.unwrap();
        assert_eq!(left, Ended { sessions: 15_000, grants: 20_000 - first.grants });
        let mut told = Vec::new();
        let rest = machine.end_sessions(&Which::All, NOW, |so_far| {
            told.push(so_far.sessions);
            true
        });
        assert_eq!(rest.await.unwrap(), left);
        assert_eq!(told, [10_000]);
        let left = machine.count_sessions(&Which::All, NOW).await.unwrap();
        assert_eq!(left, Ended::default());
    }
}
