//! The one shared state of a running server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use shared::admin::{Admin, AdminError, KeyMaker};
use shared::config::Config;
use shared::crypto::password::Hasher;
use shared::crypto::seal::MasterKey;
use shared::crypto::subject::Pairwise;
use shared::model::client::ConsentPolicy;
use shared::model::{Actor, Client, ClientKind, Secret, Timestamp, UserId};
use shared::room::Room;
use shared::rules::acr::AcrNames;
use shared::rules::key_rotation::Policy;
use shared::rules::metadata;
use shared::store::Store;

use crate::catalogue::CatalogueHolder;
use crate::clients::Clients;
use crate::discovery::Document;
use crate::incidents::Incidents;
use crate::journal::Journal;
use crate::key_sets::KeySets;
use crate::keys::KeyHolder;
use crate::limits;

/// What every handler may need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

/// See [`App`].
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) config: Config,
    pub(crate) hasher: Hasher,
    pub(crate) keys: KeyHolder,
    pairwise: Pairwise,
    /// What people's factors and answers to come are sealed under.
    pub(crate) master: MasterKey,
    /// The secret that devices are known by.
    pub(crate) device_key: Secret<String>,
    /// What clients call the levels of sign-ins.
    pub(crate) acr_names: AcrNames,
    /// Stands for this server's own pages where a client would ask.
    pub(crate) own_pages: Arc<Client>,
    /// Applications, remembered.
    pub(crate) clients: Clients,
    /// What tokens can be for, remembered.
    pub(crate) catalogue: CatalogueHolder,
    /// The keys of applications, fetched from where they are.
    pub(crate) key_sets: KeySets,
    /// Room for the requests of clients.
    pub(crate) room: Room,
    /// Audit events that go with no change.
    pub(crate) journal: Journal,
    /// What went wrong and somebody has to mend.
    pub(crate) incidents: Incidents,
    /// The metadata document, as it is served.
    pub(crate) metadata: Document,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Opens the store, brings its tables up to date, opens or makes the keys.
    pub(crate) async fn open(config: Config) -> Result<Self, AdminError> {
        let store = open_store_to_serve(&config).await?;
        store.migrate().await?;
        let hasher = hasher(&config)?;
        let admin = Admin::new(store.clone(), hasher.clone(), Actor::System);
        let master = admin.open_master_key(&config.master_key_file).await?;
        let pairwise = admin.open_pairwise(&master).await?;
        let device_key = admin.open_device_key(&master).await?;
        let acr_names =
            config.acr_names().map_err(|error| AdminError::Invalid(error.to_string()))?;
        let policy = key_policy(&config);
        let issuer = config.issuer.as_str();
        let maker = KeyMaker { master: master.clone(), rsa_bits: config.signing_key_bits.0 };
        let keys = KeyHolder::open(admin, maker, issuer, policy, now()).await?;
        let metadata = metadata_document(&config, &acr_names)
            .ok_or_else(|| AdminError::Invalid("issuer: it is no URL".to_owned()))?;
        let key_sets = KeySets::new(&config)?;
        let journal = Journal::start(store.clone());
        let incidents = Incidents::start(store.clone(), config.incident_retention.0);
        let room = limits::clients(&config);
        Ok(Self(Arc::new(Inner {
            store,
            config,
            hasher,
            keys,
            pairwise,
            master,
            device_key,
            acr_names,
            own_pages: Arc::new(own_pages()),
            clients: Clients::default(),
            catalogue: CatalogueHolder::default(),
            key_sets,
            room,
            journal,
            incidents,
            metadata,
        })))
    }

    /// The name by which a client knows a person (Core §8).
    pub(crate) fn subject(&self, client: &Client, user: &UserId) -> String {
        self.pairwise.subject(client, user)
    }

    /// Whether passkeys and security keys work at this address.
    pub(crate) fn has_keys(&self) -> bool {
        self.config.rp_id().is_some()
    }

    /// This moment. Everything else is told the time.
    #[expect(clippy::unused_self, reason = "whoever wants the time needs the server's state")]
    pub(crate) fn now(&self) -> Timestamp {
        now()
    }
}

fn metadata_document(config: &Config, acr: &AcrNames) -> Option<Document> {
    let metadata = metadata::metadata(config.issuer.as_str(), acr).ok()?;
    let text = serde_json::to_string(&metadata).ok()?;
    Some(Document::new(text, "application/json", config.jwks_cache_lifetime.0))
}

/// Signing in to look at one's own account goes the way of every sign-in. It is not in the
/// store, and no request can name it.
fn own_pages() -> Client {
    let mut client = Client::new("".into(), "your account", ClientKind::Web, Timestamp(0));
    client.consent = ConsentPolicy::Implied;
    client
}

/// How keys rotate, as the settings say.
pub(crate) fn key_policy(config: &Config) -> Policy {
    Policy { signs_for: config.signing_key_rotation.0, jwks_cache: config.jwks_cache_lifetime.0 }
}

/// Opens the store that the settings name, for operators.
pub(crate) async fn open_store(config: &Config) -> Result<Store, AdminError> {
    make_folder(config);
    Ok(Store::open(config.database_url.expose(), config.database_connections.0).await?)
}

async fn open_store_to_serve(config: &Config) -> Result<Store, AdminError> {
    make_folder(config);
    let connections = config.database_connections.0;
    Ok(Store::open_to_serve(config.database_url.expose(), connections).await?)
}

fn make_folder(config: &Config) {
    if let Some(folder) = config.database_url.sqlite_path().as_deref().and_then(Path::parent) {
        // Whatever fails here fails again, with its reason, when the file is opened.
        let _ = std::fs::create_dir_all(folder);
    }
}

/// A password hasher with as many permits as the settings say.
pub(crate) fn hasher(config: &Config) -> Result<Hasher, AdminError> {
    let permits = match config.password_hash_permits.0 {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        permits => usize::try_from(permits).unwrap_or(1),
    };
    Ok(Hasher::new(permits, config.password_hash_wait.0)?)
}

/// This moment: the one place where a clock is read.
#[expect(clippy::disallowed_methods, reason = "the one place where a clock is read")]
pub(crate) fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since_epoch.unwrap_or(Duration::ZERO).as_micros();
    Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))
}
