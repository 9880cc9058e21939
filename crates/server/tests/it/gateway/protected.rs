//! An API behind a real nginx and a real Caddy that run the files of the guide.

use std::sync::Arc;
use std::time::Duration;

use app::Caller;
use domain::ApiVersionDraft;
use tokio::net::TcpListener;

use super::call::{Answer, Call};
use super::door::Door;
use super::failing::Broken;
use super::front::{Front, Kind};
use super::upstream::Upstream;
use crate::support::both;

const KINDS: [Kind; 2] = [Kind::Nginx, Kind::Caddy];

/// Closed: an error of the server, which says nothing about anybody, and the API was not reached.
#[track_caller]
fn closed(answer: &Answer, upstream: &Upstream) {
    assert!(answer.status >= 500, "{answer:?}");
    answer.names_nobody();
    upstream.saw_nothing();
}

fn open_to_all(draft: &mut ApiVersionDraft) {
    draft.accepted_credentials.clear();
    draft.subscription_required = false;
}

both!(
    async fn a_key_protects_an_api(desk) {
        let door = Door::open(&desk).await;
        door.publish("/other", |_| ()).await;
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            let send = async |call: Call| call.send(front.address).await;

            let answer = send(Call::get("/orders/1")).await;
            answer.refused(401, "credential_missing");
            let challenge = r#"ApiKey realm="keywright", in="header", name="x-api-key""#;
            assert_eq!(answer.header("www-authenticate"), challenge, "{kind:?}");
            send(Call::get("/orders/1").key("wrong")).await.refused(401, "credential_unknown");
            send(Call::get("/orders/1").key(door.key()).key(door.key())).await.refused(401, "credential_ambiguous");
            send(Call::get("/other").key(door.key())).await.refused(403, "subscription_missing");
            send(Call::get("/unknown").key(door.key())).await.refused(403, "api_unknown");
            upstream.saw_nothing();

            let answer = send(door.good()).await;
            assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
            let saw = upstream.saw();
            assert_eq!(answer.json(), saw);
            assert_eq!((&saw["method"], &saw["target"]), (&"GET".into(), &"/orders/1?full=yes".into()));
            let headers = &saw["headers"];
            assert_eq!(headers["host"][0], "api.example.com");
            let application = &door.example.application;
            assert_eq!(headers["x-keywright-application-id"][0], application.id.to_string());
            assert_eq!(headers["x-keywright-partner-id"][0], application.owner.partner().unwrap().to_string());
            assert_eq!(headers["x-keywright-plan"][0], "Free example");
            // These are of tokens, and nginx sends no empty headers.
            let of_tokens = ["x-keywright-subject", "x-keywright-scopes"];
            for name in keywright_server::IDENTITY.iter().filter(|it| !of_tokens.contains(&it.as_str())) {
                assert_eq!(headers[name.as_str()].as_array().map(Vec::len), Some(1), "{name} at {kind:?}: {saw}");
            }

            let answer = send(Call::new("POST", "/orders").key(door.key()).body("a new order")).await;
            assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
            let saw = upstream.saw();
            assert_eq!((&saw["method"], &saw["body"]), (&"POST".into(), &"a new order".into()));
            for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"] {
                assert_eq!(send(Call::new(method, "/orders").key(door.key())).await.status, 200, "{method}");
                assert_eq!(upstream.saw()["method"], method, "{kind:?}");
            }
        }
    }
);

both!(
    async fn a_key_stops_with_the_next_call(desk) {
        let door = Door::open(&desk).await;
        let operator = Caller::operator();
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            let expires_at = Some(desk.clock.now() + Duration::from_secs(20));
            let (_, expiring) = door.issue(&format!("expiring {kind:?}"), expires_at).await;
            let (credential, key) = door.issue(&format!("stopping {kind:?}"), None).await;
            let send = async |key: &str| Call::get("/orders").key(key).send(front.address).await;

            assert_eq!(send(&key).await.status, 200);
            door.app.set_credential_enabled(&operator, credential.id, false).await.unwrap();
            send(&key).await.refused(401, "credential_disabled");
            door.app.set_credential_enabled(&operator, credential.id, true).await.unwrap();
            assert_eq!(send(&key).await.status, 200);
            door.app.revoke_credential(&operator, credential.id).await.unwrap();
            send(&key).await.refused(401, "credential_revoked");

            assert_eq!(send(&expiring).await.status, 200);
            desk.clock.advance(Duration::from_secs(20));
            send(&expiring).await.refused(401, "credential_expired");
            assert_eq!(upstream.seen().len(), 3, "{kind:?}");
        }
    }
);

both!(
    async fn a_206_client_plants_identity_headers(desk) {
        let door = Door::open(&desk).await;
        door.publish("/open", open_to_all).await;
        let spellings = [
            "X-Keywright-Application-Id",
            "x-keywright-application-id",
            "X-KEYWRIGHT-PLAN",
            "X_Keywright_Application_Id",
            "x_keywright_application_id",
            "X-Keywright_Application-Id",
            "X.Keywright.Application.Id",
            "X-Keywright-Reason",
            "X-Keywright-Gateway-Secret",
        ];
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            for name in spellings {
                let planted = |call: Call| call.header(name, "admin").header(name, "root");
                for call in [planted(door.good()), planted(Call::get("/open"))] {
                    let answer = call.send(front.address).await;
                    assert_eq!(answer.status, 200, "{name} at {kind:?}: {answer:?}");
                    let saw = upstream.saw().to_string();
                    assert!(!saw.contains("admin") && !saw.contains("root"), "{name} at {kind:?}: {saw}");
                }
                planted(Call::get("/orders")).send(front.address).await.refused(401, "credential_missing");
            }
            for header in ["X-Original-URL", "X-Rewrite-URL"] {
                let answer = door.good().header(header, "/admin").send(front.address).await;
                assert_eq!(answer.status, 200, "{header} at {kind:?}: {answer:?}");
                assert!(!upstream.saw().to_string().contains("/admin"), "{header} at {kind:?}");
            }
            // What the gateway itself says to us.
            for header in ["X-Original-URI", "X-Original-Method", "X-Forwarded-Uri", "X-Forwarded-Method"] {
                Call::get("/orders").header(header, "/open").send(front.address).await.refused(401, "credential_missing");
            }
            Call::get("/orders").header("X_Forwarded_Uri", "/open").send(front.address).await.names_nobody();
            upstream.saw_nothing();
        }
    }
);

both!(
    async fn a_206_a_caller_cannot_have_identity_headers_taken_away(desk) {
        let door = Door::open(&desk).await;
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            for list in ["close, X-Keywright-Application-Id", "x-keywright-plan, close"] {
                let answer = door.good().header("Connection", list).send(front.address).await;
                match kind {
                    Kind::Nginx => assert!(
                        upstream.saw()["headers"]["x-keywright-application-id"][0].is_string(),
                        "{answer:?}"
                    ),
                    Kind::Caddy => {
                        assert_eq!(answer.status, 400, "{answer:?}");
                        upstream.saw_nothing();
                    }
                }
            }
        }
    }
);

both!(
    async fn a_217_upgrade_and_absolute_form(desk) {
        let door = Door::open(&desk).await;
        let hosted = |draft: &mut ApiVersionDraft| draft.hosts = vec!["api.example.com".to_owned()];
        let version = door.publish("/hosted", hosted).await;
        door.subscribe(&version).await;
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            let call = Call::get("/hosted").key(door.key());
            assert_eq!(call.send(front.address).await.status, 200);
            assert_eq!(upstream.saw()["headers"]["host"][0], "api.example.com");

            call.clone().host("evil.test").send(front.address).await.refused(403, "api_unknown");
            let spoofed = call.clone().host("evil.test").header("X-Forwarded-Host", "api.example.com");
            spoofed.send(front.address).await.refused(403, "api_unknown");
            let spoofed = call.clone().host("evil.test").header("X-Original-Host", "api.example.com");
            spoofed.send(front.address).await.refused(403, "api_unknown");
            let twice = call.clone().header("Host", "evil.test").send(front.address).await;
            assert_eq!(twice.status, 400, "{kind:?}: {twice:?}");
            upstream.saw_nothing();

            // Which of two hosts counts is the gateway's choice. The API hears of the one that we were asked about.
            for (target, host) in [("evil.test", "api.example.com"), ("api.example.com", "evil.test")] {
                let target = format!("http://{target}/hosted").into_bytes();
                let absolute = Call { target, ..call.clone().host(host) };
                if absolute.send(front.address).await.status == 200 {
                    let saw = upstream.saw();
                    let reached = (&saw["headers"]["host"][0], &saw["target"]);
                    assert_eq!(reached, (&"api.example.com".into(), &"/hosted".into()), "{kind:?}: {saw}");
                }
                upstream.saw_nothing();
            }

            let upgrade = |call: Call| call.header("Connection", "Upgrade, close").header("Upgrade", "websocket");
            assert_eq!(upgrade(call.clone()).send(front.address).await.status, 200, "{kind:?}");
            upstream.saw();
            let without_key = upgrade(Call::get("/hosted")).send(front.address).await;
            without_key.refused(401, "credential_missing");
            upstream.saw_nothing();
        }
    }
);

both!(
    async fn a_213_closed_when_keywright_is_down(desk) {
        let mut door = Door::open(&desk).await;
        let upstreams = [Upstream::start().await, Upstream::start().await];
        let mut fronts = Vec::new();
        for (kind, upstream) in KINDS.into_iter().zip(&upstreams) {
            fronts.push((Front::start(kind, door.address, upstream.address), upstream));
        }
        for (front, upstream) in &fronts {
            assert_eq!(door.good().send(front.address).await.status, 200);
            upstream.saw();
        }

        // The database is away for too long.
        desk.clock.advance(Duration::from_secs(61));
        for (front, upstream) in &fronts {
            let answer = door.good().send(front.address).await;
            answer.refused(503, "stale");
            closed(&answer, upstream);
        }
        // The process is away.
        let good = door.good();
        door.shut().await;
        for (front, upstream) in &fronts {
            closed(&good.send(front.address).await, upstream);
            closed(&Call::get("/orders").send(front.address).await, upstream);
        }
    }
);

both!(
    async fn a_213_closed_when_keywright_hangs(desk) {
        let example = desk.app.install_example().await.unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, silent.local_addr().unwrap(), upstream.address);
            let started = std::time::Instant::now();
            let answer = Call::get("/orders").key(example.key.expose()).send(front.address).await;
            closed(&answer, &upstream);
            assert!(started.elapsed() < Duration::from_secs(10), "{kind:?} waits for {:?}", started.elapsed());
        }
    }
);

both!(
    async fn f_15_closed_when_keywright_panics(desk) {
        let example = desk.app.install_example().await.unwrap();
        let broken = Broken::start(Arc::clone(&desk.app));
        for kind in KINDS {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, broken.address, upstream.address);
            let answer = Call::get("/orders").key(example.key.expose()).send(front.address).await;
            answer.refused(503, "internal");
            closed(&answer, &upstream);
        }
    }
);
