//! A receiver of webhooks with scripted answers, on a socket of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// With these bytes; the connection stays open.
    Bytes(String),
    /// Not at all.
    Hang,
    /// By closing the connection.
    Close,
    /// With these bytes, and then the connection is closed.
    Cut(String),
    /// With a head, and then with a byte at a time, for ever.
    Drip,
    /// With a head, and then as fast as it goes, for ever.
    Flood,
}

impl Reply {
    pub(crate) fn status(status: &str) -> Self {
        Self::with(status, "", "")
    }

    pub(crate) fn with(status: &str, headers: &str, body: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()))
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// A header field; nothing if there is none.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// A receiver. It ends when this is dropped.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<Seen>>,
    script: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Option<Reply>>,
    accepted: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl Receiver {
    /// Answers as scripted, then 200 to everything.
    pub(crate) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::at(0, script).await
    }

    /// As [`Receiver::start`], on a port.
    pub(crate) async fn at(port: u16, script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared =
            Arc::new(Shared { script: Mutex::new(script.into_iter().collect()), ..Shared::default() });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared, task }
    }

    /// Answers everything that is not scripted like this.
    pub(crate) fn otherwise(&self, reply: Reply) {
        *self.shared.otherwise.lock().unwrap() = Some(reply);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many connections there were.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many requests were under way at once, at most.
    pub(crate) fn most_under_way(&self) -> usize {
        self.shared.most_under_way.load(Ordering::SeqCst)
    }

    /// Waits until so many requests came.
    pub(crate) async fn has_seen(&self, count: usize) -> Vec<Seen> {
        let look = async {
            while self.seen().len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), look).await;
        assert!(waited.is_ok(), "{} of {count} requests came", self.seen().len());
        self.seen()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        open.spawn(converse(socket, Arc::clone(&shared)));
    }
}

async fn converse(mut socket: TcpStream, shared: Arc<Shared>) {
    while let Some(seen) = read(&mut socket).await {
        let now = shared.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_under_way.fetch_max(now, Ordering::SeqCst);
        shared.seen.lock().unwrap().push(seen);
        let scripted = shared.script.lock().unwrap().pop_front();
        let reply = scripted.or_else(|| shared.otherwise.lock().unwrap().clone());
        let stays = answer(&mut socket, reply.unwrap_or_else(|| Reply::with("200 OK", "", "ok"))).await;
        shared.under_way.fetch_sub(1, Ordering::SeqCst);
        if !stays {
            return;
        }
    }
}

async fn answer(socket: &mut TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Bytes(bytes) => socket.write_all(bytes.as_bytes()).await.is_ok(),
        Reply::Hang => {
            // Until the other side has had enough.
            let _ = socket.read(&mut [0; 1]).await;
            false
        }
        Reply::Close => false,
        Reply::Cut(bytes) => {
            let _ = socket.write_all(bytes.as_bytes()).await;
            false
        }
        Reply::Drip => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while socket.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            false
        }
        Reply::Flood => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while socket.write_all(&[b'x'; 65_536]).await.is_ok() {}
            false
        }
    }
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let seen = Seen { head, body: bytes[end + 4..].to_vec() };
            let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
            if seen.body.len() >= length {
                return Some(seen);
            }
        }
        let mut part = [0; 8_192];
        match socket.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
}
