//! The one shared state of a running server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use shared::admin::{Admin, AdminError};
use shared::config::Config;
use shared::crypto::keyring::Keyring;
use shared::crypto::password::Hasher;
use shared::crypto::verifier::Verifier;
use shared::model::{Actor, Timestamp};
use shared::store::Store;

/// What every handler may need. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

/// See [`App`].
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) config: Config,
    pub(crate) hasher: Hasher,
    pub(crate) keyring: Keyring,
    /// Checks this server's own tokens.
    pub(crate) verifier: Verifier,
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
        let store = open_store(&config).await?;
        store.migrate().await?;
        let hasher = hasher(&config)?;
        let admin = Admin::new(store.clone(), hasher.clone(), Actor::System);
        let master = admin.open_master_key(&config.master_key_file).await?;
        let keyring = admin.open_keyring(&master, config.signing_key_bits.0, now()).await?;
        let verifier = Verifier::new(&keyring, config.issuer.as_str())?;
        Ok(Self(Arc::new(Inner { store, config, hasher, keyring, verifier })))
    }

    /// This moment. Everything else is told the time.
    #[expect(clippy::unused_self, reason = "whoever wants the time needs the server's state")]
    pub(crate) fn now(&self) -> Timestamp {
        now()
    }
}

/// Opens the store that the settings name.
pub(crate) async fn open_store(config: &Config) -> Result<Store, AdminError> {
    if let Some(folder) = config.database_url.sqlite_path().as_deref().and_then(Path::parent) {
        // Whatever fails here fails again, with its reason, when the file is opened.
        let _ = std::fs::create_dir_all(folder);
    }
    Ok(Store::open(config.database_url.expose(), config.database_connections.0).await?)
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
