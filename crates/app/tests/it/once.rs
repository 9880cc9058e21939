//! Creating exactly once with an idempotency key (F-51, A-185).

use std::time::Duration;

use domain::PartnerDraft;
use keywright_app::{Caller, PageRequest, PartnerFilter};
use store::Claim;
use testkit::tasks::at_once;

use crate::harness::{Desk, again, counted, verdict};
use crate::shop::{Shop, named};

fn claiming(who: &Caller, key: u8, body: u8) -> Caller {
    Caller { claim: Some(Claim { key: [key; 32], fingerprint: [body; 32] }), ..again(who) }
}

both!(f_51_many_equal_creates_make_one);
async fn f_51_many_equal_creates_make_one(desk: Desk) {
    let results = at_once(32, |n| {
        let desk = desk.clone();
        // Every fourth has another body under the same key.
        let caller = claiming(&Caller::operator(), 1, u8::from(n % 4 == 3));
        let draft = PartnerDraft { name: format!("Acme {}", n % 4), ..PartnerDraft::default() };
        async move { desk.app.create_partner(&caller, draft).await }
    })
    .await;
    let verdicts = counted(&results);
    let ok = verdicts.get("ok").copied().unwrap_or_default();
    assert_eq!(verdicts, [("idempotency_mismatch", 32 - ok), ("ok", ok)].into());
    assert!(ok == 24 || ok == 8, "{ok}");
    let made: Vec<_> = results.into_iter().filter_map(Result::ok).collect();
    assert_eq!(made.iter().filter(|created| !created.replayed).count(), 1);
    assert!(made.iter().all(|created| created.value == made[0].value));
    let all = desk
        .app
        .partners(&Caller::operator(), PartnerFilter::default(), PageRequest::first(5))
        .await
        .unwrap();
    assert_eq!(all.items.len(), 1);
}

both!(a_185_a_repeated_issue_shows_the_key_for_ten_minutes);
async fn a_185_a_repeated_issue_shows_the_key_for_ten_minutes(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let issue = async |who: &Caller| desk.app.issue_api_key(who, shop.application.id, named("CI")).await;
    let first = issue(&claiming(&shop.owner, 1, 1)).await.unwrap();
    desk.clock.advance(Duration::from_secs(599));
    let second = issue(&claiming(&shop.owner, 1, 1)).await.unwrap();
    assert!(!first.replayed && second.replayed);
    assert_eq!((&first.value, &first.secret), (&second.value, &second.secret));
    desk.clock.advance(Duration::from_secs(1));
    assert_eq!(verdict(&issue(&claiming(&shop.owner, 1, 1)).await), "secret_already_shown");
    desk.app.sweep().await.unwrap();
    assert_eq!(verdict(&issue(&claiming(&shop.owner, 1, 1)).await), "secret_already_shown");
    assert_eq!(desk.lines("credential.issued").await, 2, "the shop's own, and this");
    // Who may not see the application any more is not shown its key either.
    let stranger = desk.person("eve").await;
    assert_eq!(verdict(&issue(&claiming(&stranger, 1, 1)).await), "not_found");
    // After two days the key is free.
    desk.clock.advance(Duration::from_secs(48 * 3600));
    desk.app.sweep().await.unwrap();
    assert!(!issue(&claiming(&shop.owner, 1, 1)).await.unwrap().replayed);
}

both!(a_create_that_failed_can_be_repeated);
async fn a_create_that_failed_can_be_repeated(desk: Desk) {
    let admin = Caller::operator();
    let create = async |name: &str| {
        let draft = PartnerDraft { name: name.to_owned(), ..PartnerDraft::default() };
        desk.app.create_partner(&claiming(&admin, 1, 1), draft).await
    };
    assert_eq!(verdict(&create("").await), "invalid");
    let made = create("Acme").await.unwrap();
    assert!(!made.replayed);
    desk.app.delete_partner(&admin, made.value.id, None).await.unwrap();
    assert_eq!(verdict(&create("Acme").await), "result_gone");
}

both!(a_repeated_rotation_rotates_once);
async fn a_repeated_rotation_rotates_once(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let rotate = async || {
        let caller = claiming(&shop.owner, 1, 1);
        desk.app.rotate_credential(&caller, shop.credential.id, Duration::from_secs(60)).await
    };
    let (first, second) = (rotate().await.unwrap(), rotate().await.unwrap());
    assert!(second.replayed);
    assert_eq!((&first.value, &first.secret), (&second.value, &second.secret));
    assert_eq!(desk.lines("credential.rotated").await, 1);
}
