//! Access tokens and clients' secrets at the gateway: from `/oauth2/token` to an API behind a real nginx and Caddy.

use std::time::Duration;

use app::{Caller, ClientRequest};
use domain::{Accepted, ApiVersionDraft, ClientType, OAuthScopeDraft, ScopeKind, Secret, TokenFormat};
use reqwest::Method;
use serde_json::Value;

use super::call::{Answer, Call};
use super::door::Door;
use super::front::{Front, Kind};
use super::upstream::Upstream;
use crate::oauth2::form;
use crate::support::{self, Desk, both};

const INVALID: &str = r#"Bearer realm="keywright", error="invalid_token""#;
const TOO_LITTLE: &str = r#"Bearer realm="keywright", error="insufficient_scope", scope="orders""#;

/// An API that accepts tokens with the scope `orders`, and the client of the example's application.
struct Shop {
    desk: Desk,
    door: Door,
    id: String,
    secret: String,
}

impl Shop {
    async fn open(desk: Desk, change: impl FnOnce(&mut ClientRequest)) -> Self {
        let door = Door::open(&desk).await;
        let operator = Caller::operator();
        for name in ["orders", "stock"] {
            let draft = OAuthScopeDraft {
                name: name.to_owned(),
                kind: ScopeKind::Plain,
                role: None,
                description: String::new(),
                claims: Vec::new(),
            };
            door.app.create_oauth_scope(&operator, draft).await.unwrap();
        }
        let mut request = ClientRequest::of(ClientType::Custom);
        request.draft.scopes = vec!["orders".to_owned(), "stock".to_owned()];
        change(&mut request);
        let chosen = request.chosen.client_secret.as_ref().map(|secret| secret.expose().to_owned());
        let made = door.app.create_client(&operator, door.example.application.id, request).await.unwrap();
        desk.app.tend_signing_keys().await.unwrap();
        let secret = made.secret.map(|secret| secret.expose().to_owned());
        let secret = chosen.or(secret).unwrap_or_default();
        let shop = Self { desk, door, id: made.value.client_id, secret };
        shop.publish("/shop", |draft| draft.required_scopes = vec!["orders".to_owned()]).await;
        shop
    }

    /// A version that accepts tokens and secrets of clients.
    async fn publish(&self, path: &str, edit: impl FnOnce(&mut ApiVersionDraft) + Send) {
        let accepting = |draft: &mut ApiVersionDraft| {
            draft.accepted_credentials = vec![Accepted::Basic, Accepted::Bearer];
            edit(draft);
        };
        let version = self.door.publish(path, accepting).await;
        self.door.subscribe(&version).await;
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> support::Answer {
        let request = self.desk.anonymous().request(Method::POST, path);
        support::Answer::of(form(request.basic_auth(&self.id, Some(&self.secret)), fields)).await
    }

    async fn token(&self, fields: &[(&str, &str)]) -> String {
        let fields = [&[("grant_type", "client_credentials")], fields].concat();
        let answer = self.post("/oauth2/token", &fields).await.expect(200).json();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn revoke(&self, token: &str) {
        self.post("/oauth2/revoke", &[("token", token)]).await.expect(200);
    }

    /// Changes the client.
    async fn change(&self, edit: impl FnOnce(&mut domain::ClientDraft) + Send) {
        let application = self.door.example.application.id;
        self.door.app.update_client(&Caller::operator(), application, None, None, edit).await.unwrap();
    }

    /// The next change is read from the database, and what was in doubt is certain.
    async fn catch_up(&self) {
        self.change(|_| ()).await;
    }

    async fn ask(&self, call: Call) -> Answer {
        self.door.ask(&call).await
    }
}

fn with(path: &str, token: &str) -> Call {
    Call::get(path).header("Authorization", format!("Bearer {token}"))
}

fn basic(path: &str, id: &str, secret: &str) -> Call {
    use base64::Engine as _;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{id}:{secret}"));
    Call::get(path).header("Authorization", format!("Basic {pair}"))
}

both!(
    async fn a_token_opens_an_api_and_stops_when_it_is_revoked(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        shop.publish("/other", |draft| draft.audiences = vec!["https://api.test/other".to_owned()]).await;
        let upstream = Upstream::start().await;
        let fronts = [Kind::Nginx, Kind::Caddy].map(|kind| Front::start(kind, shop.door.address, upstream.address));
        for format in [TokenFormat::Opaque, TokenFormat::Uuid, TokenFormat::Jwt] {
            shop.change(|draft| draft.access_token_format = format).await;
            for front in &fronts {
                let send = async |call: Call| call.send(front.address).await;
                let token = shop.token(&[("scope", "orders stock")]).await;
                assert_eq!(send(with("/shop/1", &token)).await.status, 200, "{format:?}");
                let headers = upstream.saw()["headers"].clone();
                let said = |name: &str| headers[name][0].as_str().unwrap_or_default().to_owned();
                assert_eq!(said("x-keywright-application-id"), shop.door.example.application.id.to_string());
                assert_eq!(said("x-keywright-subject"), shop.id);
                assert_eq!(said("x-keywright-scopes"), "orders stock");
                assert_eq!(said("x-keywright-plan"), "Plan of %2Fshop");

                let little = shop.token(&[("scope", "stock")]).await;
                let answer = send(with("/shop/1", &little)).await;
                assert_eq!((answer.status, answer.header("x-keywright-reason")), (403, "insufficient_scope"));
                assert_eq!(answer.header("www-authenticate"), TOO_LITTLE, "{format:?}");

                let elsewhere = send(with("/other", &token)).await;
                elsewhere.refused(401, "audience_wrong");
                assert!(elsewhere.header("www-authenticate").contains(INVALID));
                let meant = [("scope", "orders"), ("resource", "https://api.test/other")];
                let meant = shop.token(&meant).await;
                send(with("/shop/1", &meant)).await.refused(401, "audience_wrong");
                upstream.saw_nothing();
                assert_eq!(send(with("/other", &meant)).await.status, 200, "{format:?}");
                upstream.saw();

                shop.revoke(&token).await;
                let answer = send(with("/shop/1", &token)).await;
                answer.refused(401, "credential_revoked");
                assert_eq!(answer.header("www-authenticate"), format!("Basic realm=\"keywright\", charset=\"UTF-8\", {INVALID}"));
                shop.desk.clock.advance(Duration::from_secs(3_600));
                shop.catch_up().await;
                send(with("/other", &meant)).await.refused(401, "credential_expired");
                upstream.saw_nothing();
            }
        }
        // The addresses of a client: Caddy and nginx tell where a call really comes from, whatever the caller says.
        shop.change(|draft| draft.allowed_ips = vec!["192.0.2.0/24".to_owned(), "127.0.0.1".to_owned()]).await;
        let token = shop.token(&[("scope", "orders")]).await;
        shop.change(|draft| draft.allowed_ips = vec!["192.0.2.0/24".to_owned()]).await;
        for front in &fronts {
            let forged = with("/shop/1", &token).header("X-Forwarded-For", "192.0.2.7");
            forged.send(front.address).await.refused(403, "address_not_allowed");
        }
        upstream.saw_nothing();
        shop.change(|draft| draft.allowed_ips = vec!["127.0.0.1".to_owned()]).await;
        for front in &fronts {
            assert_eq!(with("/shop/1", &token).send(front.address).await.status, 200);
        }
    }
);

both!(
    async fn an_operation_opens_to_its_own_scopes(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        let operations = ["GET /fine/{id} stock", "POST /fine/{id} orders"];
        shop.publish("/fine", |draft| {
            draft.required_scopes = vec!["orders".to_owned()];
            draft.operation_scopes = operations.iter().filter_map(|line| line.parse().ok()).collect();
        })
        .await;
        let (orders, stock) = (shop.token(&[("scope", "orders")]).await, shop.token(&[("scope", "stock")]).await);
        shop.door.passed(&shop.ask(with("/fine/17", &stock)).await);
        let answer = shop.ask(with("/fine/17", &orders)).await;
        assert_eq!((answer.status, answer.header("x-keywright-reason")), (403, "insufficient_scope"));
        assert_eq!(answer.header("www-authenticate"), TOO_LITTLE.replace("orders", "stock"));
        // What is no operation is held against what the version demands.
        shop.door.passed(&shop.ask(with("/fine/17/more", &orders)).await);
        let answer = shop.ask(with("/fine/17/more", &stock)).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (403, TOO_LITTLE));
        // Only tokens have scopes.
        shop.door.passed(&shop.ask(basic("/fine/17", &shop.id, &shop.secret)).await);
    }
);

both!(
    async fn ceptor_basic_opens_an_api_where_it_is_switched_on(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        shop.publish("/open", |_| ()).await;
        let (id, secret) = (shop.id.as_str(), shop.secret.as_str());
        let answer = shop.ask(basic("/open", id, secret)).await;
        shop.door.passed(&answer);
        assert_eq!((answer.header("x-keywright-subject"), answer.header("x-keywright-scopes")), ("", ""));
        // Scopes are asked of tokens only.
        shop.door.passed(&shop.ask(basic("/shop", id, secret)).await);
        for (id, secret) in [(id, "wrong"), ("nobody", secret), (id, &secret[..secret.len() - 1]), (id, id)] {
            shop.ask(basic("/open", id, secret)).await.refused(401, "credential_unknown");
        }
        shop.ask(Call::get("/open").header("Authorization", "Basic")).await.refused(401, "credential_missing");
        for malformed in ["Basic !", "Basic c2hvcA==", "Basic OnNlY3JldA=="] {
            let answer = shop.ask(Call::get("/open").header("Authorization", malformed)).await;
            answer.refused(401, "credential_malformed");
        }
        // The example accepts keys, and nothing else identifies anybody there.
        shop.ask(basic("/orders", id, secret)).await.refused(401, "credential_missing");
        let token = shop.token(&[("scope", "orders")]).await;
        shop.ask(with("/orders", &token)).await.refused(401, "credential_missing");
        // Two secrets live during a rotation; the old one ends with it.
        let application = shop.door.example.application.id;
        let overlap = Duration::from_secs(60);
        let made = shop.door.app.regenerate_client_secret(&Caller::operator(), application, overlap, None).await;
        let new = made.unwrap().secret.unwrap();
        for secret in [secret, new.expose()] {
            shop.door.passed(&shop.ask(basic("/open", id, secret)).await);
        }
        shop.desk.clock.advance(Duration::from_secs(60));
        shop.ask(basic("/open", id, secret)).await.refused(401, "credential_expired");
        shop.door.passed(&shop.ask(basic("/open", id, new.expose())).await);
        shop.door.app.revoke_client(&Caller::operator(), application).await.unwrap();
        shop.ask(basic("/open", id, new.expose())).await.refused(401, "credential_unknown");
    }
);

both!(
    async fn a_chosen_secret_costs_its_slow_hash_once_and_is_not_guessed(desk) {
        let chosen = "correct-horse-battery-staple";
        let shop = Shop::open(desk, |request| {
            request.chosen.client_id = Some("shop".to_owned());
            request.chosen.client_secret = Some(Secret::imported(chosen));
        })
        .await;
        let ask = async |secret: &str| {
            shop.ask(basic("/shop", "shop", secret).header("X-Forwarded-For", "127.0.0.1")).await
        };
        shop.door.passed(&ask(chosen).await);
        let since = std::time::Instant::now();
        for _ in 0..50 {
            shop.door.passed(&ask(chosen).await);
        }
        assert!(since.elapsed() < Duration::from_secs(2), "fifty slow hashes take longer");
        // The token endpoint counts the same guesses, and those that come without any secret are quickly refused.
        ask("wrong").await.refused(401, "credential_unknown");
        for _ in 1..60 {
            let request = shop.desk.anonymous().request(Method::POST, "/oauth2/token");
            let fields = [("grant_type", "client_credentials"), ("client_id", "shop")];
            support::Answer::of(form(request, &fields)).await.refuses(401, "invalid_client");
        }
        ask("wrong").await.refused(429, "too_many_guesses");
        // What was right lately is still known, and guessing from there stops nobody elsewhere.
        shop.door.passed(&ask(chosen).await);
        let elsewhere = basic("/shop", "shop", "wrong").header("X-Forwarded-For", "203.0.113.7");
        shop.ask(elsewhere).await.refused(401, "credential_unknown");
        let application = shop.door.example.application.id;
        let other = Some(Secret::imported("another-horse-battery-staple"));
        let app = &shop.door.app;
        app.regenerate_client_secret(&Caller::operator(), application, Duration::ZERO, other).await.unwrap();
        ask(chosen).await.refused(429, "too_many_guesses");
        shop.desk.clock.advance(Duration::from_secs(61));
        shop.catch_up().await;
        ask(chosen).await.refused(401, "credential_unknown");
        shop.door.passed(&ask("another-horse-battery-staple").await);
    }
);

both!(
    async fn rfc6750_2_a_token_is_read_from_the_header_only(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        let token = shop.token(&[("scope", "orders")]).await;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let call = Call::get("/shop").header("Authorization", format!("{scheme} {token}"));
            shop.door.passed(&shop.ask(call).await);
        }
        shop.ask(Call::get(format!("/shop?access_token={token}"))).await.refused(401, "credential_missing");
        let posted = Call::new("POST", "/shop")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(&format!("access_token={token}"));
        shop.ask(posted).await.refused(401, "credential_missing");
        for malformed in [format!(" {token}"), format!("\"{token}\""), format!("{token},{token}")] {
            shop.ask(with("/shop", &malformed)).await.refused(401, "credential_malformed");
        }
        shop.ask(with("/shop", "a b")).await.refused(401, "credential_malformed");
        // RFC 6750 §2: one method of sending one token.
        shop.ask(with("/shop", &token).header("Authorization", format!("Bearer {token}"))).await.refused(401, "credential_ambiguous");
        let two = with("/shop", &token).header("Authorization", "Basic c2hvcDpzZWNyZXQ=");
        shop.ask(two).await.refused(401, "credential_ambiguous");
    }
);

both!(
    async fn rfc6750_3_a_challenge_says_what_is_wrong(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        let plain = r#"Basic realm="keywright", charset="UTF-8", Bearer realm="keywright""#;
        let missing = shop.ask(Call::get("/shop")).await;
        missing.refused(401, "credential_missing");
        // RFC 6750 §3.1: who brings nothing is told no error.
        assert_eq!(missing.header("www-authenticate"), plain);
        let unknown = shop.ask(with("/shop", "unknown")).await;
        unknown.refused(401, "credential_unknown");
        assert_eq!(unknown.header("www-authenticate"), format!(r#"{plain}, error="invalid_token""#));
        let wrong = shop.ask(basic("/shop", &shop.id, "wrong")).await;
        assert_eq!(wrong.header("www-authenticate"), plain);
        let little = shop.ask(with("/shop", &shop.token(&[("scope", "stock")]).await)).await;
        little.refused(403, "insufficient_scope");
        assert_eq!(little.header("www-authenticate"), TOO_LITTLE);
    }
);

both!(
    async fn the_order_of_checks_is_identity_role_subscription_scope(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        let demanding = |draft: &mut ApiVersionDraft| {
            draft.accepted_credentials = vec![Accepted::Bearer];
            draft.required_scopes = vec!["orders|everything".to_owned(), "stock".to_owned()];
            draft.required_roles = vec!["gold".to_owned()];
        };
        let version = shop.door.publish("/gold", demanding).await;
        let (app, operator) = (&shop.door.app, Caller::operator());
        let (orders, both) = (shop.token(&[("scope", "orders")]).await, shop.token(&[("scope", "orders stock")]).await);
        shop.ask(with("/gold", "wrong")).await.refused(401, "credential_unknown");
        shop.ask(with("/gold", &orders)).await.refused(403, "role_missing");
        let partner = shop.door.example.application.owner.partner().unwrap();
        let hold = |draft: &mut domain::PartnerDraft| draft.roles = vec!["gold".to_owned()];
        app.update_partner(&operator, partner, None, hold).await.unwrap();
        shop.ask(with("/gold", &orders)).await.refused(403, "subscription_missing");
        shop.door.subscribe(&version).await;
        shop.ask(with("/gold", &orders)).await.refused(403, "insufficient_scope");
        shop.door.passed(&shop.ask(with("/gold", &both)).await);
        let id = shop.door.example.application.id;
        app.set_application_state(&operator, id, domain::ApplicationState::Suspended).await.unwrap();
        shop.ask(with("/gold", &both)).await.refused(403, "application_suspended");
    }
);

both!(
    async fn a_178_a_jwt_of_ours_beside_a_key(desk) {
        let shop = Shop::open(desk, |request| request.draft.access_token_format = TokenFormat::Jwt).await;
        let token = shop.token(&[("scope", "orders")]).await;
        let key = shop.door.key();
        let beside = async |token: &str| shop.ask(with("/orders", token).key(key)).await;
        beside(&token).await.refused(401, "credential_ambiguous");
        // It says so, true or not.
        let (head, _) = token.rsplit_once('.').unwrap();
        beside(&format!("{head}.{}", "A".repeat(86))).await.refused(401, "credential_ambiguous");
        let signer = shop.door.app.signing_key(domain::SigningAlgorithm::Es256).unwrap();
        let claims = oauth::jose::peek(&token).unwrap();
        let id_token = signer.sign("JWT", &claims).unwrap();
        beside(&id_token).await.refused(401, "credential_ambiguous");
        // What somebody else made is the upstream's business.
        let mut theirs = claims.clone();
        theirs.insert("iss".into(), "https://elsewhere.test".into());
        shop.door.passed(&beside(&signer.sign("at+jwt", &theirs).unwrap()).await);
        let call = basic("/orders", &shop.id, &shop.secret).key(key);
        shop.ask(call).await.refused(401, "credential_ambiguous");
        // The same the other way round.
        shop.door.passed(&shop.ask(with("/shop", &token)).await);
        shop.ask(with("/shop", &token).key(key)).await.refused(401, "credential_ambiguous");
        shop.door.passed(&shop.ask(with("/shop", &token).key("theirs")).await);
    }
);

both!(
    async fn a_041_a_060_only_access_tokens_open_apis(desk) {
        let shop = Shop::open(desk, |request| request.draft.access_token_format = TokenFormat::Jwt).await;
        let key = shop.door.app.signing_key(domain::SigningAlgorithm::Es256).unwrap();
        let token = shop.token(&[("scope", "orders")]).await;
        let claims = oauth::jose::peek(&token).unwrap();
        let sign = |typ: &str, change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            let mut claims = claims.clone();
            change(&mut claims);
            key.sign(typ, &claims).unwrap()
        };
        shop.door.passed(&shop.ask(with("/shop", &sign("at+jwt", &|_| ()))).await);
        // RFC 9068 §4: an ID token or a logout token of ours is signed by the same keys.
        for typ in ["JWT", "logout+jwt", "jwt", ""] {
            shop.ask(with("/shop", &sign(typ, &|_| ()))).await.refused(401, "credential_unknown");
        }
        type Change = fn(&mut serde_json::Map<String, Value>);
        let changes: [(&str, Change); 6] = [
            ("credential_unknown", |it| drop(it.insert("iss".into(), "https://evil.test".into()))),
            ("credential_unknown", |it| drop(it.insert("client_id".into(), "nobody".into()))),
            ("credential_unknown", |it| drop(it.remove("jti"))),
            ("credential_unknown", |it| drop(it.remove("aud"))),
            ("credential_expired", |it| drop(it.insert("exp".into(), 1.into()))),
            ("audience_wrong", |it| drop(it.insert("aud".into(), "https://other.test".into()))),
        ];
        for (reason, change) in changes {
            shop.ask(with("/shop", &sign("at+jwt", &change))).await.refused(401, reason);
        }
        let (head, _) = token.rsplit_once('.').unwrap();
        for forged in [format!("{head}."), format!("{head}.{}", "A".repeat(86)), head.to_owned()] {
            shop.ask(with("/shop", &forged)).await.refused(401, "credential_unknown");
        }
        // Other secrets of ours are no tokens.
        for other in [shop.secret.as_str(), shop.door.key()] {
            shop.ask(with("/shop", other)).await.refused(401, "credential_unknown");
        }
    }
);

both!(
    async fn a_token_that_was_seen_costs_no_statement(desk) {
        let shop = Shop::open(desk, |_| {}).await;
        for format in [TokenFormat::Opaque, TokenFormat::Uuid, TokenFormat::Jwt] {
            shop.change(|draft| draft.access_token_format = format).await;
            let token = shop.token(&[("scope", "orders")]).await;
            let before = shop.desk.load();
            for _ in 0..10 {
                shop.door.passed(&shop.ask(with("/shop", &token)).await);
            }
            assert_eq!(shop.desk.load(), before, "{format:?}");
        }
        // One that is unknown costs one look, and somebody who tries out many is stopped.
        let guess = |n: u32| domain::AccessToken::opaque_text(uuid::Uuid::from_u128(n.into()).into(), [7; 32]);
        let from = |token: &str| with("/shop", token).header("X-Forwarded-For", "198.51.100.7");
        let (_, before) = shop.desk.load();
        shop.ask(from(guess(0).expose())).await.refused(401, "credential_unknown");
        assert_eq!(shop.desk.load().1, before + 1);
        for n in 1..600 {
            shop.ask(from(guess(n).expose())).await.refused(401, "credential_unknown");
        }
        let (_, before) = shop.desk.load();
        shop.ask(from(guess(600).expose())).await.refused(429, "too_many_guesses");
        assert_eq!(shop.desk.load().1, before);
        // A mistyped one is not even looked up.
        shop.ask(with("/shop", "kw_at_mistyped")).await.refused(401, "credential_unknown");
        assert_eq!(shop.desk.load().1, before);
    }
);
