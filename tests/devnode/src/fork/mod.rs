//! A fork: a chain that goes on from a block of another one.
//!
//! What the fork has not changed is fetched from the other chain's node when it is first read, at
//! the block it forked at, and kept. Stylus programs come with what ArbOS knows of them (see
//! `crate::arbos`), so that they run as they do there.
//!
//! | module | what is in it |
//! | --- | --- |
//! | here | [`Source`], where bytes come from, and [`Fork`], how a fork starts |
//! | `remote` | JSON-RPC over a source: batches, retries, what is wrong with an answer |
//! | `origin` | the state at the block forked at, fetched and kept |
//! | `http` | a source over plain HTTP |

mod http;
mod origin;
mod remote;

pub use http::HttpSource;
pub(crate) use origin::Origin;
pub(crate) use remote::{Remote, quantity};

use std::{fmt::Debug, sync::Arc};

/// A node, as the fork sees it: bytes of JSON-RPC go in, bytes come out.
///
/// [`HttpSource`] speaks plain HTTP. Whoever has a TLS client implements this over it.
pub trait Source: Debug + Send + Sync {
    /// What to call it in messages: a URL, without what is secret in it.
    fn name(&self) -> &str;

    /// Sends one body, answers the other. Blocks the calling thread, for a bounded time.
    ///
    /// # Errors
    ///
    /// No answer. It is tried again where [`Failure::again`] says so.
    fn post(&self, body: &[u8]) -> Result<Vec<u8>, Failure>;
}

/// Why a source gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In words: "connection refused".
    pub why: String,
    /// Another attempt may succeed.
    pub again: bool,
}

/// Where a fork starts.
#[derive(Clone, Debug)]
pub struct Fork {
    /// The other chain's node.
    pub source: Arc<dyn Source>,
    /// The block to go on from; the latest if none.
    pub block: Option<u64>,
    /// The fork's chain id; the other chain's if none.
    pub chain_id: Option<u64>,
    /// The fork's ArbOS version; the other chain's if none, which must then be one this node models.
    /// A later one upgrades in place: Stylus programs then may need to be activated again.
    pub arbos_version: Option<u64>,
}

impl Fork {
    /// A fork of the latest block of this source.
    pub fn latest(source: impl Source + 'static) -> Self {
        Self {
            source: Arc::new(source),
            block: None,
            chain_id: None,
            arbos_version: None,
        }
    }
}
