//! A `keywright` that serves, and just enough HTTP to ask it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Place;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A serving process. It is ended when this is dropped.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    /// What it said when it was ready.
    pub(crate) started: Value,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    /// Starts `keywright serve` in a place, on free ports, and waits until it is ready.
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_as(place, "serve")
    }

    /// Starts a command that serves, with these words as its arguments.
    pub(crate) fn start_as(place: &Place, arguments: &str) -> Self {
        Self::start_under(place, &[], arguments)
    }

    /// The same under another program.
    pub(crate) fn start_under(place: &Place, under: &[&str], arguments: &str) -> Self {
        let ports = "--json --listen 127.0.0.1:0 --gateway-listen 127.0.0.1:0";
        let arguments: Vec<_> = arguments.split(' ').chain(ports.split(' ')).collect();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let log = place.path(&format!("server-{}.log", NEXT.fetch_add(1, Ordering::Relaxed)));
        let mut child = place
            .keywright_under(under, &arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (said, line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = said.send(line);
        });
        let line = line.recv_timeout(PATIENCE).unwrap_or_default();
        let mut server = Self { child, log, started: Value::Null };
        server.started = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("it does not start: {line}{}", server.log()));
        server
    }

    /// Where it said that something is.
    pub(crate) fn place(&self, key: &str) -> &str {
        self.started[key].as_str().unwrap()
    }

    /// Everything it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the listener for people and APIs.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        get(self.place("listen"), path, headers)
    }

    /// Sends the listener for people and APIs something, with a token if there is one.
    pub(crate) fn send(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let address = self.place("listen");
        let mut stream = connect(address);
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        if !token.is_empty() {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if !body.is_empty() {
            let length = body.len();
            head.push_str(&format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"));
        }
        write!(stream, "{head}\r\n{body}").unwrap();
        read_answer(stream)
    }

    /// Asks the listener for gateways.
    pub(crate) fn ask_gateway(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        get(self.place("gateway_listen"), path, headers)
    }

    /// Lists partners with a token, and says what status that got.
    pub(crate) fn partners(&self, token: &str) -> u16 {
        self.get("/api/v1/partners", &[("Authorization", &format!("Bearer {token}"))]).status
    }

    /// Sends a signal by name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, and says with which status it came.
    pub(crate) fn end(mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code().expect("it was not killed"),
                None => assert!(Instant::now() < deadline, "it does not end: {}", self.log()),
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for its end, and says with which status it came; `None` if it was killed.
    pub(crate) fn end_of_any_kind(mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status.code(),
                None => assert!(Instant::now() < deadline, "it does not end: {}", self.log()),
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it as a service manager does.
    pub(crate) fn stop(self) {
        self.signal("TERM");
        assert_eq!(self.end(), 0);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = connect(address);
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n").unwrap();
    read_answer(stream)
}

/// A connection that gives up in time.
pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The answer to a request that asked to close the connection.
pub(crate) fn read_answer(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
