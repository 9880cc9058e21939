//! Group B: the token endpoint, and what is not offered there.

use std::time::Duration;

use reqwest::Method;

use super::{REDIRECT, Rp, VERIFIER, form};
use crate::support::{Answer, both};
use crate::web::Browser;

both!(
    async fn a_014_pushed_requests_are_not_offered_and_nothing_is_taken_by_reference(desk) {
        let rp = Rp::new(&desk).await;
        let metadata = desk.anonymous().get("/.well-known/openid-configuration").await.json();
        assert!(metadata.get("pushed_authorization_request_endpoint").is_none());
        assert_eq!(metadata["request_uri_parameter_supported"], false);
        for method in [Method::GET, Method::POST] {
            desk.anonymous().send(method, "/oauth2/par", &[], None).await.expect(404);
        }
        let back = rp.come_back(&Browser::of(&desk, &rp.owner), &[("request_uri", "urn:ietf:params:oauth:request_uri:x")]).await;
        assert_eq!(back["error"], "request_uri_not_supported");
    }
);

both!(
    async fn a_037_a_038_exchange_and_device_grants_are_not_offered(desk) {
        let rp = Rp::new(&desk).await;
        let metadata = desk.anonymous().get("/.well-known/openid-configuration").await.json();
        let offered = metadata["grant_types_supported"].as_array().unwrap();
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let access = tokens["access_token"].as_str().unwrap();
        for grant in ["urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:device_code"] {
            assert!(!offered.iter().any(|it| it == grant), "{grant}");
            let fields = [
                ("grant_type", grant),
                ("subject_token", access),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("device_code", access),
            ];
            rp.token(&fields).await.refuses(400, "unsupported_grant_type");
        }
        assert!(metadata.get("device_authorization_endpoint").is_none());
        desk.anonymous().post("/oauth2/device_authorization", serde_json::json!({})).await.expect(404);
    }
);

both!(
    async fn a_043_a_proof_of_possession_is_not_offered_and_binds_nothing(desk) {
        let rp = Rp::new(&desk).await;
        let metadata = desk.anonymous().get("/.well-known/openid-configuration").await.json();
        assert!(metadata.get("dpop_signing_alg_values_supported").is_none());
        // Who sends a proof all the same gets a bearer token, which says so (RFC 9449 §5).
        let id = rp.client.client_id.as_str();
        let request = desk.anonymous().request(Method::POST, "/oauth2/token").basic_auth(id, rp.secret.as_deref());
        let answer = Answer::of(form(request.header("DPoP", "x.y.z"), &[("grant_type", "client_credentials"), ("scope", "")])).await;
        if answer.status == 200 {
            assert_eq!(answer.json()["token_type"], "Bearer");
        } else {
            answer.refuses(400, "invalid_scope");
        }
        let token = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await["access_token"].as_str().unwrap().to_owned();
        let request = desk.anonymous().request(Method::GET, "/oauth2/userinfo");
        Answer::of(request.header("authorization", format!("DPoP {token}"))).await.expect(401);
    }
);

both!(
    async fn a_053_a_refresh_that_is_cut_off_anywhere_loses_nothing(desk) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let mut token = tokens["refresh_token"].as_str().unwrap().to_owned();
        for cut in 0..25 {
            let before = tokio::time::timeout(Duration::from_micros(cut * 400), rp.refresh(&token)).await.ok();
            // Whether it was done or not, asking again works, and gives the same one if it was.
            let again = rp.refresh(&token).await.expect(200).json();
            if let Some(before) = before {
                assert_eq!(before.json()["refresh_token"], again["refresh_token"], "cut off after {cut}");
            }
            token = again["refresh_token"].as_str().unwrap().to_owned();
        }
        let last = rp.refresh(&token).await.expect(200).json();
        rp.userinfo(last["access_token"].as_str().unwrap()).await.expect(200);
    }
);

both!(
    async fn f_45_a_code_whose_answer_was_lost_is_used_and_never_opens_twice(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        for cut in 0..12 {
            let code = rp.code(&browser, &[]).await;
            let before = tokio::time::timeout(Duration::from_micros(cut * 800), rp.redeem(&code)).await.ok();
            let again = rp.redeem(&code).await;
            match before {
                Some(first) => {
                    first.expect(200);
                    again.refuses(400, "invalid_grant");
                }
                // It may have been done or not: then this one was the second, or the first.
                None if again.status == 200 => rp.redeem(&code).await.refuses(400, "invalid_grant"),
                None => again.refuses(400, "invalid_grant"),
            }
            let third = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
            rp.token(&third).await.refuses(400, "invalid_grant");
        }
    }
);
