//! Choosing a password, forgetting it, changing it.

use super::*;
use crate::support::at_once;
use std::time::Duration;

const NEW: &str = "seven wet otters juggle";

both!(
    async fn a_131_a_reset_token_works_once_and_only_the_last_one(desk) {
        desk.developer("alice").await;
        let email = "alice@example.com";
        let stranger = desk.anonymous();
        let older = reset_token(&desk, email).await;
        let token = reset_token(&desk, email).await;
        let with = |token: &str| json!({"token": token, "password": NEW});
        stranger.post(RESET, with(&older)).await.problem(404, "not_found");
        stranger.post(RESET, with(&token)).await.expect(204);
        stranger.post(RESET, with(&token)).await.problem(410, "gone");
        sign_in(&desk, email, NEW).await.expect(201);

        let late = reset_token(&desk, email).await;
        desk.clock.advance(Duration::from_secs(30 * 60));
        stranger.post(RESET, with(&late)).await.problem(410, "gone");
    }
);

both!(
    async fn a_131_of_many_at_once_the_one_that_was_told_so_has_won(desk) {
        desk.developer("alice").await;
        let email = "alice@example.com";
        let token = reset_token(&desk, email).await;
        let password = |n: usize| format!("{n} wet otters juggle plums");
        let answers = at_once(12, |n| {
            let (stranger, body) = (desk.anonymous(), json!({"token": token, "password": password(n)}));
            async move { (n, stranger.post(RESET, body).await) }
        }).await;
        let won: Vec<usize> = answers.iter().filter(|(_, answer)| answer.status == 204).map(|(n, _)| *n).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        for (_, answer) in answers.into_iter().filter(|(_, answer)| answer.status != 204) {
            // 503: more passwords than the machine could hash in time; nothing was changed then either.
            assert!([410, 503].contains(&answer.status.as_u16()), "{answer:?}");
        }
        sign_in(&desk, email, &password((won[0] + 1) % 12)).await.problem(401, "unauthenticated");
        sign_in(&desk, email, &password(won[0])).await.expect(201);
    }
);

both!(
    async fn a_133_no_secret_of_a_mail_is_kept_in_clear(desk) {
        let stranger = desk.anonymous();
        stranger.post(REGISTER, json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        let verification = desk.token_in_last_mail("ada@example.com").await;
        assert!(verification.starts_with("kw_ver_"));
        let body = json!({"token": verification, "password": NEW});
        stranger.post(VERIFY, body).await.expect(200);
        let reset = reset_token(&desk, "ada@example.com").await;
        let kept = desk.everything_kept().await;
        assert!(kept.contains("ada@example.com"));
        for secret in [&verification, &reset, &NEW.to_owned()] {
            assert!(!kept.contains(&secret[8..]), "{secret} is kept");
        }
    }
);

both!(
    async fn a_134_a_reset_signs_nobody_in_and_everybody_out(desk) {
        let alice = desk.developer("alice").await;
        let second = sign_in(&desk, "alice@example.com", &password_of("alice")).await.expect(201).json();
        let second = desk.session(second["secret"].as_str().unwrap());
        let token = reset_token(&desk, "alice@example.com").await;
        let answer = desk.anonymous().post(RESET, json!({"token": token, "password": NEW})).await.expect(204);
        assert_eq!((answer.text.as_str(), answer.header("set-cookie")), ("", ""));
        alice.get(PATH).await.problem(401, "unauthenticated");
        second.get(PATH).await.problem(401, "unauthenticated");
        sign_in(&desk, "alice@example.com", &password_of("alice")).await.problem(401, "unauthenticated");
        assert_eq!(desk.mails("alice@example.com").await[0].0, "Your password was changed");
        let all = desk.admin.get(&format!("/api/v1/developers/{}/sessions", alice.id)).await.expect(200).json();
        assert_eq!(all["items"], json!([]));
    }
);

both!(
    async fn a_135_weak_passwords_are_refused_and_the_token_lives(desk) {
        desk.anonymous().post(REGISTER, json!({"email": "ada.lovelace@example.com", "name": "Ada"})).await.expect(202);
        let token = desk.token_in_last_mail("ada.lovelace@example.com").await;
        let before = desk.changes().await;
        for weak in ["", "1234567", "passwordpassword", "ada.lovelace@example.com", "keywrightkeywright", "aaaaaaaaaaaaaaaaaaaa", &"x".repeat(1_025)] {
            desk.anonymous().post(VERIFY, json!({"token": token, "password": weak})).await.names("password");
        }
        desk.assert_nothing_happened(before).await;
        desk.anonymous().post(VERIFY, json!({"token": token, "password": NEW})).await.expect(200);

        let token = reset_token(&desk, "ada.lovelace@example.com").await;
        let before = desk.changes().await;
        desk.anonymous().post(RESET, json!({"token": token, "password": "qwertyuiopasdfgh"})).await.names("password");
        desk.assert_nothing_happened(before).await;
        desk.anonymous().post(RESET, json!({"token": token, "password": "nine wet otters juggle"})).await.expect(204);
    }
);

both!(
    async fn a_110_changing_the_password_needs_the_present_one_and_ends_all_sessions(desk) {
        let alice = desk.developer("alice").await;
        let old = password_of("alice");
        let change = |present: &str, new: &str| json!({"current_password": present, "new_password": new});
        let before = desk.changes().await;
        alice.post(PASSWORD, change("wrong", NEW)).await.names("current_password");
        alice.post(PASSWORD, change(&old, "short")).await.names("new_password");
        desk.assert_nothing_happened(before).await;
        alice.post(PASSWORD, change(&old, NEW)).await.expect(204);
        alice.get(PATH).await.problem(401, "unauthenticated");
        sign_in(&desk, "alice@example.com", &old).await.problem(401, "unauthenticated");
        assert_eq!(desk.mails("alice@example.com").await[0].0, "Your password was changed");
        sign_in(&desk, "alice@example.com", NEW).await.expect(201);
    }
);

both!(
    async fn a_110_no_session_begun_with_the_old_password_outlives_the_change(desk) {
        let alice = desk.developer("alice").await;
        let old = password_of("alice");
        // Some of them compare the old password while the new one is being hashed and written.
        let (change, sign_ins) = tokio::join!(
            alice.post(PASSWORD, json!({"current_password": old, "new_password": NEW})),
            at_once(8, |n| {
                let (stranger, body) = (desk.anonymous(), json!({"email": "alice@example.com", "password": old}));
                async move {
                    tokio::time::sleep(Duration::from_millis(40) * u32::try_from(n).unwrap()).await;
                    stranger.post(SESSIONS, body).await
                }
            }),
        );
        change.expect(204);
        for answer in sign_ins {
            if answer.status == 201 {
                let secret = answer.json()["secret"].as_str().unwrap().to_owned();
                desk.session(&secret).get(PATH).await.problem(401, "unauthenticated");
            } else {
                assert!([401, 429].contains(&answer.status.as_u16()), "{answer:?}");
            }
        }
    }
);

both!(
    async fn a_102_a_stolen_session_is_not_good_for_guessing_the_password(desk) {
        let alice = desk.developer("alice").await;
        let guess = || alice.post(PASSWORD, json!({"current_password": "wrong", "new_password": NEW}));
        for _ in 0..5 {
            guess().await.names("current_password");
        }
        guess().await.problem(429, "too_many_attempts");
        sign_in(&desk, "alice@example.com", &password_of("alice")).await.problem(429, "too_many_attempts");
    }
);
