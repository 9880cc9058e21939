//! Fetching over HTTP, with the address decided before anything is sent.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::{Client, Url, header::HeaderMap, redirect::Policy};

/// Bytes of a body that are read.
const BODY_MAX: usize = 64 << 10;

/// A client that follows no redirect, knows no proxy and keeps no cookie.
pub struct HttpClient(Client);

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// All header fields.
    pub headers: HeaderMap,
    /// The body, at most 64 KiB.
    pub body: Vec<u8>,
}

/// Why there is no [`Answer`].
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The URL leads elsewhere; nothing was sent.
    #[error("only plain http to this machine is fetched here, not {0}")]
    NotLoopback(String),
    /// The body has more than 64 KiB.
    #[error("the answer is longer than 64 KiB")]
    TooLong,
    /// The request could not be made, or was not answered in time.
    #[error("the request failed")]
    Failed(#[from] reqwest::Error),
}

impl HttpClient {
    /// A client for this machine only: `localhost` and loopback addresses.
    pub fn loopback() -> Result<Self, HttpError> {
        // With port 0 the port of the URL is taken. The resolver is never asked, so the name can't lead elsewhere.
        let here =
            [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()].map(|ip| SocketAddr::new(ip, 0));
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .resolve_to_addrs("localhost", &here)
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self(client))
    }

    /// Fetches one URL with the given header fields.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, HttpError> {
        let url = loopback_url(url).ok_or_else(|| HttpError::NotLoopback(url.to_owned()))?;
        let request =
            headers.iter().fold(self.0.get(url), |request, (name, value)| request.header(*name, *value));
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > BODY_MAX {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }
}

/// An address in a URL is never asked of a resolver, so the URL itself is judged, after it was brought into the one
/// form that is also used to connect.
fn loopback_url(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    here.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine() {
        for url in [
            "http://127.0.0.1:8080/x",
            "http://localhost/",
            "http://[::1]:9/",
            "http://0x7f.1/",
            "http://127.9/",
        ] {
            assert!(loopback_url(url).is_some(), "{url}");
        }
        for url in [
            "https://localhost/",
            "http://example.com/",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "http://127.0.0.1@example.com/",
            "http://example.com#@127.0.0.1/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
            "http://169.254.169.254/",
            "http://[::]/",
            "http://[::ffff:10.0.0.1]/",
            "file:///etc/passwd",
            "localhost:80",
            "",
        ] {
            assert!(loopback_url(url).is_none(), "{url}");
        }
    }
}
