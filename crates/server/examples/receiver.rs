//! A receiver of webhooks for `benches/run webhooks`: counts what comes at `/hook`, never answers at `/hang`, says at
//! `/count` what it has, and at `/next` when something comes.
//!
//! `cargo run --release -p keywright-server --example receiver -- 0.0.0.0:9000`

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::watch;

/// When each event came first, and how often.
#[derive(Default)]
struct Book {
    seen: HashMap<String, u32>,
    hanging: u32,
    most_hanging: u32,
    hung: u32,
    first: Option<Instant>,
    last: Option<Instant>,
    came: watch::Sender<()>,
}

type Shared = Arc<Mutex<Book>>;

fn open(book: &Shared) -> std::sync::MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn hook(State(book): State<Shared>, headers: HeaderMap) {
    let of =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut book = open(&book);
    // Several endpoints are told of one event: each has a host of its own.
    *book.seen.entry(format!("{} {}", of("host"), of("webhook-id"))).or_default() += 1;
    book.first.get_or_insert_with(Instant::now);
    book.last = Some(Instant::now());
    book.came.send_replace(());
}

async fn hang(State(book): State<Shared>) {
    struct Left(Shared);
    impl Drop for Left {
        fn drop(&mut self) {
            open(&self.0).hanging -= 1;
        }
    }
    {
        let mut book = open(&book);
        book.hanging += 1;
        book.most_hanging = book.most_hanging.max(book.hanging);
        book.hung += 1;
    }
    let _left = Left(book);
    std::future::pending::<()>().await;
}

async fn count(State(book): State<Shared>) -> Json<Value> {
    let book = open(&book);
    let span = book.first.zip(book.last).map(|(first, last)| last.duration_since(first).as_secs_f64());
    Json(json!({
        "unique": book.seen.len(),
        "received": book.seen.values().sum::<u32>(),
        "span_s": span.unwrap_or_default(),
        "hanging": book.hanging,
        "most_hanging": book.most_hanging,
        "hung": book.hung,
    }))
}

/// Answers as soon as something has come that had not when it was asked: who asks again and again takes time from what it
/// measures.
async fn next(State(book): State<Shared>) {
    let mut came = open(&book).came.subscribe();
    // The sender lives as long as the book.
    let _ = came.changed().await;
}

async fn reset(State(book): State<Shared>) {
    let mut book = open(&book);
    book.seen.clear();
    (book.first, book.last) = (None, None);
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("which address and port to listen on?")?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    let router = Router::new()
        .route("/hook", post(hook))
        .route("/hang", post(hang))
        .route("/count", get(count))
        .route("/next", get(next))
        .route("/reset", post(reset))
        .with_state(Shared::default());
    Ok(axum::serve(listener, router).await?)
}
