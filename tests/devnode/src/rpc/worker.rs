//! The one thread that owns the chain.
//!
//! Every request is a closure that runs there, one after the other, so a block is never half seen.
//! A request that panics becomes an error answer while the chain lives on.

use std::{
    any::Any,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use alloy::primitives::Address;
use eyre::WrapErr;
use tokio::sync::{broadcast, oneshot, watch};

use super::{
    error::{Result, RpcError},
    filters::Filters,
};
use crate::{Chain, ChainEvent};

/// Stack of the thread. Execution has a thread of its own; here traces of the deepest calls are
/// written out. Reserved, not used.
const STACK: usize = 1 << 28;

type Job = Box<dyn FnOnce(&mut Backend) + Send>;

/// What the thread owns.
pub(crate) struct Backend {
    /// The chain.
    pub(crate) chain: Chain,
    /// Filters that clients poll.
    pub(crate) filters: Filters,
    /// Accounts clients asked to impersonate, now or once.
    pub(crate) impersonated: BTreeSet<Address>,
    /// Seconds between blocks that are made by themselves; 0 for none.
    pub(crate) interval: watch::Sender<u64>,
    events: broadcast::Receiver<ChainEvent>,
}

impl Backend {
    fn new(chain: Chain, interval: watch::Sender<u64>) -> Self {
        let events = chain.subscribe();
        Self {
            chain,
            filters: Filters::default(),
            impersonated: BTreeSet::new(),
            interval,
            events,
        }
    }

    /// Hands what happened to the filters.
    fn pump(&mut self) {
        loop {
            match self.events.try_recv() {
                Ok(event) => self.filters.tell(&event),
                Err(broadcast::error::TryRecvError::Lagged(_)) => self.filters.lost(),
                Err(_) => return,
            }
        }
    }
}

/// A handle to the chain of a running node. Cheap to clone.
#[derive(Clone)]
pub struct ChainHandle {
    jobs: mpsc::Sender<Job>,
}

impl std::fmt::Debug for ChainHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainHandle")
    }
}

impl ChainHandle {
    /// Starts the thread.
    pub(crate) fn spawn(chain: Chain, interval: watch::Sender<u64>) -> eyre::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name("devnode".into())
            .stack_size(STACK)
            .spawn(move || {
                let mut backend = Backend::new(chain, interval);
                while let Ok(job) = inbox.recv() {
                    job(&mut backend);
                    backend.pump();
                }
            })
            .wrap_err("no thread for the chain")?;
        Ok(Self { jobs })
    }

    /// Runs `work` on the chain and waits for it, blocking the calling thread.
    ///
    /// # Panics
    /// If `work` panics, or the node's thread is gone.
    pub fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Chain) -> T + Send + 'static,
    ) -> T {
        let (answer, wait) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |backend| {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut backend.chain)));
            let _ = answer.send(outcome);
        });
        if self.jobs.send(job).is_err() {
            panic!("the chain's thread is gone");
        }
        match wait.recv() {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => panic!("the chain's thread is gone"),
        }
    }

    /// Runs one request.
    pub(crate) async fn request<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Backend) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |backend| {
            let failures = backend.chain.unread();
            let mut outcome = catch_unwind(AssertUnwindSafe(|| work(backend)))
                .unwrap_or_else(|panic| Err(RpcError::Internal(words(&*panic))));
            if let Err(why) = backend.chain.read_since(failures) {
                outcome = Err(why.into());
            }
            let _ = answer.send(outcome);
        });
        let gone = || RpcError::Internal("the node is stopping".into());
        self.jobs.send(job).map_err(|_| gone())?;
        wait.await.map_err(|_| gone())?
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a fault without words".into())
}
