//! The client for URLs that somebody else chose: where it connects to, and how long it listens.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::AddressRules;
use keywright_outbound::guarded::{Failure, GuardedAnswer, GuardedClient, Lookup};
use reqwest::header::HeaderMap;

use crate::receiver::{Receiver, Reply};

fn rules(networks: &[&str]) -> AddressRules {
    AddressRules { allow_private: networks.iter().map(|network| network.parse().unwrap()).collect() }
}

fn here() -> GuardedClient {
    GuardedClient::new(rules(&["127.0.0.0/8"]), Vec::new()).unwrap()
}

async fn post(client: &GuardedClient, url: &str) -> Result<GuardedAnswer, Failure> {
    client.post(url, HeaderMap::new(), b"{}".to_vec()).await
}

/// Names that resolve to one list of addresses after the other; the last one stays.
fn scripted(answers: &[&[&str]]) -> (Lookup, Arc<AtomicUsize>) {
    let answers: Vec<Vec<IpAddr>> =
        answers.iter().map(|all| all.iter().map(|address| address.parse().unwrap()).collect()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let answer = answers[n].clone();
        Box::pin(async move { Ok(answer) })
    });
    (lookup, asked)
}

#[tokio::test]
async fn a_218_a_place_inside_is_not_connected_to() {
    let victim = Receiver::start([]).await;
    let port = victim.port;
    let client = GuardedClient::new(rules(&[]), Vec::new()).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "localhost",
        "localhost.",
        "１２７.0.0.1",
    ] {
        for scheme in ["http", "https"] {
            let told = post(&client, &format!("{scheme}://{host}:{port}/")).await;
            assert_eq!(told.unwrap_err(), Failure::Blocked, "{scheme}://{host}");
        }
    }
    // What is allowed is exactly what was named.
    let elsewhere = GuardedClient::new(rules(&["127.0.0.2/32"]), Vec::new()).unwrap();
    assert_eq!(post(&elsewhere, &victim.url()).await.unwrap_err(), Failure::Blocked);
    assert_eq!(victim.accepted(), 0);
    assert_eq!(post(&here(), &victim.url()).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_219_every_address_of_a_name_is_judged_at_every_connection() {
    let victim = Receiver::start([]).await;
    let url = format!("http://rebind.example:{}/", victim.port);
    for answers in [
        &[&["127.0.0.1"][..]][..],
        &[&["1.1.1.1", "127.0.0.1"]],
        &[&["127.0.0.1", "10.0.0.1"]],
        &[&["::1"]],
        &[&["::ffff:127.0.0.1"]],
        &[&["64:ff9b::7f00:1"]],
        &[&["169.254.169.254"]],
    ] {
        let (lookup, asked) = scripted(answers);
        // Something is allowed, or plain http would not be tried at all.
        let client = GuardedClient::with_lookup(rules(&["127.0.0.9/32"]), Vec::new(), lookup).unwrap();
        for url in [url.clone(), url.replace("http:", "https:")] {
            assert_eq!(post(&client, &url).await.unwrap_err(), Failure::Blocked, "{answers:?}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }
    assert_eq!(victim.accepted(), 0);
    // Allowed first, and inside when it is asked again: the second answer is judged like the first.
    let closing = Receiver::start([Reply::Cut(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned(),
    )])
    .await;
    let (lookup, _) = scripted(&[&["127.0.0.1"], &["127.0.0.3"]]);
    let client = GuardedClient::with_lookup(rules(&["127.0.0.1/32"]), Vec::new(), lookup).unwrap();
    let url = format!("http://rebind.example:{}/", closing.port);
    assert_eq!(post(&client, &url).await.unwrap().status, 200);
    assert_eq!(post(&client, &url).await.unwrap_err(), Failure::Blocked);
    assert_eq!(closing.accepted(), 1);
}

#[tokio::test]
async fn redirects_are_answers_and_lead_nowhere() {
    let victim = Receiver::start([]).await;
    let location = format!("location: {}\r\n", victim.url());
    let redirecting = Receiver::start(
        ["301 M", "302 F", "303 S", "307 T", "308 P"].map(|status| Reply::with(status, &location, "")),
    )
    .await;
    for status in [301, 302, 303, 307, 308] {
        assert_eq!(post(&here(), &redirecting.url()).await.unwrap().status, status);
    }
    assert_eq!(victim.accepted(), 0);
}

#[tokio::test]
async fn a_222_slow_and_endless_answers_end() {
    let receiver = Receiver::start([]).await;
    let client = here();
    let began = Instant::now();
    receiver.otherwise(Reply::Flood);
    let flood = post(&client, &receiver.url()).await.unwrap();
    assert_eq!((flood.status, flood.body.len()), (200, 64 << 10));
    receiver.otherwise(Reply::Bytes(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20))));
    assert_eq!(post(&client, &receiver.url()).await.unwrap_err(), Failure::Broken);
    receiver.otherwise(Reply::Bytes(
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000) + "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ));
    assert_eq!(post(&client, &receiver.url()).await.unwrap().status, 200);
    // Packed bodies are not unpacked.
    receiver.otherwise(Reply::with("200 OK", "content-encoding: gzip\r\n", "not gzip"));
    assert_eq!(post(&client, &receiver.url()).await.unwrap().body, b"not gzip");
    assert!(began.elapsed() < Duration::from_secs(10));
    let began = Instant::now();
    let (drip, hang) = (Receiver::start([Reply::Drip]).await, Receiver::start([Reply::Hang]).await);
    let (dripping, hanging) = (drip.url(), hang.url());
    let (dripped, hung) = tokio::join!(post(&client, &dripping), post(&client, &hanging));
    assert_eq!((dripped.unwrap_err(), hung.unwrap_err()), (Failure::Timeout, Failure::Timeout));
    assert!((14..20).contains(&began.elapsed().as_secs()));
}

#[tokio::test]
async fn broken_answers_are_no_answers() {
    let script = [
        Reply::Close,
        Reply::Cut("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned()),
        Reply::Cut("HTTP/1.1 200".to_owned()),
        Reply::Bytes("SSH-2.0-OpenSSH_9.9\r\n".to_owned()),
        // Nothing may follow 204: what does is not looked at.
        Reply::Cut("HTTP/1.1 204 No Content\r\n\r\nbody".to_owned()),
    ];
    let receiver = Receiver::start(script).await;
    let client = here();
    for _ in 0..4 {
        assert_eq!(post(&client, &receiver.url()).await.unwrap_err(), Failure::Broken);
    }
    assert_eq!(post(&client, &receiver.url()).await.unwrap().status, 204);
    let port = receiver.port;
    drop(receiver);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(post(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap_err(), Failure::Connect);
    let nowhere: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::Error::other("no such host")) }));
    let client = GuardedClient::with_lookup(rules(&[]), Vec::new(), nowhere).unwrap();
    assert_eq!(post(&client, "https://nowhere.example/").await.unwrap_err(), Failure::Dns);
}

/// A TLS server with a certificate, which answers 200 to everything. Says its port.
async fn secured(certificate: &std::path::Path, key: &std::path::Path) -> u16 {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let _ = socket.read(&mut [0; 4_096]).await;
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            let _ = socket.shutdown().await;
        }
    });
    port
}

#[tokio::test]
async fn a_230_only_a_good_certificate_for_the_name_will_do() {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    use tokio::io::AsyncWriteExt as _;

    let authority = crate::certificates::Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.issue("hook.example", folder.path());
    let port = secured(&certificate, &key).await;
    let trusted = vec![CertificateDer::from_pem_slice(&authority.pem()).unwrap()];
    let client = |roots| {
        let (lookup, _) = scripted(&[&["127.0.0.1"]]);
        GuardedClient::with_lookup(rules(&["127.0.0.0/8"]), roots, lookup).unwrap()
    };
    let good = post(&client(trusted.clone()), &format!("https://hook.example:{port}/")).await;
    assert_eq!(good.unwrap().status, 200);
    let other_name = post(&client(trusted), &format!("https://other.example:{port}/")).await;
    assert_eq!(other_name.unwrap_err(), Failure::Tls);
    let unknown_authority = post(&client(Vec::new()), &format!("https://hook.example:{port}/")).await;
    assert_eq!(unknown_authority.unwrap_err(), Failure::Tls);
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        // Waits for no request that it would understand: what it says is no handshake.
        while let Ok((mut socket, _)) = plain.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let no_tls = post(&client(Vec::new()), &format!("https://hook.example:{port}/")).await;
    assert_eq!(no_tls.unwrap_err(), Failure::Tls);
}
