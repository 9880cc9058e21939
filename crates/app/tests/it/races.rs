//! What may be done by one only, tried by many at once.

use domain::{PartnerDraft, PartnerRole};
use keywright_app::{Caller, PageRequest, PartnerFilter};
use testkit::tasks::at_once;

use crate::harness::{Desk, PASSWORD, again, anonymous, counted, id_of, only_winner, verdict};
use crate::shop::Shop;

both!(f_49_one_name_in_any_form_is_given_once);
async fn f_49_one_name_in_any_form_is_given_once(desk: Desk) {
    let forms = ["Café Zürich", "Cafe\u{301} Zu\u{308}rich", "CAFÉ ZÜRICH", "café zürich", "Café  Zürich"];
    let results = at_once(50, |n| {
        let desk = desk.clone();
        let draft = PartnerDraft { name: forms[n % forms.len()].to_owned(), ..PartnerDraft::default() };
        async move { desk.app.create_partner(&Caller::operator(), draft).await }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 1), ("taken", 49)].into());
    let taken = results.iter().find_map(|result| result.as_ref().err()).unwrap();
    assert_eq!(taken.to_string(), "name is taken; choose another");
    let all = desk
        .app
        .partners(&Caller::operator(), PartnerFilter::default(), PageRequest::first(5))
        .await
        .unwrap();
    assert_eq!(all.items.len(), 1);
}

both!(f_52_of_many_changes_of_one_version_one_is_made);
async fn f_52_of_many_changes_of_one_version_one_is_made(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (id, version) = (shop.partner.id, shop.partner.meta.version);
    let results = at_once(32, |n| {
        let desk = desk.clone();
        let owner = if n % 2 == 0 { again(&shop.owner) } else { Caller::operator() };
        async move {
            let edit = move |draft: &mut PartnerDraft| draft.description = format!("by {n}");
            desk.app.update_partner(&owner, id, Some(version), edit).await
        }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 1), ("stale", 31)].into());
    let winner = only_winner(results);
    assert_eq!(desk.app.partner(&Caller::operator(), id).await.unwrap(), winner);
    assert_eq!(winner.meta.version, version + 1);
}

both!(f_53_two_owners_who_remove_each_other_leave_one);
async fn f_53_two_owners_who_remove_each_other_leave_one(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let id = shop.partner.id;
    let (ada, ben) = (shop.owner.clone(), shop.guest.clone());
    for round in 0..6 {
        for person in [&ada, &ben] {
            let admin = Caller::operator();
            desk.app.set_partner_member(&admin, id, id_of(person), PartnerRole::Owner).await.unwrap();
        }
        let results = at_once(2, |n| {
            let (desk, ada, ben) = (desk.clone(), again(&ada), again(&ben));
            async move {
                let (who, whom) = if n == 0 { (ada, ben) } else { (ben, ada) };
                match round % 3 {
                    0 => desk.app.remove_partner_member(&who, id, id_of(&whom)).await,
                    1 => desk.app.set_partner_member(&who, id, id_of(&whom), PartnerRole::ReadOnly).await,
                    // Each leaves.
                    _ => desk.app.remove_partner_member(&who, id, id_of(&who)).await,
                }
            }
        })
        .await;
        let partner = desk.app.partner(&Caller::operator(), id).await.unwrap();
        let owners = partner.members.values().filter(|role| **role == PartnerRole::Owner).count();
        assert_eq!(owners, 1, "round {round}: {:?}", counted(&results));
    }
}

both!(f_50_of_yes_and_no_at_once_one_is_said);
async fn f_50_of_yes_and_no_at_once_one_is_said(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let application = desk.application(&shop.owner, shop.application.owner, "Second").await;
    let asked =
        desk.app.subscribe(&shop.owner, application.id, shop.version.id, shop.gold.id, "").await.unwrap();
    let (id, version) = (asked.value.id, asked.value.meta.version);
    let results = at_once(16, |n| {
        let desk = desk.clone();
        async move {
            let admin = Caller::operator();
            if n % 2 == 0 {
                desk.app.approve_subscription(&admin, id, Some(version), "yes").await
            } else {
                desk.app.reject_subscription(&admin, id, Some(version), "no").await
            }
        }
    })
    .await;
    assert_eq!(counted(&results), [("ok", 1), ("stale", 15)].into());
    let winner = only_winner(results);
    assert_eq!(desk.app.subscription(&Caller::operator(), id).await.unwrap(), winner);
}

both!(one_becomes_the_first_administrator);
async fn one_becomes_the_first_administrator(desk: Desk) {
    let token = desk.app.setup_token().await.unwrap().unwrap();
    let results = at_once(6, |n| {
        let (desk, token) = (desk.clone(), token.clone());
        let email = format!("root{n}@example.com");
        async move { desk.app.set_up(&anonymous(), token.expose(), &email, PASSWORD).await }
    })
    .await;
    let administrator = only_winner(results);
    assert!(desk.app.setup_token().await.unwrap().is_none());
    let again = desk.app.set_up(&anonymous(), token.expose(), "late@example.com", PASSWORD).await;
    assert_eq!(verdict(&again), "gone");
    let email = administrator.email.as_str();
    desk.app.sign_in_administrator(&anonymous(), email, PASSWORD, "test").await.unwrap();
    // A developer's door does not open to administrators, nor the other way.
    assert_eq!(verdict(&desk.app.sign_in(&anonymous(), email, PASSWORD, "test").await), "unauthenticated");
}

both!(a_partner_and_its_first_application_race_its_end);
async fn a_partner_and_its_first_application_race_its_end(desk: Desk) {
    for round in 0..4 {
        let draft = PartnerDraft { name: format!("Partner {round}"), ..PartnerDraft::default() };
        let partner = desk.app.create_partner(&Caller::operator(), draft).await.unwrap().value;
        let results = at_once(2, |n| {
            let desk = desk.clone();
            async move {
                let admin = Caller::operator();
                if n == 0 {
                    return desk.app.delete_partner(&admin, partner.id, None).await;
                }
                let draft = domain::ApplicationDraft { name: "First".to_owned(), ..Default::default() };
                let owner = Some(domain::Owner::Partner(partner.id));
                desk.app.create_application(&admin, draft, owner, None).await.map(drop)
            }
        })
        .await;
        // Whoever came first: never an application without its partner, and never an error of ours.
        only_winner(results);
    }
}
