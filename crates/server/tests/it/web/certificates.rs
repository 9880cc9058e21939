//! `/applications/{id}/certificates/new`

use super::{Browser, error_of};
use crate::support::both;

fn pem() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "shop.example");
    params.self_signed(&key).unwrap().pem()
}

both!(
    async fn a_certificate_is_registered_and_shown(desk) {
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let browser = Browser::of(&desk, &alice);
        let (path, new) = (format!("/applications/{application}/credentials"), format!("/applications/{application}/certificates/new"));
        assert!(browser.open(&path).await.expect(200).text.contains(&new));
        let page = browser.fill(&new, &new, &[("name", "TLS"), ("certificate", "none")]).await.expect(400);
        assert!(error_of(&page, "certificate").contains("must be"), "{}", page.text);
        assert!(!page.text.contains("allow_expired"), "{}", page.text);
        let made = browser.fill(&new, &new, &[("name", "TLS"), ("certificate", &pem())]).await.expect(303);
        let shown = made.header("location").to_owned();
        let page = browser.open(&shown).await.page(200, "TLS");
        assert!(page.text.contains("CN=shop.example") && page.text.contains("Fingerprint (SHA-256)"), "{}", page.text);
        assert!(page.text.contains("BEGIN CERTIFICATE") && !page.text.contains("/rotate"), "{}", page.text);
        let list = browser.open(&path).await.expect(200);
        assert!(list.text.contains("Client certificate"), "{}", list.text);
        // What only administrators may say is not taken from others.
        browser.fill(&new, &new, &[("name", "Old"), ("certificate", &pem()), ("allow_expired", "on")]).await.expect(403);
    }
);
