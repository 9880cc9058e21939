//! Limits of plans, asked directly and behind real gateways.

use std::time::Duration;

use app::{Caller, UsageDimension, UsageFilter, UsageStep};
use domain::{Instant, Limit, Period, PlanDraft};

use super::call::{Answer, Call};
use super::door::{Door, question};
use super::front::{Front, Kind};
use super::upstream::Upstream;
use crate::support::both;

/// A version at `/limited` whose plan allows so much.
async fn limited(door: &Door, limits: &[(u64, Period)]) -> domain::PlanId {
    let version = door.publish("/limited", |_| ()).await;
    door.subscribe(&version).await;
    let plan = version.plan_ids[0];
    let limits = limits.iter().map(|&(requests, per)| Limit { requests, per }).collect();
    let edit = |draft: &mut PlanDraft| draft.limits = limits;
    door.app.update_plan(&Caller::operator(), plan, None, edit).await.unwrap();
    plan
}

fn left(answer: &Answer) -> &str {
    answer.header("ratelimit")
}

both!(
    async fn a_285_so_many_calls_and_then_429(desk) {
        let door = Door::open(&desk).await;
        let plan = limited(&door, &[(3, Period::Minute), (5, Period::Day)]).await;
        let ask = async || door.ask(&Call::get("/limited").key(door.key())).await;
        let first = ask().await;
        door.passed(&first);
        assert_eq!(first.header("ratelimit-policy"), r#""minute";q=3;w=60, "day";q=5;w=86400"#);
        assert_eq!(left(&first), r#""minute";r=2;t=60"#);
        assert_eq!(left(&ask().await), r#""minute";r=1;t=60"#);
        assert_eq!(left(&ask().await), r#""minute";r=0;t=60"#);
        desk.clock.advance(Duration::from_secs(20));
        let over = ask().await;
        over.refused(429, "plan_limit_exceeded");
        assert_eq!((over.header("retry-after"), left(&over)), ("40", r#""minute";r=0;t=40"#));
        // What is refused takes nothing of the day.
        desk.clock.advance(Duration::from_secs(100));
        door.app.verifier().refreshed(desk.clock.now());
        for rest in [r#""day";r=1;t=71880"#, r#""day";r=0;t=71880"#] {
            assert_eq!(left(&ask().await), rest);
        }
        let over = ask().await;
        over.refused(429, "plan_limit_exceeded");
        assert_eq!((over.header("retry-after"), left(&over)), ("71880", r#""day";r=0;t=71880"#));
        // Other refusals come first, and tell nothing of limits.
        let wrong = door.ask(&Call::get("/limited").key("wrong")).await;
        wrong.refused(401, "credential_unknown");
        assert!(wrong.all("ratelimit").is_empty());
        // They are counted under their own reason.
        door.app.flush().await.unwrap();
        let filter = UsageFilter {
            step: UsageStep::Day,
            since: Instant::from_micros(0),
            until: desk.clock.now() + Duration::from_secs(86_400),
            application_id: None,
            api_version_id: None,
            plan_id: Some(plan),
            visible_to: None,
            owned_by: None,
        };
        let by = [UsageDimension::Status, UsageDimension::Reason];
        let counts = door.app.usage(&Caller::operator(), filter, &by).await.unwrap();
        let told: Vec<_> =
            counts.iter().map(|it| (it.status.unwrap(), it.reason.as_deref().unwrap(), it.calls)).collect();
        assert_eq!(told, [(200, "allowed", 5), (429, "plan_limit_exceeded", 2)]);
    }
);

both!(
    async fn a_285_two_hundred_at_once(desk) {
        let door = Door::open(&desk).await;
        limited(&door, &[(10, Period::Second), (100, Period::Day)]).await;
        for round in 1..=10 {
            let (address, key) = (door.address, door.key().to_owned());
            let answers = testkit::tasks::at_once(50, |_| {
                let call = question(&Call::get("/limited").key(&key));
                async move { call.send(address).await.status }
            })
            .await;
            assert_eq!(answers.iter().filter(|status| **status == 200).count(), 10, "round {round}");
            assert!(answers.iter().all(|status| [200, 429].contains(status)));
            desk.clock.advance(Duration::from_secs(2));
        }
        door.ask(&Call::get("/limited").key(door.key())).await.refused(429, "plan_limit_exceeded");
    }
);

both!(
    async fn gateways_pass_429_on(desk) {
        let door = Door::open(&desk).await;
        limited(&door, &[(4, Period::Hour)]).await;
        let free = door.publish("/free", |_| ()).await;
        door.subscribe(&free).await;
        for kind in [Kind::Nginx, Kind::Caddy] {
            let upstream = Upstream::start().await;
            let front = Front::start(kind, door.address, upstream.address);
            let send = async || Call::get("/limited").key(door.key()).send(front.address).await;
            for rest in [r#""hour";r=3;t=3600"#, r#""hour";r=2;t=3600"#, r#""hour";r=1;t=3600"#, r#""hour";r=0;t=3600"#] {
                let answer = send().await;
                assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
                upstream.saw();
                assert_eq!(left(&answer), rest, "{kind:?}");
                assert_eq!(answer.header("ratelimit-policy"), r#""hour";q=4;w=3600"#, "{kind:?}");
            }
            let over = send().await;
            over.refused(429, "plan_limit_exceeded");
            assert_eq!(over.header("retry-after"), "3600", "{kind:?}");
            assert_eq!(left(&over), r#""hour";r=0;t=3600"#, "{kind:?}");
            assert_eq!(over.header("ratelimit-policy"), r#""hour";q=4;w=3600"#, "{kind:?}");
            upstream.saw_nothing();
            // Where nothing is limited nothing is said, whatever the caller sends.
            let free = Call::get("/free").key(door.key()).header("RateLimit", r#""x";r=1"#);
            let answer = free.send(front.address).await;
            assert_eq!((answer.status, answer.all("ratelimit").len()), (200, 0), "{kind:?}: {answer:?}");
            assert!(answer.all("ratelimit-policy").is_empty(), "{kind:?}: {answer:?}");
            upstream.saw();
            desk.clock.advance(Duration::from_secs(3_600));
            door.app.verifier().refreshed(desk.clock.now());
        }
    }
);
