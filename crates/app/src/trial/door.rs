//! How calls get to the gateway.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::Secret;

/// A call to the gateway. It says nothing of where that is: whoever made the door knows.
#[derive(Clone, Debug)]
pub struct GatewayCall {
    /// In capitals.
    pub method: String,
    /// Path and query. A secret, since a key may be among the query parameters.
    pub target: Secret,
    /// The host to be named, if it is another than the gateway's own.
    pub host: Option<String>,
    /// The header that proves whose call it is. No other header comes from outside.
    pub credential: Option<(String, Secret)>,
    /// Media type and text.
    pub body: Option<(String, String)>,
}

/// What the gateway answers, or the API behind it.
#[derive(Clone, Debug)]
pub struct GatewayReply {
    /// Status code.
    pub status: u16,
    /// Header fields in the order they came, the names in lower case.
    pub headers: Vec<(String, String)>,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub is_cut: bool,
    /// How long it took.
    pub took: Duration,
}

impl GatewayReply {
    /// The same without a secret that nobody has seen: APIs that answer with what they were sent would show it.
    pub(super) fn without(self, secret: &str) -> Self {
        let headers = self.headers.into_iter().map(|(name, value)| (name, value.replace(secret, HIDDEN)));
        Self { headers: headers.collect(), body: without(&self.body, secret.as_bytes()), ..self }
    }

    /// The value of a header that is there exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none()).map(String::as_str)
    }
}

/// What stands in the place of a secret.
const HIDDEN: &str = "…";

fn without(text: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(secret.len()).position(|some| some == secret) {
        left.extend_from_slice(&rest[..at]);
        left.extend_from_slice(HIDDEN.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    left.extend_from_slice(rest);
    left
}

/// A call under way: the answer, or a coarse word for why there is none.
pub type AskingGateway = Pin<Box<dyn Future<Output = Result<GatewayReply, String>> + Send>>;

/// How calls get to the gateway. It is put in by whoever puts the process together, and leads to one address.
#[derive(Clone)]
pub struct GatewayDoor(Arc<dyn Fn(GatewayCall) -> AskingGateway + Send + Sync>);

impl GatewayDoor {
    /// Through this function. What it returns must come to an end by itself.
    pub fn new(ask: impl Fn(GatewayCall) -> AskingGateway + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// Makes a call.
    pub fn ask(&self, call: GatewayCall) -> AskingGateway {
        (self.0)(call)
    }
}

impl fmt::Debug for GatewayDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatewayDoor(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_in_what_is_shown() {
        let echo = GatewayReply {
            status: 200,
            headers: vec![("x-echo".to_owned(), "key kw_1, kw_1".to_owned())],
            body: b"{\"x-api-key\": \"kw_1\", \"bytes\": \"\xff\"}kw_".to_vec(),
            is_cut: true,
            took: Duration::ZERO,
        };
        let shown = echo.without("kw_1");
        assert_eq!(shown.headers[0].1, "key …, …");
        let [before, after]: [&[u8]; 2] = ["{\"x-api-key\": \"…\", \"bytes\": \"".as_bytes(), b"\xff\"}kw_"];
        assert_eq!(shown.body, [before, after].concat());
    }
}
