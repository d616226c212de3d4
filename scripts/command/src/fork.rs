//! Nodes that `plimsoll devnode --fork` reads from. Plain HTTP is the devnode's own; what is here
//! adds TLS, with the client that the other commands use.

use alloy::transports::http::reqwest;
use eyre::{Result, WrapErr, bail, eyre};
use plimsoll_devnode::{
    HttpSource,
    fork::{Failure, Source},
};
use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The node at a URL. Nothing is sent yet.
///
/// # Errors
///
/// The URL is neither `http://` nor `https://`, or is `https://` and this build has no TLS.
pub(crate) fn source(url: &str) -> Result<Arc<dyn Source>> {
    if url.starts_with("https://") {
        if !cfg!(feature = "https") {
            bail!(
                "{url:?} needs TLS, which this build is without: \
                 cargo run --features https -- devnode --fork ..."
            );
        }
        return Ok(Arc::new(HttpsSource::new(url)?));
    }
    HttpSource::new(url)
        .map(|source| Arc::new(source) as Arc<dyn Source>)
        .map_err(|why| eyre!(why))
}

type Answer = Result<Vec<u8>, Failure>;

/// A node behind an `https://` URL. The client runs on a thread of its own, so that it can be waited
/// for from any other.
#[derive(Debug)]
struct HttpsSource {
    name: String,
    requests: Mutex<mpsc::Sender<(Vec<u8>, mpsc::Sender<Answer>)>>,
}

impl HttpsSource {
    fn new(url: &str) -> Result<Self> {
        let url: reqwest::Url = url
            .parse()
            .wrap_err_with(|| format!("{url:?} is not understood"))?;
        let host = url.host_str().unwrap_or_default();
        // What follows the host may hold a key.
        let name = match url.port() {
            Some(port) => format!("https://{host}:{port}"),
            None => format!("https://{host}"),
        };
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .wrap_err("no TLS client")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (requests, inbox) = mpsc::channel::<(Vec<u8>, mpsc::Sender<Answer>)>();
        thread::Builder::new()
            .name("fork source".into())
            .spawn(move || {
                while let Ok((body, reply)) = inbox.recv() {
                    let _ = reply.send(runtime.block_on(post(&client, &url, body)));
                }
            })?;
        Ok(Self {
            name,
            requests: Mutex::new(requests),
        })
    }
}

impl Source for HttpsSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn post(&self, body: &[u8]) -> Answer {
        let gone = |_| Failure {
            why: "the client's thread is gone".into(),
            again: false,
        };
        let (reply, answer) = mpsc::channel();
        let sent = {
            let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            requests.send((body.to_vec(), reply))
        };
        sent.map_err(|_| gone(mpsc::RecvError))?;
        answer.recv().map_err(gone)?
    }
}

async fn post(client: &reqwest::Client, url: &reqwest::Url, body: Vec<u8>) -> Answer {
    // Not the URL, which may hold a key.
    let failed = |e: reqwest::Error| {
        let e = e.without_url();
        let mut why = e.to_string();
        let mut cause = std::error::Error::source(&e);
        while let Some(inner) = cause {
            why = format!("{why}: {inner}");
            cause = inner.source();
        }
        Failure { why, again: true }
    };
    let request = client
        .post(url.clone())
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.map_err(failed)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(failed)?;
    if status.is_success() {
        return Ok(body.into());
    }
    let text: String = String::from_utf8_lossy(&body).chars().take(200).collect();
    Err(Failure {
        why: format!("HTTP status {}: {}", status.as_u16(), text.trim()),
        again: status.as_u16() == 429 || status.is_server_error(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_urls() {
        assert!(source("http://127.0.0.1:8547").is_ok());
        let other = source("ws://127.0.0.1:8548").unwrap_err().to_string();
        assert!(other.contains("expected http://"), "{other}");
        let tls = source("https://user.example/v2/secret");
        let said = tls.map_or_else(|why| why.to_string(), |source| source.name().to_owned());
        if cfg!(feature = "https") {
            assert_eq!(said, "https://user.example");
        } else {
            assert!(said.contains("--features https"), "{said}");
        }
    }
}
