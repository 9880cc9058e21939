//! Two nodes on one database: what one did, the other knows within a second (P-11).

use std::time::{Duration, Instant};

use keywright_app::Caller;
use verify::Reason;

use crate::harness::{Desk, only_winner};
use crate::shop::{Shop, named};

/// Waits for something that must be so within a second.
async fn within_a_second(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(1), "{what} was not seen within a second");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

both!(p_11_another_node_sees_a_change_within_a_second);
async fn p_11_another_node_sees_a_change_within_a_second(here: Desk) {
    let there = here.another_node().await;
    let follower = tokio::spawn(there.app.clone().keep_in_step());
    let shop = Shop::open(&here).await;
    let (admin, key) = (Caller::operator(), shop.key.expose());
    within_a_second("a new application", || there.opens("/orders", &shop.key)).await;
    here.app.revoke_subscription(&admin, shop.subscription.id, None, "").await.unwrap();
    let refused = |reason| there.ask("/orders", key).err() == Some(reason);
    within_a_second("a revoked subscription", || refused(Reason::SubscriptionRevoked)).await;
    here.app.approve_subscription(&admin, shop.subscription.id, None, "").await.unwrap();
    within_a_second("an approved subscription", || there.opens("/orders", &shop.key)).await;
    here.app.revoke_credential(&shop.owner, shop.credential.id).await.unwrap();
    within_a_second("a revoked key", || refused(Reason::CredentialRevoked)).await;
    here.app.delete_application(&shop.owner, shop.application.id, None).await.unwrap();
    within_a_second("a deleted application", || refused(Reason::CredentialUnknown)).await;
    let hide = |draft: &mut domain::ApiVersionDraft| draft.path_prefixes = vec!["/elsewhere".to_owned()];
    here.app.update_api_version(&admin, shop.version.id, None, hide).await.unwrap();
    within_a_second("a moved version", || refused(Reason::ApiUnknown)).await;
    // A node that starts later knows it all from the beginning.
    let late = here.another_node().await;
    assert_eq!(late.ask("/elsewhere", key).unwrap_err(), Reason::CredentialUnknown);
    follower.abort();
}

both!(f_48_f_52_two_nodes_are_no_way_around_a_rule);
async fn f_48_f_52_two_nodes_are_no_way_around_a_rule(here: Desk) {
    let there = here.another_node().await;
    let shop = Shop::open(&here).await;
    for n in 1..19 {
        here.key(&shop.owner, &shop.application, &format!("key {n}")).await;
    }
    let (owner, application) = (shop.owner.clone(), shop.application.id);
    let results = testkit::tasks::at_once(20, |n| {
        let desk = if n % 2 == 0 { here.clone() } else { there.clone() };
        let owner = crate::harness::again(&owner);
        async move { desk.app.issue_api_key(&owner, application, named(&format!("late {n}"))).await }
    })
    .await;
    only_winner(results);
    let (partner, version) = (shop.partner.id, shop.partner.meta.version);
    let results = testkit::tasks::at_once(8, |n| {
        let desk = if n % 2 == 0 { here.clone() } else { there.clone() };
        async move {
            let edit = move |draft: &mut domain::PartnerDraft| draft.description = n.to_string();
            desk.app.update_partner(&Caller::operator(), partner, Some(version), edit).await
        }
    })
    .await;
    only_winner(results);
}

both!(a_node_that_cannot_follow_says_so_and_stops_to_answer);
async fn a_node_that_cannot_follow_says_so_and_stops_to_answer(desk: Desk) {
    let shop = Shop::open(&desk).await;
    assert!(desk.app.ready().await.is_ok());
    desk.clock.advance(Duration::from_secs(60));
    assert!(desk.opens("/orders", &shop.key));
    desk.clock.advance(Duration::from_secs(1));
    // Nobody follows the feed here: as if the database had been away.
    assert_eq!(desk.ask("/orders", shop.key.expose()).unwrap_err(), Reason::Stale);
    assert!(desk.app.ready().await.is_err());
    let follower = tokio::spawn(desk.app.clone().keep_in_step());
    within_a_second("the database", || desk.opens("/orders", &shop.key)).await;
    assert!(desk.app.ready().await.is_ok());
    follower.abort();
}
