//! `/sign-in/with/{slug}`: what signs nobody in, whoever sends it.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use super::Browser;
use super::sign_in_with::{REFUSED, links};
use crate::provider::{Provider, key, settings};
use crate::support::both;

both!(
    async fn a_115_a_139_a_sign_in_is_finished_once_soon_and_where_it_was_begun(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        let (mut alice, mut eve) = (Browser::new(&desk), Browser::new(&desk));
        let theirs = there.receives(&mut eve, &there.door("developer")).await;
        let hers = there.receives(&mut alice, &there.door("developer")).await;
        let before = desk.changes().await;
        let refuses = async |browser: &Browser, path: &str| {
            let page = browser.open(path).await.page(400, REFUSED);
            assert_eq!(page.headers.get("set-cookie"), None);
            assert_eq!(page.header("referrer-policy"), "no-referrer");
        };
        // Eve has Alice open where Eve's own sign-in would end: without a cookie, and with Alice's own.
        refuses(&Browser::new(&desk), &there.back(&theirs["state"])).await;
        refuses(&alice, &there.back(&theirs["state"])).await;
        let code_only = "/sign-in/with/corp/callback?code=c1";
        for path in [code_only, &format!("{code_only}&state="), &format!("{code_only}&state=x"), "/sign-in/with/corp/callback"] {
            refuses(&alice, path).await;
        }
        refuses(&alice, &format!("{}&state=x", there.back(&hers["state"]))).await;
        refuses(&alice, &there.back(&hers["state"]).replace("/corp/", "/other/")).await;
        desk.assert_nothing_happened(before).await;
        assert!(there.seen().iter().all(|it| it.path != "/token"), "no code was redeemed");

        // A wrong path has used it up, and so does the right one.
        refuses(&alice, &there.back(&hers["state"])).await;
        let again = there.receives(&mut alice, &there.door("developer")).await;
        alice.open(&there.back(&again["state"])).await.leads_to("/home");
        refuses(&alice, &there.back(&again["state"])).await;

        let late = there.receives(&mut alice, &there.door("developer")).await;
        desk.clock.advance(Duration::from_secs(601));
        refuses(&alice, &there.back(&late["state"])).await;
        desk.app.sweep().await.unwrap();
    }
);

both!(
    async fn a_115_of_many_at_once_one_finishes(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        let sent = there.receives(&mut browser, &there.door("developer")).await;
        let back = there.back(&sent["state"]);
        let answers = crate::support::at_once(8, |_| {
            let (browser, back) = (browser.clone(), back.clone());
            async move { browser.open(&back).await }
        })
        .await;
        let done = answers.iter().filter(|it| it.status == 303).count();
        assert_eq!(done, 1);
        assert_eq!(there.seen().iter().filter(|it| it.path == "/token").count(), 1);
    }
);

both!(
    async fn a_115_an_answer_of_another_provider_is_none(desk, settings()) {
        desk.developer("alice").await;
        let (corp, evil) = (Provider::start(&desk, "corp", json!({})).await, Provider::start(&desk, "evil", json!({})).await);
        corp.knows("s1", "alice@example.com");
        let before = desk.changes().await;
        let mut browser = Browser::new(&desk);
        for wrong in [
            // The other one's name, none, and none at the other one's place.
            |it: &str, other: &str| format!("/sign-in/with/corp/callback?code=c1&state={it}&iss={other}"),
            |it: &str, _: &str| format!("/sign-in/with/corp/callback?code=c1&state={it}"),
            |it: &str, other: &str| format!("/sign-in/with/evil/callback?code=c1&state={it}&iss={other}"),
        ] {
            let sent = corp.receives(&mut browser, &corp.door("developer")).await;
            browser.open(&wrong(&sent["state"], &evil.issuer)).await.page(400, REFUSED);
        }
        // What the person or the provider refused is said so.
        let sent = corp.receives(&mut browser, &corp.door("developer")).await;
        let denied = corp.back(&sent["state"]).replace("code=c1", "error=access_denied");
        let page = browser.open(&denied).await.page(400, REFUSED);
        assert!(page.text.contains("The sign-in was refused there"), "{}", page.text);
        assert!(corp.seen().iter().chain(&evil.seen()).all(|it| it.path != "/token"), "no code was redeemed");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_115_a_token_that_is_not_right_signs_nobody_in(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        let good = |changes: Value| {
            let mut claims = json!({"sub": "s1", "email": "alice@example.com", "email_verified": true});
            claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            claims
        };
        let before = desk.changes().await;
        let now = desk.clock.now().unix_seconds();
        for changes in [
            json!({"aud": "somebody else"}),
            json!({"aud": ["desk", "somebody else"]}),
            json!({"aud": null}),
            json!({"azp": "somebody else"}),
            json!({"iss": "https://evil.test"}),
            json!({"nonce": "of another sign-in"}),
            json!({"nonce": null}),
            json!({"exp": now - 120}),
            json!({"exp": null}),
            json!({"iat": now + 3_600}),
            json!({"iat": now - 3_600}),
            json!({"sub": null}),
            json!({"sub": ""}),
        ] {
            there.says(|it| it.claims = good(changes.clone()));
            there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
        }
        // Signed by nobody, by another key, and with the public key as if it were a secret.
        let forgeries: [fn(&Provider, &Value) -> String; 4] = [
            |_, claims| forged(&json!({"alg": "none"}), claims, &[]),
            |_, claims| key("k1").sign("JWT", claims).unwrap(),
            |there, claims| hs256(there, claims),
            |there, claims| {
                let mut jwk = Value::Null;
                there.says(|it| jwk = serde_json::to_value(it.key.public_jwk()).unwrap());
                let other = key("k9");
                let header = json!({"alg": "ES256", "jwk": jwk, "jku": "https://evil.test/jwks"});
                let signed = other.sign("JWT", claims).unwrap();
                let (rest, signature) = signed.rsplit_once('.').unwrap();
                let (_, payload) = rest.split_once('.').unwrap();
                format!("{}.{payload}.{signature}", encoded(&header))
            },
        ];
        for forge in forgeries {
            let sent = there.receives(&mut browser, &there.door("developer")).await;
            let claims = there.claims(&good(json!({})));
            let token = forge(&there, &claims);
            there.says(|it| it.token = Some(token));
            browser.open(&there.back(&sent["state"])).await.page(400, REFUSED);
        }
        there.says(|it| it.token = None);
        desk.assert_nothing_happened(before).await;
        // It was none of the rest.
        there.says(|it| it.claims = good(json!({})));
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
    }
);

fn encoded(value: &Value) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    use base64::Engine as _;
    let signature = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", encoded(header), encoded(claims))
}

/// HMAC-SHA-256 (RFC 2104) under the public key, as everybody can read it.
fn hs256(there: &Provider, claims: &Value) -> String {
    let mut jwk = String::new();
    there.says(|it| jwk = serde_json::to_string(&it.key.public_jwk()).unwrap());
    let header = json!({"alg": "HS256", "kid": "k1"});
    let message = format!("{}.{}", encoded(&header), encoded(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(jwk.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    forged(&header, claims, &mac.finalize().into_bytes())
}

both!(
    async fn a_115_an_address_that_was_not_proven_links_nobody(desk, settings()) {
        let alice = desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({"makes_developers": true})).await;
        let mut browser = Browser::new(&desk);
        let before = desk.changes().await;
        for verified in [json!(false), json!("true"), json!(1), Value::Null] {
            let claims = json!({"sub": "s2", "email": "alice@example.com", "email_verified": verified});
            there.says(|it| it.claims = claims);
            let page = there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED);
            assert!(page.text.contains("You cannot sign in here with that account"), "{}", page.text);
        }
        desk.assert_nothing_happened(before).await;
        // It is no other answer than to somebody whom nobody knows.
        let tell = async |subject: &str, email: &str, verified: bool| {
            let claims = json!({"sub": subject, "email": email, "email_verified": verified});
            there.says(|it| it.claims = claims);
            let mut browser = Browser::new(&desk);
            there.signs_in(&mut browser, &there.door("developer")).await.page(400, REFUSED).text
        };
        assert_eq!(tell("s2", "alice@example.com", false).await, tell("s3", "nobody@example.com", false).await);
        // Who is linked with one of a provider's people is not with another, whose address is the same one day.
        there.knows("s1", "alice@example.com");
        there.signs_in(&mut browser, &there.door("developer")).await.leads_to("/home");
        let before = desk.changes().await;
        assert_eq!(tell("s2", "alice@example.com", true).await, tell("s3", "nobody@example.com", false).await);
        desk.assert_nothing_happened(before).await;
        assert_eq!(links(&alice).await.len(), 1);
    }
);

both!(
    async fn a_109_coming_back_leads_to_our_own_pages_only(desk, settings()) {
        desk.developer("alice").await;
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        for (next, to) in [
            ("%2Fapis%3Fx%3D1", "/apis?x=1"),
            ("%2F%2Fevil.test", "/home"),
            ("%2F%5Cevil.test", "/home"),
            ("https%3A%2F%2Fevil.test", "/home"),
            ("%2F%09%2Fevil.test", "/home"),
            ("javascript%3Aalert(1)", "/home"),
            ("", "/home"),
        ] {
            let mut browser = Browser::new(&desk);
            let path = format!("{}&next={next}", there.door("developer"));
            there.signs_in(&mut browser, &path).await.leads_to(to);
        }
    }
);

both!(
    async fn a_139_another_site_sends_nobody_there(desk, settings()) {
        let there = Provider::start(&desk, "corp", json!({})).await;
        let browser = Browser::new(&desk);
        for site in ["cross-site", "same-site"] {
            let headers = [("accept", "text/html"), ("sec-fetch-site", site)];
            let path = format!("{}&next=%2Fapis", there.door("developer"));
            browser.ask(Method::GET, &path, &headers, None).await.leads_to("/sign-in?next=%2Fapis");
        }
        assert!(there.seen().is_empty());
        browser.open("/sign-in/with/nobody").await.page(404, "There is nothing here");
        browser.open(&there.door("administrator")).await.page(404, "There is nothing here");
    }
);

both!(
    async fn a_115_a_provider_that_leads_inside_is_not_followed(desk, settings()) {
        desk.developer("alice").await;
        let path = "/api/v1/identity-providers";
        for issuer in ["http://10.0.0.1", "https://169.254.169.254", "https://[::1]:9", "https://user@login.example.com", "ftp://login.example.com"] {
            let body = json!({"name": "Inside", "slug": "inside", "issuer": issuer, "client_id": "desk", "token_auth": "none"});
            desk.admin.post(path, body).await.names("issuer");
        }
        let there = Provider::start(&desk, "corp", json!({})).await;
        there.knows("s1", "alice@example.com");
        let mut browser = Browser::new(&desk);
        let check = async || desk.admin.post(&format!("{path}/{}/check", there.id), Value::Null).await.expect(200).json();
        // Where keys are; where codes are redeemed; where people are sent.
        there.says(|it| it.metadata = json!({"jwks_uri": "http://10.0.0.1/jwks"}));
        let report = check().await;
        assert_eq!((&report["works"], &report["code"]), (&json!(false), &json!("unreachable")));
        assert!(report["problem"].as_str().unwrap().ends_with("blocked_address"), "{report}");
        there.says(|it| it.metadata = json!({"authorization_endpoint": "http://10.0.0.1/auth"}));
        assert_eq!(check().await["code"], "authorization_endpoint");
        browser.open(&there.door("developer")).await.page(502, REFUSED);
        there.says(|it| it.metadata = json!({"issuer": "https://evil.test"}));
        assert_eq!(check().await["code"], "issuer");
        there.says(|it| it.metadata = json!({}));
        there.says(|it| it.redirect = Some(format!("{}/jwks", there.issuer)));
        assert_eq!(check().await["code"], "unreachable");
        assert_eq!(there.seen().last().unwrap().path, "/.well-known/openid-configuration", "redirects are not followed");
        there.says(|it| it.redirect = None);
        there.says(|it| it.metadata = json!({"token_endpoint": "http://169.254.169.254/latest"}));
        desk.clock.advance(Duration::from_secs(6));
        assert_eq!(check().await["works"], true);
        let before = desk.changes().await;
        there.signs_in(&mut browser, &there.door("developer")).await.page(502, REFUSED);
        desk.assert_nothing_happened(before).await;
    }
);
