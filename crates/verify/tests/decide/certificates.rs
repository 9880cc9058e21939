//! Client certificates that gateways hand on (attacks Q).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Accepted, Certificate, Credential, CredentialDraft, Material, SecretHash};
use keywright_verify::CertificateHeader::{self, Nginx, Rfc9440};
use keywright_verify::Reason::{self, *};

use crate::world::{APPLICATION, Call, NOW, VERSION, World, get, get_with_key, id, made};

const DER: &[u8] = b"\x30\x82 as good as any: what counts is the fingerprint";

/// The certificate of the one application, and an API that accepts it.
fn world(header: CertificateHeader, edit: impl FnOnce(&mut Certificate)) -> World {
    let mut world = World::new();
    world.gateways_send(header);
    world.publish(VERSION, "/orders", |draft| {
        draft.accepted_credentials = vec![Accepted::ApiKey, Accepted::Certificate];
    });
    world.publish(VERSION + 1, "/keys", |draft| draft.subscription_required = false);
    world.tell(&credential(edit));
    world
}

fn credential(edit: impl FnOnce(&mut Certificate)) -> Credential {
    let mut certificate = Certificate {
        fingerprint: SecretHash::unnumbered(domain::secret::sha256(DER)),
        subject: "CN=Shop".to_owned(),
        issuer: "CN=Shop".to_owned(),
        serial: "01".to_owned(),
        not_before: NOW,
        not_after: NOW + std::time::Duration::from_secs(100),
        allow_expired: false,
        skip_chain: false,
        der: DER.to_vec(),
    };
    edit(&mut certificate);
    let draft = CredentialDraft { name: "Certificate".to_owned(), expires_at: None };
    made(
        Credential::issue(id(0x900), id(APPLICATION), draft, Material::Certificate(certificate), NOW)
            .unwrap(),
    )
}

fn rfc9440(der: &[u8]) -> String {
    format!(":{}:", STANDARD.encode(der))
}

/// As nginx writes it.
fn escaped(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    pem.bytes().map(escape).collect()
}

fn by_nginx(der: &[u8], verify: &str) -> Call {
    get("/orders").with("x-ssl-client-cert", escaped(der)).with("x-ssl-client-verify", verify)
}

fn verdict(world: &World, call: &Call) -> Option<Reason> {
    world.ask(call).err().map(|refusal| refusal.reason)
}

#[test]
fn a_certificate_opens_what_accepts_it() {
    let world = world(Rfc9440, |_| {});
    let call = get("/orders").with("client-cert", rfc9440(DER));
    assert_eq!(world.ask(&call).unwrap().credential_id(), Some(id(0x900)));
    assert_eq!(world.verifier.take_used().len(), 1);
    assert_eq!(verdict(&world, &get("/keys").with("client-cert", rfc9440(DER))), Some(CredentialMissing));
    assert_eq!(
        verdict(&world, &get("/orders").with("client-cert", rfc9440(b"another"))),
        Some(CredentialUnknown)
    );
    assert_eq!(verdict(&world, &get_with_key("/orders")), None, "keys still do");
    let both = get_with_key("/orders").with("client-cert", rfc9440(DER));
    assert_eq!(verdict(&world, &both), Some(CredentialAmbiguous));

    let world = self::world(Nginx, |_| {});
    assert_eq!(verdict(&world, &by_nginx(DER, "SUCCESS")), None);
    // A handshake without a certificate: nginx sends nothing, or empty headers.
    let none = get_with_key("/orders").with("x-ssl-client-cert", "").with("x-ssl-client-verify", "NONE");
    assert_eq!(verdict(&world, &none), None);
}

#[test]
fn a_198_where_it_is_off_the_header_says_nothing() {
    let off = world(CertificateHeader::Off, |_| {});
    let all = by_nginx(DER, "SUCCESS").with("client-cert", rfc9440(DER));
    assert_eq!(verdict(&off, &all), Some(CredentialMissing));
    // Nor does the header of another form than the one that is agreed, or one that looks like it.
    assert_eq!(verdict(&world(Rfc9440, |_| {}), &by_nginx(DER, "SUCCESS")), Some(CredentialMissing));
    let nginx = world(Nginx, |_| {});
    for name in [
        "client-cert",
        "client_cert",
        "x-client-cert",
        "x-forwarded-client-cert",
        "x-arr-clientcert",
        "x_ssl_client_cert",
    ] {
        for value in [rfc9440(DER), escaped(DER)] {
            assert_eq!(verdict(&nginx, &get("/orders").with(name, value)), Some(CredentialMissing), "{name}");
        }
    }
}

#[test]
fn a_199_of_two_none_is_believed() {
    let world = world(Rfc9440, |_| {});
    let twice = get("/orders").with("client-cert", rfc9440(DER)).with("client-cert", rfc9440(DER));
    assert_eq!(verdict(&world, &twice), Some(CredentialAmbiguous));
    let joined = format!("{}, {}", rfc9440(DER), rfc9440(DER));
    assert_eq!(verdict(&world, &get("/orders").with("client-cert", joined)), Some(CredentialMalformed));
    let nginx = self::world(Nginx, |_| {});
    let twice = by_nginx(DER, "FAILED:x").with("x-ssl-client-verify", "SUCCESS");
    assert_eq!(verdict(&nginx, &twice), Some(CredentialAmbiguous));
}

#[test]
fn one_certificate_has_one_spelling() {
    let rfc = world(Rfc9440, |_| {});
    let text = STANDARD.encode(DER);
    let mut loose = text.clone().into_bytes();
    *loose.last_mut().unwrap() = b'B';
    for wrong in [
        text.clone(),
        format!(":{text}"),
        format!("{text}:"),
        format!(":{text}:;a=1"),
        format!(": {text}:"),
        format!(":{}:", text.trim_end_matches('=')),
        format!(":{}:", text.replace('+', "-").replace('/', "_") + "!"),
        format!(":{text}\n:"),
        "::".to_owned(),
        ":".to_owned(),
        format!(":{}:", "A".repeat(20_000)),
        format!(":{}:", "A".repeat(10_928)),
    ] {
        let shown = &wrong[..wrong.len().min(20)];
        assert_eq!(
            verdict(&rfc, &get("/orders").with("client-cert", &wrong)),
            Some(CredentialMalformed),
            "{shown}"
        );
    }
    let nginx = world(Nginx, |_| {});
    let good = escaped(DER);
    for wrong in [
        good.replace("BEGIN%20CERT", "BEGIN%20TRUSTED%20CERT"),
        good.replace("%20", " "),
        good.replace("-----END%20CERTIFICATE-----%0A", ""),
        format!("{good}{good}"),
        good.replacen("%0A", "%0", 1),
        good.replacen("%0AM", "%ZZM", 1) + "%",
        format!("x{good}"),
        format!("-----BEGIN%20CERTIFICATE-----%0A{}%0A-----END%20CERTIFICATE-----%0A", "A".repeat(50_000)),
        "-----BEGIN%20CERTIFICATE-----%0A-----END%20CERTIFICATE-----%0A".to_owned(),
    ] {
        let call = get("/orders").with("x-ssl-client-cert", &wrong).with("x-ssl-client-verify", "SUCCESS");
        assert_eq!(verdict(&nginx, &call), Some(CredentialMalformed), "{}", &wrong[..wrong.len().min(40)]);
    }
}

#[test]
fn a_201_time_and_signer_are_looked_at_unless_an_administrator_said_not_to() {
    for (verify, plain, expired, chain) in [
        ("SUCCESS", None, None, None),
        ("FAILED:certificate has expired", Some(CredentialUntrusted), None, None),
        ("FAILED:self-signed certificate", Some(CredentialUntrusted), Some(CredentialUntrusted), None),
        (
            "FAILED:unable to verify the first certificate",
            Some(CredentialUntrusted),
            Some(CredentialUntrusted),
            None,
        ),
        ("success", Some(CredentialUntrusted), Some(CredentialUntrusted), None),
        ("NONE", Some(CredentialUntrusted), Some(CredentialUntrusted), None),
        ("", Some(CredentialUntrusted), Some(CredentialUntrusted), None),
    ] {
        let call = by_nginx(DER, verify);
        assert_eq!(verdict(&world(Nginx, |_| {}), &call), plain, "{verify}");
        assert_eq!(verdict(&world(Nginx, |it| it.allow_expired = true), &call), expired, "{verify}");
        assert_eq!(verdict(&world(Nginx, |it| it.skip_chain = true), &call), chain, "{verify}");
    }
    // Whatever the gateway says of the time.
    let later = |edit: fn(&mut Certificate), seconds: u64| {
        let mut world = world(Nginx, edit);
        world.now = NOW + std::time::Duration::from_secs(seconds);
        world.verifier.refreshed(world.now);
        verdict(&world, &by_nginx(DER, "SUCCESS"))
    };
    assert_eq!(later(|_| {}, 99), None);
    assert_eq!(later(|_| {}, 100), Some(CredentialExpired));
    assert_eq!(later(|it| it.skip_chain = true, 100), Some(CredentialExpired));
    assert_eq!(later(|it| it.allow_expired = true, 100), None);
    let tomorrow = |it: &mut Certificate| it.not_before = NOW + std::time::Duration::from_secs(10);
    assert_eq!(later(tomorrow, 9), Some(CredentialNotYetValid));
    assert_eq!(later(tomorrow, 10), None);
}

#[test]
fn what_is_known_by_one_proof_is_not_opened_by_another() {
    // A credential whose fingerprint is the hash of a key, and the other way round.
    let world = world(Rfc9440, |_| {});
    let hash = world.hash_of_key();
    world.tell(&Credential { id: id(0x901), ..credential(|it| it.fingerprint = hash) });
    assert_eq!(verdict(&world, &get_with_key("/orders")), Some(CredentialUnknown));
}

#[test]
fn callers_are_told_what_they_may_present() {
    let world = world(Rfc9440, |_| {});
    let challenge = world.ask(&get("/orders")).unwrap_err().challenge.unwrap();
    assert_eq!(
        &*challenge,
        r#"ApiKey realm="keywright", in="header", name="x-api-key", ClientCertificate realm="keywright""#
    );
}
