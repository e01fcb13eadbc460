//! What is written in groups, a moment later: one unit of work for many things.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

/// How long the first of a group waits for others.
const PAUSE: Duration = Duration::from_millis(100);

/// Where things are put that wait to be written.
#[derive(Clone)]
pub(crate) struct Batch<T>(mpsc::Sender<Entry<T>>);

enum Entry<T> {
    Item(T),
    /// Say when all before this is written.
    Flush(oneshot::Sender<()>),
}

impl<T: Send + 'static> Batch<T> {
    /// Starts writing: at most so many may wait, and a group has at most so many.
    pub(crate) fn start<W, F>(room: usize, group: usize, write: W) -> Self
    where
        W: Fn(Vec<T>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(room);
        tokio::spawn(write_all(receiver, group, write));
        Self(sender)
    }

    /// Puts one here, and waits with it if too many wait already.
    pub(crate) async fn add(&self, item: T) {
        // The other end is gone only when the runtime ends.
        drop(self.0.send(Entry::Item(item)).await);
    }

    /// Puts one here, unless too many wait already; says whether it did.
    pub(crate) fn try_add(&self, item: T) -> bool {
        self.0.try_send(Entry::Item(item)).is_ok()
    }

    /// Waits until everything that was put here is written, or given up.
    pub(crate) async fn flush(&self) {
        let (ours, theirs) = oneshot::channel();
        if self.0.send(Entry::Flush(ours)).await.is_ok() {
            drop(theirs.await);
        }
    }
}

async fn write_all<T, W, F>(mut entries: mpsc::Receiver<Entry<T>>, most: usize, write: W)
where
    W: Fn(Vec<T>) -> F,
    F: Future<Output = ()>,
{
    while let Some(first) = entries.recv().await {
        let mut next = Some(first);
        let mut group = Vec::new();
        let mut flushed = None;
        // The first of a group waits for others; a flush does not.
        let mut waits = true;
        while let Some(entry) = next.take() {
            match entry {
                Entry::Item(item) => group.push(item),
                Entry::Flush(done) => {
                    flushed = Some(done);
                    break;
                }
            }
            if group.len() == most {
                break;
            }
            next = entries.try_recv().ok();
            if next.is_none() && std::mem::take(&mut waits) {
                tokio::time::sleep(PAUSE).await;
                next = entries.try_recv().ok();
            }
        }
        if !group.is_empty() {
            write(group).await;
        }
        if let Some(done) = flushed {
            let _ = done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_flush_ends_once_all_before_it_is_written_in_groups() {
        let written: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let groups = Arc::clone(&written);
        let batch = Batch::start(4, 2, move |group| {
            let groups = Arc::clone(&groups);
            async move { groups.lock().unwrap().push(group) }
        });
        batch.add(1).await;
        batch.add(2).await;
        assert!(batch.try_add(3));
        batch.flush().await;
        assert_eq!(*written.lock().unwrap(), [vec![1, 2], vec![3]]);
    }
}
