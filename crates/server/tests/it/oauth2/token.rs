//! `/oauth2/token`: codes.

use reqwest::Method;

use super::{REDIRECT, Rp, VERIFIER};
use crate::support::{Answer, at_once, both};
use crate::web::Browser;

both!(
    async fn rfc6749_4_1_2_a_code_works_once_and_its_tokens_end_with_the_second_try(desk) {
        let rp = Rp::new(&desk).await;
        let code = rp.code(&Browser::of(&desk, &rp.owner), &[]).await;
        let tokens = rp.redeem(&code).await.expect(200).json();
        let access = tokens["access_token"].as_str().unwrap();
        rp.userinfo(access).await.expect(200);
        rp.redeem(&code).await.refuses(400, "invalid_grant");
        rp.userinfo(access).await.expect(401);
        rp.refresh(tokens["refresh_token"].as_str().unwrap()).await.refuses(400, "invalid_grant");
    }
);

both!(
    async fn a_025_f_44_of_fifty_at_once_one_redeems_a_code_and_then_nothing_of_it_lives(desk) {
        let rp = Rp::new(&desk).await;
        let code = rp.code(&Browser::of(&desk, &rp.owner), &[]).await;
        let answers = at_once(50, |_| {
            let (rp, code) = (rp.clone(), code.clone());
            async move { rp.redeem(&code).await }
        })
        .await;
        let (won, lost): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|it| it.status == 200);
        assert_eq!(won.len(), 1);
        lost.iter().for_each(|answer| answer.refuses(400, "invalid_grant"));
        rp.userinfo(won[0].json()["access_token"].as_str().unwrap()).await.expect(401);
    }
);

both!(
    async fn a_026_a_027_a_wrong_client_redirect_uri_or_verifier_burns_the_code(desk) {
        let rp = Rp::new(&desk).await;
        let other = Rp::with(&desk, "bob", |_| {}).await;
        let browser = Browser::of(&desk, &rp.owner);
        let code = rp.code(&browser, &[]).await;
        other.redeem(&code).await.refuses(400, "invalid_grant");
        rp.redeem(&code).await.refuses(400, "invalid_grant");
        for (uri, verifier) in [("https://rp.test/CB", VERIFIER), (REDIRECT, "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")] {
            let code = rp.code(&browser, &[]).await;
            let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", uri), ("code_verifier", verifier)];
            rp.token(&fields).await.refuses(400, "invalid_grant");
            rp.redeem(&code).await.refuses(400, "invalid_grant");
        }
    }
);

both!(
    async fn a_029_a_code_lives_for_a_minute(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        for (seconds, status) in [(59, 200), (60, 400)] {
            let code = rp.code(&browser, &[]).await;
            desk.clock.advance(std::time::Duration::from_secs(seconds));
            rp.redeem(&code).await.expect(status);
        }
    }
);

both!(
    async fn a_030_a_031_a_089_requests_have_one_form(desk) {
        let rp = Rp::new(&desk).await;
        let id = rp.client.client_id.clone();
        let secret = rp.secret.clone().unwrap();
        let ask = async |path: &str, kind: &str, body: &str| {
            let request = desk.anonymous().request(Method::POST, path).basic_auth(&id, Some(&secret));
            Answer::of(request.header("content-type", kind).body(body.to_owned())).await
        };
        let form = "application/x-www-form-urlencoded";
        ask("/oauth2/token?grant_type=client_credentials", form, "").await.refuses(400, "invalid_request");
        ask("/oauth2/token", "application/json", "{}").await.refuses(400, "invalid_request");
        ask("/oauth2/token", "text/plain", "grant_type=client_credentials").await.refuses(400, "invalid_request");
        ask("/oauth2/token", form, "").await.refuses(400, "invalid_request");
        ask("/oauth2/token", form, "grant_type=nonsense").await.refuses(400, "unsupported_grant_type");
        ask("/oauth2/token", form, "grant_type=password&username=a&password=b").await.refuses(400, "unsupported_grant_type");
        for twice in ["scope=a&scope=b", "grant_type=refresh_token", "code=a&code=b"] {
            ask("/oauth2/token", form, &format!("grant_type=refresh_token&{twice}")).await.refuses(400, "invalid_request");
        }
        desk.anonymous().get("/oauth2/token").await.expect(405);
        let url = format!("/oauth2/token?client_id={id}&client_secret={secret}");
        let in_url = desk.anonymous().send_text(Method::POST, &url, form, "grant_type=client_credentials").await;
        in_url.refuses(401, "invalid_client");
        let wrong = desk.anonymous().request(Method::POST, "/oauth2/token").basic_auth(&id, Some("wrong"));
        let wrong = Answer::of(crate::oauth2::form(wrong, &[("grant_type", "client_credentials")])).await;
        wrong.refuses(401, "invalid_client");
        assert!(wrong.header("www-authenticate").starts_with("Basic"));
    }
);

both!(
    async fn a_045_all_bad_codes_look_the_same(desk) {
        let rp = Rp::new(&desk).await;
        let code = rp.code(&Browser::of(&desk, &rp.owner), &[]).await;
        rp.redeem(&code).await.expect(200);
        let used = rp.redeem(&code).await.text;
        let unknown = format!("{}{}", &code[..code.len() - 1], if code.ends_with('A') { 'B' } else { 'A' });
        for other in [unknown.as_str(), "x", "kw_ac_", rp.secret.as_deref().unwrap()] {
            assert_eq!(rp.redeem(other).await.text, used);
        }
    }
);

both!(
    async fn public_clients_prove_themselves_by_pkce(desk) {
        let rp = Rp::with(&desk, "alice", |draft| {
            *draft = domain::ClientDraft::of(domain::ClientType::Native);
            draft.redirect_uris = vec![REDIRECT.to_owned()];
            draft.scopes = vec!["openid".to_owned()];
            draft.trusted = true;
        })
        .await;
        let browser = Browser::of(&desk, &rp.owner);
        let tokens = rp.tokens(&browser, &[("scope", "openid")]).await;
        assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_null(), "{tokens}");
        let code = rp.code(&browser, &[("scope", "openid")]).await;
        let without = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
        rp.token(&without).await.refuses(400, "invalid_grant");
        let back = rp.come_back(&browser, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
        assert_eq!(back["error"], "invalid_request");
    }
);

both!(
    async fn rfc8707_resources_become_the_audience_and_only_known_ones(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.access_token_format = domain::TokenFormat::Jwt).await;
        let browser = Browser::of(&desk, &rp.owner);
        let us = "http://127.0.0.1:8080";
        let tokens = rp.tokens(&browser, &[("resource", us)]).await;
        let token = tokens["access_token"].as_str().unwrap();
        // RFC 9068 §2.
        let header = oauth::jose::header(token).unwrap();
        assert_eq!((header.alg.as_str(), header.typ.as_deref()), ("ES256", Some("at+jwt")));
        let claims = oauth::jose::peek(token).unwrap();
        assert_eq!(claims["aud"], us);
        assert_eq!((&claims["sub"], &claims["scope"]), (&rp.owner.id.clone().into(), &"openid email".into()));
        for name in ["iss", "exp", "iat", "jti", "client_id", "auth_time", "acr"] {
            assert!(claims.contains_key(name), "{name}");
        }
        rp.userinfo(token).await.expect(200);
        assert_eq!(rp.come_back(&browser, &[("resource", "https://other.test")]).await["error"], "invalid_target");
        let code = rp.code(&browser, &[("resource", us)]).await;
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER), ("resource", "https://other.test")];
        rp.token(&fields).await.refuses(400, "invalid_target");
    }
);
