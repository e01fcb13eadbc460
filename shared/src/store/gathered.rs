//! What many ask for at the same moment, asked once.
//!
//! A trip to SQLite's thread, or to PostgreSQL's machine, costs more than finding a row.
//! Whoever asks while others are being answered waits for them and is then answered
//! together with all who have come meanwhile, from what is in the store after they came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::{Backend, Result, Store, StoreError};
use crate::model::{Grant, GrantId, User};

/// The most that are answered together.
const GROUP: usize = 64;

/// A grant and the person who gave it.
pub(super) type Family = (Grant, User);

/// Who asks for families.
#[derive(Debug, Clone, Default)]
pub(super) struct Families(Arc<Mutex<Askers>>);

#[derive(Debug, Default)]
struct Askers {
    waiting: Vec<Asker>,
    /// Whether somebody is at it.
    served: bool,
}

#[derive(Debug)]
struct Asker {
    id: GrantId,
    answer: oneshot::Sender<Result<Option<Family>>>,
}

impl Families {
    fn lock(&self) -> std::sync::MutexGuard<'_, Askers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who are answered next; none, and nobody is at it any more, if nobody waits.
    fn next(&self) -> Vec<Asker> {
        let mut askers = self.lock();
        let length = askers.waiting.len().min(GROUP);
        askers.served = length > 0;
        askers.waiting.drain(..length).collect()
    }
}

impl Store {
    /// A grant and the person who gave it.
    pub async fn find_family(&self, id: &GrantId) -> Result<Option<(Grant, User)>> {
        let (answer, answered) = oneshot::channel();
        let served = {
            let mut askers = self.families.lock();
            askers.waiting.push(Asker { id: id.clone(), answer });
            std::mem::replace(&mut askers.served, true)
        };
        if !served {
            // A task of its own: this caller may hang up, the others still want to know.
            tokio::spawn(serve(self.backend.clone(), self.families.clone()));
        }
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// Ends the service if it ends before everybody is answered, as by a panic: nobody waits
/// for an answer that will not come, and who comes next is served.
struct Serving(Option<Families>);

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(families) = self.0.take() {
            *families.lock() = Askers::default();
        }
    }
}

async fn serve(backend: Backend, families: Families) {
    let mut serving = Serving(Some(families.clone()));
    loop {
        let askers = families.next();
        if askers.is_empty() {
            serving.0 = None;
            return;
        }
        let found = find(&backend, &askers).await;
        for Asker { id, answer } in askers {
            let family = match &found {
                Ok(found) => Ok(found.get(&id).cloned()),
                Err(fault) => Err(StoreError::Gathered(crate::causes(fault))),
            };
            // Whoever does not wait any more has hung up.
            drop(answer.send(family));
        }
    }
}

async fn find(backend: &Backend, askers: &[Asker]) -> Result<HashMap<GrantId, Family>> {
    let ids: Vec<_> = askers.iter().map(|asker| asker.id.as_str()).collect();
    let families = backend.view().await?.find_families(&ids).await?;
    Ok(families.into_iter().map(|family| (family.0.id.clone(), family)).collect())
}
