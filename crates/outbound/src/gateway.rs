//! Calls that people try out, to the gateway: at the address that an administrator has set, and nowhere else. That address
//! may be inside a network. What is called there is below a path that the use case has chosen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{GatewayCall, GatewayDoor, GatewayReply};
use domain::AddressRules;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use crate::guarded::{Failure, GuardedClient};

/// How long an answer may take: somebody waits for it.
const WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer's body is shown.
const READ: usize = 256 * 1024;

/// The way to the gateway at this address: scheme, host and port, without a slash at the end.
///
/// # Errors
/// If TLS cannot be set up.
pub fn door(gateway: &str) -> Result<GatewayDoor, rustls::Error> {
    Ok(over(GuardedClient::new(anywhere(), Vec::new())?, gateway))
}

/// The same, by a client of one's own.
pub fn over(client: GuardedClient, gateway: &str) -> GatewayDoor {
    let client = Arc::new(client.within(WITHIN).reading(READ));
    let gateway: Arc<str> = gateway.into();
    GatewayDoor::new(move |call| {
        let (client, gateway) = (Arc::clone(&client), Arc::clone(&gateway));
        Box::pin(async move { send(&client, &gateway, call).await.map_err(|failure| failure.to_string()) })
    })
}

/// An administrator has said where the gateway is; often it is beside us.
fn anywhere() -> AddressRules {
    AddressRules { allow_private: ["0.0.0.0/0", "::/0"].iter().filter_map(|all| all.parse().ok()).collect() }
}

async fn send(client: &GuardedClient, gateway: &str, call: GatewayCall) -> Result<GatewayReply, Failure> {
    let url = at_gateway(gateway, call.target.expose()).ok_or(Failure::Unsendable)?;
    let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| Failure::Unsendable)?;
    let headers = headers(&url, &call).ok_or(Failure::Unsendable)?;
    let body = call.body.map(|(_, text)| text.into_bytes()).unwrap_or_default();
    let start = Instant::now();
    let answer = client.send(method, url.as_str(), headers, body).await?;
    let headers = answer.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    Ok(GatewayReply {
        status: answer.status,
        headers: headers.collect(),
        body: answer.body,
        is_cut: answer.is_cut,
        took: start.elapsed(),
    })
}

/// The target at the gateway; `None` if the URL standard would read it as anything else than what it says.
fn at_gateway(gateway: &str, target: &str) -> Option<Url> {
    let (own, url) = (Url::parse(gateway).ok()?, Url::parse(&format!("{gateway}{target}")).ok()?);
    let read = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let is_same = url.origin() == own.origin() && url.origin().is_tuple();
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (target.starts_with('/') && is_same && is_plain && read == target).then_some(url)
}

/// What our own client sends, the credential, and the host that the API version is published at; `None` if one of them is
/// no header.
fn headers(url: &Url, call: &GatewayCall) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if let Some(host) = &call.host {
        let host = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        headers.insert(HOST, HeaderValue::from_str(&host).ok()?);
    }
    if let Some((name, secret)) = &call.credential {
        let mut value = HeaderValue::from_str(secret.expose()).ok()?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    match &call.body {
        Some((media_type, _)) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(media_type).ok()?);
        }
        // Some servers refuse a POST that does not say how long it is (RFC 9110 §8.6).
        None if ["POST", "PUT", "PATCH"].contains(&call.method.as_str()) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        None => {}
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_221_a_target_stays_at_the_gateway_as_it_is_written() {
        let gateway = "https://api.example.com:8443";
        for fine in ["/orders", "/orders/a%20b?q=x%26y", "/", "/o?a=/../b"] {
            let url = at_gateway(gateway, fine).unwrap();
            assert_eq!(url.as_str(), format!("{gateway}{fine}"));
        }
        for wrong in [
            "",
            "orders",
            "@evil.test/",
            ".evil.test/",
            ":1/x",
            "//evil.test/x/../y",
            "/a/../admin",
            "/a/%2e%2e/admin",
            "/a/.%2E/admin",
            "/a\\..\\admin",
            "/a\tb",
            "/a\r\nHost: evil.test",
            "/a#b",
            "/a b",
            "https://evil.test/",
        ] {
            assert!(at_gateway(gateway, wrong).is_none(), "{wrong:?}");
        }
    }
}
