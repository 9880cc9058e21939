//! Who passes and who does not, asked directly.

use std::time::Duration;

use app::Caller;
use domain::{ApiVersionDraft, KeyLocation, PlanDraft, Secret, SecretKind};

use super::call::Call;
use super::door::{Door, question};
use crate::support::both;

both!(
    async fn the_identity_is_complete(desk) {
        let door = Door::open(&desk).await;
        let answer = door.ask(&door.good()).await;
        door.passed(&answer);
        assert_eq!(answer.header("x-keywright-plan"), "Free example");

        door.ask(&Call::get("/orders/1")).await.refused(401, "credential_missing");
        let challenge = door.ask(&Call::get("/orders/1")).await;
        assert_eq!(
            challenge.header("www-authenticate"),
            r#"ApiKey realm="keywright", in="header", name="x-api-key""#
        );
        door.ask(&Call::get("/invoices").key(door.key())).await.refused(403, "api_unknown");
        door.ask(&Call::get("/Orders/1").key(door.key())).await.refused(403, "path_case");
    }
);

both!(
    async fn an_open_api_is_called_by_nobody(desk) {
        let door = Door::open(&desk).await;
        let open = |draft: &mut ApiVersionDraft| {
            draft.accepted_credentials.clear();
            draft.subscription_required = false;
        };
        door.publish("/open", open).await;
        let answer = door.ask(&Call::get("/open")).await;
        assert_eq!(answer.status, 200);
        for name in keywright_server::IDENTITY {
            let is_there = !answer.header(name.as_str()).is_empty();
            assert_eq!(is_there, name == "x-keywright-request-id", "{name}");
        }
    }
);

both!(
    async fn a_key_stops_with_the_next_call(desk) {
        let door = Door::open(&desk).await;
        let operator = Caller::operator();
        let expires_at = Some(desk.clock.now() + Duration::from_secs(30));
        let (expiring, expiring_key) = door.issue("expiring", expires_at).await;
        let (credential, key) = door.issue("stopping", None).await;
        let ask = async |key: &str| door.ask(&Call::get("/orders").key(key)).await;

        let answer = ask(&key).await;
        door.passed(&answer);
        assert_eq!(answer.header("x-keywright-credential-id"), credential.id.to_string());
        door.app.set_credential_enabled(&operator, credential.id, false).await.unwrap();
        ask(&key).await.refused(401, "credential_disabled");
        door.app.set_credential_enabled(&operator, credential.id, true).await.unwrap();
        door.passed(&ask(&key).await);
        door.app.revoke_credential(&operator, credential.id).await.unwrap();
        ask(&key).await.refused(401, "credential_revoked");

        let answer = ask(&expiring_key).await;
        assert_eq!(answer.header("x-keywright-credential-id"), expiring.id.to_string());
        desk.clock.advance(Duration::from_secs(29));
        door.passed(&ask(&expiring_key).await);
        desk.clock.advance(Duration::from_secs(1));
        ask(&expiring_key).await.refused(401, "credential_expired");
    }
);

both!(
    async fn a_173_guessing(desk) {
        let door = Door::open(&desk).await;
        let mut random = [0u8; 32];
        for i in 0..100u8 {
            random.rotate_left(1);
            random[0] = random[0].wrapping_mul(31).wrapping_add(i | 1);
            let guess = Secret::mint(SecretKind::ApiKey, random);
            let bad_checksum = format!("{}000000", &guess.expose()[..guess.expose().len() - 6]);
            let foreign = format!("sk_live_{i}_{}", &guess.expose()[7..]);
            for key in [guess.expose(), &bad_checksum, &foreign] {
                door.ask(&Call::get("/orders").key(key)).await.refused(401, "credential_unknown");
            }
        }
        // A token of another kind, and what we know of the key without knowing it.
        let hint = door.example.key.hint();
        for key in [Secret::mint(SecretKind::ApiToken, random).expose(), &hint.prefix, &hint.last4] {
            door.ask(&Call::get("/orders").key(key)).await.refused(401, "credential_unknown");
        }
        door.passed(&door.ask(&door.good()).await);
    }
);

both!(
    async fn a_177_key_of_one_api_on_another(desk) {
        let door = Door::open(&desk).await;
        let other = door.publish("/other", |_| ()).await;
        let second = |draft: &mut ApiVersionDraft| {
            draft.name = "v2".to_owned();
            draft.path_prefixes = vec!["/other/v2".to_owned()];
            draft.plan_ids.clone_from(&other.plan_ids);
        };
        let operator = Caller::operator();
        let v2 = door.app.create_api_version(&operator, other.api_id, second, false).await.unwrap().value;
        let ask = async |path: &str| door.ask(&Call::get(path).key(door.key())).await;
        ask("/other").await.refused(403, "subscription_missing");
        ask("/other/v2").await.refused(403, "subscription_missing");

        door.subscribe(&other).await;
        door.passed(&ask("/other").await);
        ask("/other/v2").await.refused(403, "subscription_missing");
        assert_eq!(ask("/other").await.header("x-keywright-plan"), "Plan of %2Fother");
        door.subscribe(&v2).await;
        door.passed(&ask("/other/v2/x").await);
    }
);

both!(
    async fn a_178_several_credentials_at_once(desk) {
        let door = Door::open(&desk).await;
        let places = [
            KeyLocation::Header("x-api-key".to_owned()),
            KeyLocation::Header("authorization".to_owned()),
            KeyLocation::Query("api_key".to_owned()),
        ];
        let strategy = door.strategy(&places).await;
        let version = door.publish("/many", |draft| draft.auth_strategy_id = strategy).await;
        door.subscribe(&version).await;
        let key = door.key();
        let bearer = format!("Bearer {key}");
        let in_query = format!("/many?a=1&api_key={key}");

        for alone in [
            Call::get("/many").key(key),
            Call::get("/many").header("Authorization", &bearer),
            Call::get("/many").header("authorization", format!("bearer {key}")),
            Call::get(&in_query),
            // Somebody else's scheme is somebody else's business.
            Call::get("/many").key(key).header("Authorization", "Basic dXNlcjpwYXNz"),
        ] {
            door.passed(&door.ask(&alone).await);
        }
        for several in [
            Call::get(&in_query).key("wrong"),
            Call::get("/many?api_key=wrong").key(key),
            Call::get("/many?api_key=").key(key),
            Call::get(format!("{in_query}&api_key={key}")),
            Call::get("/many").key(key).key(key),
            Call::get("/many").key(key).key("wrong"),
            Call::get("/many").key("wrong").key(key),
            Call::get("/many").key(key).key(""),
            Call::get("/many").key(key).header("Authorization", &bearer),
            Call::get("/many").header("Authorization", &bearer).header("Authorization", &bearer),
            Call::get(&in_query).header("Authorization", "Bearer wrong"),
        ] {
            door.ask(&several).await.refused(401, "credential_ambiguous");
        }
        // A place that the API does not name is not looked at.
        door.ask(&Call::get(format!("/orders?api_key={key}"))).await.refused(401, "credential_missing");
        door.ask(&Call::get("/orders").header("Authorization", &bearer)).await.refused(401, "credential_missing");
    }
);

both!(
    async fn a_179_encodings(desk) {
        let door = Door::open(&desk).await;
        let strategy = door.strategy(&[KeyLocation::Query("api_key".to_owned())]).await;
        let version = door.publish("/query", |draft| draft.auth_strategy_id = strategy).await;
        door.subscribe(&version).await;
        let key = door.key();
        door.passed(&door.ask(&Call::get(format!("/query?api_key={key}"))).await);

        let encoded = format!("%{:02x}{}", key.as_bytes()[0], &key[1..]);
        let full_width = key.replace('k', "\u{ff4b}");
        let swapped: String = key
            .chars()
            .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        let long = "k".repeat(600);
        for changed in [
            encoded.as_str(),
            &format!("{key}{key}"),
            &format!("{key},{key}"),
            &format!("\"{key}\""),
            &format!("{key}%00"),
            &format!("{key}="),
            &swapped,
            &key.to_uppercase(),
            &key[..key.len() - 1],
            &long,
        ] {
            door.ask(&Call::get("/orders").key(changed)).await.refused(401, "credential_unknown");
            let in_query = Call::get(format!("/query?api_key={changed}"));
            door.ask(&in_query).await.refused(401, "credential_unknown");
        }
        // These cannot stand in a query at all.
        for changed in [format!("{key}, {key}"), format!("{key}\u{a0}"), full_width, format!("{key}\t{key}")] {
            door.ask(&Call::get("/orders").key(&changed)).await.refused(401, "credential_unknown");
        }
        for name in ["%61pi_key", "API_KEY", "api_key%00", "api.key"] {
            let in_query = Call::get(format!("/query?{name}={key}"));
            door.ask(&in_query).await.refused(401, "credential_missing");
        }
        let nul = door.ask(&Call::get("/orders").key(&format!("{key}\0"))).await;
        assert_eq!(nul.status, 400);
        let megabyte = door.ask(&Call::get("/orders").key(&"k".repeat(1 << 20))).await;
        assert_eq!(megabyte.status, 431);
    }
);

both!(
    async fn a_210_bypass_by_user_agent_or_probe_path(desk) {
        let door = Door::open(&desk).await;
        for agent in ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0", "Prometheus/3.0", ""] {
            let call = Call::get("/orders").header("User-Agent", agent);
            door.ask(&call).await.refused(401, "credential_missing");
        }
        for path in ["/ping", "/healthz", "/readyz", "/metrics", "/gateway/forward-auth", "/"] {
            door.ask(&Call::get(path)).await.refused(403, "api_unknown");
        }
        // The query of the question is the caller's, with some gateways.
        let mut asked = question(&Call::get("/orders"));
        asked.target = format!("/gateway/forward-auth?x-api-key={}&uri=/open", door.key()).into_bytes();
        asked.send(door.address).await.refused(401, "credential_missing");
    }
);

both!(
    async fn a_211_method_games(desk) {
        let door = Door::open(&desk).await;
        let reading = |draft: &mut ApiVersionDraft| {
            draft.methods = vec!["GET".to_owned(), "HEAD".to_owned()];
            draft.cors = true;
        };
        let version = door.publish("/reading", reading).await;
        door.subscribe(&version).await;
        let ask = async |call: Call| door.ask(&call).await;
        let with_key = |method: &str| Call::new(method, "/reading").key(door.key());

        for method in ["GET", "HEAD"] {
            door.passed(&ask(with_key(method)).await);
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            ask(with_key(method)).await.refused(403, "method_not_offered");
        }
        for method in ["TRACE", "CONNECT", "PROPFIND", "get", "Get", "GET,POST", "GET POST"] {
            ask(with_key(method)).await.refused(403, "method_unknown");
        }

        // What a browser asks before it sends the call passes without a key, and as nobody.
        let preflight = Call::new("OPTIONS", "/reading")
            .header("Origin", "https://app.example.com")
            .header("Access-Control-Request-Method", "POST");
        let answer = ask(preflight.clone()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-keywright-application-id"), "");
        for missing in ["Origin", "Access-Control-Request-Method"] {
            ask(preflight.clone().without(missing)).await.refused(403, "method_not_offered");
        }
        let elsewhere = Call { target: b"/orders".to_vec(), ..preflight.clone() };
        ask(elsewhere).await.refused(401, "credential_missing");
        let a_get = Call { method: "GET".to_owned(), ..preflight };
        ask(a_get).await.refused(401, "credential_missing");

        // Whatever the method of the question is, it is not the method of the call.
        for method in ["POST", "PUT", "OPTIONS", "DELETE", "PROPFIND"] {
            let mut asked = question(&with_key("GET"));
            asked.method = method.to_owned();
            door.passed(&asked.send(door.address).await);
            let mut asked = question(&with_key("DELETE"));
            asked.method = method.to_owned();
            asked.send(door.address).await.refused(403, "method_not_offered");
        }
    }
);

both!(
    async fn a_214_response_splitting_by_names(desk) {
        let door = Door::open(&desk).await;
        let operator = Caller::operator();
        let split = PlanDraft { name: "x\r\nX-Keywright-Application-Id: admin".to_owned(), ..PlanDraft::default() };
        assert!(door.app.create_plan(&operator, split).await.is_err());

        let version = door.publish("/named", |_| ()).await;
        door.subscribe(&version).await;
        for (name, sent) in [
            ("na\u{ef}ve", "na%C3%AFve".to_owned()),
            ("gold \u{1f511}", "gold %F0%9F%94%91".to_owned()),
            ("a%0d%0aX-Keywright-Application-Id: admin", "a%250d%250aX-Keywright-Application-Id%3A admin".to_owned()),
            ("a,b;c=\"d\"", "a%2Cb%3Bc%3D%22d%22".to_owned()),
            (&"\u{e9}".repeat(100), "%C3%A9".repeat(42) + "%C3"),
        ] {
            let rename = |draft: &mut PlanDraft| draft.name = name.to_owned();
            door.app.update_plan(&operator, version.plan_ids[0], None, rename).await.unwrap();
            let answer = door.ask(&Call::get("/named").key(door.key())).await;
            door.passed(&answer);
            assert_eq!(answer.header("x-keywright-plan"), sent);
            assert!(sent.len() <= 256);
        }
    }
);

both!(
    async fn a_215_decision_cache_confusion(desk) {
        let door = Door::open(&desk).await;
        let posting = |draft: &mut ApiVersionDraft| draft.methods = vec!["POST".to_owned()];
        door.publish("/posting", posting).await;
        let key = door.key();
        let operator = Caller::operator();
        // The clock stands still: all of this is the same moment.
        door.passed(&door.ask(&door.good()).await);
        door.ask(&Call::get("/posting").key(key)).await.refused(403, "method_not_offered");
        door.ask(&Call::new("POST", "/posting").key(key)).await.refused(403, "subscription_missing");
        door.ask(&Call::get("/nowhere").key(key)).await.refused(403, "api_unknown");
        door.passed(&door.ask(&door.good()).await);
        door.ask(&Call::get("/orders")).await.refused(401, "credential_missing");
        door.ask(&Call::get("/orders").key("other")).await.refused(401, "credential_unknown");

        let id = door.example.application.id;
        door.app.set_application_state(&operator, id, domain::ApplicationState::Suspended).await.unwrap();
        door.ask(&door.good()).await.refused(403, "application_suspended");
        door.app.set_application_state(&operator, id, domain::ApplicationState::Active).await.unwrap();
        door.passed(&door.ask(&door.good()).await);
    }
);

both!(
    async fn a_217_upgrade_and_foreign_hosts(desk) {
        let door = Door::open(&desk).await;
        let hosted = |draft: &mut ApiVersionDraft| draft.hosts = vec!["api.example.com".to_owned()];
        let version = door.publish("/hosted", hosted).await;
        door.subscribe(&version).await;
        let call = Call::get("/hosted").key(door.key());
        door.passed(&door.ask(&call).await);
        door.passed(&door.ask(&call.clone().host("API.example.com:443")).await);
        for host in ["evil.test", "api.example.com.evil.test", "example.com", "localhost"] {
            door.ask(&call.clone().host(host)).await.refused(403, "api_unknown");
        }
        for (host, reason) in [
            ("", "host_empty"),
            ("api.example.com.", "host_label"),
            ("evil.test@api.example.com", "host_character"),
            ("api.example.com, evil.test", "host_character"),
            ("127.1", "host_address"),
            ("api.example.com:0", "host_port"),
        ] {
            door.ask(&call.clone().host(host)).await.refused(403, reason);
        }
        door.ask(&call.clone().without("Host")).await.refused(403, "host_empty");
        let absolute = Call { target: b"http://api.example.com/hosted".to_vec(), ..call.clone() };
        door.ask(&absolute).await.refused(403, "target_not_path");

        let upgrade = |call: Call| {
            question(&call).header("Connection", "Upgrade, close").header("Upgrade", "websocket")
        };
        door.passed(&upgrade(call.clone()).send(door.address).await);
        let without_key = upgrade(call.without("X-API-Key")).send(door.address).await;
        without_key.refused(401, "credential_missing");
    }
);
