//! Why requests went wrong.

use std::time::Duration;

use super::{Admin, AdminError};
use crate::model::{Client, Incident, IncidentCode, OperatorPermission, Timestamp};
use crate::rules::why::{self, Cause, Explanation};

/// An incident with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What happened.
    pub incident: Incident,
    /// The name of the client that was named, if there is one.
    pub client_name: Option<String>,
    /// Why.
    pub explanation: Explanation,
}

/// How many clients are read at once.
const PAGE: i64 = 500;
/// Among how many clients the one is looked for that was probably meant.
const MOST: usize = 10_000;

impl Admin {
    /// Says why the request went wrong whose error carried this code. `kept` is how long
    /// incidents are kept (setting `incident_retention`).
    ///
    /// # Errors
    /// [`AdminError::Invalid`] for a text that is no code, [`AdminError::NoIncident`].
    pub async fn explain(
        &self,
        code: &str,
        kept: Duration,
        now: Timestamp,
    ) -> Result<Explained, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        let code = IncidentCode::parse(code).ok_or_else(|| {
            AdminError::Invalid(format!(
                "{code:?} is no code: it has 8 characters, such as K7QF-2M9P"
            ))
        })?;
        let mut view = self.store.view().await?;
        let incident = view.find_incident(&code).await?.filter(|found| now < found.expires_at);
        let incident = incident.ok_or_else(|| AdminError::NoIncident {
            code: code.to_string(),
            days: kept.as_secs().div_ceil(24 * 60 * 60),
        })?;
        let client = match &incident.facts.asked.client_id {
            Some(id) => view.find_client(&id.as_str().into()).await?,
            None => None,
        };
        drop(view);
        let cause = Cause::of(&incident, client.as_ref());
        let others = match cause {
            Cause::ClientUnknown | Cause::RedirectUriForeign => {
                self.others(client.as_ref()).await?
            }
            _ => Vec::new(),
        };
        let explanation = why::explain(&incident, client.as_ref(), &others);
        Ok(Explained { incident, client_name: client.map(|client| client.name), explanation })
    }

    /// At most `limit` incidents, newest first, before the one given, if one is.
    ///
    /// # Errors
    /// [`AdminError::Fault`].
    pub async fn list_incidents(
        &self,
        before: Option<&Incident>,
        limit: i64,
    ) -> Result<Vec<Incident>, AdminError> {
        self.may(OperatorPermission::AuditRead).await?;
        let (at, code) = match before {
            Some(incident) => (incident.at, incident.code.as_str()),
            None => (Timestamp(i64::MAX), ""),
        };
        Ok(self.store.view().await?.list_incidents(at, code, limit).await?)
    }

    /// Every other client that may have been meant.
    async fn others(&self, client: Option<&Client>) -> Result<Vec<Client>, AdminError> {
        let mut others: Vec<Client> = Vec::new();
        let mut view = self.store.view().await?;
        while others.len() < MOST {
            let after = others.last().map(|last| last.id.to_string()).unwrap_or_default();
            let page = view.list_clients(&after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            others.extend(page);
        }
        others.retain(|other| Some(&other.id) != client.map(|client| &client.id));
        Ok(others)
    }
}
