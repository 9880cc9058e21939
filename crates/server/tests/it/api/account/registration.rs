//! Who may have an account, and what strangers learn of it.

use super::*;
use crate::support::at_once;
use app::Settings;
use std::time::{Duration, Instant};

both!(
    async fn a_118_registering_does_not_tell_who_exists(desk) {
        desk.developer("alice").await;
        let register = |email: &'static str| {
            let stranger = desk.anonymous();
            async move { stranger.post(REGISTER, json!({"email": email, "name": "A"})).await }
        };
        let known = register("alice@example.com").await;
        let unknown = register("somebody@example.com").await;
        assert_eq!(known.status.as_u16(), 202);
        assert_eq!(essence(known), essence(unknown));
        assert_eq!(essence(register("somebody@example.com").await), essence(register("ALICE@example.com").await));
        let (subject, text) = desk.mails("alice@example.com").await.swap_remove(0);
        assert_eq!(subject, "You already have an account");
        assert!(!text.contains("token="), "{text}");

        let forgot = |email: &'static str| {
            let stranger = desk.anonymous();
            async move { essence(stranger.post(FORGOT, json!({"email": email})).await) }
        };
        assert_eq!(forgot("alice@example.com").await, forgot("nobody@example.com").await);
        assert!(desk.mails("nobody@example.com").await.is_empty());
    }
);

both!(
    async fn a_105_answers_to_strangers_come_after_whole_steps(desk) {
        desk.developer("alice").await;
        for email in ["alice@example.com", "nobody@example.com"] {
            let wrong = json!({"email": email, "password": "wrong"});
            for (path, body) in [(REGISTER, json!({"email": email, "name": "A"})), (FORGOT, json!({"email": email})), (SESSIONS, wrong)] {
                let started = Instant::now();
                desk.anonymous().post(path, body).await;
                assert!(started.elapsed() >= Duration::from_millis(250), "{path} {email}: {:?}", started.elapsed());
            }
        }
    }
);

both!(
    async fn registering_twice_at_once_makes_one_and_answers_alike(desk) {
        let answers = at_once(8, |_| {
            let stranger = desk.anonymous();
            async move { essence(stranger.post(REGISTER, json!({"email": "ada@example.com", "name": "Ada"})).await) }
        }).await;
        assert_eq!(answers[0].0, 202);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let found = desk.admin.get("/api/v1/developers?text=ada@example.com").await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
);

both!(
    async fn nobody_is_flooded_with_mails(desk) {
        for _ in 0..6 {
            desk.anonymous().post(REGISTER, json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        }
        assert_eq!(desk.mails("ada@example.com").await.len(), 4, "the first, and three reminders");
        desk.clock.advance(Duration::from_secs(3601));
        desk.anonymous().post(FORGOT, json!({"email": "ada@example.com"})).await.expect(202);
        let mails = desk.mails("ada@example.com").await;
        assert_eq!(mails.len(), 5);
        assert_eq!(mails[0].0, "Confirm your e-mail address", "whoever has not proven the address proves it first");
    }
);

both!(
    async fn a_119_the_secret_in_the_mail_works_once_for_a_day_for_one_thing(desk) {
        let stranger = desk.anonymous();
        stranger.post(REGISTER, json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        let token = desk.token_in_last_mail("ada@example.com").await;
        for guess in ["", "x", "kw_ver_", &token[..token.len() - 1], &token.replace("kw_ver_", "kw_rst_"), &token.to_lowercase()] {
            stranger.post(VERIFY, json!({"token": guess})).await.problem(404, "not_found");
        }
        let before = desk.changes().await;
        stranger.post(RESET, json!({"token": token, "password": "seven wet otters juggle"})).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;

        let answers = at_once(50, |_| {
            let (stranger, token) = (desk.anonymous(), token.clone());
            async move { stranger.post(VERIFY, json!({"token": token})).await }
        }).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        let reset = won[0].json()["password_token"].as_str().unwrap().to_owned();
        for answer in lost {
            answer.problem(410, "gone");
        }
        stranger.post(VERIFY, json!({"token": token})).await.problem(410, "gone");
        stranger.post(VERIFY, json!({"token": reset})).await.problem(404, "not_found");

        stranger.post(REGISTER, json!({"email": "bob@example.com", "name": "Bob"})).await.expect(202);
        let token = desk.token_in_last_mail("bob@example.com").await;
        desk.clock.advance(Duration::from_secs(24 * 3600));
        stranger.post(VERIFY, json!({"token": token})).await.problem(410, "gone");
        stranger.post(REGISTER, json!({"email": "bob@example.com", "name": "Bob"})).await.expect(202);
        let again = desk.token_in_last_mail("bob@example.com").await;
        stranger.post(VERIFY, json!({"token": token})).await.problem(404, "not_found");
        stranger.post(VERIFY, json!({"token": again})).await.expect(200);
    }
);

both!(
    async fn a_121_the_password_token_is_handed_out_once_and_ends_with_the_first_password(desk) {
        let stranger = desk.anonymous();
        let prove = |email: &'static str| {
            let (stranger, desk) = (stranger.clone(), &desk);
            async move {
                stranger.post(REGISTER, json!({"email": email, "name": "A"})).await.expect(202);
                let token = desk.token_in_last_mail(email).await;
                let proven = stranger.post(VERIFY, json!({"token": token})).await.expect(200).json();
                stranger.post(VERIFY, json!({"token": token})).await.problem(410, "gone");
                proven["password_token"].as_str().unwrap().to_owned()
            }
        };
        let password = |token: &str| json!({"token": token, "password": "seven wet otters juggle"});
        let first = prove("ada@example.com").await;
        stranger.post(RESET, password(&first)).await.expect(204);
        stranger.post(RESET, password(&first)).await.problem(410, "gone");

        // Another link was used in the meantime.
        let stolen = prove("bob@example.com").await;
        let mailed = reset_token(&desk, "bob@example.com").await;
        stranger.post(RESET, password(&mailed)).await.expect(204);
        stranger.post(RESET, password(&stolen)).await.problem(404, "not_found");

        let late = prove("carol@example.com").await;
        desk.clock.advance(Duration::from_secs(30 * 60));
        stranger.post(RESET, password(&late)).await.problem(410, "gone");

        stranger.post(REGISTER, json!({"email": "dan@example.com", "name": "Dan"})).await.expect(202);
        let token = desk.token_in_last_mail("dan@example.com").await;
        let with_password = stranger.post(VERIFY, password(&token)).await.expect(200).json();
        assert_eq!(with_password.get("password_token"), None);
        sign_in(&desk, "dan@example.com", "seven wet otters juggle").await.expect(201);
    }
);

both!(
    async fn a_122_only_one_plain_address_is_written_to(desk) {
        desk.developer("alice").await;
        let mails = desk.mails("alice@example.com").await.len();
        let before = desk.changes().await;
        for email in [
            json!(["alice@example.com", "evil@e.test"]),
            json!("alice@example.com,evil@e.test"),
            json!("a@b@corp.test"),
            json!("\"a@evil.test\"@corp.test"),
            json!("alice@example.com\u{0}"),
            json!("alice@example.com\r\nBcc: e@e.test"),
            json!("a@[127.0.0.1]"),
            json!({"$ne": null}),
            json!(null),
        ] {
            desk.anonymous().post(REGISTER, json!({"email": email, "name": "A"})).await.names("email");
            desk.anonymous().post(FORGOT, json!({"email": email})).await.names("email");
        }
        desk.assert_nothing_happened(before).await;
        assert_eq!(desk.mails("alice@example.com").await.len(), mails);
    }
);

both!(
    async fn a_123_look_alike_addresses_are_refused_and_case_is_no_difference(desk) {
        desk.developer("mike").await;
        for email in ["mıke@example.com", "mike@ⓔxample.com", "ｍike@example.com"] {
            desk.anonymous().post(REGISTER, json!({"email": email, "name": "M"})).await.names("email");
            desk.anonymous().post(FORGOT, json!({"email": email})).await.names("email");
        }
        // Written otherwise, the mail goes to the address that was proven.
        desk.anonymous().post(FORGOT, json!({"email": "MIKE@exAmple.com"})).await.expect(202);
        let filter = app::MailFilter { to: None, state: None };
        let all = desk.app.mails(&app::Caller::operator(), &filter, app::PageRequest::first(10)).await.unwrap();
        assert_eq!(all.items[0].record.to.as_str(), "mike@example.com");
        assert_eq!(all.items[0].record.subject, "Choose a new password");
        desk.anonymous().post(REGISTER, json!({"email": "MIKE@EXAMPLE.COM", "name": "M"})).await.expect(202);
        let found = desk.admin.get("/api/v1/developers?text=mike").await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
);

both!(
    async fn a_127_only_the_very_domain_may_register(desk, Settings { allowed_email_domains: vec!["corp.test".to_owned()], ..Settings::default() }) {
        let before = desk.changes().await;
        for email in ["a@corp.test.evil", "a@evilcorp.test", "a@sub.corp.test", "a@CORP.test.", "a@corp.test%0a", "a@corp.test@evil.test"] {
            desk.anonymous().post(REGISTER, json!({"email": email, "name": "A"})).await.names("email");
        }
        desk.assert_nothing_happened(before).await;
        desk.anonymous().post(REGISTER, json!({"email": "a@CORP.test", "name": "A"})).await.expect(202);
    }
);

both!(
    async fn registering_can_be_switched_off(desk, Settings { sign_up: false, ..Settings::default() }) {
        let before = desk.changes().await;
        desk.anonymous().post(REGISTER, json!({"email": "a@corp.test", "name": "A"})).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_234_control_characters_in_names_are_refused(desk) {
        let alice = desk.developer("alice").await;
        let before = desk.changes().await;
        for name in ["A\r\nBcc: evil@e.test", "A\nB", "A\rB", "A\u{2028}B", "A\u{0}B", "A\u{202e}B", "A\u{200b}B", "\u{7f}"] {
            desk.anonymous().post(REGISTER, json!({"email": "a@b.test", "name": name})).await.names("name");
            alice.patch(PATH, json!({"name": name})).await.names("name");
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_237_names_put_no_markup_and_no_links_into_mails(desk) {
        for (n, name) in ["<a href=https://evil.test>Click</a>", "https://evil.test", "evil.test", "{{link}}"].into_iter().enumerate() {
            let email = format!("a{n}@example.com");
            desk.anonymous().post(REGISTER, json!({"email": email, "name": name})).await.expect(202);
            let token = desk.token_in_last_mail(&email).await;
            desk.anonymous().post(VERIFY, json!({"token": token})).await.expect(200);
            reset_token(&desk, &email).await;
            let mails = desk.mails(&email).await;
            assert_eq!(mails.len(), 2);
            for (_, text) in &mails {
                assert!(!text.contains("evil"), "{text}");
            }
            assert!(!mails[1].1.contains(name), "nothing that a stranger typed is in the first mail");
        }
    }
);

both!(
    async fn a_126_a_deleted_address_registers_anew_without_the_old_rights(desk) {
        let alice = desk.developer("alice").await;
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
        let path = format!("/api/v1/partners/{}", id(&partner));
        desk.admin.put(&format!("{path}/members/{}", alice.id), json!({"role": "OWNER"})).await.expect(200);
        alice.get(&path).await.expect(200);
        alice.delete(PATH).await.expect(204);
        assert_eq!(desk.admin.get(&path).await.expect(200).json()["members"], json!({}));

        let again = desk.developer("alice").await;
        assert_ne!(again.id, alice.id);
        again.get(&path).await.problem(404, "not_found");
        alice.get(PATH).await.problem(401, "unauthenticated");
    }
);

both!(
    async fn a_129_whom_a_partner_takes_is_not_told_before_the_address_is_proven(desk, Settings { approve_developers: false, ..Settings::default() }) {
        let approve = |id: String| {
            let admin = desk.admin.clone();
            async move { admin.post(&format!("/api/v1/developers/{id}/approve"), json!({})).await.expect(200) }
        };
        let find = |email: &'static str| {
            let admin = desk.admin.clone();
            async move { id(&admin.get(&format!("/api/v1/developers?text={email}")).await.json()["items"][0]).to_owned() }
        };
        let prove = |email: &'static str| {
            let desk = &desk;
            async move {
                let token = desk.token_in_last_mail(email).await;
                let proof = json!({"token": token, "password": "seven wet otters juggle"});
                desk.anonymous().post(VERIFY, proof).await.expect(200);
            }
        };
        for email in ["alice@example.com", "bob@example.com"] {
            desk.anonymous().post(REGISTER, json!({"email": email, "name": "X"})).await.expect(202);
        }
        prove("alice@example.com").await;
        let (alice, bob) = (find("alice@example.com").await, find("bob@example.com").await);
        approve(alice.clone()).await;
        let owner = sign_in(&desk, "alice@example.com", "seven wet otters juggle").await.expect(201).json();
        let owner = desk.session(owner["secret"].as_str().unwrap());
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
        let members = format!("/api/v1/partners/{}/members", id(&partner));
        desk.admin.put(&format!("{members}/{alice}"), json!({"role": "OWNER"})).await.expect(200);

        let before = desk.changes().await;
        let add = |developer: String| {
            let (owner, path) = (owner.clone(), format!("{members}/{developer}"));
            async move { owner.put(&path, json!({"role": "READ_ONLY"})).await }
        };
        let nobody = "0198c5e2-7d1a-7bcd-8f00-1234567890ab".to_owned();
        let unknown = essence(add(nobody).await);
        assert_eq!(unknown.0, 400);
        assert_eq!(essence(add(bob.clone()).await), unknown, "unverified");
        desk.assert_nothing_happened(before).await;
        prove("bob@example.com").await;
        assert_eq!(essence(add(bob.clone()).await), unknown, "waiting for approval");
        approve(bob.clone()).await;
        add(bob).await.expect(200);
    }
);

#[tokio::test]
async fn p_15_a_network_of_strangers_may_knock_twenty_times_a_minute() {
    let engine = crate::support::Engine::Sqlite;
    let desk = Desk::start_with(engine, Settings::default(), keywright_server::Options::default()).await;
    let answers = at_once(25, |_| {
        let stranger = desk.anonymous();
        async move { stranger.post(VERIFY, json!({"token": "guess"})).await }
    })
    .await;
    let (limited, answered): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 429);
    assert!((20..=22).contains(&answered.len()), "{} were answered", answered.len());
    for answer in limited {
        assert!((1..=60).contains(&answer.header("retry-after").parse::<u32>().unwrap()));
        answer.problem(429, "too_many_requests");
    }
    desk.admin.get("/api/v1/developers").await.expect(200);
}
