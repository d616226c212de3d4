//! JSON-RPC over plain HTTP/1.1, with nothing but the standard library: a fork's reads happen one
//! after the other on a thread of their own, where a blocking socket is all it takes.

use super::{Failure, Source};
use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long an answer may take, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// Longest body of an answer, in bytes.
const MAX_BODY: usize = 64 << 20;

/// A node behind an `http://` URL.
#[derive(Debug)]
pub struct HttpSource {
    name: String,
    /// Host and port.
    address: String,
    /// As the `Host` header has it.
    authority: String,
    path: String,
    timeout: Duration,
    /// The connection left open by the last exchange.
    idle: Mutex<Option<TcpStream>>,
}

impl HttpSource {
    /// A source at this URL. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The URL is not of the form `http://host[:port][/path]`.
    pub fn new(url: &str) -> Result<Self, String> {
        let wanted = "expected http://host[:port][/path]";
        let rest = url
            .strip_prefix("http://")
            .ok_or_else(|| format!("{url:?} is no plain HTTP URL: {wanted}"))?;
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let plain = |c: char| c.is_ascii_graphic();
        if authority.is_empty() || authority.contains('@') || !url.chars().all(plain) {
            return Err(format!("{url:?} is not understood: {wanted}"));
        }
        // The colons of an IPv6 address are inside brackets.
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if has_port {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        };
        Ok(Self {
            // What follows the host may hold a key.
            name: format!("http://{authority}"),
            address,
            authority: authority.to_owned(),
            path,
            timeout: TIMEOUT,
            idle: Mutex::new(None),
        })
    }

    /// The same, with another limit on how long an answer may take.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn connect(&self, deadline: Instant) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    fn exchange(
        &self,
        mut stream: TcpStream,
        body: &[u8],
        deadline: Instant,
    ) -> io::Result<Answer> {
        stream.set_write_timeout(Some(left(deadline)?))?;
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\nuser-agent: plimsoll-devnode\r\n\
             content-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n",
            self.path,
            self.authority,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut reader = Reader {
            stream,
            deadline,
            buffer: Vec::new(),
        };
        let head = Head::parse(&reader.until(b"\r\n\r\n", MAX_HEAD)?)?;
        let body = match head.length {
            Length::Known(length) => reader.exactly(length)?,
            Length::Chunked => reader.chunks()?,
            Length::ToTheEnd => reader.rest()?,
        };
        let open =
            head.keep && !matches!(head.length, Length::ToTheEnd) && reader.buffer.is_empty();
        Ok(Answer {
            status: head.status,
            body,
            stream: open.then_some(reader.stream),
        })
    }
}

impl Source for HttpSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn post(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let deadline = Instant::now() + self.timeout;
        let again = |e: io::Error| Failure {
            why: if matches!(
                e.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) {
                format!("no answer within {} s", self.timeout.as_secs_f32())
            } else {
                e.to_string()
            },
            again: true,
        };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection that was left open may have been closed meanwhile: then a new one.
        let kept = idle.take();
        let answer = match kept.map(|stream| self.exchange(stream, body, deadline)) {
            Some(Ok(answer)) => answer,
            _ => self
                .connect(deadline)
                .and_then(|stream| self.exchange(stream, body, deadline))
                .map_err(again)?,
        };
        *idle = answer.stream;
        match answer.status {
            200 => Ok(answer.body),
            status => {
                let text: String = String::from_utf8_lossy(&answer.body)
                    .chars()
                    .take(200)
                    .collect();
                Err(Failure {
                    why: format!("HTTP status {status}: {}", text.trim()),
                    again: status == 429 || status >= 500,
                })
            }
        }
    }
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}

fn odd(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// An answer, and the connection if it stays open.
struct Answer {
    status: u16,
    body: Vec<u8>,
    stream: Option<TcpStream>,
}

enum Length {
    Known(usize),
    Chunked,
    ToTheEnd,
}

struct Head {
    status: u16,
    length: Length,
    keep: bool,
}

impl Head {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.get(2..5))
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| {
                odd(format!(
                    "the answer is not HTTP: it begins with {:?}",
                    first.chars().take(40).collect::<String>()
                ))
            })?;
        let mut head = Self {
            status,
            length: Length::ToTheEnd,
            keep: first.starts_with("HTTP/1.1"),
        };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => {
                    head.length = Length::Chunked;
                }
                "content-length" if !matches!(head.length, Length::Chunked) => {
                    let length = value
                        .parse()
                        .map_err(|_| odd(format!("a content length of {value:?}")))?;
                    head.length = Length::Known(length);
                }
                "connection" if value.eq_ignore_ascii_case("close") => head.keep = false,
                _ => {}
            }
        }
        Ok(head)
    }
}

/// Reads until a deadline, whatever the pieces.
struct Reader {
    stream: TcpStream,
    deadline: Instant,
    /// Read and not yet used.
    buffer: Vec<u8>,
}

impl Reader {
    /// Reads some more; false at the end.
    fn more(&mut self) -> io::Result<bool> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        let mut piece = [0; 16 << 10];
        let count = self.stream.read(&mut piece)?;
        self.buffer.extend_from_slice(&piece[..count]);
        Ok(count > 0)
    }

    fn need(&mut self) -> io::Result<()> {
        if self.more()? {
            Ok(())
        } else {
            Err(odd("the connection closed in the middle of an answer"))
        }
    }

    /// What comes before `end`, which is dropped.
    fn until(&mut self, end: &[u8], most: usize) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|w| w == end) {
                let rest = self.buffer.split_off(at + end.len());
                let mut found = std::mem::replace(&mut self.buffer, rest);
                found.truncate(at);
                return Ok(found);
            }
            if self.buffer.len() > most {
                return Err(odd(format!("no end of a line within {most} bytes")));
            }
            self.need()?;
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        check(length)?;
        while self.buffer.len() < length {
            self.need()?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.until(b"\r\n", MAX_HEAD)?;
            let line = String::from_utf8_lossy(&line).into_owned();
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length = usize::from_str_radix(digits, 16)
                .map_err(|_| odd(format!("a chunk of length {digits:?}")))?;
            if length == 0 {
                // Trailers, up to an empty line.
                while !self.until(b"\r\n", MAX_HEAD)?.is_empty() {}
                return Ok(body);
            }
            check(body.len().saturating_add(length))?;
            body.extend(self.exactly(length)?);
            self.until(b"\r\n", 0)?;
        }
    }

    fn rest(&mut self) -> io::Result<Vec<u8>> {
        while self.more()? {
            check(self.buffer.len())?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }
}

fn check(length: usize) -> io::Result<()> {
    if length > MAX_BODY {
        return Err(odd(format!("an answer of over {MAX_BODY} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// A server that gives each connection the next of these answers.
    fn server(answers: Vec<&'static str>) -> HttpSource {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        HttpSource::new(&format!("http://127.0.0.1:{port}/key"))
            .unwrap()
            .with_timeout(Duration::from_secs(5))
    }

    #[test]
    fn urls() {
        for (url, address, path) in [
            ("http://localhost:8547", "localhost:8547", "/"),
            ("http://node/v2/key", "node:80", "/v2/key"),
            ("http://node?key=1", "node:80", "/?key=1"),
            ("http://[::1]:9/", "[::1]:9", "/"),
            ("http://[::1]", "[::1]:80", "/"),
        ] {
            let source = HttpSource::new(url).unwrap();
            assert_eq!((&*source.address, &*source.path), (address, path), "{url}");
            assert!(!source.name().contains("key"), "{}", source.name());
        }
        for url in [
            "https://node",
            "node:80",
            "http://",
            "http://a b",
            "http://me:pw@node",
        ] {
            assert!(
                HttpSource::new(url).unwrap_err().contains("http://host"),
                "{url}"
            );
        }
    }

    #[test]
    fn bodies_in_three_ways() {
        let source = server(vec![
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\na: b\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nhello",
        ]);
        for _ in 0..3 {
            assert_eq!(source.post(b"{}").unwrap(), b"hello");
        }
    }

    #[test]
    fn what_is_no_answer() {
        let source = server(vec![
            "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nno key",
            "HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n",
        ]);
        for (why, again) in [
            ("not HTTP", true),
            ("in the middle", true),
            ("over", true),
            ("a chunk of length", true),
            ("HTTP status 401: no key", false),
            ("HTTP status 429", true),
        ] {
            let failure = source.post(b"{}").unwrap_err();
            assert!(failure.why.contains(why), "{failure:?}");
            assert_eq!(failure.again, again, "{failure:?}");
        }
    }

    #[test]
    fn nobody_there() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        // It is listened, and never answered.
        let silent = HttpSource::new(&url)
            .unwrap()
            .with_timeout(Duration::from_millis(200));
        let failure = silent.post(b"{}").unwrap_err();
        assert_eq!(failure.why, "no answer within 0.2 s");
        drop(listener);
        let failure = silent.post(b"{}").unwrap_err();
        assert!(
            failure.again && failure.why.contains("refused"),
            "{failure:?}"
        );
    }
}
