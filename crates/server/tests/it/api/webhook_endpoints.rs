//! `/api/v1/webhook-endpoints`

use domain::AddressRules;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, both, id, ids};

const PATH: &str = "/api/v1/webhook-endpoints";
const URL: &str = "https://gateway.example.com/hook";

fn to(url: &str) -> Value {
    json!({"url": url})
}

both!(
    async fn an_endpoint_is_made_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let sent = json!({"url": URL, "description": "Gateway", "event_types": ["plan.created"], "ordered": true,
            "auth": {"kind": "basic", "username": "kw", "password": "hunter22"}});
        let made = admin.post(PATH, sent).await.expect(201);
        let endpoint = made.json();
        let path = format!("{PATH}/{}", id(&endpoint));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
        assert_eq!(endpoint["auth"], json!({"kind": "basic", "username": "kw"}));
        assert_eq!((&endpoint["shape"], &endpoint["enabled"]), (&json!("own"), &json!(true)));
        let shown = admin.get(&path).await.expect(200);
        let secret = endpoint["secret"].as_str().unwrap();
        assert!(!shown.text.contains(secret) && !shown.text.contains("hunter22"));
        assert!(!desk.everything_kept().await.contains(&secret["whsec_".len()..]));
        assert_eq!(shown.json()["failing_since"], Value::Null);
        assert_eq!(ids(&admin.get(&format!("{PATH}?enabled=true")).await), [id(&endpoint)]);
        assert_eq!(ids(&admin.get(&format!("{PATH}?enabled=false")).await), [""; 0]);
        assert_eq!(ids(&admin.get(&format!("{PATH}?gateway_id={}", uuid::Uuid::nil())).await), [""; 0]);

        let change = json!({"event_types": null, "auth": {"kind": "bearer", "token": "abc"}});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200);
        assert_eq!((&changed.json()["event_types"], &changed.json()["auth"]), (&Value::Null, &json!({"kind": "bearer"})));
        assert_eq!(changed.json()["url"], URL);
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");

        let off = admin.post(&format!("{path}/disable"), json!(null)).await.expect(200).json();
        assert_eq!((&off["enabled"], &off["disabled_because"]), (&json!(false), &json!("switched_off")));
        admin.post(&format!("{path}/disable"), json!(null)).await.problem(409, "already_disabled");
        let since = json!({"since": "2026-11-23T04:00:00Z"});
        admin.post(&format!("{path}/replay"), since).await.problem(409, "endpoint_disabled");
        admin.post(&format!("{path}/enable"), json!(null)).await.expect(200);
        admin.post(&format!("{path}/enable"), json!(null)).await.problem(409, "already_enabled");
        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
    }
);

both!(
    async fn a_client_certificate_is_kept_sealed_and_checked(desk) {
        let admin = &desk.admin;
        let signed = |name: &str| {
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = rcgen::CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
            (certificate.pem(), key.serialize_pem())
        };
        let ((certificate, key), (_, other_key)) = (signed("keywright"), signed("other"));
        let with = |certificate: &str, key: &str| json!({"url": URL,
            "auth": {"kind": "certificate", "certificate": certificate, "private_key": key}});
        let before = desk.changes().await;
        let chain_of_six = certificate.repeat(6);
        let both_in_one = format!("{certificate}{key}");
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        for (certificate, key, field) in [
            ("", key.as_str(), "auth.certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", &key, "auth.certificate"),
            (&chain_of_six, &key, "auth.certificate"),
            (&both_in_one, &key, "auth.certificate"),
            (&certificate, "", "auth.private_key"),
            (&certificate, &certificate, "auth.private_key"),
            (&certificate, &encrypted, "auth.private_key"),
            (&certificate, &other_key, "auth.private_key"),
        ] {
            admin.post(PATH, with(certificate, key)).await.names(field);
        }
        let mut plain = with(&certificate, &key);
        plain["url"] = json!("http://10.0.0.1/hook");
        admin.post(PATH, plain).await.names("url");
        desk.assert_nothing_happened(before).await;

        let made = admin.make(PATH, with(&certificate, &key)).await;
        assert_eq!(made["auth"], json!({"kind": "certificate", "certificate": certificate}));
        let line = key.lines().nth(1).unwrap();
        assert!(!desk.everything_kept().await.contains(line));
        let path = format!("{PATH}/{}", id(&made));
        let again = json!({"auth": {"kind": "certificate", "certificate": certificate, "private_key": other_key}});
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&again)).await.names("auth.private_key");
        let away = json!({"auth": {"kind": "none"}});
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&away)).await.expect(200);
        assert_eq!(changed.json()["auth"], json!({"kind": "none"}));
    }
);

both!(
    async fn a_227_secrets_are_rotated_with_an_overlap(desk) {
        let admin = &desk.admin;
        let endpoint = admin.make(PATH, to(URL)).await;
        let rotate = format!("{PATH}/{}/rotate-secret", id(&endpoint));
        let rotated = admin.make(&rotate, json!({"overlap_seconds": 60})).await;
        assert_ne!(rotated["secret"], endpoint["secret"]);
        let ends: Vec<&Value> = rotated["secrets"].as_array().unwrap().iter().map(|it| &it["expires_at"]).collect();
        assert_eq!(ends, [&Value::Null, &json!("2026-11-23T04:01:00Z")]);
        // A repeated request shows the same secret.
        let key = [("idempotency-key", "one")];
        let body = json!({});
        let first = admin.send(Method::POST, &rotate, &key, Some(&body)).await.expect(201).json();
        let again = admin.send(Method::POST, &rotate, &key, Some(&body)).await.expect(201);
        assert_eq!((&again.json()["secret"], again.header("idempotent-replayed")), (&first["secret"], "true"));
        for _ in 0..8 {
            admin.make(&rotate, json!({})).await;
        }
        admin.post(&rotate, json!({})).await.problem(409, "too_many_secrets");
        // Without an overlap the old ones are worth nothing at once.
        let alone = admin.make(&rotate, json!({"overlap_seconds": 0})).await;
        assert_eq!(alone["secrets"].as_array().unwrap().len(), 1);
        let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert_eq!(admin.make(&rotate, json!({"secret": own})).await["secret"], own);
        for short in ["", "whsec_", "whsec_MfKQ9r8GKYo=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            admin.post(&rotate, json!({"secret": short})).await.names("secret");
        }
        admin.post(&rotate, json!({"overlap_seconds": 7_776_001})).await.names("overlap_seconds");
    }
);

both!(
    async fn a_218_and_a_221_wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        for url in [
            "http://example.com/", "https://127.0.0.1/", "https://2130706433/", "https://[::ffff:7f00:1]/", "https://localhost/",
            "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://u:p@example.com/", "https://example.com:22/",
            "file:///etc/passwd", "https://example.com/%0d%0aX:%20y", "",
        ] {
            admin.post(PATH, to(url)).await.names("url");
        }
        let with = |field: &str, value: Value| {
            let mut body = to(URL);
            body[field] = value;
            admin.post(PATH, body)
        };
        with("event_types", json!([])).await.names("event_types");
        with("event_types", json!(["plan.created", "plan.exploded"])).await.names("event_types[1]");
        with("shape", json!("xml")).await.names("shape");
        with("auth", json!({"kind": "basic", "username": "a:b", "password": "x"})).await.names("auth.username");
        with("auth", json!({"kind": "bearer", "token": "a b"})).await.names("auth.token");
        for name in ["Host", "Content-Length", "Transfer-Encoding", "Cookie", "webhook-id", "a b", ""] {
            let headers = json!([{"name": name, "value": "x"}]);
            let answer = with("auth", json!({"kind": "headers", "headers": headers})).await;
            let problem = answer.problem(400, "invalid");
            assert_eq!(problem["invalid_parameters"][0]["field"], "auth.headers[0].name", "{name}");
        }
        let split = json!([{"name": "X-Token", "value": "a\r\nX-Other: b"}]);
        with("auth", json!({"kind": "headers", "headers": split})).await.names("auth.headers[0].value");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_169_only_administrators_have_to_do_with_them(desk) {
        let endpoint = desk.admin.make(PATH, to(URL)).await;
        let path = format!("{PATH}/{}", id(&endpoint));
        let reads = [(Method::GET, PATH.to_owned(), json!(null)), (Method::GET, path.clone(), json!(null)),
            (Method::GET, "/api/v1/webhook-deliveries".to_owned(), json!(null)),
            (Method::GET, "/api/v1/events".to_owned(), json!(null)),
            (Method::GET, "/api/v1/event-types".to_owned(), json!(null))];
        let writes = [
            (Method::POST, PATH.to_owned(), to(URL)),
            (Method::PATCH, path.clone(), json!({"description": "Other"})),
            (Method::POST, format!("{path}/disable"), json!(null)),
            (Method::POST, format!("{path}/enable"), json!(null)),
            (Method::POST, format!("{path}/rotate-secret"), json!({})),
            (Method::POST, format!("{path}/test"), json!(null)),
            (Method::POST, format!("{path}/replay"), json!({"since": "2026-11-23T04:00:00Z"})),
            (Method::DELETE, path.clone(), json!(null)),
        ];
        let alice = desk.developer("alice").await;
        let (reader, other) = (desk.token(&["webhooks:read"]).await, desk.token(&["plans:write"]).await);
        let before = desk.changes().await;
        for requests in [&reads[..], &writes[..]] {
            desk.anonymous().is_refused(requests, 401, "unauthenticated").await;
            alice.is_refused(requests, 403, "forbidden").await;
            other.is_refused(requests, 403, "forbidden").await;
        }
        reader.is_refused(&writes, 403, "forbidden").await;
        desk.assert_nothing_happened(before).await;
        for (_, path, _) in &reads {
            reader.get(path).await.expect(200);
        }
    }
);

fn inside() -> app::Settings {
    let outbound = AddressRules { allow_private: vec!["127.0.0.0/8".parse().unwrap()] };
    app::Settings { outbound, ..app::Settings::default() }
}

/// Answers every request like this, and counts them.
async fn receiver(answer: &'static str) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let count = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = std::sync::Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = socket.read(&mut [0; 8_192]).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (url, count)
}

both!(
    async fn a_229_a_test_call_says_what_the_receiver_said_ten_times_a_minute(desk, inside()) {
        let answer = "HTTP/1.1 418 Teapot\r\ncontent-length: 22\r\nconnection: close\r\n\r\n<script>short</script>";
        let (url, count) = receiver(answer).await;
        let endpoint = desk.admin.make(PATH, to(&url)).await;
        let path = format!("{PATH}/{}", id(&endpoint));
        desk.admin.post(&format!("{path}/disable"), json!(null)).await.expect(200);
        for _ in 0..10 {
            let said = desk.admin.post(&format!("{path}/test"), json!(null)).await.expect(200);
            assert!(said.header("content-type").starts_with("application/json"));
            let said = said.json();
            assert_eq!((&said["delivered"], &said["code"], &said["error"]), (&json!(false), &json!(418), &json!("http_418")));
            assert_eq!(said["body"], "<script>short</script>");
        }
        let limited = desk.admin.post(&format!("{path}/test"), json!(null)).await;
        assert!(!limited.header("retry-after").is_empty());
        limited.problem(429, "too_many_attempts");
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 10);
    }
);

/// The states of the deliveries in a list.
async fn states(desk: &Desk, filter: &str) -> Vec<String> {
    let page = desk.admin.get(&format!("/api/v1/webhook-deliveries?{filter}")).await.expect(200);
    let items = page.json()["items"].as_array().unwrap().clone();
    items.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect()
}

both!(
    async fn deliveries_are_seen_canceled_and_replayed(desk) {
        let admin = &desk.admin;
        let endpoint = admin.make(PATH, to(URL)).await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        desk.plan("Gold", false).await;
        while desk.app.tell_webhooks().await.unwrap() {}
        let events = admin.get("/api/v1/events?type=plan.created").await.expect(200).json();
        let event = &events["items"][0];
        assert_eq!((&event["type"], &event["data"]["kind"]), (&json!("plan.created"), &json!("plan")));
        assert_eq!(&admin.get(&format!("/api/v1/events/{}", id(event))).await.expect(200).json(), event);
        let list = admin.get(&format!("/api/v1/webhook-deliveries?event_id={}", id(event))).await.expect(200).json();
        let delivery = &list["items"][0];
        assert_eq!((&delivery["endpoint_id"], &delivery["state"]), (&endpoint["id"], &json!("pending")));
        assert_eq!(states(&desk, &format!("application_id={application}")).await, ["pending"]);
        assert_eq!(states(&desk, "event_type=plan.created&state=pending").await, ["pending"]);
        assert_eq!(states(&desk, "state=delivered").await, [""; 0]);
        let path = format!("/api/v1/webhook-deliveries/{}", id(delivery));
        let details = admin.get(&path).await.expect(200).json();
        assert_eq!((&details["event"], &details["history"]), (event, &json!([])));

        let canceled = admin.post(&format!("{path}/cancel"), json!(null)).await.expect(200).json();
        assert_eq!(canceled["state"], "canceled");
        admin.post(&format!("{path}/cancel"), json!(null)).await.problem(409, "not_pending");
        let replayed = admin.post(&format!("{path}/replay"), json!(null)).await.expect(200).json();
        assert_eq!(replayed["state"], "pending");
        admin.post(&format!("{PATH}/{}/disable", id(&endpoint)), json!(null)).await.expect(200);
        admin.post(&format!("{path}/replay"), json!(null)).await.problem(409, "endpoint_disabled");
        assert!(states(&desk, "").await.iter().all(|state| state == "canceled"));
        admin.post(&format!("{PATH}/{}/enable", id(&endpoint)), json!(null)).await.expect(200);
        let since = json!({"since": "2026-11-23T04:00:00Z"});
        let count = admin.post(&format!("{PATH}/{}/replay", id(&endpoint)), since).await.expect(200).json();
        let pending = states(&desk, "state=pending").await.len();
        assert_eq!(count["deliveries"], pending);
        assert!(pending >= 4);
        let types = admin.get("/api/v1/event-types").await.expect(200).json();
        assert!(types["items"].as_array().unwrap().iter().any(|it| it["name"] == "plan.created"));
    }
);
