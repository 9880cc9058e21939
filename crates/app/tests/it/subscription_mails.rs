//! Who is told of subscriptions by mail: administrators that some wait, whoever asked what was decided.

use std::time::Duration;

use domain::{ApplicationDraft, Owner, PartnerRole};
use keywright_app::{Caller, Settings};

use crate::harness::{Desk, PASSWORD, id_of};
use crate::shop::Shop;

const HOUR: Duration = Duration::from_secs(3_600);
const ROOT: &str = "root@example.com";

/// The mails to somebody whose subjects begin so, the newest first.
async fn told(desk: &Desk, to: &str, subject: &str) -> Vec<String> {
    let mails = desk.mails_to(to).await.into_iter();
    mails.filter(|(it, _)| it.starts_with(subject)).map(|(_, text)| text).collect()
}

/// A further application of the shop's partner that waits for the dear plan.
async fn wait(desk: &Desk, shop: &Shop, name: &str) -> domain::SubscriptionId {
    let draft = ApplicationDraft { name: name.to_owned(), ..ApplicationDraft::default() };
    let owner = Some(Owner::Partner(shop.partner.id));
    let application = desk.app.create_application(&shop.owner, draft, owner, None).await.unwrap().value;
    let (version, plan) = (shop.version.id, shop.gold.id);
    desk.app.subscribe(&shop.owner, application.id, version, plan, "").await.unwrap().value.id
}

both!(administrators_are_told_once_for_all_that_wait);
async fn administrators_are_told_once_for_all_that_wait(desk: Desk) {
    let shop = Shop::open(&desk).await;
    desk.app.create_administrator(&Caller::operator(), ROOT, PASSWORD).await.unwrap();
    let mails = async || told(&desk, ROOT, "Subscriptions wait").await;
    desk.app.sweep().await.unwrap();
    assert!(mails().await.is_empty(), "the one that there is needed no approval");
    wait(&desk, &shop, "Bike").await;
    wait(&desk, &shop, "https://evil.test/").await;
    for _ in 0..3 {
        desk.app.sweep().await.unwrap();
        desk.clock.advance(Duration::from_secs(60));
    }
    let first = mails().await;
    assert_eq!(first.len(), 1);
    assert!(first[0].contains("Bike: Orders v1, under the plan Gold\n"), "{}", first[0]);
    assert!(first[0].contains("an application: Orders v1") && !first[0].contains("evil"), "{}", first[0]);
    assert!(first[0].contains("/console/approvals"));
    // Those that come within the hour are told of together, and nothing that was told of before.
    let car = wait(&desk, &shop, "Car").await;
    wait(&desk, &shop, "Boat").await;
    desk.app.sweep().await.unwrap();
    assert_eq!(mails().await.len(), 1);
    desk.clock.advance(HOUR);
    desk.app.sweep().await.unwrap();
    let second = mails().await;
    assert_eq!(second.len(), 2);
    assert!(second[0].contains("Car: ") && second[0].contains("Boat: ") && !second[0].contains("Bike: "));
    // What is decided is not told of again, the rest once a day.
    desk.app.approve_subscription(&Caller::operator(), car, None, "").await.unwrap();
    desk.clock.advance(HOUR * 2);
    desk.app.sweep().await.unwrap();
    assert_eq!(mails().await.len(), 2);
    desk.clock.advance(HOUR * 24);
    desk.app.sweep().await.unwrap();
    let third = mails().await;
    assert_eq!(third.len(), 3);
    assert!(third[0].contains("Bike: ") && third[0].contains("Boat: ") && !third[0].contains("Car: "));
}

both!(one_of_several_nodes_tells);
async fn one_of_several_nodes_tells(here: Desk) {
    let shop = Shop::open(&here).await;
    here.app.create_administrator(&Caller::operator(), ROOT, PASSWORD).await.unwrap();
    wait(&here, &shop, "Bike").await;
    let there = here.another_node().await;
    let (one, other) = tokio::join!(here.app.sweep(), there.app.sweep());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(told(&here, ROOT, "Subscriptions wait").await.len(), 1);
}

both!(whoever_asked_is_told_what_was_decided);
async fn whoever_asked_is_told_what_was_decided(desk: Desk) {
    let (shop, admin) = (Shop::open(&desk).await, Caller::operator());
    let mails = async || told(&desk, "owner@example.com", "Your subscription").await;
    assert!(mails().await.is_empty(), "nobody decided");
    let id = wait(&desk, &shop, "Bike").await;
    desk.app.approve_subscription(&admin, id, None, "Welcome.").await.unwrap();
    let mail = mails().await.swap_remove(0);
    assert!(mail.starts_with("Hello owner,\n\nyour subscription was approved"), "{mail}");
    assert!(mail.contains("Application: Bike\nAPI: Orders v1\n\nWhat was said: Welcome.\n"), "{mail}");
    assert!(mail.contains(&format!("/subscriptions/{id}\n")), "{mail}");
    // Another plan, refused and then given; then the end.
    let plan = shop.free.id;
    let free = |needs: bool| move |draft: &mut domain::PlanDraft| draft.needs_approval = needs;
    desk.app.update_plan(&admin, plan, None, free(true)).await.unwrap();
    desk.app.change_plan(&shop.owner, id, None, plan, "").await.unwrap();
    desk.app.reject_subscription(&admin, id, None, "").await.unwrap();
    assert!(mails().await[0].contains("the plan that you asked for was rejected"));
    desk.app.change_plan(&shop.owner, id, None, plan, "").await.unwrap();
    desk.app.approve_subscription(&admin, id, None, "").await.unwrap();
    assert!(mails().await[0].contains("the plan that you asked for was approved"));
    desk.app.revoke_subscription(&admin, id, None, "").await.unwrap();
    assert!(mails().await[0].contains("your subscription was revoked"));
    assert_eq!(mails().await.len(), 4);
    assert!(told(&desk, "guest@example.com", "Your subscription").await.is_empty());
    // Who does not see it any more hears nothing more of it.
    let id = wait(&desk, &shop, "Boat").await;
    let owner = id_of(&shop.owner);
    let other = desk.person("other").await;
    desk.app.set_partner_member(&admin, shop.partner.id, id_of(&other), PartnerRole::Owner).await.unwrap();
    desk.app.remove_partner_member(&admin, shop.partner.id, owner).await.unwrap();
    desk.app.reject_subscription(&admin, id, None, "").await.unwrap();
    assert_eq!(mails().await.len(), 4);
}

both!(nobody_is_told_where_it_is_switched_off, Settings { subscription_mails: false, ..Settings::default() });
async fn nobody_is_told_where_it_is_switched_off(desk: Desk) {
    let shop = Shop::open(&desk).await;
    desk.app.create_administrator(&Caller::operator(), ROOT, PASSWORD).await.unwrap();
    let id = wait(&desk, &shop, "Bike").await;
    desk.app.sweep().await.unwrap();
    desk.app.approve_subscription(&Caller::operator(), id, None, "").await.unwrap();
    assert!(told(&desk, ROOT, "Subscriptions wait").await.is_empty());
    assert!(told(&desk, "owner@example.com", "Your subscription").await.is_empty());
}
