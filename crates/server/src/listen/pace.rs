//! Whether a client keeps up: what its connection waits for, and since when.
//!
//! A timer for each request would cost more than most requests do. So socket and service only note what happens, and
//! one watchman looks at the notes every other second.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Limits;

/// How often the watchman looks.
const ROUND: Duration = Duration::from_secs(1);

/// Nothing of the next request has come yet.
const IDLE: u8 = 0;
/// A part of the next request's head has come.
const HEAD: u8 = 1;
/// A request is being answered: handlers have limits of their own.
const TURN: u8 = 2;

/// What the client does, noted by its socket and its service. All of it is one task, so order does not matter.
#[derive(Debug)]
pub(super) struct Pace {
    opened: Instant,
    phase: AtomicU8,
    /// When the phase began, in milliseconds since the connection was opened.
    since: AtomicU64,
    /// Since when the client takes nothing of what we write; 0 while it does.
    stalled_since: AtomicU64,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            phase: AtomicU8::new(IDLE),
            since: AtomicU64::new(0),
            stalled_since: AtomicU64::new(0),
        }
    }

    /// A request has come; until the turn is dropped, we are the ones who are waited for.
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        self.phase.store(TURN, Relaxed);
        Turn(Arc::clone(self))
    }

    /// Resolves when the client has taken too long, with what it took too long for.
    pub(super) async fn too_slow(&self, limits: Limits) -> &'static str {
        loop {
            tokio::time::sleep(ROUND).await;
            let now = self.now();
            let stalled_since = self.stalled_since.load(Relaxed);
            if stalled_since != 0 && lasted(stalled_since, now, limits.stalled) {
                return "the answer was not read";
            }
            let since = self.since.load(Relaxed);
            match self.phase.load(Relaxed) {
                IDLE if lasted(since, now, limits.idle) => return "there was no next request",
                HEAD if lasted(since, now, limits.head) => return "the headers took too long",
                _ => {}
            }
        }
    }

    fn enter(&self, phase: u8) {
        self.since.store(self.now(), Relaxed);
        self.phase.store(phase, Relaxed);
    }

    fn note_read(&self) {
        if self.phase.load(Relaxed) == IDLE {
            self.enter(HEAD);
        }
    }

    fn note_write<T>(&self, written: &Poll<T>) {
        if written.is_ready() {
            self.stalled_since.store(0, Relaxed);
        } else if self.stalled_since.load(Relaxed) == 0 {
            self.stalled_since.store(self.now().max(1), Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn lasted(since: u64, now: u64, limit: Duration) -> bool {
    u128::from(now.saturating_sub(since)) >= limit.as_millis()
}

/// Our turn, from the request's arrival to the end of the answer.
#[derive(Debug)]
pub(super) struct Turn(Arc<Pace>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.enter(IDLE);
    }
}

/// A socket that notes what comes and goes.
#[derive(Debug)]
pub(super) struct Paced {
    stream: TcpStream,
    pace: Arc<Pace>,
}

impl Paced {
    pub(super) fn new(stream: TcpStream, pace: Arc<Pace>) -> Self {
        Self { stream, pace }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.pace.note_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.pace.note_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.pace.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of an answer, and with it our turn.
#[derive(Debug)]
pub(super) struct PacedBody {
    body: Body,
    _turn: Turn,
}

impl PacedBody {
    pub(super) fn new(body: Body, turn: Turn) -> Self {
        Self { body, _turn: turn }
    }
}

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
