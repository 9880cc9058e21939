//! Requests to the bridges before other authorization servers: small services that somebody has written, at addresses
//! that an administrator has chosen.

use std::sync::Arc;
use std::time::Duration;

use app::{BridgeAct, BridgeDoor, BridgeReply, BridgeRequest};
use domain::AddressRules;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::guarded::{Failure, GuardedClient};

/// How long a bridge may take. People wait for less; what comes later is undone.
const WITHIN: Duration = Duration::from_secs(30);

/// The way to bridges, under these rules.
///
/// # Errors
/// If TLS cannot be set up.
pub fn door(rules: AddressRules) -> Result<BridgeDoor, rustls::Error> {
    Ok(over(GuardedClient::new(rules, Vec::new())?.within(WITHIN)))
}

/// The way to bridges, by a client of one's own.
pub fn over(client: GuardedClient) -> BridgeDoor {
    let client = Arc::new(client);
    BridgeDoor::new(move |request| {
        let client = Arc::clone(&client);
        Box::pin(async move { send(&client, request).await.map_err(|failure| failure.to_string()) })
    })
}

async fn send(client: &GuardedClient, request: BridgeRequest) -> Result<BridgeReply, Failure> {
    let BridgeRequest { act, url, key, body } = request;
    let mut headers = HeaderMap::new();
    let mut key = HeaderValue::from_str(key.expose()).map_err(|_| Failure::Unsendable)?;
    key.set_sensitive(true);
    headers.insert("x-api-key", key);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let body = match body {
        Some(body) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            serde_json::to_vec(&body).map_err(|_| Failure::Unsendable)?
        }
        None => Vec::new(),
    };
    let method = match act {
        BridgeAct::Post => Method::POST,
        BridgeAct::Delete => Method::DELETE,
    };
    // Some servers refuse a POST that does not say how long it is (RFC 9110 §8.6).
    if act == BridgeAct::Post && body.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let answer = client.send(method, &url, headers, body).await?;
    Ok(BridgeReply { status: answer.status, body: answer.body })
}
