//! Questions that a browser may answer once: kept in the store, with what is needed to check
//! the answer sealed.

use std::time::Duration;

use shared::crypto::seal::Purpose;
use shared::crypto::{random, token};
use shared::model::{Secret, Timestamp};
use shared::store::Challenge;

use crate::app::App;
use crate::web::failure::Fault;

/// What a question is for, and which browser is asked: no other answer fits.
#[derive(Debug)]
pub(in crate::login) struct Asked<'a> {
    pub(in crate::login) purpose: &'a str,
    pub(in crate::login) browser_hash: &'a str,
}

impl Asked<'_> {
    /// Keeps a question for so long and names it.
    pub(in crate::login) async fn keep(
        &self,
        app: &App,
        state: &[u8],
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let challenge = self.challenge(app, random::token_id()?, state, now.plus(lifetime))?;
        let mut tx = app.store.begin().await?;
        tx.add_challenge(&challenge).await?;
        tx.commit().await?;
        Ok(challenge.id)
    }

    /// Keeps one question and no other: the one that waits already, or else a new one, for so
    /// long from now. Names it and gives its state.
    pub(in crate::login) async fn keep_one(
        &self,
        app: &App,
        state: &[u8],
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<(String, Secret<Vec<u8>>), Fault> {
        let id = token::hash(&format!("{} {}", self.browser_hash, self.purpose));
        let challenge = self.challenge(app, id, state, now.plus(lifetime))?;
        let mut tx = app.store.begin().await?;
        let sealed = tx.hold_challenge(&challenge, now).await?;
        tx.commit().await?;
        let state = app.master.open(Purpose::Challenge, &challenge.id, &sealed)?;
        Ok((challenge.id, state))
    }

    fn challenge(
        &self,
        app: &App,
        id: String,
        state: &[u8],
        expires_at: Timestamp,
    ) -> Result<Challenge, Fault> {
        Ok(Challenge {
            purpose: self.purpose.to_owned(),
            browser_hash: self.browser_hash.to_owned(),
            sealed_state: app.master.seal(Purpose::Challenge, &id, state)?,
            expires_at,
            id,
        })
    }

    /// What is needed to check the answer to the question of this name, if it waits for one.
    pub(in crate::login) async fn find(
        &self,
        app: &App,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Secret<Vec<u8>>>, Fault> {
        let mut view = app.store.view().await?;
        let sealed = view.find_challenge(id, self.purpose, self.browser_hash, now).await?;
        let open = |sealed: String| app.master.open(Purpose::Challenge, id, &sealed);
        Ok(sealed.map(open).transpose()?)
    }
}
