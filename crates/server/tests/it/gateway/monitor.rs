//! What watches over us.

use std::time::Duration;

use super::call::Call;
use super::door::Door;
use crate::support::both;

both!(
    async fn ready_is_who_can_decide(desk) {
        let door = Door::open(&desk).await;
        let get = async |path: &str| Call::get(path).send(door.address).await;
        assert_eq!(get("/healthz").await.status, 200);
        assert_eq!(get("/readyz").await.status, 200);
        desk.clock.advance(Duration::from_secs(61));
        assert_eq!(get("/healthz").await.status, 200);
        let answer = get("/readyz").await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("unavailable")));
        assert_eq!(answer.header("retry-after"), "2");
        assert_eq!(get("/").await.status, 404);
        assert_eq!(get("/api/v1/partners").await.status, 404, "the public API is elsewhere");
    }
);

both!(
    async fn figures_for_prometheus(desk) {
        let door = Door::open(&desk).await;
        door.passed(&door.ask(&door.good()).await);
        for _ in 0..3 {
            door.ask(&Call::get("/orders")).await.refused(401, "credential_missing");
        }
        door.ask(&Call::get("/a//b")).await.refused(403, "path_empty_segment");
        desk.clock.advance(Duration::from_millis(1500));
        let answer = Call::get("/metrics").send(door.address).await;
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        for line in [
            r#"# TYPE keywright_gateway_decisions_total counter"#,
            r#"keywright_gateway_decisions_total{status="200",reason="allowed"} 1"#,
            r#"keywright_gateway_decisions_total{status="401",reason="credential_missing"} 3"#,
            r#"keywright_gateway_decisions_total{status="403",reason="path_empty_segment"} 1"#,
            r#"keywright_gateway_decisions_total{status="503",reason="stale"} 0"#,
            "keywright_verifier_age_seconds 1.5",
            "keywright_verifier_credentials 1",
            "keywright_verifier_unreadable 0",
        ] {
            assert!(answer.body.lines().any(|known| known == line), "{line} is missing in\n{}", answer.body);
        }
        assert!(!answer.body.contains(door.key()));
    }
);
