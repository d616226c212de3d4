//! A way to the node on which something may happen between two requests.

use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// Answers of the node that are held back, in their order.
pub(crate) struct Relay {
    /// Where clients connect.
    pub(crate) url: String,
    held: mpsc::UnboundedReceiver<Held>,
}

/// A request that the node has answered, and whose asker still waits.
pub(crate) struct Held {
    /// The request's body.
    pub(crate) request: String,
    client: TcpStream,
    answer: Vec<u8>,
}

impl Held {
    /// Lets the asker have its answer.
    pub(crate) async fn release(mut self) {
        // A client that has gone needs no answer.
        let _ = self.client.write_all(&self.answer).await;
        let _ = self.client.shutdown().await;
    }
}

impl Relay {
    /// Opens a way to `node`, a URL.
    pub(crate) async fn open(node: &str) -> Self {
        let node: Arc<str> = node
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, held) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (node, sender) = (node.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(answered) = ask(&node, client).await {
                        let _ = sender.send(answered);
                    }
                });
            }
        });
        Self { url, held }
    }

    /// The next answer, once there is one.
    pub(crate) async fn next(&mut self) -> Option<Held> {
        self.held.recv().await
    }
}

/// Reads one request, has the node answer it on a connection of its own.
async fn ask(node: &str, mut client: TcpStream) -> std::io::Result<Held> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 65_536]);
    let (head, body) = loop {
        let n = client.read(&mut chunk).await?;
        if n == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            break (head.to_owned(), body.to_owned());
        }
    };
    // One request a connection, so that the answer ends where the connection does.
    let fields: String = head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let mut server = TcpStream::connect(node).await?;
    let request = format!("{fields}Connection: close\r\n\r\n{body}");
    server.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(Held {
        request: body,
        client,
        answer,
    })
}
