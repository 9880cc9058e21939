//! The client for URLs that somebody else chose. Every address is judged before anything is sent to it: what a URL says,
//! what its host resolves to at this connection, and nothing that an answer leads to.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::{AddressRules, OutgoingUrl};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

/// How long everything may take if nothing else is said, the body of the answer included.
const WITHIN: Duration = Duration::from_secs(15);
/// How long connecting may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer's body is read.
const BODY_READ: usize = 64 << 10;
/// How many connections to one receiver are kept for later.
const KEPT_OPEN: usize = 8;

/// How names become addresses.
pub type Lookup =
    Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>> + Send + Sync>;

/// A client that connects to allowed addresses only, follows no redirect, knows no proxy, keeps no cookie and unpacks
/// nothing.
pub struct GuardedClient {
    rules: AddressRules,
    lookup: Lookup,
    verifier: Arc<Verifier>,
    tls: Client,
    plain: Client,
    within: Duration,
    reading: usize,
}

/// By what we prove ourselves in the handshake: a certificate with those of its signers, and its private key.
pub struct Identity(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

impl Identity {
    /// Reads both, as PEM.
    pub fn read(certificate: &str, private_key: &str) -> Option<Self> {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>();
        let key = PrivateKeyDer::from_pem_slice(private_key.as_bytes());
        Some(Self(chain.ok().filter(|chain| !chain.is_empty())?, key.ok()?))
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct GuardedAnswer {
    /// Status code.
    pub status: u16,
    /// All header fields.
    pub headers: HeaderMap,
    /// The beginning of the body, at most 64 KiB if nothing else is said.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub is_cut: bool,
    /// How long the receiver asks us to wait.
    pub retry_after: Option<Duration>,
}

/// Why there is no answer. Coarse on purpose: it tells nobody what there is inside a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The address may not be connected to; nothing was sent.
    #[error("blocked_address")]
    Blocked,
    /// The host has no address.
    #[error("dns")]
    Dns,
    /// Nobody listens there.
    #[error("connect")]
    Connect,
    /// The certificate is not good, or TLS failed.
    #[error("tls")]
    Tls,
    /// No complete answer in time.
    #[error("timeout")]
    Timeout,
    /// The connection broke before the answer was complete.
    #[error("broken")]
    Broken,
    /// It cannot be sent at all.
    #[error("unsendable")]
    Unsendable,
}

impl GuardedClient {
    /// A client under these rules, which trusts what this machine trusts and `roots`.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(rules: AddressRules, roots: Vec<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        let system: Lookup = Arc::new(|host| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((host, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        });
        Self::with_lookup(rules, roots, system)
    }

    /// As [`GuardedClient::new`], with another way from names to addresses.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn with_lookup(
        rules: AddressRules,
        roots: Vec<CertificateDer<'static>>,
        lookup: Lookup,
    ) -> Result<Self, rustls::Error> {
        Self::build(rules, lookup, verifier(roots)?, None)
    }

    /// One like it that shows a certificate to receivers that ask for one.
    ///
    /// # Errors
    /// If the key is none that can be used, or another certificate's.
    pub fn showing(&self, identity: Identity) -> Result<Self, rustls::Error> {
        let (rules, lookup) = (self.rules.clone(), Arc::clone(&self.lookup));
        let made = Self::build(rules, lookup, Arc::clone(&self.verifier), Some(identity))?;
        Ok(made.within(self.within).reading(self.reading))
    }

    fn build(
        rules: AddressRules,
        lookup: Lookup,
        verifier: Arc<Verifier>,
        identity: Option<Identity>,
    ) -> Result<Self, rustls::Error> {
        let general = |error: reqwest::Error| rustls::Error::General(error.to_string());
        let config = tls_config(Arc::clone(&verifier), identity)?;
        let client = |tls: bool| {
            let resolver = Guard { rules: rules.clone(), tls, lookup: Arc::clone(&lookup) };
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .http1_only()
                .dns_resolver(Arc::new(resolver))
                .connect_timeout(CONNECT_WITHIN)
                .pool_max_idle_per_host(KEPT_OPEN)
                .pool_idle_timeout(Duration::from_secs(30))
                .user_agent(concat!("Keywright/", env!("CARGO_PKG_VERSION")))
                .tls_backend_preconfigured(config.clone())
                .build()
        };
        let (tls, plain) = (client(true).map_err(general)?, client(false).map_err(general)?);
        Ok(Self { rules, lookup, verifier, tls, plain, within: WITHIN, reading: BODY_READ })
    }

    /// The same, with another limit to how long everything may take.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// The same, with another limit to how much of an answer's body is read.
    #[must_use]
    pub fn reading(self, reading: usize) -> Self {
        Self { reading, ..self }
    }

    /// Posts a body.
    ///
    /// # Errors
    /// If there is no complete answer.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<GuardedAnswer, Failure> {
        self.send(Method::POST, url, headers, body).await
    }

    /// Sends a request.
    ///
    /// # Errors
    /// If there is no complete answer.
    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<GuardedAnswer, Failure> {
        // Literal addresses are never asked of a resolver: the URL itself is judged, again at each attempt, since the
        // rules may be others than when it was saved.
        let url = OutgoingUrl::parse(url, &self.rules).map_err(|_| Failure::Blocked)?;
        let client = if url.as_str().starts_with("https:") { &self.tls } else { &self.plain };
        let exchange = async {
            let request = client.request(method, url.as_str()).headers(headers).body(body);
            let response = request.send().await.map_err(|error| classify(&error))?;
            read(response, self.reading).await
        };
        tokio::time::timeout(self.within, exchange).await.unwrap_or(Err(Failure::Timeout))
    }
}

async fn read(mut response: Response, most: usize) -> Result<GuardedAnswer, Failure> {
    let status = response.status().as_u16();
    let retry_after = wait_asked_for(response.headers());
    let headers = std::mem::take(response.headers_mut());
    let (mut body, mut is_cut) = (Vec::new(), false);
    while !is_cut {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = most - body.len();
                is_cut = chunk.len() > room;
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Ok(None) => break,
            Err(error) => return Err(classify(&error)),
        }
    }
    Ok(GuardedAnswer { status, headers, body, is_cut, retry_after })
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3). A date is not looked at: it goes by the receiver's clock.
fn wait_asked_for(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Trusts what this machine trusts, and `roots`. What the machine trusts is some hundred files, and several clients are
/// made when a server starts: it is read once.
fn verifier(roots: Vec<CertificateDer<'static>>) -> Result<Arc<Verifier>, rustls::Error> {
    static OF_THE_MACHINE: OnceLock<Arc<Verifier>> = OnceLock::new();
    let has_roots = !roots.is_empty();
    if let Some(known) = OF_THE_MACHINE.get().filter(|_| !has_roots) {
        return Ok(Arc::clone(known));
    }
    let made = Verifier::new_with_extra_roots(roots, provider());
    let made = Arc::new(made.map_err(|error| rustls::Error::General(error.to_string()))?);
    Ok(if has_roots { made } else { Arc::clone(OF_THE_MACHINE.get_or_init(|| made)) })
}

fn tls_config(verifier: Arc<Verifier>, identity: Option<Identity>) -> Result<ClientConfig, rustls::Error> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous() // the platform's verifier is one that rustls doesn't ship
        .with_custom_certificate_verifier(verifier);
    match identity {
        Some(Identity(chain, key)) => config.with_client_auth_cert(chain, key),
        None => Ok(config.with_no_client_auth()),
    }
}

/// Resolves names, and hands out their addresses only if every one of them may be connected to. Who answers with a public
/// and a private one is up to something.
struct Guard {
    rules: AddressRules,
    tls: bool,
    lookup: Lookup,
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("blocked")]
    Blocked,
    #[error("no address")]
    NoAddress,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let found = (self.lookup)(name.as_str().to_owned());
        let (rules, tls) = (self.rules.clone(), self.tls);
        Box::pin(async move {
            let addresses = found.await.map_err(|_| Refused::NoAddress)?;
            if addresses.is_empty() {
                return Err(Refused::NoAddress.into());
            }
            if !addresses.iter().all(|address| rules.may_connect(*address, tls)) {
                return Err(Refused::Blocked.into());
            }
            // With port 0 the port of the URL is taken.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// Whether an error, or the innermost of those that wrap it as I/O, is one of TLS.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>() || inside.is_some_and(|inside| is_tls(inside))
}

/// What an error of the client means: the first of its causes that says so.
fn classify(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(it) = cause {
        match it.downcast_ref::<Refused>() {
            Some(Refused::Blocked) => return Failure::Blocked,
            Some(Refused::NoAddress) => return Failure::Dns,
            None => {}
        }
        if is_tls(it) {
            return Failure::Tls;
        }
        cause = it.source();
    }
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_connect() {
        Failure::Connect
    } else if error.is_builder() {
        Failure::Unsendable
    } else {
        Failure::Broken
    }
}
