//! How failing slows down whoever tries to sign in, or to pass for a client.

use std::net::IpAddr;

use shared::crypto::{throttle_key, token};
use shared::model::{ClientId, Failures, Timestamp, User, UserId};
use shared::rules::throttle::{Counted, FORGOTTEN_AFTER, blocked_until, places};
use shared::store::{StoreError, Tx, View};

use crate::app::App;
use crate::web::client_ip::Caller;
use crate::web::device::{Acquaintance, Device};

/// What the failures of one attempt are counted by; the first is what is tried.
#[derive(Debug, Clone)]
pub(crate) struct Counts(Vec<(Counted, String)>);

/// What was counted before.
pub(crate) struct Tally {
    /// Until when nobody may try again.
    pub(crate) blocked_until: Option<Timestamp>,
    /// Whether what is tried was tried in vain.
    pub(crate) tried_before: bool,
}

impl Counts {
    /// Of a password, by the name as it was typed: whether there is such a person makes no
    /// difference, and neither does it which of their names it is.
    pub(crate) fn of_password(
        app: &App,
        device: &Device,
        typed: &str,
        user: Option<&User>,
        caller: &Caller,
    ) -> Self {
        let name = throttle_key::of_name(typed);
        let known = user.filter(|user| device.known_to(app, user).is_some());
        Self::of(device, name, known.map(|user| &user.id), caller)
    }

    /// Of a second factor. A browser that knows the password alone is no reason to count apart:
    /// it may be that of whoever stole the password.
    pub(crate) fn of_code(app: &App, device: &Device, user: &User, caller: &Caller) -> Self {
        let how = device.known_to(app, user);
        let known = (how == Some(Acquaintance::SecondFactor)).then_some(&user.id);
        Self::of(device, throttle_key::of_codes(&user.id), known, caller)
    }

    /// Of a client's secret, by the client and the place: nobody locks it out from elsewhere.
    pub(crate) fn of_client_secret(client: &ClientId, from: IpAddr) -> Self {
        let key = |place| format!("secret {client} {place}");
        Self(places(from).map(|(counted, place)| (counted, key(place))).into())
    }

    /// `known` is whose browser it is, if it is known well enough.
    fn of(device: &Device, tried: String, known: Option<&UserId>, caller: &Caller) -> Self {
        if let Some(user) = known {
            let own = token::hash(&format!("{} {user} {tried}", device.hash()));
            return Self(vec![(Counted::Browser, format!("browser {own}"))]);
        }
        let places =
            places(caller.address).map(|(counted, place)| (counted, format!("from {place}")));
        Self([(Counted::Person, tried)].into_iter().chain(places).collect())
    }

    /// Until when nobody may try again.
    pub(crate) async fn blocked_until(
        &self,
        view: &mut View,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.look(view, now).await?.blocked_until)
    }

    /// The same, and whether anything failed before.
    pub(crate) async fn look(&self, view: &mut View, now: Timestamp) -> Result<Tally, StoreError> {
        let failures = view.list_failures(&self.keys(), since(now)).await?;
        let tried_before = matches!(failures.first(), Some(Some(_)));
        Ok(Tally { blocked_until: self.judge(failures, now), tried_before })
    }

    /// The same, and whoever tries the same at the same moment waits for what comes of this
    /// unit of work.
    pub(crate) async fn lock(
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
    pub(crate) async fn add(&self, tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
        tx.add_failure(&self.keys(), since(now), now).await
    }

    /// Forgets what failed before, as the right one has come. What others tried from the
    /// same address stays.
    pub(crate) async fn clear(&self, tx: &mut Tx) -> Result<(), StoreError> {
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
