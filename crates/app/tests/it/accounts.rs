//! Registering and proving an address (A-118 … A-130).

use std::time::Duration;

use domain::{DeveloperCommand, DeveloperState, PartnerRole, SecretKind};
use keywright_app::{Caller, Settings};
use testkit::tasks::at_once;

use crate::harness::{Desk, PASSWORD, again, anonymous, counted, id_of, only_winner, verdict};

both!(a_118_registering_answers_the_same_and_the_owner_is_told_by_mail);
async fn a_118_registering_answers_the_same_and_the_owner_is_told_by_mail(desk: Desk) {
    let register = async |email: &str| desk.app.register(&anonymous(), email, "Ada").await;
    register("ada@example.com").await.unwrap();
    assert_eq!(desk.mails_to("ada@example.com").await[0].0, "Confirm your e-mail address");
    let first = desk.token_mailed_to("ada@example.com").await;
    // Whoever registers again, the address is not proven yet: the link is sent again, and the older one is over.
    register("ADA@example.com").await.unwrap();
    let second = desk.token_mailed_to("ada@example.com").await;
    assert_ne!(first, second);
    let old = desk.app.verify_email(&anonymous(), &first, None).await;
    assert_eq!(verdict(&old), "not_found");
    desk.app.verify_email(&anonymous(), &second, None).await.unwrap();
    register("ada@example.com").await.unwrap();
    let (subject, text) = &desk.mails_to("ada@example.com").await[0];
    assert_eq!(subject, "You already have an account");
    assert!(!text.contains("token="));
    assert_eq!(desk.lines("developer.registered").await, 1);
}

both!(a_119_a_link_says_beforehand_that_it_is_over);
async fn a_119_a_link_says_beforehand_that_it_is_over(desk: Desk) {
    let (verification, reset) = (SecretKind::EmailVerification, SecretKind::PasswordReset);
    let is_over = async |kind, token: &str| desk.app.is_link_over(kind, token).await.unwrap();
    desk.app.register(&anonymous(), "ada@example.com", "Ada").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let lines = desk.lines("developer.verified").await;
    // Looking uses nothing up, however often.
    for _ in 0..3 {
        assert!(!is_over(verification, &token).await);
    }
    // Of what was never made here, or is for something else, nothing is said.
    for (kind, unknown) in [(verification, "kw_ver_guessed"), (verification, ""), (reset, token.as_str())] {
        assert!(!is_over(kind, unknown).await, "{unknown}");
    }
    assert_eq!(desk.lines("developer.verified").await, lines);
    desk.app.verify_email(&anonymous(), &token, Some(PASSWORD)).await.unwrap();
    assert!(is_over(verification, &token).await, "it was used");
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    desk.clock.advance(Duration::from_secs(30 * 60 - 1));
    assert!(!is_over(reset, &token).await);
    desk.clock.advance(Duration::from_secs(1));
    assert!(is_over(reset, &token).await, "it is too old");
    // The link for the first administrator is worth nothing as soon as there is one.
    let setup = desk.app.setup_token().await.unwrap().unwrap();
    assert!(!is_over(SecretKind::Setup, setup.expose()).await);
    desk.app.create_administrator(&Caller::operator(), "root@example.com", PASSWORD).await.unwrap();
    assert!(is_over(SecretKind::Setup, setup.expose()).await);
    assert!(!is_over(SecretKind::Setup, "kw_setup_guessed").await);
}

both!(an_address_that_is_registered_by_many_at_once_is_registered_once);
async fn an_address_that_is_registered_by_many_at_once_is_registered_once(desk: Desk) {
    let results = at_once(20, |n| {
        let desk = desk.clone();
        async move { desk.app.register(&anonymous(), "ada@example.com", &format!("Ada {n}")).await }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 20)].into());
    assert_eq!(desk.lines("developer.registered").await, 1);
    // However many asked, one link works, and few mails were sent.
    let mails = desk.mails_to("ada@example.com").await;
    assert!((1..=4).contains(&mails.len()), "{}", mails.len());
}

both!(a_119_the_link_works_once_for_one_thing_and_a_day);
async fn a_119_the_link_works_once_for_one_thing_and_a_day(desk: Desk) {
    desk.app.register(&anonymous(), "ada@example.com", "Ada").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let verify = async |token: &str| desk.app.verify_email(&anonymous(), token, None).await;
    assert_eq!(verdict(&verify("kw_ver_guessed").await), "not_found");
    assert_eq!(verdict(&desk.app.reset_password(&anonymous(), &token, PASSWORD).await), "not_found");
    desk.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(verdict(&verify(&token).await), "gone");
    desk.app.register(&anonymous(), "ada@example.com", "Ada").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    desk.clock.advance(Duration::from_secs(24 * 3600 - 1));
    let results = at_once(50, |_| {
        let (desk, token) = (desk.clone(), token.clone());
        async move { desk.app.verify_email(&anonymous(), &token, None).await }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 1), ("gone", 49)].into());
    let registration = only_winner(results);
    assert_eq!(registration.developer.state, DeveloperState::Approved);
    assert_eq!(verdict(&verify(&token).await), "gone");
    // what it hands out chooses the first password, once, and proves nothing else.
    let reset = registration.password_token.unwrap();
    assert_eq!(verdict(&verify(reset.expose()).await), "not_found");
    desk.app.reset_password(&anonymous(), reset.expose(), PASSWORD).await.unwrap();
    assert_eq!(verdict(&desk.app.reset_password(&anonymous(), reset.expose(), PASSWORD).await), "gone");
}

both!(a_121_a_password_chosen_at_once_leaves_no_token_behind);
async fn a_121_a_password_chosen_at_once_leaves_no_token_behind(desk: Desk) {
    desk.app.register(&anonymous(), "ada@example.com", "Ada").await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    // A weak one is refused, and the link can be used again.
    let weak = desk.app.verify_email(&anonymous(), &token, Some("password12345678")).await;
    assert_eq!(verdict(&weak), "invalid");
    let registration = desk.app.verify_email(&anonymous(), &token, Some(PASSWORD)).await.unwrap();
    assert!(registration.password_token.is_none());
    desk.app.sign_in(&anonymous(), "ada@example.com", PASSWORD, "test").await.unwrap();
}

both!(a_122_a_123_only_one_plain_address_is_registered);
async fn a_122_a_123_only_one_plain_address_is_registered(desk: Desk) {
    desk.person("mike").await;
    for address in [
        "mike@example.com,evil@example.net",
        "a@b@example.com",
        "\"a@example.net\"@example.com",
        "mike@example.com\0",
        "mike@example.com\r\nBcc: evil@example.net",
        "a@[127.0.0.1]",
        "m\u{131}ke@example.com",
        "mike@\u{24d4}xample.com",
        "mike@example.com.",
    ] {
        assert_eq!(
            verdict(&desk.app.register(&anonymous(), address, "Mike").await),
            "invalid",
            "{address:?}"
        );
        assert_eq!(verdict(&desk.app.forgot_password(&anonymous(), address).await), "invalid", "{address:?}");
    }
    // The same address in capitals is the same account: the mail goes to the address that is stored.
    desk.app.forgot_password(&anonymous(), "MIKE@EXAMPLE.COM").await.unwrap();
    assert_eq!(desk.mails_to("mike@example.com").await[0].0, "Choose a new password");
    assert_eq!(desk.lines("developer.registered").await, 1);
}

fn corporate() -> Settings {
    Settings { allowed_email_domains: vec!["corp.test".to_owned()], ..Settings::default() }
}

both!(a_127_only_the_very_domain_may_register, corporate());
async fn a_127_only_the_very_domain_may_register(desk: Desk) {
    for address in
        ["a@corp.test.evil", "a@evilcorp.test", "a@sub.corp.test", "a@CORP.test.", "a@corp.test%0a"]
    {
        assert_eq!(verdict(&desk.app.register(&anonymous(), address, "A").await), "invalid", "{address}");
    }
    desk.app.register(&anonymous(), "a@CORP.test", "A").await.unwrap();
}

both!(a_129_nobody_is_put_on_a_partner_before_the_address_is_proven);
async fn a_129_nobody_is_put_on_a_partner_before_the_address_is_proven(desk: Desk) {
    let shop = crate::shop::Shop::open(&desk).await;
    desk.app.register(&anonymous(), "ben@example.com", "Ben").await.unwrap();
    let filter = keywright_app::DeveloperFilter { text: Some("ben@".to_owned()), state: None };
    let page = desk
        .app
        .developers(&Caller::operator(), &filter, keywright_app::PageRequest::first(1))
        .await
        .unwrap();
    let ben = page.items[0].id;
    let nobody = domain::DeveloperId(uuid::Uuid::now_v7());
    let put =
        async |id| desk.app.set_partner_member(&shop.owner, shop.partner.id, id, PartnerRole::Owner).await;
    let (unproven, unknown) = (put(ben).await.unwrap_err(), put(nobody).await.unwrap_err());
    assert_eq!((unproven.code(), unproven.to_string()), ("invalid", unknown.to_string()));
    let token = desk.token_mailed_to("ben@example.com").await;
    desk.app.verify_email(&anonymous(), &token, None).await.unwrap();
    put(ben).await.unwrap();
}

fn reviewed() -> Settings {
    Settings { approve_developers: false, ..Settings::default() }
}

both!(a_130_who_is_shut_out_is_out_at_once, reviewed());
async fn a_130_who_is_shut_out_is_out_at_once(desk: Desk) {
    let ada = desk.person_with_password("ada").await;
    let admin = Caller::operator();
    let sign_in = async || desk.app.sign_in(&anonymous(), "ada@example.com", PASSWORD, "test").await;
    let review = async |command| desk.app.review_developer(&admin, id_of(&ada), None, command).await;
    assert_eq!(sign_in().await.unwrap_err().to_string(), "your account waits for approval");
    review(DeveloperCommand::Approve).await.unwrap();
    let session = sign_in().await.unwrap();
    desk.app.identify(session.secret.expose()).await.unwrap();
    review(DeveloperCommand::Revoke).await.unwrap();
    assert_eq!(verdict(&desk.app.identify(session.secret.expose()).await), "unauthenticated");
    assert_eq!(verdict(&sign_in().await), "unauthenticated");
    // Let in again, the old session stays over.
    review(DeveloperCommand::Approve).await.unwrap();
    assert_eq!(verdict(&desk.app.identify(session.secret.expose()).await), "unauthenticated");
    sign_in().await.unwrap();
    assert_eq!(verdict(&review(DeveloperCommand::Reject).await), "state");
}

both!(nobody_is_flooded_with_mails);
async fn nobody_is_flooded_with_mails(desk: Desk) {
    let ada = desk.person("ada").await;
    for _ in 0..10 {
        desk.app.register(&again(&anonymous()), "ada@example.com", "Eve").await.unwrap();
        desk.app.forgot_password(&again(&anonymous()), "ada@example.com").await.unwrap();
    }
    // One to prove the address, and three that strangers caused.
    assert_eq!(desk.mails_to("ada@example.com").await.len(), 4);
    desk.clock.advance(Duration::from_secs(3_600));
    desk.app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    assert_eq!(desk.mails_to("ada@example.com").await.len(), 5);
    assert_eq!(desk.developer(&ada).await.name.as_str(), "ada");
}
