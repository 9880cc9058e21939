//! Requests that are written out byte by byte, since no well-behaved client sends what attackers send.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub target: Vec<u8>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Call {
    /// A GET on a host that the example is published at, as it is at any.
    pub fn get(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target)
    }

    pub fn new(method: &str, target: impl AsRef<[u8]>) -> Self {
        let headers = vec![("Host".to_owned(), b"api.example.com".to_vec())];
        Self { method: method.to_owned(), target: target.as_ref().to_vec(), headers, body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub fn key(self, key: &str) -> Self {
        self.header("X-API-Key", key)
    }

    pub fn host(self, host: &str) -> Self {
        self.without("Host").header("Host", host)
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Length", body.len().to_string())
    }

    /// Sends it on a connection of its own.
    pub async fn send(&self, to: SocketAddr) -> Answer {
        Answer::parse(&exchange(to, &self.bytes()).await)
    }

    /// What goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if !self.headers.iter().any(|(name, _)| name == "Connection") {
            bytes.extend(b"Connection: close\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}

/// Sends bytes, and reads until the other side has nothing more to say.
pub async fn exchange(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let talk = async {
        let mut stream = TcpStream::connect(to).await.unwrap();
        // Who refuses early may have closed before all of it is sent.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    };
    tokio::time::timeout(Duration::from_secs(20), talk).await.expect("an answer in time")
}

impl Answer {
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Self { status: status.unwrap_or_else(|| panic!("no status: {head}")), headers, body: body.to_owned() }
    }

    /// The values of a header, one for each line.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header that is there exactly once.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [value] => value,
            ref other => panic!("{name} is there {} times: {self:?}", other.len()),
        }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A refusal with this status and reason, in the shape that all of them have, that tells nothing about the caller.
    #[track_caller]
    pub fn refused(&self, status: u16, reason: &str) {
        assert_eq!((self.status, self.all("x-keywright-reason")), (status, vec![reason]), "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        let problem = self.json();
        assert_eq!(problem["code"], reason);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:keywright:problem:{reason}"));
        assert_eq!(problem["request_id"], self.header("x-keywright-request-id"));
        assert_eq!(
            uuid::Uuid::parse_str(self.header("x-keywright-request-id")).unwrap().get_version_num(),
            7
        );
        let is_challenged = status == 401 || reason == "insufficient_scope";
        assert_eq!(self.all("www-authenticate").len(), usize::from(is_challenged), "{self:?}");
        assert_eq!(self.all("retry-after").len(), usize::from(matches!(status, 429 | 503)), "{self:?}");
        self.names_nobody();
    }

    /// Nothing in it says who called.
    #[track_caller]
    pub fn names_nobody(&self) {
        for name in keywright_server::IDENTITY.iter().filter(|name| *name != "x-keywright-request-id") {
            assert_eq!(self.all(name.as_str()), [""; 0], "{self:?}");
        }
    }
}
