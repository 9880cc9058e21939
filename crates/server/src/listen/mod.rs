//! The accept loop of every HTTP listener.
//!
//! `axum::serve` sets no time limits at all: one byte of a header every few seconds keeps a connection, and a thousand
//! of them keep everybody else out. Here every connection has limits, and every address may hold so many.

mod address;
mod pace;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use address::{Addresses, Place};
use pace::{Pace, Paced, PacedBody};

/// Request line and headers together: more is answered with 431. hyper itself allows at most 100 headers.
const MAX_HEAD: usize = 32 * 1024;
/// How long requests under way may go on after the signal to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be accepted because something has run out.
const BACK_OFF: Duration = Duration::from_millis(200);

/// How much a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that one address may hold at a time (for IPv6: one network of 64 bits); `None`: any number.
    pub per_address: Option<usize>,
    /// From the first byte of a request to the end of its headers.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// While the client takes nothing of an answer.
    pub stalled: Duration,
}

impl Limits {
    /// For whoever comes.
    pub const STRANGERS: Self = Self {
        per_address: Some(200),
        head: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        stalled: Duration::from_secs(30),
    };
    /// For a few known clients that hold many connections each: gateways.
    pub const GATEWAYS: Self = Self { per_address: None, ..Self::STRANGERS };
}

/// What answers the requests of a listener.
pub trait Answers: Clone + Send + Sync + 'static {
    /// Answers one. Handlers find the peer as `ConnectInfo<SocketAddr>`.
    fn answer(self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send;
}

impl Answers for Router {
    async fn answer(mut self, request: Request<Body>) -> Response<Body> {
        match self.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Answers HTTP until `shutdown` resolves; then takes no more connections, and finishes the requests under way within
/// ten seconds.
pub async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    answers: impl Answers,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let graceful = GracefulShutdown::new();
    let addresses = Arc::new(Addresses::new(limits.per_address));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(connection) => connection,
            Err(error) => {
                back_off(&error).await;
                continue;
            }
        };
        // Beyond its share: closed without a word, which costs the least.
        let Some(place) = addresses.enter(peer.ip()) else { continue };
        tokio::spawn(converse(stream, peer, answers.clone(), limits, graceful.watcher(), place));
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still under way after {} s and are cut off", FAREWELL.as_secs());
    }
}

/// A client that gave up is its own affair. Anything else, such as too many open files, passes only with time.
async fn back_off(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be accepted");
        tokio::time::sleep(BACK_OFF).await;
    }
}

/// One connection, from its first request to its last.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    answers: impl Answers,
    limits: Limits,
    watcher: Watcher,
    _place: Place,
) {
    // Without it, small answers wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let pace = Arc::new(Pace::new());
    let service = service_fn(|request| answer(answers.clone(), peer, request, Arc::clone(&pace)));
    let connection = http1::Builder::new()
        .max_header_size(MAX_HEAD)
        .max_buf_size(MAX_HEAD)
        // hyper's own limit counts the time between requests as well, and sets a timer for each of them.
        .header_read_timeout(None)
        // Most answers are small: they are copied behind their headers and sent by the plainest call.
        .writev(false)
        .serve_connection(TokioIo::new(Paced::new(stream, Arc::clone(&pace))), service);
    tokio::select! {
        biased;
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection broke off");
            }
        }
        reason = pace.too_slow(limits) => tracing::debug!(%peer, reason, "a connection is closed"),
    }
}

async fn answer(
    answers: impl Answers,
    peer: SocketAddr,
    request: Request<Incoming>,
    pace: Arc<Pace>,
) -> Result<Response<PacedBody>, Infallible> {
    let turn = pace.begin();
    let mut request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = answers.answer(request).await;
    Ok(response.map(|body| PacedBody::new(body, turn)))
}
