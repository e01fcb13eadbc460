//! The public keys of clients, from where they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::admin::AdminError;
use shared::config::Config;
use shared::crypto::client_keys::ClientKeySet;
use shared::model::Timestamp;
use shared::model::client::ClientKeys;

use crate::fetch::{FetchError, Fetcher};

/// How long fetched keys are used before they are fetched again.
const KEPT: Duration = Duration::from_mins(10);
/// How long after one fetch the next one may follow, whatever a client sends
/// (Core §10.1.1).
const PAUSE: Duration = Duration::from_mins(1);
/// More addresses than this are not remembered.
const MOST: usize = 10_000;

/// Fetched key sets, by address.
pub(crate) struct KeySets {
    fetcher: Fetcher,
    by_uri: Mutex<HashMap<String, Arc<Slot>>>,
}

/// What is known of one address. Who holds the lock is fetching; others wait for what
/// comes of it.
#[derive(Default)]
struct Slot(tokio::sync::Mutex<Option<Fetched>>);

#[derive(Clone)]
struct Fetched {
    at: Timestamp,
    /// Absent if there was nothing to be had.
    keys: Option<Arc<ClientKeySet>>,
}

impl KeySets {
    /// With nothing fetched yet.
    pub(crate) fn new(config: &Config) -> Result<Self, AdminError> {
        let fetcher = Fetcher::new(config).map_err(AdminError::Invalid)?;
        Ok(Self { fetcher, by_uri: Mutex::default() })
    }

    /// The keys of a client, as they are known.
    ///
    /// `renewed` asks for them anew, because they do not have what is looked for; that is
    /// done at most once in a while.
    pub(crate) async fn find(
        &self,
        keys: &ClientKeys,
        renewed: bool,
        now: Timestamp,
    ) -> Option<Arc<ClientKeySet>> {
        match keys {
            // They were looked at when the client was registered.
            ClientKeys::Inline(json) => ClientKeySet::parse(json).map(Arc::new),
            ClientKeys::At(uri) => self.fetched(uri, renewed, now).await,
        }
    }

    async fn fetched(&self, uri: &str, renewed: bool, now: Timestamp) -> Option<Arc<ClientKeySet>> {
        let slot = self.slot(uri);
        let mut fetched = slot.0.lock().await;
        if let Some(known) = fetched.as_ref() {
            let age = now.since(known.at);
            let good = known.keys.is_some() && age < KEPT && !renewed;
            if good || age < PAUSE {
                return known.keys.clone();
            }
        }
        let before = fetched.as_ref().and_then(|known| known.keys.clone());
        let keys = match self.fetch(uri).await {
            Ok(keys) => Some(Arc::new(keys)),
            Err(fault) => {
                let causes = shared::causes(&fault);
                tracing::warn!(jwks_uri = uri, causes, "the keys of a client cannot be fetched");
                // Old keys are better than none while the other end is down.
                before
            }
        };
        *fetched = Some(Fetched { at: now, keys: keys.clone() });
        keys
    }

    async fn fetch(&self, uri: &str) -> Result<ClientKeySet, KeySetError> {
        let document = self.fetcher.fetch(uri).await?;
        let text = std::str::from_utf8(&document).map_err(|_| KeySetError::Malformed)?;
        ClientKeySet::parse(text).ok_or(KeySetError::Malformed)
    }

    fn slot(&self, uri: &str) -> Arc<Slot> {
        let mut slots = self.by_uri.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(uri) {
            slots.clear();
        }
        Arc::clone(slots.entry(uri.to_owned()).or_default())
    }
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum KeySetError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("it is not a JWK set")]
    Malformed,
}
