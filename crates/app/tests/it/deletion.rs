//! An account that is deleted, and what goes with it.

use domain::{ApplicationRole, Owner, PartnerRole};
use keywright_app::{ApplicationFilter, Caller, PageRequest};
use verify::Reason;

use crate::harness::{Desk, PASSWORD, anonymous, id_of, signed_in, verdict};
use crate::shop::Shop;

both!(an_account_goes_with_what_was_its_own);
async fn an_account_goes_with_what_was_its_own(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (app, admin) = (&desk.app, Caller::operator());
    let ada = desk.person_with_password("ada").await;
    let id = id_of(&ada);
    app.set_partner_member(&admin, shop.partner.id, id, PartnerRole::ReadOnly).await.unwrap();
    app.set_application_member(&admin, shop.application.id, id, ApplicationRole::Developer).await.unwrap();
    let own = desk.application(&ada, Owner::Developer(id), "Own").await;
    let (_, key) = desk.key(&ada, &own, "Main").await;
    app.subscribe(&ada, own.id, shop.version.id, shop.free.id, "").await.unwrap();
    app.set_application_member(&ada, own.id, id_of(&shop.guest), ApplicationRole::ReadOnly).await.unwrap();
    let session = app.sign_in(&anonymous(), "ada@example.com", PASSWORD, "test").await.unwrap();
    app.forgot_password(&anonymous(), "ada@example.com").await.unwrap();
    let reset = desk.token_mailed_to("ada@example.com").await;
    assert!(desk.opens("/orders", &key));

    assert_eq!(verdict(&app.delete_developer(&shop.owner, id, None).await), "not_found");
    app.delete_developer(&ada, id, None).await.unwrap();
    assert_eq!(desk.ask("/orders", key.expose()).unwrap_err(), Reason::CredentialUnknown);
    assert_eq!(verdict(&app.identify(session.secret.expose()).await), "unauthenticated");
    assert_eq!(verdict(&app.reset_password(&anonymous(), &reset, PASSWORD).await), "not_found");
    assert_eq!(verdict(&app.developer(&admin, id).await), "not_found");
    assert_eq!(verdict(&app.application(&admin, own.id).await), "not_found");
    let partner = app.partner(&admin, shop.partner.id).await.unwrap();
    let application = app.application(&admin, shop.application.id).await.unwrap();
    assert!(!partner.members.contains_key(&id) && !application.members.contains_key(&id));
    // Nothing of the others' went.
    assert!(desk.opens("/orders", &shop.key));
    for action in ["developer.deleted", "application.deleted", "session.ended", "application.member_removed"]
    {
        assert_eq!(desk.lines(action).await, 1, "{action}");
    }

    // Whoever registers that address next starts with nothing.
    let next = desk.person("ada").await;
    assert_ne!(id_of(&next), id);
    let seen = app.applications(&next, ApplicationFilter::default(), PageRequest::first(5)).await.unwrap();
    assert!(seen.items.is_empty());
    assert_eq!(verdict(&app.partner(&next, shop.partner.id).await), "not_found");
    // A session of the account that is gone is nobody's.
    assert_eq!(verdict(&app.partner(&signed_in(id), shop.partner.id).await), "not_found");
}

both!(what_is_in_use_stays);
async fn what_is_in_use_stays(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (app, admin) = (&desk.app, Caller::operator());
    let strategy = app.auth_strategies(&admin, PageRequest::first(1)).await.unwrap().items[0].id;
    assert_eq!(verdict(&app.delete_partner(&admin, shop.partner.id, None).await), "in_use");
    assert_eq!(verdict(&app.delete_api(&admin, shop.version.api_id, None).await), "in_use");
    assert_eq!(verdict(&app.delete_api_version(&admin, shop.version.id, None).await), "in_use");
    assert_eq!(verdict(&app.delete_plan(&admin, shop.free.id, None).await), "in_use");
    assert_eq!(verdict(&app.delete_auth_strategy(&admin, strategy, None).await), "is_default");
    // A plan that nobody is under is taken off the versions that offered it.
    app.delete_plan(&admin, shop.gold.id, None).await.unwrap();
    let version = app.api_version(&admin, shop.version.id).await.unwrap();
    assert_eq!(version.plan_ids, [shop.free.id]);

    app.unsubscribe(&shop.owner, shop.subscription.id, None).await.unwrap();
    app.delete_api_version(&admin, shop.version.id, None).await.unwrap();
    app.delete_api(&admin, shop.version.api_id, None).await.unwrap();
    app.delete_plan(&admin, shop.free.id, None).await.unwrap();
    app.delete_application(&shop.owner, shop.application.id, None).await.unwrap();
    app.delete_partner(&admin, shop.partner.id, None).await.unwrap();
    assert_eq!(desk.ask("/orders", shop.key.expose()).unwrap_err(), Reason::ApiUnknown);
}
