//! What tokens can be for, remembered: it is small, changes rarely, and each token needs it.
//!
//! As with applications, it is forgotten a fraction of a second after any process changed it.

use std::sync::{Arc, Mutex, PoisonError};

use shared::model::Catalogue;
use shared::store::{Store, StoreError};

/// The remembered catalogue.
#[derive(Default)]
pub(crate) struct CatalogueHolder(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    /// How often it was forgotten: what was read before must not come in after.
    forgotten: u64,
    catalogue: Option<Arc<Catalogue>>,
}

impl CatalogueHolder {
    /// Everything that tokens can be for.
    pub(crate) async fn get(&self, store: &Store) -> Result<Arc<Catalogue>, StoreError> {
        let before = {
            let remembered = self.lock();
            if let Some(catalogue) = &remembered.catalogue {
                return Ok(Arc::clone(catalogue));
            }
            remembered.forgotten
        };
        let catalogue = Arc::new(store.view().await?.find_catalogue().await?);
        let mut remembered = self.lock();
        if remembered.forgotten == before {
            remembered.catalogue = Some(Arc::clone(&catalogue));
        }
        Ok(catalogue)
    }

    /// Forgets it, because something has changed.
    pub(crate) fn forget(&self) {
        let mut remembered = self.lock();
        let forgotten = remembered.forgotten.wrapping_add(1);
        *remembered = Remembered { forgotten, catalogue: None };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
