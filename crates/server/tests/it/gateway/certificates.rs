//! Client certificates: a real nginx with real handshakes, and what callers make up (attacks Q).

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use app::{Caller, CertificateHeader, Settings};
use domain::{Accepted, Certificate, Credential, CredentialDraft};
use keywright_server::GatewayOptions;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::call::{Answer, Call};
use super::door::Door;
use super::front::{Front, guide};
use super::upstream::Upstream;
use crate::support::{Desk, both};

const SECRET: &str = "the gateway's secret";

/// A certificate with its key.
struct Pair {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// Signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Partners");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(&self, name: &str, edit: impl FnOnce(&mut CertificateParams)) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        edit(&mut params);
        Pair { certificate: params.signed_by(&key, &self.0).unwrap(), key }
    }
}

fn self_signed(name: &str) -> Pair {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    Pair { certificate: params.self_signed(&key).unwrap(), key }
}

fn long_ago(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
}

/// A desk whose gateways hand certificates on as nginx does, with an API that accepts nothing else.
struct Shop {
    door: Door,
}

impl Shop {
    async fn open(desk: &Desk) -> Self {
        let options = GatewayOptions { shared_secret: Some(SECRET.to_owned()), ..GatewayOptions::default() };
        let door = Door::open_with(desk, options).await;
        let version =
            door.publish("/mtls", |draft| draft.accepted_credentials = vec![Accepted::Certificate]).await;
        door.subscribe(&version).await;
        Self { door }
    }

    async fn register(&self, pair: &Pair, allow_expired: bool, skip_chain: bool) -> Credential {
        let certificate = Certificate::read(&pair.certificate.pem(), allow_expired, skip_chain).unwrap();
        let draft = CredentialDraft { name: certificate.fingerprint_hex(), expires_at: None };
        let application = self.door.example.application.id;
        let made =
            self.door.app.add_certificate(&Caller::operator(), application, draft, Ok(certificate)).await;
        made.unwrap().value
    }
}

fn settings(certificate_header: CertificateHeader) -> Settings {
    Settings { certificate_header, ..Settings::default() }
}

/// The blocks of nginx configuration in the chapter of the guide.
fn chapter() -> (String, String) {
    let page = std::fs::read_to_string(guide().join("nginx.md")).unwrap();
    let chapter = page.split("## Client certificates").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut blocks =
        chapter.split("```nginx\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    (blocks.next().unwrap(), blocks.next().unwrap())
}

/// The nginx of the guide with what the chapter says.
fn nginx(
    folder: &Path,
    authority: &Authority,
    server: &Pair,
    keywright: SocketAddr,
    api: SocketAddr,
) -> Front {
    let at = |name: &str| folder.join(name).display().to_string();
    std::fs::write(at("api.crt"), server.certificate.pem()).unwrap();
    std::fs::write(at("api.key"), server.key.serialize_pem()).unwrap();
    std::fs::write(at("ca.crt"), authority.0.pem()).unwrap();
    let (listen, question) = chapter();
    let listen = listen
        .replace("/etc/nginx/api.crt", &at("api.crt"))
        .replace("/etc/nginx/api.key", &at("api.key"))
        .replace("/etc/nginx/partners-ca.crt", &at("ca.crt"));
    let question = question.replace("the content of gateway.shared_secret_file", SECRET);
    Front::nginx_with(keywright, api, |text, address| {
        let listen = listen.replace("listen 443 ssl;", &format!("listen {address} ssl;"));
        text.replace("        listen 80;\n", &listen)
            .replace("            internal;\n", &format!("            internal;\n{question}"))
    })
}

/// Sends a call over TLS, with a certificate or without.
async fn send(call: Call, to: SocketAddr, authority: &Authority, with: Option<&Pair>) -> Answer {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.0.der().clone()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots);
    let config = match with {
        None => config.with_no_client_auth(),
        Some(pair) => {
            let chain = vec![CertificateDer::from(pair.certificate.der().to_vec())];
            let key = PrivateKeyDer::try_from(pair.key.serialize_der()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let name = ServerName::try_from("api.example.com").unwrap();
    let stream = TcpStream::connect(to).await.unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(&call.bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Answer::parse(&answer)
}

both!(
    async fn a_certificate_opens_an_api_behind_nginx(desk, settings(CertificateHeader::Nginx)) {
        let shop = Shop::open(&desk).await;
        let authority = Authority::new();
        let server = authority.sign("api.example.com", |_| {});
        let upstream = Upstream::start().await;
        let folder = tempfile::tempdir().unwrap();
        let front = nginx(folder.path(), &authority, &server, shop.door.address, upstream.address);
        let ask = async |with: Option<&Pair>| {
            send(Call::get("/mtls/1"), front.address, &authority, with).await
        };
        let alice = authority.sign("alice", |_| {});
        ask(None).await.refused(401, "credential_missing");
        ask(Some(&alice)).await.refused(401, "credential_unknown");
        let registered = shop.register(&alice, false, false).await;
        let answer = ask(Some(&alice)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let saw = upstream.saw();
        assert_eq!(saw["headers"]["x-keywright-credential-id"][0], registered.id.to_string());

        // A-201: the same names by another signer, and by oneself; a time that is over.
        let stranger = Authority::new();
        let double = stranger.sign("alice", |_| {});
        for other in [&self_signed("alice"), &authority.sign("alice", |_| {})] {
            ask(Some(other)).await.refused(401, "credential_unknown");
        }
        // One that claims a signer whose key did not sign it does not get past nginx.
        assert_eq!(ask(Some(&double)).await.status, 400);
        let own = self_signed("own");
        shop.register(&own, false, false).await;
        ask(Some(&own)).await.refused(401, "credential_untrusted");
        let trusted_here = self_signed("trusted here");
        shop.register(&trusted_here, false, true).await;
        assert_eq!(ask(Some(&trusted_here)).await.status, 200);
        let old = authority.sign("old", long_ago);
        shop.register(&old, true, false).await;
        // nginx lets nobody in whose time is over, whatever is registered here.
        assert_eq!(ask(Some(&old)).await.status, 400);
        upstream.seen();

        // A-198, A-199: what callers say of certificates themselves is overwritten, in every spelling.
        let escaped = alice.certificate.pem().replace(' ', "%20").replace('\n', "%0A").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let der = base64(alice.certificate.der());
        for name in ["X-SSL-Client-Cert", "x-ssl-client-cert", "X_SSL_Client_Cert", "Client-Cert", "X-Forwarded-Client-Cert"] {
            for value in [escaped.clone(), format!(":{der}:")] {
                let call = Call::get("/mtls/1").header(name, value).header("X-SSL-Client-Verify", "SUCCESS");
                send(call, front.address, &authority, None).await.refused(401, "credential_missing");
            }
        }
        let call = Call::get("/mtls/1").header("X-SSL-Client-Verify", "SUCCESS").header("Connection", "X-SSL-Client-Cert, close");
        send(call, front.address, &authority, Some(&own)).await.refused(401, "credential_untrusted");
        upstream.saw_nothing();

        // It stops with the next call, on a connection that is resumed as well.
        shop.door.app.revoke_credential(&Caller::operator(), registered.id).await.unwrap();
        ask(Some(&alice)).await.refused(401, "credential_revoked");
    }
);

fn base64(der: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(der)
}

both!(
    async fn a_198_nobody_but_a_gateway_presents_a_certificate(desk, settings(CertificateHeader::Rfc9440)) {
        let shop = Shop::open(&desk).await;
        let alice = self_signed("alice");
        shop.register(&alice, false, false).await;
        let header = format!(":{}:", base64(alice.certificate.der()));
        let call = Call::get("/mtls").header("Client-Cert", &header);
        // A certificate is public; the secret is what a gateway has.
        shop.door.ask(&call).await.refused(403, "gateway_secret_wrong");
        let proven = |call: &Call| call.clone().header("X-Keywright-Gateway-Secret", SECRET);
        shop.door.passed(&shop.door.ask(&proven(&call)).await);
        let twice = proven(&call).header("Client-Cert", &header);
        shop.door.ask(&twice).await.refused(401, "credential_ambiguous");
        for other in ["Client_Cert", "Client.Cert", "X-Client-Cert", "X-ARR-ClientCert"] {
            let call = Call::get("/mtls").header(other, &header);
            shop.door.ask(&proven(&call)).await.refused(401, "credential_missing");
        }
        shop.door.ask(&proven(&Call::get("/mtls").header("Client-Cert", "alice"))).await.refused(401, "credential_malformed");
        // A-203: where a key does, a certificate does not, and the other way round.
        shop.door.ask(&proven(&Call::get("/orders").header("Client-Cert", &header))).await.refused(401, "credential_missing");
        let key = Call::get("/mtls").key(shop.door.key());
        shop.door.ask(&proven(&key)).await.refused(401, "credential_missing");
    }
);
