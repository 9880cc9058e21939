//! No secret is kept in clear.

use domain::MailState;
use keywright_app::{AuditFilter, Caller, MailFilter, PageRequest, Settings};

use crate::harness::{Desk, PASSWORD, anonymous};
use crate::shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_133_a_181_no_secret_is_in_the_file() {
    let desk = Desk::sqlite(Settings::default()).await;
    let shop = Shop::open(&desk).await;
    let admin = Caller::operator();
    let mut secrets = vec![PASSWORD.to_owned(), shop.key.expose().to_owned()];
    desk.app.register(&anonymous(), "ada@example.com", "Ada").await.unwrap();
    let verification = desk.token_mailed_to("ada@example.com").await;
    desk.app.verify_email(&anonymous(), &verification, Some(PASSWORD)).await.unwrap();
    secrets.push(verification);
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    secrets.push(desk.token_mailed_to("ada@example.com").await);
    let session = desk.app.sign_in(&anonymous(), "ada@example.com", PASSWORD, "test").await.unwrap();
    secrets.push(session.secret.expose().to_owned());
    let claim = Some(store::Claim { key: [1; 32], fingerprint: [2; 32] });
    let creator = Caller { claim, ..admin.clone() };
    let token = desk.app.create_api_token(&creator, "CI", &["*:write".to_owned()], None).await.unwrap();
    secrets.push(token.secret.unwrap().expose().to_owned());
    secrets.push(desk.app.setup_token().await.unwrap().unwrap().expose().to_owned());
    let legacy = "9fQ2-7xKp_Zr4Lm8Vt1Ws6Nc3";
    let foreign = domain::ForeignKey::Value(domain::Secret::imported(legacy));
    desk.app.import_api_key(&admin, shop.application.id, crate::shop::named("Old"), foreign).await.unwrap();
    secrets.push(legacy.to_owned());

    let folder = desk.folder.as_ref().unwrap();
    let files: Vec<Vec<u8>> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    let holds =
        |text: &str| files.iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()));
    assert!(holds("ada@example.com"), "the files are the database");
    for secret in &secrets {
        assert!(!holds(secret), "{}… is in the file", &secret[..10]);
        // Nor is most of it: what is shown of a key for ever are its ends.
        assert!(!holds(&secret[secret.len() / 3..secret.len() - 4]), "{}… is in the file", &secret[..10]);
    }
    let lines =
        desk.app.audit_lines(&admin, &AuditFilter::default(), PageRequest::first(1_000)).await.unwrap();
    for line in lines.items {
        let told = line.details.to_string();
        assert!(secrets.iter().all(|secret| !told.contains(secret)), "{} tells a secret", line.action);
    }
}

both!(mails_open_under_their_own_key_only);
async fn mails_open_under_their_own_key_only(desk: Desk) {
    desk.person("ada").await;
    let page =
        desk.app.mails(&Caller::operator(), &MailFilter::default(), PageRequest::first(5)).await.unwrap();
    let [mail] = &page.items[..] else { panic!("one mail was written") };
    assert_eq!(mail.record.state, MailState::Kept);
    assert!(mail.text.contains("token=kw_ver_"));
    let sealed = String::from_utf8_lossy(&mail.record.sealed_text).into_owned();
    assert!(!sealed.contains("kw_ver_") && !sealed.contains("Hello"));
    // Another master key is refused before it could make anything unreadable.
    let refused = desk.start_under_another_key().await.unwrap_err();
    assert_eq!(refused.code(), "wrong_master_key");
}
