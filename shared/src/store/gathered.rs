//! What many ask for at the same moment, asked once.
//!
//! A trip to SQLite's thread, or to PostgreSQL's machine, costs more than finding a row, and
//! making one change durable costs as much as many. Whoever asks while others are being
//! answered waits for them and is then answered together with all who have come meanwhile,
//! from what is in the store after they came.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::refresh_tokens::Redemption;
use super::{Backend, Result, Store, StoreError};
use crate::model::{Grant, GrantId, RefreshToken, Timestamp, User};

/// The most that are answered together.
const GROUP: usize = 64;

/// A grant and the person who gave it.
type Family = (Grant, User);
/// A refresh token with its family.
type FoundToken = (RefreshToken, Grant, User);

/// What is asked for together, one kind beside the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    families: Arc<Gathering<GrantId, Option<Family>>>,
    refresh_tokens: Arc<Gathering<String, Option<FoundToken>>>,
    redemptions: Arc<Gathering<Arc<Redemption>, bool>>,
}

/// Those who ask one kind of question.
#[derive(Debug)]
struct Gathering<Q, A>(Mutex<Askers<Q, A>>);

#[derive(Debug)]
struct Askers<Q, A> {
    waiting: Vec<Asker<Q, A>>,
    /// Whether somebody is at it.
    served: bool,
}

#[derive(Debug)]
struct Asker<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A>>,
}

impl<Q, A> Default for Gathering<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q, A> Default for Askers<Q, A> {
    fn default() -> Self {
        Self { waiting: Vec::new(), served: false }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Gathering<Q, A> {
    /// Asks together with others. `find` gives an answer to each question, in their order.
    async fn ask<F>(
        self: &Arc<Self>,
        question: Q,
        find: impl Fn(Vec<Q>) -> F + Send + 'static,
    ) -> Result<A>
    where
        F: Future<Output = Result<Vec<A>>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let served = {
            let mut askers = self.lock();
            askers.waiting.push(Asker { question, answer });
            std::mem::replace(&mut askers.served, true)
        };
        if !served {
            // A task of its own: this caller may hang up, the others still want to know.
            tokio::spawn(Arc::clone(self).serve(find));
        }
        answered.await.map_err(|_| StoreError::Closed)?
    }

    async fn serve<F>(self: Arc<Self>, find: impl Fn(Vec<Q>) -> F)
    where
        F: Future<Output = Result<Vec<A>>>,
    {
        let mut serving = Serving(Some(Arc::clone(&self)));
        loop {
            let askers = self.next();
            if askers.is_empty() {
                serving.0 = None;
                return;
            }
            let (questions, waiting): (Vec<_>, Vec<_>) =
                askers.into_iter().map(|asker| (asker.question, asker.answer)).unzip();
            // Whoever does not wait any more has hung up.
            match find(questions).await {
                Ok(answers) => {
                    waiting.into_iter().zip(answers).for_each(|(asker, answer)| {
                        drop(asker.send(Ok(answer)));
                    });
                }
                Err(fault) => {
                    let causes = crate::causes(&fault);
                    for asker in waiting {
                        drop(asker.send(Err(StoreError::Gathered(causes.clone()))));
                    }
                }
            }
        }
    }

    /// Those who are answered next; none, and nobody is at it any more, if nobody waits.
    fn next(&self) -> Vec<Asker<Q, A>> {
        let mut askers = self.lock();
        let length = askers.waiting.len().min(GROUP);
        askers.served = length > 0;
        askers.waiting.drain(..length).collect()
    }
}

impl<Q, A> Gathering<Q, A> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Askers<Q, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the service if it ends before everybody is answered, as by a panic: nobody waits
/// for an answer that will not come, and who comes next is served.
struct Serving<Q, A>(Option<Arc<Gathering<Q, A>>>);

impl<Q, A> Drop for Serving<Q, A> {
    fn drop(&mut self) {
        if let Some(gathering) = self.0.take() {
            *gathering.lock() = Askers::default();
        }
    }
}

impl Store {
    /// A grant and the person who gave it.
    pub async fn find_family(&self, id: &GrantId) -> Result<Option<(Grant, User)>> {
        let backend = self.backend.clone();
        let find = move |ids| find_families(backend.clone(), ids);
        self.gathered.families.ask(id.clone(), find).await
    }

    /// The refresh token with this hash, dead or alive, with its family.
    pub async fn find_refresh_token(
        &self,
        hash: &str,
    ) -> Result<Option<(RefreshToken, Grant, User)>> {
        let backend = self.backend.clone();
        let find = move |hashes| find_refresh_tokens(backend.clone(), hashes);
        self.gathered.refresh_tokens.ask(hash.to_owned(), find).await
    }

    /// Uses a refresh token, as a unit of work of its own that is durable once this answers,
    /// and says whether it did. If not, nothing was changed, and the token may still be alive:
    /// somebody else may be at work on its family. `now` is the clock; it is read when the
    /// store is ours.
    pub async fn redeem_refresh_token(
        &self,
        redemption: Arc<Redemption>,
        now: fn() -> Timestamp,
    ) -> Result<bool> {
        let store = self.clone();
        let redeem = move |redemptions| redeem(store.clone(), redemptions, now);
        self.gathered.redemptions.ask(redemption, redeem).await
    }
}

async fn find_families(backend: Backend, ids: Vec<GrantId>) -> Result<Vec<Option<Family>>> {
    let names: Vec<_> = ids.iter().map(GrantId::as_str).collect();
    let families = backend.view().await?.find_families(&names).await?;
    let found: HashMap<_, _> =
        families.into_iter().map(|family| (family.0.id.clone(), family)).collect();
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

async fn find_refresh_tokens(
    backend: Backend,
    hashes: Vec<String>,
) -> Result<Vec<Option<FoundToken>>> {
    let asked: Vec<_> = hashes.iter().map(String::as_str).collect();
    let families = backend.view().await?.find_refresh_tokens(&asked).await?;
    let found: HashMap<_, _> =
        families.into_iter().map(|found| (found.0.hash.clone(), found)).collect();
    Ok(hashes.iter().map(|hash| found.get(hash).cloned()).collect())
}

/// Of several of one family at most one is redeemed here: the others have to look at what
/// it did.
async fn redeem(
    store: Store,
    redemptions: Vec<Arc<Redemption>>,
    now: fn() -> Timestamp,
) -> Result<Vec<bool>> {
    let mut families = HashSet::new();
    let first_of_family: Vec<_> = redemptions
        .iter()
        .map(Arc::as_ref)
        .filter(|redemption| families.insert(redemption.token.grant_id.clone()))
        .collect();
    let mut tx = store.begin().await?;
    let redeemed = tx.redeem_refresh_tokens(&first_of_family, now()).await?;
    tx.commit().await?;
    // A token that is asked for twice is used by the first who asked.
    let mut redeemed: HashSet<_> = redeemed.into_iter().collect();
    Ok(redemptions.iter().map(|redemption| redeemed.remove(&redemption.token.hash)).collect())
}
