//! Sign-ins in progress.

use super::row::{from_json, read, row, to_json};
use super::{Result, StoreError, Tx, View, run};
use crate::model::interaction::ConsentAnswer;
use crate::model::{ClientId, Interaction, InteractionId, SessionId, Timestamp};

row!(InteractionRow {
    id: String,
    browser_hash: Option<String>,
    client_id: Option<String>,
    request: String,
    session_id: Option<String>,
    consent: Option<String>,
    consent_session_id: Option<String>,
    expires_at: i64,
    finished_at: Option<i64>,
});

impl TryFrom<InteractionRow> for Interaction {
    type Error = StoreError;

    fn try_from(row: InteractionRow) -> Result<Self> {
        let consent = match row.consent.zip(row.consent_session_id) {
            Some((word, session)) => {
                let answer = read("interactions", "consent", ConsentAnswer::parse(&word))?;
                Some((answer, session.into()))
            }
            None => None,
        };
        Ok(Self {
            id: row.id.into(),
            browser_hash: row.browser_hash,
            client_id: row.client_id.map(ClientId::from),
            request: from_json("interactions", "request", &row.request)?,
            session_id: row.session_id.map(SessionId::from),
            consent,
            expires_at: Timestamp(row.expires_at),
            finished_at: row.finished_at.map(Timestamp),
        })
    }
}

impl View {
    /// The interaction with this id, whatever its state.
    pub async fn find_interaction(&mut self, id: &InteractionId) -> Result<Option<Interaction>> {
        let row: Option<InteractionRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(
                "SELECT id, browser_hash, client_id, request, session_id, consent,
                     consent_session_id, expires_at, finished_at
                 FROM interactions WHERE id = $1"
            )
            .bind(id.as_str())
        )?;
        row.map(Interaction::try_from).transpose()
    }
}

impl Tx {
    /// Adds an interaction.
    pub async fn add_interaction(&mut self, new: &Interaction, now: Timestamp) -> Result<()> {
        let request = to_json(&new.request)?;
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO interactions (id, browser_hash, client_id, request, created_at,
                     expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6)"
            )
            .bind(new.id.as_str())
            .bind(&new.browser_hash)
            .bind(new.client_id.as_ref().map(ClientId::as_str))
            .bind(&request)
            .bind(now.0)
            .bind(new.expires_at.0)
        )?;
        Ok(())
    }

    /// Binds an interaction to the first browser that comes with it; false if it is bound.
    pub async fn set_interaction_browser(
        &mut self,
        id: &InteractionId,
        hash: &str,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE interactions SET browser_hash = $2 WHERE id = $1 AND browser_hash IS NULL"
            )
            .bind(id.as_str())
            .bind(hash)
        )?;
        Ok(changed == 1)
    }

    /// Writes the facts that came since the interaction began: who signed in, and what
    /// they answered on the consent page. False if it has ended.
    pub async fn set_interaction_facts(&mut self, changed: &Interaction) -> Result<bool> {
        let (answer, whose) = match &changed.consent {
            Some((answer, session)) => (Some(answer.as_str()), Some(session.as_str())),
            None => (None, None),
        };
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE interactions SET session_id = $2, consent = $3, consent_session_id = $4
                 WHERE id = $1 AND finished_at IS NULL"
            )
            .bind(changed.id.as_str())
            .bind(changed.session_id.as_ref().map(SessionId::as_str))
            .bind(answer)
            .bind(whose)
        )?;
        Ok(changed == 1)
    }

    /// Ends an interaction: of several answers at the same moment exactly one is sent.
    pub async fn redeem_interaction(&mut self, id: &InteractionId, now: Timestamp) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE interactions SET finished_at = $2
                 WHERE id = $1 AND finished_at IS NULL AND expires_at > $2"
            )
            .bind(id.as_str())
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Deletes at most so many interactions that ended before `before` and gives their number.
    pub async fn delete_expired_interactions(
        &mut self,
        before: Timestamp,
        most: i64,
    ) -> Result<u64> {
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "DELETE FROM interactions WHERE id IN
                     (SELECT id FROM interactions WHERE expires_at < $1 LIMIT $2)"
            )
            .bind(before.0)
            .bind(most)
        )?)
    }
}
