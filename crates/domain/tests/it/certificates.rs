//! Reading client certificates as people have them.

use keywright_domain::{
    ApplicationId, Certificate, Credential, CredentialDraft, CredentialKind, Instant, Material,
};
use rcgen::{CertificateParams, DnType, KeyPair};
use uuid::Uuid;

fn made(edit: impl FnOnce(&mut CertificateParams)) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "shop.example");
    params.distinguished_name.push(DnType::OrganizationName, "Acme");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    edit(&mut params);
    (params.self_signed(&key).unwrap(), key)
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn base64(der: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(der)
}

#[test]
fn pem_and_der_say_the_same() {
    let (certificate, _) = made(|_| {});
    let pem = certificate.pem();
    let it = Certificate::read(&pem, false, false).unwrap();
    assert_eq!(it.der, certificate.der().as_ref());
    assert!(it.subject.contains("CN=shop.example") && it.subject.contains("O=Acme"), "{}", it.subject);
    assert_eq!((it.issuer.as_str(), it.serial.len() % 2), (it.subject.as_str(), 0));
    assert_eq!((it.not_before, it.not_after), (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")));
    assert_eq!(it.fingerprint_hex().len(), 64);
    for same in [
        base64(&it.der),
        format!("  {}\n", base64(&it.der)),
        pem.replace('\n', "\r\n"),
        format!("Bag Attributes\n    friendlyName: shop\n{pem}\n"),
        it.pem(),
    ] {
        assert_eq!(Certificate::read(&same, false, false).unwrap(), it);
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let (certificate, key) = made(|_| {});
    let pem = certificate.pem();
    let der = certificate.der();
    let trailing = [der.as_ref(), b"\0"].concat();
    let code = |text: &str| Certificate::read(text, false, false).unwrap_err().fields()[0].code;
    for (text, expected) in [
        (String::new(), "invalid"),
        ("hello".to_owned(), "invalid"),
        ("-----BEGIN CERTIFICATE-----".to_owned(), "invalid"),
        (pem.replace("END", "FIN"), "invalid"),
        (format!("{pem}{pem}"), "invalid"),
        (base64(&der[..der.len() - 1]), "invalid"),
        (base64(&trailing), "invalid"),
        (base64(b"0\x82\x7f\xff"), "invalid"),
        (base64(&[0x30; 9_000]), "invalid"),
        ("A".repeat(100_000), "invalid"),
        (key.serialize_pem(), "private_key"),
        (format!("{pem}{}", key.serialize_pem()), "private_key"),
    ] {
        assert_eq!(code(&text), expected, "{}", &text[..text.len().min(40)]);
    }
}

#[test]
fn names_are_shown_harmless() {
    let (certificate, _) = made(|params| {
        params.distinguished_name.push(DnType::OrganizationalUnitName, "a\nb\u{1b}[31m".repeat(200));
    });
    let it = Certificate::read(&certificate.pem(), false, false).unwrap();
    assert!(!it.subject.contains(char::is_control) && it.subject.chars().count() <= 500);
}

#[test]
fn a_credential_does_not_outlive_its_certificate_unless_it_may() {
    let (certificate, _) = made(|_| {});
    let now = at("2026-06-01T00:00:00Z");
    let issue = |allow_expired, expires_at: Option<&str>| {
        let it = Certificate::read(&certificate.pem(), allow_expired, false).unwrap();
        let draft = CredentialDraft { name: "shop".to_owned(), expires_at: expires_at.map(at) };
        let application: ApplicationId = Uuid::from_u128(1).into();
        let change =
            Credential::issue(Uuid::from_u128(2).into(), application, draft, Material::Certificate(it), now);
        change.unwrap().into_parts().0
    };
    let end = |it: &Credential| it.expires_at.map(|at| at.to_string());
    assert_eq!(issue(false, None).material.kind(), CredentialKind::Certificate);
    assert_eq!(issue(false, None).expires_at, Some(at("2027-01-01T00:00:00Z")));
    assert_eq!(issue(false, Some("2029-01-01T00:00:00Z")).expires_at, Some(at("2027-01-01T00:00:00Z")));
    assert_eq!(issue(false, Some("2026-07-01T00:00:00Z")).expires_at, Some(at("2026-07-01T00:00:00Z")));
    assert_eq!(end(&issue(true, None)), None);
    let draft = CredentialDraft { name: "shop".to_owned(), expires_at: None };
    let later = issue(false, Some("2026-07-01T00:00:00Z")).update(draft, now).unwrap().into_parts().0;
    assert_eq!(later.expires_at, Some(at("2027-01-01T00:00:00Z")));
}
