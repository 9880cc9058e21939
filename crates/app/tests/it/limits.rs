//! Limits of plans: over restarts, and over several nodes.

use std::time::Duration;

use domain::{Limit, Period, PlanDraft};
use keywright_app::Caller;
use verify::Reason;

use crate::harness::Desk;
use crate::shop::Shop;

/// A shop whose plan has these limits.
async fn limited(desk: &Desk, limits: &[(u64, Period)]) -> Shop {
    let shop = Shop::open(desk).await;
    let limits = limits.iter().map(|&(requests, per)| Limit { requests, per }).collect();
    let edit = |draft: &mut PlanDraft| draft.limits = limits;
    desk.app.update_plan(&Caller::operator(), shop.free.id, None, edit).await.unwrap();
    shop
}

/// How many of some calls pass; the others are over the limit.
fn pass(desk: &Desk, shop: &Shop, calls: usize) -> usize {
    let ask = || match desk.ask("/orders", shop.key.expose()) {
        Ok(_) => true,
        Err(reason) => {
            assert_eq!(reason, Reason::PlanLimitExceeded);
            false
        }
    };
    (0..calls).filter(|_| ask()).count()
}

async fn follow(desk: &Desk) {
    desk.app.flush().await.unwrap();
    desk.app.learn_usage().await.unwrap();
}

both!(a_286_a_restart_forgives_nothing);
async fn a_286_a_restart_forgives_nothing(desk: Desk) {
    let limits = [(5, Period::Second), (8, Period::Hour), (10, Period::Day), (12, Period::Month)];
    let shop = limited(&desk, &limits).await;
    assert_eq!(pass(&desk, &shop, 9), 5);
    desk.app.flush().await.unwrap();
    let restarted = desk.another_node().await;
    restarted.clock.advance(Duration::from_secs(2));
    assert_eq!(pass(&restarted, &shop, 9), 3, "of the hour");
    restarted.app.flush().await.unwrap();
    let restarted = desk.another_node().await;
    restarted.clock.advance(Duration::from_secs(3_600));
    restarted.app.verifier().refreshed(restarted.clock.now());
    assert_eq!(pass(&restarted, &shop, 9), 2, "of the day");
    restarted.app.flush().await.unwrap();
    let restarted = desk.another_node().await;
    restarted.clock.advance(Duration::from_secs(86_400));
    restarted.app.verifier().refreshed(restarted.clock.now());
    assert_eq!(pass(&restarted, &shop, 9), 2, "of the month");
}

both!(a_285_two_nodes_learn_of_each_other);
async fn a_285_two_nodes_learn_of_each_other(here: Desk) {
    let shop = limited(&here, &[(100, Period::Day)]).await;
    let there = here.another_node().await;
    assert_eq!(pass(&here, &shop, 30), 30);
    assert_eq!(pass(&there, &shop, 30), 30);
    for _ in 0..2 {
        follow(&here).await;
        follow(&there).await;
    }
    follow(&here).await;
    assert_eq!(pass(&here, &shop, 30), 30);
    follow(&here).await;
    follow(&there).await;
    assert_eq!(pass(&there, &shop, 30), 10, "ninety had passed, at both of them");
    assert_eq!(pass(&here, &shop, 30), 10, "and what the other one let through meanwhile is not known yet");
}

both!(limits_are_of_an_application_under_a_plan);
async fn limits_are_of_an_application_under_a_plan(desk: Desk) {
    let shop = limited(&desk, &[(3, Period::Day)]).await;
    let (admin, application) = (Caller::operator(), shop.application.id);
    let open = PlanDraft { name: "Open".to_owned(), ..PlanDraft::default() };
    let open = desk.app.create_plan(&admin, open).await.unwrap().value;
    let other = desk.publish("Invoices", "/invoices", &[&shop.free, &open]).await;
    let both = desk.app.subscribe(&admin, application, other.id, shop.free.id, "").await.unwrap().value;
    // One plan, two APIs.
    assert_eq!(pass(&desk, &shop, 2), 2);
    assert!(desk.ask("/invoices", shop.key.expose()).is_ok());
    assert_eq!(desk.ask("/invoices", shop.key.expose()).unwrap_err(), Reason::PlanLimitExceeded);
    // A further key is no way around it; another application has its own.
    let (_, second) = desk.key(&shop.owner, &shop.application, "Second").await;
    assert_eq!(desk.ask("/orders", second.expose()).unwrap_err(), Reason::PlanLimitExceeded);
    let rival = desk.application(&shop.owner, shop.application.owner, "Rival").await;
    let (_, key) = desk.key(&shop.owner, &rival, "Main").await;
    desk.app.subscribe(&admin, rival.id, other.id, shop.free.id, "").await.unwrap();
    assert!(desk.opens("/invoices", &key));
    // A plan without limits has none; more is allowed as soon as the plan says so.
    desk.app.change_plan(&admin, both.id, None, open.id, "").await.unwrap();
    assert!(desk.opens("/invoices", &shop.key));
    let more = |draft: &mut PlanDraft| draft.limits = vec![Limit { requests: 5, per: Period::Day }];
    desk.app.update_plan(&admin, shop.free.id, None, more).await.unwrap();
    assert_eq!(pass(&desk, &shop, 9), 2);
}
