//! Group G: metadata.

use reqwest::Method;

use super::Rp;
use crate::support::{Answer, both};
use crate::web::Browser;

both!(
    async fn a_091_nobody_but_the_configuration_says_who_we_are(desk) {
        let plain = desk.anonymous().get("/.well-known/openid-configuration").await.expect(200);
        for (name, value) in [
            ("host", "evil.test"), ("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http"),
            ("x-forwarded-prefix", "/evil"), ("forwarded", "host=evil.test"),
        ] {
            let request = desk.anonymous().request(Method::GET, "/.well-known/openid-configuration");
            let answer = Answer::of(request.header(name, value)).await;
            assert!(!answer.text.contains("evil"), "{name}");
            assert_eq!(answer.text, plain.text, "{name}");
        }
    }
);

both!(
    async fn a_095_both_documents_say_the_same_and_what_they_say_is_there(desk) {
        // Keys come with the first client.
        Rp::new(&desk).await;
        let [one, two] = ["openid-configuration", "oauth-authorization-server"].map(|name| format!("/.well-known/{name}"));
        let document = desk.anonymous().get(&one).await.expect(200);
        assert_eq!(document.text, desk.anonymous().get(&two).await.expect(200).text);
        assert_eq!(document.header("access-control-allow-origin"), "*");
        let document = document.json();
        for (name, url) in document.as_object().unwrap() {
            if let Some(path) = url.as_str().and_then(|url| url.strip_prefix("http://127.0.0.1:8080/")) {
                let answer = desk.anonymous().get(&format!("/{path}")).await;
                assert_ne!(answer.status, 404, "{name}");
            }
        }
        assert_eq!(document["grant_types_supported"], serde_json::json!(["authorization_code", "client_credentials", "refresh_token"]));
        assert_eq!(document["response_types_supported"], serde_json::json!(["code"]));
        let keys = desk.anonymous().get("/oauth2/jwks.json").await.expect(200).json();
        let algorithms: Vec<&str> = keys["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap()).collect();
        for promised in document["id_token_signing_alg_values_supported"].as_array().unwrap() {
            assert!(algorithms.contains(&promised.as_str().unwrap()), "{promised}");
        }
    }
);

both!(
    async fn a_095_every_algorithm_that_is_promised_signs_id_tokens(desk) {
        for (name, algorithm) in ["a", "b", "c", "d"].into_iter().zip(domain::SigningAlgorithm::ALL) {
            let rp = Rp::with(&desk, name, |draft| draft.id_token_signed_response_alg = algorithm).await;
            let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
            let token = tokens["id_token"].as_str().unwrap();
            assert_eq!(oauth::jose::header(token).unwrap().alg, algorithm.as_str());
            let keys = desk.anonymous().get("/oauth2/jwks.json").await.expect(200).json();
            let keys = oauth::jose::Jwks::parse(&keys).unwrap().key_set().unwrap();
            let expected = oauth::jose::Expected { types: &["JWT"], now: desk.clock.now(), skew: std::time::Duration::ZERO };
            assert!(oauth::jose::verify(token, &keys, &expected).is_ok(), "{algorithm:?}");
        }
    }
);
