//! The least that an axum route can do: any request, 200, six small headers. `benches/run` measures the check against it.
//!
//! `cargo run --release -p keywright-server --example bare -- 127.0.0.1:9000`

use std::error::Error;

use axum::Router;
use axum::http::{HeaderName, HeaderValue};

/// What the check answers, with values as long as its own.
const HEADERS: [(&str, &str); 6] = [
    ("x-keywright-application-id", "00000000-0000-7000-8000-000000000001"),
    ("x-keywright-partner-id", "00000000-0000-7000-8000-000000000002"),
    ("x-keywright-plan", "bench"),
    ("x-keywright-credential-id", "00000000-0000-7000-8000-000000000003"),
    ("x-keywright-subscription-id", "00000000-0000-7000-8000-000000000004"),
    ("x-keywright-request-id", "00000000-0000-7000-8000-000000000005"),
];

async fn answer() -> [(HeaderName, HeaderValue); 6] {
    HEADERS.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("which address and port to listen on?")?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, Router::new().fallback(answer)).await?)
}
