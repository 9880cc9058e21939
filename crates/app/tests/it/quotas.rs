//! The last free place (F-48).

use std::time::Duration;

use domain::{ApplicationDraft, Owner};
use keywright_app::{ApplicationFilter, Caller, CredentialFilter, PageRequest, Settings};
use testkit::tasks::at_once;

use crate::harness::{Desk, again, counted, id_of, verdict};
use crate::shop::{Shop, named};

both!(f_48_of_fifty_who_want_the_last_place_for_a_key_one_gets_it);
async fn f_48_of_fifty_who_want_the_last_place_for_a_key_one_gets_it(desk: Desk) {
    let shop = Shop::open(&desk).await;
    for n in 1..19 {
        desk.key(&shop.owner, &shop.application, &format!("key {n}")).await;
    }
    let (owner, application) = (shop.owner.clone(), shop.application.id);
    let results = at_once(50, |n| {
        let (desk, owner) = (desk.clone(), again(&owner));
        async move { desk.app.issue_api_key(&owner, application, named(&format!("late {n}"))).await }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 1), ("quota_exceeded", 49)].into());
    let told = results.iter().find_map(|result| result.as_ref().err()).unwrap().to_string();
    assert_eq!(told, "Maximum number of Credentials exceeded. Max Allowed: 20");
    assert_eq!(live(&desk, &shop).await, 20);
    // Administrators are not exempt, and a place that becomes free is free.
    let admin = Caller::operator();
    let more = desk.app.issue_api_key(&admin, application, named("one more")).await;
    assert_eq!(verdict(&more), "quota_exceeded");
    desk.app.revoke_credential(&owner, shop.credential.id).await.unwrap();
    desk.app.issue_api_key(&owner, application, named("one more")).await.unwrap();
}

async fn live(desk: &Desk, shop: &Shop) -> usize {
    let filter =
        CredentialFilter { application_id: Some(shop.application.id), ..CredentialFilter::default() };
    let page = desk.app.credentials(&Caller::operator(), filter, PageRequest::first(200)).await.unwrap();
    page.items.iter().filter(|it| it.status(desk.clock.now()).is_usable()).count()
}

fn three_keys() -> Settings {
    Settings { credentials_per_application: 3, ..Settings::default() }
}

both!(rotating_takes_a_place_for_as_long_as_both_live, three_keys());
async fn rotating_takes_a_place_for_as_long_as_both_live(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let hour = Duration::from_secs(3_600);
    let rotate = async |id, overlap| desk.app.rotate_credential(&shop.owner, id, overlap).await;
    let second = rotate(shop.credential.id, hour).await.unwrap().value;
    let third = rotate(second.id, hour).await.unwrap().value;
    assert_eq!(live(&desk, &shop).await, 3);
    // Otherwise successors of successors would live in any number.
    assert_eq!(verdict(&rotate(third.id, hour).await), "quota_exceeded");
    // At once is always possible: a leaked key must not have to wait.
    let fourth = rotate(third.id, Duration::ZERO).await.unwrap().value;
    assert_eq!(live(&desk, &shop).await, 3);
    desk.clock.advance(hour);
    assert_eq!(live(&desk, &shop).await, 1);
    rotate(fourth.id, hour).await.unwrap();
}

both!(of_many_who_rotate_one_key_one_does, three_keys());
async fn of_many_who_rotate_one_key_one_does(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (owner, id) = (shop.owner.clone(), shop.credential.id);
    let results = at_once(16, |_| {
        let (desk, owner) = (desk.clone(), again(&owner));
        async move { desk.app.rotate_credential(&owner, id, Duration::from_secs(60)).await }
    })
    .await;
    let verdicts = counted(&results);
    assert_eq!(verdicts.get("ok"), Some(&1), "{verdicts:?}");
    assert_eq!(verdicts.get("unavailable"), None, "{verdicts:?}");
    assert_eq!(live(&desk, &shop).await, 2);
}

fn three_applications() -> Settings {
    Settings { applications_per_developer: 3, ..Settings::default() }
}

both!(f_48_of_fifty_who_want_the_last_place_for_an_application_one_gets_it, three_applications());
async fn f_48_of_fifty_who_want_the_last_place_for_an_application_one_gets_it(desk: Desk) {
    let ada = desk.person("ada").await;
    let own = Owner::Developer(id_of(&ada));
    for name in ["one", "two"] {
        desk.application(&ada, own, name).await;
    }
    let results = at_once(50, |n| {
        let (desk, ada) = (desk.clone(), again(&ada));
        let draft = ApplicationDraft { name: format!("late {n}"), ..ApplicationDraft::default() };
        async move { desk.app.create_application(&ada, draft, None, None).await }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 1), ("quota_exceeded", 49)].into());
    let filter = ApplicationFilter { owner: Some(own), ..ApplicationFilter::default() };
    let page = desk.app.applications(&ada, filter, PageRequest::first(10)).await.unwrap();
    assert_eq!(page.items.len(), 3);
    // Nor is there a way around by handing one over.
    let ben = desk.person("ben").await;
    let his = desk.application(&ben, Owner::Developer(id_of(&ben)), "his").await;
    let handed = desk.app.transfer_application(&Caller::operator(), his.id, own).await;
    assert_eq!(verdict(&handed), "quota_exceeded");
}
