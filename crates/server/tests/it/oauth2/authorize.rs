//! `/oauth2/authorize`

use super::{Rp, confirm};
use crate::support::both;
use crate::web::Browser;

both!(
    async fn somebody_signs_in_is_asked_once_and_a_client_gets_tokens(desk) {
        let rp = Rp::new(&desk).await;
        let mut browser = Browser::new(&desk);
        let sent = browser.open(&rp.request(&[("login_hint", "alice@example.com")])).await.expect(303);
        let sign_in = sent.header("location").to_owned();
        assert!(sign_in.starts_with("/sign-in?next=%2Foauth2%2Fauthorize%3F"), "{sign_in}");
        let page = browser.open(&sign_in).await.page(200, "Sign in");
        assert!(page.text.contains("alice@example.com"), "{}", page.text);
        // The form may lead on to the client's place, and to no other.
        let policy = page.header("content-security-policy");
        assert!(policy.contains("form-action 'self' https://rp.test;"), "{policy}");
        browser.keep_cookies(&page);
        let fields = [("email", "alice@example.com"), ("password", "alice likes violet umbrellas")];
        let done = browser.fill(&sign_in, "/sign-in", &fields).await.expect(303);
        browser.keep_cookies(&done);
        let question = browser.open(done.header("location")).await.page(200, "Allow “Shop”?");
        for part in ["alice@example.com", "rp.test", "Allow", "Do not allow"] {
            assert!(question.text.contains(part), "{part}: {}", question.text);
        }
        assert!(question.header("content-security-policy").contains("form-action 'self' https://rp.test;"));
        let back = confirm(&browser, &question, "/oauth2/confirm").await.back();
        assert_eq!((back["state"].as_str(), back["iss"].as_str()), ("s1", "http://127.0.0.1:8080"));
        let tokens = rp.redeem(&back["code"]).await.expect(200);
        assert_eq!(tokens.header("cache-control"), "no-store");
        let tokens = tokens.json();
        assert_eq!((&tokens["token_type"], &tokens["scope"]), (&"Bearer".into(), &"openid email".into()));
        assert!(tokens["refresh_token"].as_str().unwrap().starts_with("kw_rt_"));
        let info = rp.userinfo(tokens["access_token"].as_str().unwrap()).await.expect(200).json();
        assert_eq!(info["email"], "alice@example.com");
        // The second time nobody is asked.
        let again = browser.open(&rp.request(&[("state", "s2")])).await.back();
        assert_eq!(again["state"], "s2");
        assert!(again.contains_key("code"));
    }
);

both!(
    async fn whoever_says_no_is_sent_back_with_that(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.trusted = false).await;
        let browser = Browser::of(&desk, &rp.owner);
        let page = browser.open(&rp.request(&[])).await.expect(200);
        let before = desk.changes().await;
        let back = confirm(&browser, &page, "/oauth2/reject").await.back();
        assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "s1"));
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn both_paths_are_the_same(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        rp.code(&browser, &[]).await;
        let path = rp.request(&[]).replace("/authorize?", "/auth?");
        assert!(browser.open(&path).await.back().contains_key("code"));
    }
);

both!(
    async fn a_form_of_another_site_is_carried_over(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        rp.code(&browser, &[]).await;
        let path = rp.request(&[]);
        let (_, query) = path.split_once('?').unwrap();
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        // Its cookies stay away, as browsers keep them from there.
        let stranger = Browser::new(&desk);
        let headers = [("sec-fetch-site", "cross-site"), ("origin", "https://rp.test")];
        let moved = stranger.ask(reqwest::Method::POST, "/oauth2/authorize", &headers, Some(&fields)).await;
        assert_eq!(moved.status, 303);
        assert!(browser.open(moved.header("location")).await.back().contains_key("code"));
    }
);

both!(
    async fn prompts_and_ages_decide_who_is_asked_what(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let error = async |browser: &Browser, changes: &[(&str, &str)]| {
            browser.open(&rp.request(changes)).await.back()["error"].clone()
        };
        assert_eq!(error(&Browser::new(&desk), &[("prompt", "none")]).await, "login_required");
        assert_eq!(error(&browser, &[("prompt", "none")]).await, "consent_required");
        rp.code(&browser, &[]).await;
        assert!(browser.open(&rp.request(&[("prompt", "none")])).await.back().contains_key("code"));
        browser.open(&rp.request(&[("prompt", "consent")])).await.page(200, "Allow “Shop”?");
        for (name, value) in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0")] {
            desk.clock.advance(std::time::Duration::from_secs(1));
            let sent = browser.open(&rp.request(&[(name, value)])).await.expect(303);
            assert!(sent.header("location").starts_with("/sign-in?") && sent.header("location").contains("fresh"), "{name} {value}");
        }
        assert!(browser.open(&rp.request(&[("max_age", "1000")])).await.back().contains_key("code"));
        assert_eq!(error(&browser, &[("prompt", "none"), ("max_age", "1")]).await, "login_required");
        // Somebody else is expected than is signed in.
        let claims = r#"{"id_token": {"sub": {"value": "somebody else"}}}"#;
        assert_eq!(error(&browser, &[("prompt", "none"), ("claims", claims)]).await, "login_required");
    }
);

both!(
    async fn signing_in_again_satisfies_the_request_that_asked_for_it(desk) {
        let rp = Rp::new(&desk).await;
        let mut browser = Browser::of(&desk, &rp.owner);
        let first = rp.tokens(&browser, &[]).await;
        desk.clock.advance(std::time::Duration::from_secs(5));
        let sent = browser.open(&rp.request(&[("prompt", "login")])).await.expect(303);
        let sign_in = sent.header("location").to_owned();
        let fields = [("email", "alice@example.com"), ("password", "alice likes violet umbrellas")];
        let done = browser.fill(&sign_in, "/sign-in", &fields).await.expect(303);
        browser.keep_cookies(&done);
        let back = browser.open(done.header("location")).await.back();
        let second = rp.redeem(&back["code"]).await.expect(200).json();
        let auth_time = |tokens: &serde_json::Value| claims(tokens)["auth_time"].as_i64().unwrap();
        assert!(auth_time(&second) >= auth_time(&first) + 5);
        // The mark in the address is for this client and this sign-in only.
        let forged = rp.request(&[("prompt", "login"), ("kw_since", "0.00000000000000000000000000000000")]);
        assert!(browser.open(&forged).await.expect(303).header("location").starts_with("/sign-in"));
    }
);

/// What an ID token says; others verify the signature.
pub fn claims(tokens: &serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    oauth::jose::peek(tokens["id_token"].as_str().unwrap()).unwrap()
}

both!(
    async fn id_tokens_say_who_for_whom_and_when(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let tokens = rp.tokens(&browser, &[("claims", r#"{"id_token": {"email": null}}"#)]).await;
        let said = claims(&tokens);
        assert_eq!(said["iss"], "http://127.0.0.1:8080");
        assert_eq!(said["aud"], rp.client.client_id);
        assert_eq!(said["sub"], rp.owner.id);
        assert_eq!(said["nonce"], "n1");
        assert_eq!(said["email"], "alice@example.com");
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 600);
        let header = oauth::jose::header(tokens["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(header.alg, "RS256");
        // By scope, claims come from the userinfo endpoint only.
        assert!(!claims(&rp.tokens(&browser, &[]).await).contains_key("email"));
    }
);

both!(
    async fn the_id_tokens_life_is_the_clients_setting_in_minutes(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.id_token_lifetime_min = Some(12)).await;
        let said = claims(&rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await);
        assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 720);
    }
);

both!(
    async fn pairwise_subjects_differ_from_client_to_client(desk) {
        let pairwise = |draft: &mut domain::ClientDraft| draft.subject_type = domain::SubjectType::Pairwise;
        let one = Rp::with(&desk, "alice", pairwise).await;
        let browser = Browser::of(&desk, &one.owner);
        let two = Rp::with(&desk, "bob", |draft| {
            pairwise(draft);
            draft.redirect_uris = vec!["https://other.test/cb".to_owned(), crate::oauth2::REDIRECT.to_owned()];
        })
        .await;
        let tokens = one.tokens(&browser, &[]).await;
        let subject = |tokens: &serde_json::Value| claims(tokens)["sub"].clone();
        assert_ne!(subject(&tokens), one.owner.id);
        assert_eq!(subject(&tokens), subject(&one.tokens(&browser, &[]).await));
        assert_ne!(subject(&tokens), subject(&two.tokens(&browser, &[]).await));
        let info = one.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!(info["sub"], subject(&tokens));
    }
);

both!(
    async fn role_scopes_are_for_those_who_hold_the_role(desk) {
        let scope = serde_json::json!({"name": "ROLE_BILLING_ADMIN", "kind": "role"});
        desk.admin.make("/api/v1/oauth/scopes", scope).await;
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let asked = [("scope", "openid ROLE_BILLING_ADMIN")];
        assert_eq!(rp.tokens(&browser, &asked).await["scope"], "openid");
        let alone = rp.come_back(&browser, &[("scope", "ROLE_BILLING_ADMIN")]).await;
        assert_eq!(alone["error"], "access_denied");
        let partner = desk.admin.make("/api/v1/partners", serde_json::json!({"name": "Acme", "roles": ["ROLE_BILLING_ADMIN"]})).await;
        let member = format!("/api/v1/partners/{}/members/{}", crate::support::id(&partner), rp.owner.id);
        desk.admin.put(&member, serde_json::json!({"role": "READ_ONLY"})).await.expect(200);
        let tokens = rp.tokens(&browser, &asked).await;
        assert_eq!(tokens["scope"], "openid ROLE_BILLING_ADMIN");
        // A-055: whoever loses the role has it no more with the next refresh.
        desk.admin.delete(&member).await.expect(200);
        let refreshed = rp.refresh(tokens["refresh_token"].as_str().unwrap()).await.expect(200).json();
        assert_eq!(refreshed["scope"], "openid");
    }
);
