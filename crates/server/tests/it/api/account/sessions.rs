//! Signing in and out.

use super::*;
use std::time::Duration;

both!(
    async fn a_person_has_sessions_and_ends_them(desk) {
        let alice = desk.developer("alice").await;
        let agent = [("user-agent", "Firefox\u{9}on a phone")];
        let body = json!({"email": "alice@example.com", "password": password_of("alice")});
        let other = desk.anonymous().send(Method::POST, SESSIONS, &agent, Some(&body)).await.expect(201).json();
        assert_eq!(other["session"]["current"], true);
        let phone = desk.session(other["secret"].as_str().unwrap());

        desk.clock.advance(Duration::from_secs(20 * 60));
        let list = alice.get(SESSIONS).await.expect(200).json();
        assert_eq!(list["next_cursor"], json!(null));
        let marks: Vec<(&Value, &Value)> =
            list["items"].as_array().unwrap().iter().map(|s| (&s["user_agent"], &s["current"])).collect();
        assert_eq!(marks, [(&json!("Firefoxon a phone"), &json!(false)), (&json!("test"), &json!(true))]);
        assert!(!list.to_string().contains("kw_ses_"));

        let path = format!("{SESSIONS}/{}", id(&other["session"]));
        alice.delete(&path).await.expect(204);
        phone.get(PATH).await.problem(401, "unauthenticated");
        alice.delete(&path).await.problem(404, "not_found");

        alice.delete(&format!("{SESSIONS}/current")).await.expect(204);
        alice.get(PATH).await.problem(401, "unauthenticated");
        alice.delete(&format!("{SESSIONS}/current")).await.problem(401, "unauthenticated");
    }
);

both!(
    async fn sessions_end_unused_after_half_an_hour_and_used_after_half_a_day(desk) {
        let (idle, busy) = (desk.developer("idle").await, desk.developer("busy").await);
        for _ in 0..23 {
            desk.clock.advance(Duration::from_secs(29 * 60));
            busy.get(PATH).await.expect(200);
        }
        idle.get(PATH).await.problem(401, "unauthenticated");
        desk.clock.advance(Duration::from_secs(25 * 60));
        busy.get(PATH).await.expect(200);
        desk.clock.advance(Duration::from_secs(28 * 60));
        busy.get(PATH).await.problem(401, "unauthenticated");
    }
);

both!(
    async fn administrators_sign_in_by_their_own_role(desk) {
        let operator = app::Caller::operator();
        desk.app.create_administrator(&operator, "root@example.com", "seven wet otters juggle").await.unwrap();
        let body = |role: Option<&str>| {
            let mut body = json!({"email": "root@example.com", "password": "seven wet otters juggle"});
            if let Some(role) = role {
                body["role"] = json!(role);
            }
            body
        };
        desk.anonymous().post(SESSIONS, body(None)).await.problem(401, "unauthenticated");
        let answer = desk.anonymous().post(SESSIONS, body(Some("administrator"))).await.expect(201).json();
        assert_eq!(answer["session"]["role"], "administrator");
        let root = desk.session(answer["secret"].as_str().unwrap());
        root.get("/api/v1/developers").await.expect(200);
        assert_eq!(root.get(SESSIONS).await.expect(200).json()["items"].as_array().unwrap().len(), 1);
        root.get(PATH).await.problem(403, "forbidden");
        root.delete(&format!("{SESSIONS}/current")).await.expect(204);
        root.get("/api/v1/developers").await.problem(401, "unauthenticated");

        desk.developer("dan").await;
        let as_admin = json!({"email": "dan@example.com", "password": password_of("dan"), "role": "administrator"});
        desk.anonymous().post(SESSIONS, as_admin).await.problem(401, "unauthenticated");
    }
);

both!(
    async fn a_102_one_counter_for_all_doors_and_the_same_words_for_unknown_people(desk) {
        desk.developer("alice").await;
        let mut answers = Vec::new();
        for (email, role) in [
            ("alice@example.com", "developer"),
            ("alice@example.com", "administrator"),
            ("ALICE@Example.com", "developer"),
            ("ALICE@Example.com", "administrator"),
            ("alice@example.com", "developer"),
        ] {
            let body = json!({"email": email, "password": "wrong", "role": role});
            answers.push(essence(desk.anonymous().post(SESSIONS, body).await));
        }
        for _ in 0..5 {
            answers.push(essence(sign_in(&desk, "nobody@example.com", "wrong").await));
        }
        assert_eq!(answers[0].0, 401);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");

        let blocked = sign_in(&desk, "alice@example.com", &password_of("alice")).await;
        assert_eq!(blocked.header("retry-after"), "2");
        let unknown = sign_in(&desk, "nobody@example.com", "wrong").await;
        assert_eq!(essence(blocked), essence(unknown));
        desk.clock.advance(Duration::from_secs(1));
        sign_in(&desk, "alice@example.com", &password_of("alice")).await.expect(201);
    }
);

both!(
    async fn p_15_each_bad_try_waits_longer_than_the_one_before(desk) {
        desk.developer("alice").await;
        for _ in 0..5 {
            sign_in(&desk, "alice@example.com", "wrong").await.problem(401, "unauthenticated");
        }
        for wait in [1_u64, 2, 4] {
            let blocked = sign_in(&desk, "alice@example.com", "wrong").await;
            assert_eq!(blocked.header("retry-after"), (wait + 1).to_string());
            blocked.problem(429, "too_many_attempts");
            desk.clock.advance(Duration::from_secs(wait));
            sign_in(&desk, "alice@example.com", "wrong").await.problem(401, "unauthenticated");
        }
        // A new password, chosen by who reads the mail, opens the account from everywhere again.
        let token = reset_token(&desk, "alice@example.com").await;
        let new = json!({"token": token, "password": "seven wet otters juggle"});
        desk.anonymous().post(RESET, new).await.expect(204);
        desk.clock.advance(Duration::from_secs(8));
        sign_in(&desk, "alice@example.com", "seven wet otters juggle").await.expect(201);
    }
);

both!(
    async fn a_103_guesses_at_once_do_not_outrun_the_counter(desk) {
        desk.developer("alice").await;
        let answers = crate::support::at_once(20, |_| {
            let (stranger, body) = (desk.anonymous(), json!({"email": "alice@example.com", "password": "wrong"}));
            async move { stranger.post(SESSIONS, body).await.status.as_u16() }
        }).await;
        let compared = answers.iter().filter(|&&status| status == 401 || status == 503).count();
        assert!(compared <= 5, "{answers:?}");
        assert!(answers.iter().all(|status| [401, 429, 503].contains(status)), "{answers:?}");
    }
);

both!(
    async fn a_117_why_an_account_is_not_open_is_told_after_the_right_password(desk, app::Settings { approve_developers: false, ..app::Settings::default() }) {
        desk.anonymous().post(REGISTER, json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        let token = desk.token_in_last_mail("ada@example.com").await;
        let proof = json!({"token": token, "password": "seven wet otters juggle"});
        let proven = desk.anonymous().post(VERIFY, proof).await.expect(200).json();
        assert_eq!(proven["developer"]["state"], "pending");
        let right = sign_in(&desk, "ada@example.com", "seven wet otters juggle").await.problem(401, "unauthenticated");
        assert_eq!(right["detail"], "your account waits for approval");
        let wrong = essence(sign_in(&desk, "ada@example.com", "wrong").await);
        assert_eq!(wrong, essence(sign_in(&desk, "nobody@example.com", "wrong").await));
    }
);
