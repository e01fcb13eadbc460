//! Applications that this server remembers, so that not every request asks the store.
//!
//! What is remembered is forgotten a fraction of a second after any process changed any
//! application ([`crate::jobs`] looks at the store's revisions). What is refused because
//! of a remembered row is looked at once more in the store first, so something new works
//! at once; something taken away works for that fraction of a second.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use shared::model::{AndroidApp, AppleApp, Client, ClientId};
use shared::store::{Store, StoreError};
use url::Url;

/// More applications than this are not remembered.
const MOST: usize = 10_000;
/// How many applications are read at once.
const PAGE: i64 = 500;

/// Remembered applications.
#[derive(Default)]
pub(crate) struct Clients(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    /// How often everything was forgotten: what was read before must not come in after.
    forgotten: u64,
    clients: HashMap<ClientId, Arc<Client>>,
    register: Option<Arc<Register>>,
}

/// What all applications together need to be known for.
#[derive(Debug, Default)]
pub(crate) struct Register {
    /// Where their scripts come from: the origins of all redirect URIs.
    pub(crate) origins: HashSet<String>,
    /// Those for Android that may use passkeys.
    pub(crate) android_apps: Vec<AndroidApp>,
    /// Those for Apple's systems that may use passkeys.
    pub(crate) apple_apps: Vec<AppleApp>,
}

/// An application, and whether it is as the store has it at this moment.
pub(crate) struct Found {
    pub(crate) client: Arc<Client>,
    pub(crate) is_fresh: bool,
}

impl Clients {
    /// The application with this id, if it is not disabled; remembered or read.
    pub(crate) async fn find(
        &self,
        store: &Store,
        id: &ClientId,
    ) -> Result<Option<Found>, StoreError> {
        if let Some(client) = self.lock().clients.get(id) {
            return Ok(Some(Found { client: Arc::clone(client), is_fresh: false }));
        }
        let found = self.find_fresh(store, id).await?;
        Ok(found.map(|client| Found { client, is_fresh: true }))
    }

    /// The same, read from the store.
    pub(crate) async fn find_fresh(
        &self,
        store: &Store,
        id: &ClientId,
    ) -> Result<Option<Arc<Client>>, StoreError> {
        let before = self.lock().forgotten;
        let found = store.view().await?.find_client(id).await?;
        let Some(client) = found.filter(|client| client.disabled_at.is_none()).map(Arc::new) else {
            return Ok(None);
        };
        let mut remembered = self.lock();
        if remembered.forgotten == before && remembered.clients.len() < MOST {
            remembered.clients.insert(id.clone(), Arc::clone(&client));
        }
        Ok(Some(client))
    }

    /// What all of them together need to be known for.
    pub(crate) async fn register(&self, store: &Store) -> Result<Arc<Register>, StoreError> {
        if let Some(register) = &self.lock().register {
            return Ok(Arc::clone(register));
        }
        let before = self.lock().forgotten;
        let mut register = Register::default();
        let mut after = String::new();
        let mut view = store.view().await?;
        loop {
            let page = view.list_clients(&after, PAGE).await?;
            let Some(last) = page.last() else { break };
            last.id.as_str().clone_into(&mut after);
            for client in page.into_iter().filter(|client| client.disabled_at.is_none()) {
                register.origins.extend(client.redirect_uris.iter().filter_map(|uri| origin(uri)));
                register.android_apps.extend(client.android_apps);
                register.apple_apps.extend(client.apple_apps);
            }
        }
        let register = Arc::new(register);
        let mut remembered = self.lock();
        if remembered.forgotten == before {
            remembered.register = Some(Arc::clone(&register));
        }
        Ok(register)
    }

    /// Forgets everything, because something has changed.
    pub(crate) fn forget(&self) {
        let mut remembered = self.lock();
        let forgotten = remembered.forgotten.wrapping_add(1);
        *remembered = Remembered { forgotten, ..Remembered::default() };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Scheme, host and port of a page on the web (RFC 6454 §6.1).
fn origin(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}
