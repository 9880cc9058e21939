//! Clients that prove themselves by signed assertions (RFC 7523): each counts once, by the client's own keys only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::{ClientAuthMethod, SigningAlgorithm};
use keywright_app::App;
use oauth::client_auth::{Presented, Proof};
use oauth::jose::{SigningKey, generate};
use serde_json::{Value, json};

use super::{Made, client, quick};
use crate::harness::{Desk, anonymous};

const US: &str = "http://127.0.0.1:8080";

fn key(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::from_pkcs8(algorithm, "own", &generate(algorithm).unwrap()).unwrap()
}

async fn made(app: &App, key: &SigningKey) -> Made {
    let jwks = json!({"keys": [key.public_jwk()]});
    client(app, "Signer", |it| {
        it.draft.token_endpoint_auth_method = ClientAuthMethod::PrivateKeyJwt;
        it.draft.jwks = Some(jwks);
    })
    .await
}

/// The claims of an assertion that is in order.
fn claims(desk: &Desk, made: &Made, jti: &str) -> Value {
    let id = &made.client.client_id;
    let now = desk.clock.now().unix_seconds();
    json!({"iss": id, "sub": id, "aud": US, "exp": now + 60, "iat": now, "jti": jti})
}

async fn is_taken(app: &App, made: &Made, assertion: &str) -> bool {
    let proof = Proof::Assertion(assertion.to_owned());
    let presented = Presented { client_id: made.client.client_id.clone(), proof };
    app.authenticate_client(&anonymous(), &presented).await.is_ok()
}

both!(a_083_f_54_an_assertion_counts_once_on_all_nodes_together, quick());
async fn a_083_f_54_an_assertion_counts_once_on_all_nodes_together(desk: Desk) {
    let key = key(SigningAlgorithm::Es256);
    let made = made(&desk.app, &key).await;
    let there = desk.another_node().await;
    let sign = |jti: &str| key.sign("JWT", &claims(&desk, &made, jti)).unwrap();
    let one = sign("a");
    assert!(is_taken(&desk.app, &made, &one).await);
    assert!(!is_taken(&desk.app, &made, &one).await);
    assert!(!is_taken(&there.app, &made, &one).await);
    // Another assertion with the same id is the same one; capitals count.
    assert!(!is_taken(&there.app, &made, &sign("a")).await);
    assert!(is_taken(&there.app, &made, &sign("A")).await);
    // Another one at both nodes at once.
    let (first, second, shared) = (desk.app.clone(), there.app.clone(), sign("both"));
    let results = testkit::tasks::at_once(16, |n| {
        let app = if n % 2 == 0 { first.clone() } else { second.clone() };
        let presented =
            Presented { client_id: made.client.client_id.clone(), proof: Proof::Assertion(shared.clone()) };
        async move { app.authenticate_client(&anonymous(), &presented).await.is_ok() }
    })
    .await;
    assert_eq!(results.into_iter().filter(|is_taken| *is_taken).count(), 1);
    // A node that starts later has forgotten nothing.
    assert!(!is_taken(&desk.another_node().await.app, &made, &shared).await);
    assert!(!is_taken(&desk.app, &made, &sign("")).await);
    assert!(!is_taken(&desk.app, &made, &sign(&"j".repeat(10_000))).await);
    let mut without = claims(&desk, &made, "x");
    without.as_object_mut().unwrap().remove("jti");
    assert!(!is_taken(&desk.app, &made, &key.sign("JWT", &without).unwrap()).await);
}

both!(a_085_an_assertion_is_verified_by_the_client_s_own_keys_and_their_algorithms, quick());
async fn a_085_an_assertion_is_verified_by_the_client_s_own_keys_and_their_algorithms(desk: Desk) {
    let (app, own) = (&desk.app, key(SigningAlgorithm::Es256));
    let made = made(app, &own).await;
    let (good, other) = (claims(&desk, &made, "good"), key(SigningAlgorithm::Es256));
    let encode = |value: &Value| BASE64URL.encode(value.to_string());
    let forged = |header: Value, signature: &[u8]| {
        format!("{}.{}.{}", encode(&header), encode(&good), BASE64URL.encode(signature))
    };
    let jwk = serde_json::to_value(other.public_jwk()).unwrap();
    for (what, assertion) in [
        ("none", forged(json!({"alg": "none"}), b"")),
        ("a signature of zeros", forged(json!({"alg": "ES256", "kid": "own"}), &[0; 64])),
        ("HS256", forged(json!({"alg": "HS256", "kid": "own"}), &[1; 32])),
        ("a kid that climbs", forged(json!({"alg": "ES256", "kid": "../../own"}), &[0; 64])),
        (
            "a key of its own",
            forged(json!({"alg": "ES256", "jwk": jwk, "jku": "https://evil.test"}), &[0; 64]),
        ),
        ("an unknown extension", forged(json!({"alg": "ES256", "kid": "own", "crit": ["x"]}), &[0; 64])),
        ("another key", other.sign("JWT", &good).unwrap()),
        ("another algorithm", key(SigningAlgorithm::EdDsa).sign("JWT", &good).unwrap()),
        ("an access token's kind", own.sign("at+jwt", &good).unwrap()),
    ] {
        assert!(!is_taken(app, &made, &assertion).await, "{what}");
    }
    // RFC 7523 §3, one by one.
    let now = desk.clock.now().unix_seconds();
    for (name, value) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("aud", json!("https://other.test")),
        ("aud", json!([US, "https://other.test"])),
        ("aud", Value::Null),
        ("exp", json!(now - 61)),
        ("exp", json!(now + 3_600)),
        ("exp", Value::Null),
        ("nbf", json!(now + 3_600)),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value.clone();
        assert!(!is_taken(app, &made, &own.sign("JWT", &wrong).unwrap()).await, "{name}: {value}");
    }
    // A client that has keys has no secret, whatever it sends.
    let secret = Presented { client_id: made.client.client_id.clone(), proof: Proof::Basic("x".to_owned()) };
    assert!(app.authenticate_client(&anonymous(), &secret).await.is_err());
    assert!(is_taken(app, &made, &own.sign("JWT", &good).unwrap()).await, "and the good one was not used up");
}
