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
/// For how long fetched keys are believed while there are none to be had anew: a client
/// that gave one up may have taken the host down with it.
const LONGEST_KEPT: Duration = Duration::from_hours(24);
/// More addresses than this are not remembered.
const MOST: usize = 10_000;

/// Fetched key sets, by address.
pub(crate) struct KeySets {
    fetcher: Arc<Fetcher>,
    by_uri: Mutex<HashMap<String, Arc<Slot>>>,
}

/// What is known of one address.
#[derive(Default)]
struct Slot {
    known: Mutex<Option<Known>>,
    /// Held by whoever is fetching.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone)]
struct Known {
    /// When somebody last began to ask.
    asked_at: Timestamp,
    /// What was last to be had, and when.
    fetched: Option<(Timestamp, Arc<ClientKeySet>)>,
}

impl Known {
    /// The keys, unless they are so old that nobody can vouch for them.
    fn keys(&self, now: Timestamp) -> Option<Arc<ClientKeySet>> {
        let (at, keys) = self.fetched.as_ref()?;
        (now.since(*at) < LONGEST_KEPT).then(|| Arc::clone(keys))
    }
}

/// The keys of a client, or how they are to be had.
pub(crate) enum Keys {
    /// As they are known; absent if there is nothing to be had.
    Here(Option<Arc<ClientKeySet>>),
    /// Another host has to be asked.
    Due(Fetch),
}

/// A question to another host, which may take its time to answer.
pub(crate) struct Fetch {
    uri: String,
    slot: Arc<Slot>,
    fetcher: Arc<Fetcher>,
}

impl KeySets {
    /// With nothing fetched yet.
    pub(crate) fn new(config: &Config) -> Result<Self, AdminError> {
        let fetcher = Arc::new(Fetcher::new(config).map_err(AdminError::Invalid)?);
        Ok(Self { fetcher, by_uri: Mutex::default() })
    }

    /// The keys of a client, as they are known.
    ///
    /// `renewed` asks for them anew, because they do not have what is looked for; that is
    /// done at most once in a while.
    pub(crate) fn find(&self, keys: &ClientKeys, renewed: bool, now: Timestamp) -> Keys {
        let uri = match keys {
            // They were looked at when the client was registered.
            ClientKeys::Inline(json) => {
                return Keys::Here(ClientKeySet::parse(json).map(Arc::new));
            }
            ClientKeys::At(uri) => uri,
        };
        let slot = self.slot(uri);
        if let Some(known) = slot.known() {
            let (age, keys) = (now.since(known.asked_at), known.keys(now));
            let is_being_asked = slot.fetching.try_lock().is_err();
            // Meanwhile what is known is good enough, unless the one key that is looked for is
            // not among it.
            let is_good = keys.is_some() && !renewed && (age < KEPT || is_being_asked);
            if is_good || (age < PAUSE && !is_being_asked) {
                return Keys::Here(keys);
            }
        }
        Keys::Due(Fetch { uri: uri.clone(), slot, fetcher: Arc::clone(&self.fetcher) })
    }

    fn slot(&self, uri: &str) -> Arc<Slot> {
        let mut slots = self.by_uri.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(uri) {
            slots.clear();
        }
        Arc::clone(slots.entry(uri.to_owned()).or_default())
    }
}

impl Slot {
    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

impl Fetch {
    /// Asks, or waits for what comes of the question of somebody else.
    pub(crate) async fn keys(self, now: Timestamp) -> Option<Arc<ClientKeySet>> {
        let Self { uri, slot, fetcher } = self;
        let turn = Arc::clone(&slot.fetching).lock_owned().await;
        let before = slot.known();
        if let Some(known) = before.as_ref().filter(|known| now.since(known.asked_at) < PAUSE) {
            return known.keys(now);
        }
        let before = before.and_then(|known| known.fetched);
        slot.set(Known { asked_at: now, fetched: before.clone() });
        let asking = tokio::spawn(async move {
            let _turn = turn;
            let fetched = match fetch(&fetcher, &uri).await {
                Ok(keys) => Some((now, Arc::new(keys))),
                Err(fault) => {
                    let causes = shared::causes(&fault);
                    tracing::warn!(
                        jwks_uri = uri,
                        causes,
                        "the keys of a client cannot be fetched"
                    );
                    // Old keys are better than none while the other end is down.
                    before
                }
            };
            let known = Known { asked_at: now, fetched };
            let keys = known.keys(now);
            slot.set(known);
            keys
        });
        // It goes on where whoever wanted to know hangs up: else the other end would be
        // asked as often as anybody likes.
        asking.await.ok().flatten()
    }
}

async fn fetch(fetcher: &Fetcher, uri: &str) -> Result<ClientKeySet, KeySetError> {
    let document = fetcher.fetch(uri).await?;
    let text = std::str::from_utf8(&document).map_err(|_| KeySetError::Malformed)?;
    ClientKeySet::parse(text).ok_or(KeySetError::Malformed)
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum KeySetError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("it is not a JWK set")]
    Malformed,
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn later(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn key_sets() -> KeySets {
        KeySets::new(&Config::load(Some("fetch_from_loopback = true"), []).unwrap()).unwrap()
    }

    /// What a host does after its last answer.
    #[derive(PartialEq)]
    enum Then {
        /// It takes questions and says nothing.
        Silent,
        Gone,
    }

    /// Where keys are published: one more key with each of so many answers.
    async fn publisher(answers: usize, then: Then) -> ClientKeys {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let uri = format!("http://{}/jwks", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for number in 1..=answers {
                let (mut connection, _) = listener.accept().await.unwrap();
                let _ = connection.read(&mut [0; 4096]).await;
                let keys = vec![
                    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
                    number
                ];
                let body = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = connection.write_all((head + &body).as_bytes()).await;
            }
            if then == Then::Silent {
                let mut open = Vec::new();
                loop {
                    open.push(listener.accept().await);
                }
            }
        });
        ClientKeys::At(uri)
    }

    /// How many keys there are; none if there is no set to be had.
    async fn found(keys: Keys, now: Timestamp) -> Option<usize> {
        let keys = match keys {
            Keys::Here(keys) => keys,
            Keys::Due(fetch) => fetch.keys(now).await,
        };
        keys.map(|keys| keys.len())
    }

    async fn find(sets: &KeySets, of: &ClientKeys, renewed: bool, at: u64) -> Option<usize> {
        found(sets.find(of, renewed, later(at)), later(at)).await
    }

    /// Core §10.1.1
    #[tokio::test]
    async fn keys_are_fetched_anew_after_a_minute_for_a_key_that_is_not_among_them() {
        let (sets, of) = (key_sets(), publisher(3, Then::Gone).await);
        assert_eq!(find(&sets, &of, false, 0).await, Some(1));
        assert_eq!(find(&sets, &of, true, 59).await, Some(1), "it was asked a moment ago");
        assert_eq!(find(&sets, &of, false, 61).await, Some(1), "they are still good");
        assert_eq!(find(&sets, &of, true, 61).await, Some(2));
        assert_eq!(find(&sets, &of, true, 62).await, Some(2));
        assert_eq!(find(&sets, &of, false, 61 + 600).await, Some(3), "they grew old");
    }

    #[tokio::test]
    async fn a_host_that_says_nothing_is_given_up_after_a_while() {
        let (sets, of) = (key_sets(), publisher(0, Then::Silent).await);
        let given_up = tokio::time::timeout(Duration::from_secs(20), find(&sets, &of, false, 0));
        assert_eq!(given_up.await, Ok(None));
        assert!(matches!(sets.find(&of, true, later(59)), Keys::Here(None)), "it was asked");
        assert!(matches!(sets.find(&of, true, later(61)), Keys::Due(_)));
    }

    #[tokio::test]
    async fn old_keys_are_better_than_none_but_not_for_ever() {
        let (sets, of) = (key_sets(), publisher(1, Then::Gone).await);
        assert_eq!(find(&sets, &of, false, 0).await, Some(1));
        assert_eq!(find(&sets, &of, false, 700).await, Some(1), "the host is gone");
        let day = LONGEST_KEPT.as_secs();
        assert_eq!(find(&sets, &of, false, day - 1).await, Some(1));
        assert_eq!(find(&sets, &of, false, day + 61).await, None);
    }

    #[tokio::test]
    async fn what_is_known_is_used_while_somebody_asks() {
        let (sets, of) = (key_sets(), publisher(1, Then::Silent).await);
        assert_eq!(find(&sets, &of, false, 0).await, Some(1));
        let Keys::Due(fetch) = sets.find(&of, false, later(700)) else { panic!("they are old") };
        let moment = Duration::from_millis(50);
        let asking = tokio::time::timeout(moment, fetch.keys(later(700)));
        assert!(asking.await.is_err(), "it says nothing");
        // Whoever asked has hung up; the question is still under way.
        assert!(matches!(sets.find(&of, false, later(700)), Keys::Here(Some(_))));
        assert!(matches!(sets.find(&of, true, later(700)), Keys::Due(_)), "not among them");
    }
}
