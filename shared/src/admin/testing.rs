//! An operator at work on a store of their own, for the tests of what operators do.

use std::time::Duration;

use super::{Admin, KeyMaker};
use crate::crypto::password::Hasher;
use crate::crypto::seal::MasterKey;
use crate::model::Actor;
use crate::store::Store;

/// The store lasts as long as the folder.
pub(super) async fn admin() -> (tempfile::TempDir, Admin) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let store = Store::open(&url, 4).await.unwrap();
    store.migrate().await.unwrap();
    let hasher = Hasher::new(1, Duration::from_secs(1)).unwrap();
    (folder, Admin::new(store, hasher, Actor::System))
}

pub(super) fn maker() -> KeyMaker {
    KeyMaker { master: MasterKey::generate().unwrap(), rsa_bits: 2048 }
}
