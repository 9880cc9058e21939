//! Writes access tokens many at a time: whoever asks for one waits for the disk once, together with all who ask
//! meanwhile (group commit). Nobody is answered before the token would survive a power cut.

use std::sync::Arc;

use domain::AccessToken;
use store::Store;
use tokio::sync::{mpsc, oneshot};

use crate::{Error, Result};

/// At most so many rows in one transaction.
const BATCH: usize = 512;
/// At most so many wait; who comes then is told to come back.
const WAITING: usize = 8_192;

/// The way to the one task that writes.
#[derive(Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

struct Job {
    token: Arc<AccessToken>,
    done: oneshot::Sender<Result<(), String>>,
}

impl Writer {
    /// Starts the task. It ends with the last sender.
    pub(super) fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write(store, receiver));
        Self(sender)
    }

    /// Keeps a token; returns once it is safe.
    pub(super) async fn keep(&self, token: Arc<AccessToken>) -> Result<()> {
        let (done, answer) = oneshot::channel();
        let busy = |why: &str| Error::Unavailable(why.to_owned());
        self.0.try_send(Job { token, done }).map_err(|_| busy("too many tokens wait to be written"))?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(Error::Unavailable(why)),
            Err(_) => Err(busy("the task that writes tokens has ended")),
        }
    }
}

async fn write(store: Store, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    // Whatever came while the last batch was written is the next one: the slower the disk, the larger the batches.
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        // The first one wakes this task at once. Whoever is about to ask has the turn before it: together they wait for
        // the disk once.
        tokio::task::yield_now().await;
        while batch.len() < BATCH
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job);
        }
        let tokens: Vec<Arc<AccessToken>> = batch.iter().map(|job| Arc::clone(&job.token)).collect();
        let result = store.insert_access_tokens(&tokens).await.map_err(|error| error.to_string());
        for job in batch.drain(..) {
            // Whoever does not wait any more has a token that nobody knows.
            let _ = job.done.send(result.clone());
        }
    }
}
