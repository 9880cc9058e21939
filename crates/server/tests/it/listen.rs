//! The accept loop and its limits, with clients that behave badly.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use keywright_server::listen::{Limits, serve_within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// The limits of strangers, in the time that a test has.
const QUICK: Limits = Limits {
    per_address: Some(3),
    head: Duration::from_secs(1),
    idle: Duration::from_secs(3),
    stalled: Duration::from_secs(1),
};

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = async || {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            "at last"
        };
        let router = Router::new()
            .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
            .route("/slow", get(slow))
            .route("/big", get(async || Body::from(vec![b'x'; 64 << 20])));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve_within(limits, listener, router, shutdown));
        Self { address, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// One answer with a body of known length.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.is_some_and(|length| body.len() >= length.parse().unwrap()) {
                return text.into_owned();
            }
        }
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_buf(&mut bytes)).await;
        assert!(read.unwrap().unwrap() > 0, "closed after {bytes:?}");
    }
}

/// How long it takes until the other side has closed.
async fn closed_after(stream: &mut TcpStream) -> Duration {
    let started = Instant::now();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "it stays open");
    started.elapsed()
}

#[tokio::test]
async fn requests_share_a_connection_and_know_their_peer() {
    let server = Server::start(Limits::STRANGERS).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(REQUEST).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with(&stream.local_addr().unwrap().to_string()), "{answer}");
    }
}

#[test]
fn strangers_have_the_limits_that_we_promise() {
    let limits = Limits::STRANGERS;
    assert_eq!(limits.per_address, Some(200));
    let seconds = [limits.head, limits.idle, limits.stalled].map(|limit| limit.as_secs());
    assert_eq!(seconds, [10, 60, 30]);
    assert_eq!(Limits::GATEWAYS.per_address, None);
}

#[tokio::test]
async fn a_271_slow_headers() {
    let server = Server::start(QUICK).await;
    // A byte now and then changes nothing.
    let mut stream = server.connect().await;
    let started = Instant::now();
    let drip = async {
        for byte in REQUEST.iter().cycle().take(200).filter(|byte| **byte != b'\n') {
            if stream.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), drip).await.expect("closed while it drips");
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());

    // So does a second request on a connection that was good once.
    let mut stream = server.connect().await;
    stream.write_all(REQUEST).await.unwrap();
    read_answer(&mut stream).await;
    stream.write_all(b"GET / HT").await.unwrap();
    let took = closed_after(&mut stream).await;
    assert!(took > Duration::from_millis(900) && took < Duration::from_secs(6), "{took:?}");
}

#[tokio::test]
async fn a_273_idle_connections_are_closed_later_than_slow_ones() {
    let server = Server::start(QUICK).await;
    let mut silent = server.connect().await;
    let mut served = server.connect().await;
    served.write_all(REQUEST).await.unwrap();
    read_answer(&mut served).await;
    let (silent, served) = tokio::join!(closed_after(&mut silent), closed_after(&mut served));
    for took in [silent, served] {
        assert!(took > Duration::from_millis(2500) && took < Duration::from_secs(8), "{took:?}");
    }
}

#[tokio::test]
async fn a_273_who_does_not_read_the_answer_loses_the_connection() {
    let server = Server::start(QUICK).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    assert!(received.len() < 64 << 20, "all of it came");
    // A handler that takes long is not the client's fault.
    let mut stream = server.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    assert!(read_answer(&mut stream).await.ends_with("at last"));
}

#[tokio::test]
async fn a_273_an_address_holds_its_share_of_connections() {
    let server = Server::start(QUICK).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect().await;
        stream.write_all(REQUEST).await.unwrap();
        read_answer(&mut stream).await;
        held.push(stream);
    }
    let mut fourth = server.connect().await;
    assert!(closed_after(&mut fourth).await < Duration::from_secs(1));
    // The first three are none the worse for it, and a free place is given away again.
    held[0].write_all(REQUEST).await.unwrap();
    read_answer(&mut held[0]).await;
    held.pop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut fifth = server.connect().await;
    fifth.write_all(REQUEST).await.unwrap();
    read_answer(&mut fifth).await;
}

#[tokio::test]
async fn a_266_heads_are_bounded() {
    let server = Server::start(Limits::STRANGERS).await;
    let ask = async |headers: String| {
        let mut stream = server.connect().await;
        let request = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = vec![0; 12];
        let read = stream.read_exact(&mut answer).await;
        read.map(|_| String::from_utf8(answer).unwrap()).unwrap_or_default()
    };
    assert_eq!(ask("X-A: b\r\n".repeat(99)).await, "HTTP/1.1 200");
    assert_eq!(ask("X-A: b\r\n".repeat(100)).await, "HTTP/1.1 431");
    assert_eq!(ask(format!("X-A: {}\r\n", "b".repeat(30 << 10))).await, "HTTP/1.1 200");
    assert_eq!(ask(format!("X-A: {}\r\n", "b".repeat(33 << 10))).await, "HTTP/1.1 431");
}

#[tokio::test]
async fn a_stop_lets_requests_under_way_finish() {
    let server = Server::start(Limits::STRANGERS).await;
    let mut idle = server.connect().await;
    idle.write_all(REQUEST).await.unwrap();
    read_answer(&mut idle).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;

    server.stop.send(()).unwrap();
    assert!(closed_after(&mut idle).await < Duration::from_secs(1));
    assert!(TcpStream::connect(server.address).await.is_err(), "new connections are taken");
    assert!(read_answer(&mut busy).await.ends_with("at last"));
    tokio::time::timeout(Duration::from_secs(5), server.task).await.expect("it ends").unwrap();
}
