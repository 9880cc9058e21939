//! Receivers that ask for a client certificate in the handshake.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use domain::{AddressRules, WebhookAuthDraft};
use keywright_outbound::guarded::{Failure, GuardedClient, Identity};
use keywright_outbound::webhook::WebhookSender;
use reqwest::header::HeaderMap;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::certificates::Authority;

/// Takes calls of those whom an authority has signed, and tells how many connections there were.
struct Door {
    address: SocketAddr,
    handshakes: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    async fn open(authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (certificate, key) = issued(authority, "localhost");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&authority.pem()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let handshakes = Arc::new(Mutex::new(0));
        let count = Arc::clone(&handshakes);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(acceptor.clone(), stream, Arc::clone(&count)));
            }
        });
        Self { address, handshakes, task }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/hook", self.address.port())
    }
}

/// Answers every request on a connection with 200.
async fn answer(acceptor: TlsAcceptor, stream: TcpStream, handshakes: Arc<Mutex<usize>>) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    *handshakes.lock().unwrap() += 1;
    let mut buffer = vec![0; 64 << 10];
    // What is sent here is small: a request is one piece.
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
        if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.is_err() {
            return;
        }
        let _ = stream.flush().await;
    }
}

fn issued(authority: &Authority, name: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.issue(name, folder.path());
    (std::fs::read_to_string(certificate).unwrap(), std::fs::read_to_string(key).unwrap())
}

fn client(authority: &Authority) -> GuardedClient {
    let networks = ["127.0.0.0/8", "::1/128"];
    let rules = AddressRules { allow_private: networks.iter().map(|it| it.parse().unwrap()).collect() };
    GuardedClient::new(rules, vec![CertificateDer::from_pem_slice(&authority.pem()).unwrap()]).unwrap()
}

#[tokio::test]
async fn only_the_right_certificate_opens_the_door() {
    let (authority, other) = (Authority::new(), Authority::new());
    let door = Door::open(&authority).await;
    let blank = client(&authority);
    let post = async |client: &GuardedClient| {
        client.post(&door.url(), HeaderMap::new(), b"{}".to_vec()).await.map(|answer| answer.status)
    };
    assert_eq!(post(&blank).await.unwrap_err(), Failure::Tls);
    let (certificate, key) = issued(&authority, "keywright");
    let showing = blank.showing(Identity::read(&certificate, &key).unwrap()).unwrap();
    assert_eq!(post(&showing).await, Ok(200));
    // One that the receiver trusts nobody for is not even sent, or refused.
    let (foreign, foreign_key) = issued(&other, "keywright");
    let showing = blank.showing(Identity::read(&foreign, &foreign_key).unwrap()).unwrap();
    assert_eq!(post(&showing).await.unwrap_err(), Failure::Tls);
    // A key of another certificate is no identity.
    assert!(blank.showing(Identity::read(&certificate, &foreign_key).unwrap()).is_err());
    for (certificate, key) in [("", key.as_str()), (certificate.as_str(), ""), ("x", "y")] {
        assert!(Identity::read(certificate, key).is_none());
    }
}

both!(an_endpoint_shows_its_certificate);
async fn an_endpoint_shows_its_certificate(desk: Desk) {
    let authority = Authority::new();
    let door = Door::open(&authority).await;
    let (certificate, private_key) = issued(&authority, "keywright");
    let (endpoint, _) = desk
        .endpoint(&door.url(), |draft| {
            draft.auth = Some(WebhookAuthDraft::Certificate { certificate, private_key });
        })
        .await;
    let sender = Arc::new(WebhookSender::over(client(&authority)));
    let (stop, stopped) = oneshot::channel();
    let stopped = async { drop(stopped.await) };
    let worker =
        Worker { task: tokio::spawn(deliver_webhooks(Arc::clone(&desk.app), sender, LIMITS, stopped)), stop };
    desk.plans(5).await;
    desk.until(5, is_delivered).await;
    let handshakes = *door.handshakes.lock().unwrap();
    assert!((1..=5).contains(&handshakes), "{handshakes}");
    // Without it, nothing is taken any more.
    let none = |draft: &mut WebhookEndpointDraft| draft.auth = Some(WebhookAuthDraft::None);
    desk.app.update_webhook_endpoint(&operator(), endpoint.id, None, none).await.unwrap();
    desk.plans(1).await;
    desk.until(6, |it| is_delivered(it) || it.last_error.as_deref() == Some("tls")).await;
    assert!(!desk.deliveries().await.iter().all(is_delivered));
    worker.stop().await;
}
