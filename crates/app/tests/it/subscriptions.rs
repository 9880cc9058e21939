//! Who decides on plans.

use domain::SubscriptionStatus;
use keywright_app::Caller;
use verify::Reason;

use crate::harness::{Desk, verdict};
use crate::shop::Shop;

both!(a_171_a_dearer_plan_waits_for_approval_and_the_present_one_goes_on);
async fn a_171_a_dearer_plan_waits_for_approval_and_the_present_one_goes_on(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (app, admin, id) = (&desk.app, Caller::operator(), shop.subscription.id);
    let asked = app.change_plan(&shop.owner, id, None, shop.gold.id, "we grow").await.unwrap();
    assert_eq!((asked.plan_id, asked.requested_plan_id), (shop.free.id, Some(shop.gold.id)));
    assert_eq!(desk.ask("/orders", shop.key.expose()).unwrap().plan(), Some("Free"));
    // Nobody approves for themselves.
    for somebody in [&shop.owner, &shop.guest] {
        assert_eq!(verdict(&app.approve_subscription(somebody, id, None, "").await), "forbidden");
        assert_eq!(verdict(&app.revoke_subscription(somebody, id, None, "").await), "forbidden");
    }
    let rejected = app.reject_subscription(&admin, id, None, "no").await.unwrap();
    assert_eq!((rejected.status, rejected.requested_plan_id), (SubscriptionStatus::Approved, None));
    app.change_plan(&shop.owner, id, None, shop.gold.id, "please").await.unwrap();
    let seen = app.change_plan(&shop.owner, id, None, shop.gold.id, "pretty please").await.unwrap();
    // An approval of what was seen before it was changed is refused.
    let late = app.approve_subscription(&admin, id, Some(seen.meta.version - 1), "yes").await;
    assert_eq!(verdict(&late), "stale");
    app.approve_subscription(&admin, id, Some(seen.meta.version), "yes").await.unwrap();
    assert_eq!(desk.ask("/orders", shop.key.expose()).unwrap().plan(), Some("Gold"));
    // To a cheaper one needs nobody, and back again does.
    app.change_plan(&shop.owner, id, None, shop.free.id, "").await.unwrap();
    assert_eq!(desk.ask("/orders", shop.key.expose()).unwrap().plan(), Some("Free"));
    let back = app.change_plan(&shop.owner, id, None, shop.gold.id, "").await.unwrap();
    assert_eq!(back.plan_id, shop.free.id);
}

both!(a_dear_plan_waits_from_the_beginning);
async fn a_dear_plan_waits_from_the_beginning(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (app, admin) = (&desk.app, Caller::operator());
    let application = desk.application(&shop.owner, shop.application.owner, "Second").await;
    let (_, key) = desk.key(&shop.owner, &application, "Main").await;
    let subscribe =
        async |who: &Caller| app.subscribe(who, application.id, shop.version.id, shop.gold.id, "").await;
    let asked = subscribe(&shop.owner).await.unwrap().value;
    assert_eq!(desk.ask("/orders", key.expose()).unwrap_err(), Reason::SubscriptionPending);
    assert_eq!(verdict(&subscribe(&shop.owner).await), "already_subscribed");
    app.reject_subscription(&admin, asked.id, None, "").await.unwrap();
    assert_eq!(desk.ask("/orders", key.expose()).unwrap_err(), Reason::SubscriptionRejected);
    assert_eq!(verdict(&app.change_plan(&shop.owner, asked.id, None, shop.free.id, "").await), "state");
    app.unsubscribe(&shop.owner, asked.id, None).await.unwrap();
    assert_eq!(desk.ask("/orders", key.expose()).unwrap_err(), Reason::SubscriptionMissing);
    // Administrators need nobody's approval.
    subscribe(&admin).await.unwrap();
    assert!(desk.opens("/orders", &key));
}

both!(what_is_not_on_offer_is_as_unknown_as_what_does_not_exist);
async fn what_is_not_on_offer_is_as_unknown_as_what_does_not_exist(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (app, admin) = (&desk.app, Caller::operator());
    let hidden = desk.publish("Hidden", "/hidden", &[&shop.free]).await;
    let hide = |draft: &mut domain::ApiVersionDraft| draft.private = true;
    app.update_api_version(&admin, hidden.id, None, hide).await.unwrap();
    let golden = desk.publish("Golden", "/golden", &[&shop.free]).await;
    let guard = |draft: &mut domain::ApiVersionDraft| draft.required_roles = vec!["gold".to_owned()];
    app.update_api_version(&admin, golden.id, None, guard).await.unwrap();
    let ask = async |version, plan| {
        app.subscribe(&shop.owner, shop.application.id, version, plan, "").await.unwrap_err().to_string()
    };
    let nothing = domain::ApiVersionId(uuid::Uuid::now_v7());
    let unknown = ask(nothing, shop.free.id).await;
    assert_eq!(ask(hidden.id, shop.free.id).await, unknown);
    assert_eq!(ask(golden.id, shop.free.id).await, unknown);
    assert_eq!(verdict(&app.api_version(&shop.owner, hidden.id).await), "not_found");
    let unoffered = desk.publish("Other", "/other", &[]).await;
    assert!(ask(unoffered.id, shop.free.id).await.starts_with("plan_id"));
}
