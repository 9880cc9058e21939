//! Requests to identity providers: servers at addresses that an administrator has chosen, and at those that they name.

use std::sync::Arc;
use std::time::Duration;

use app::{ProviderDoor, ProviderReply, ProviderRequest};
use domain::AddressRules;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::guarded::{Failure, GuardedClient};

/// How long an answer may take: somebody waits for up to four of them.
const WITHIN: Duration = Duration::from_secs(5);

/// The way to providers, under these rules.
///
/// # Errors
/// If TLS cannot be set up.
pub fn door(rules: AddressRules) -> Result<ProviderDoor, rustls::Error> {
    Ok(over(GuardedClient::new(rules, Vec::new())?.within(WITHIN)))
}

/// The way to providers, by a client of one's own.
pub fn over(client: GuardedClient) -> ProviderDoor {
    let client = Arc::new(client);
    ProviderDoor::new(move |request| {
        let client = Arc::clone(&client);
        Box::pin(async move { send(&client, request).await.map_err(|failure| failure.to_string()) })
    })
}

async fn send(client: &GuardedClient, request: ProviderRequest) -> Result<ProviderReply, Failure> {
    let ProviderRequest { url, authorization, form } = request;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(authorization) = authorization {
        let mut value = HeaderValue::from_str(authorization.expose()).map_err(|_| Failure::Unsendable)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let (method, body) = match form {
        Some(form) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
            (Method::POST, form.expose().as_bytes().to_vec())
        }
        None => (Method::GET, Vec::new()),
    };
    let answer = client.send(method, &url, headers, body).await?;
    Ok(ProviderReply { status: answer.status, body: answer.body })
}
