//! How failing slows down whoever tries to sign in.

use shared::crypto::token;
use shared::model::user::login_key;
use shared::model::{Failures, Timestamp, UserId};
use shared::rules::throttle::{Counted, FORGOTTEN_AFTER, blocked_until, places};
use shared::store::{StoreError, Tx, View};

use super::visit::Visit;
use crate::app::App;
use crate::web::client_ip::Caller;

/// What the failures of one attempt are counted by; the first is what is tried.
#[derive(Debug, Clone)]
pub(super) struct Counts(Vec<(Counted, String)>);

impl Counts {
    /// Of a password, by the name as it was typed: whether there is such a person makes no
    /// difference, and neither does it which of their names it is.
    pub(super) fn of_password(
        app: &App,
        visit: &Visit,
        typed: &str,
        user: Option<&UserId>,
        caller: &Caller,
    ) -> Self {
        let name = format!("name {}", token::hash(&login_key(typed)));
        Self::of(app, visit, name, user, caller)
    }

    /// Of a second factor.
    pub(super) fn of_code(app: &App, visit: &Visit, user: &UserId, caller: &Caller) -> Self {
        Self::of(app, visit, format!("codes {user}"), Some(user), caller)
    }

    fn of(app: &App, visit: &Visit, tried: String, user: Option<&UserId>, caller: &Caller) -> Self {
        let device = &visit.visitor.device;
        if let Some(user) = user.filter(|user| device.is_known_to(app, user)) {
            let own = token::hash(&format!("{} {user} {tried}", device.hash()));
            return Self(vec![(Counted::Browser, format!("browser {own}"))]);
        }
        let places =
            places(caller.address).map(|(counted, place)| (counted, format!("from {place}")));
        Self([(Counted::Person, tried)].into_iter().chain(places).collect())
    }

    /// Until when nobody may try again.
    pub(super) async fn blocked_until(
        &self,
        view: &mut View,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let failures = view.list_failures(&self.keys(), since(now)).await?;
        Ok(self.judge(failures, now))
    }

    /// The same, and whoever tries the same at the same moment waits for what comes of this
    /// unit of work.
    pub(super) async fn lock(
        &self,
        tx: &mut Tx,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        if let Some((_, tried)) = self.0.first() {
            tx.lock_failures(tried).await?;
        }
        self.blocked_until(tx, now).await
    }

    /// Counts a failure.
    pub(super) async fn add(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        tx.add_failure(&self.keys(), since(now), now).await
    }

    /// Forgets what failed before, as the right one has come. What others tried from the
    /// same address stays.
    pub(super) async fn clear(&self, tx: &mut Tx) -> Result<(), StoreError> {
        match self.0.first() {
            Some((_, tried)) => tx.delete_failures(tried).await,
            None => Ok(()),
        }
    }

    fn keys(&self) -> Vec<String> {
        self.0.iter().map(|(_, key)| key.clone()).collect()
    }

    fn judge(&self, failures: Vec<Option<Failures>>, now: Timestamp) -> Option<Timestamp> {
        let counted = self.0.iter().map(|(counted, _)| *counted).zip(failures);
        counted.filter_map(|(counted, failures)| blocked_until(counted, failures?, now)).max()
    }
}

/// Failures up to then are forgotten.
fn since(now: Timestamp) -> Timestamp {
    now.minus(FORGOTTEN_AFTER)
}
