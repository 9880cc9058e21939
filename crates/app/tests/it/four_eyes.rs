//! Who asked for something is not the one who approves it.

use domain::{AdministratorId, AdministratorRole, Owner, SessionId, SubscriptionStatus};
use keywright_app::{Caller, FourEyes, Identity, Settings};
use uuid::Uuid;

use crate::harness::{Desk, again, id_of, verdict};
use crate::shop::Shop;

fn with(four_eyes: FourEyes) -> Settings {
    Settings { four_eyes, ..Settings::default() }
}

async fn administrator(desk: &Desk, email: &str) -> Caller {
    let made =
        desk.app.create_administrator(&Caller::operator(), email, "plum anvil forty kestrel").await.unwrap();
    as_administrator(made.id)
}

fn as_administrator(id: AdministratorId) -> Caller {
    Caller {
        identity: Identity::Administrator {
            id,
            session_id: SessionId(Uuid::now_v7()),
            role: AdministratorRole::Administrator,
        },
        ..again(&Caller::operator())
    }
}

/// A token that somebody made for themselves.
async fn token_of(desk: &Desk, who: &Caller) -> Caller {
    let scopes = ["subscriptions:write".to_owned(), "applications:write".to_owned()];
    let made = desk.app.create_api_token(who, "tool", &scopes, None).await.unwrap();
    let identity = desk.app.identify(made.secret.unwrap().expose()).await.unwrap();
    Caller { identity, ..again(who) }
}

both!(a_167_nobody_approves_what_they_asked_for, with(FourEyes::Auto));
async fn a_167_nobody_approves_what_they_asked_for(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let app = &desk.app;
    let ada = administrator(&desk, "ada@example.com").await;
    let asks = async |who: &Caller, name: &str| {
        let application = desk.application(&Caller::operator(), Owner::Partner(shop.partner.id), name).await;
        app.subscribe(who, application.id, shop.version.id, shop.gold.id, "").await.unwrap().value
    };
    // As long as there is one administrator, nobody else could.
    assert_eq!(asks(&ada, "First").await.status, SubscriptionStatus::Approved);
    let ben = administrator(&desk, "ben@example.com").await;

    let asked = asks(&ada, "Second").await;
    assert_eq!(asked.status, SubscriptionStatus::Pending);
    let (tool_of_ada, tool_of_ben) = (token_of(&desk, &ada).await, token_of(&desk, &ben).await);
    for who in [&ada, &tool_of_ada] {
        assert_eq!(verdict(&app.approve_subscription(who, asked.id, None, "").await), "forbidden");
    }
    // To say no to oneself is nobody's harm.
    assert_eq!(verdict(&app.approve_subscription(&tool_of_ben, asked.id, None, "").await), "ok");

    // Somebody who is developer and administrator by one address is one person.
    let developer = desk.person("ada").await;
    let own = desk.application(&developer, Owner::Developer(id_of(&developer)), "Own").await;
    let wish = app.subscribe(&developer, own.id, shop.version.id, shop.gold.id, "").await.unwrap().value;
    assert_eq!(verdict(&app.approve_subscription(&ada, wish.id, None, "").await), "forbidden");
    assert_eq!(verdict(&app.approve_subscription(&tool_of_ada, wish.id, None, "").await), "forbidden");
    assert_eq!(verdict(&app.approve_subscription(&ben, wish.id, None, "").await), "ok");

    // Nor a plan that they asked for.
    let free = app.subscribe(&tool_of_ben, shop.application.id, shop.version.id, shop.free.id, "").await;
    assert_eq!(verdict(&free), "already_subscribed");
    let id = shop.subscription.id;
    let wants = app.change_plan(&tool_of_ben, id, None, shop.gold.id, "").await.unwrap();
    assert_eq!((wants.plan_id, wants.requested_plan_id), (shop.free.id, Some(shop.gold.id)));
    assert_eq!(verdict(&app.approve_subscription(&ben, id, None, "").await), "forbidden");
    assert_eq!(verdict(&app.approve_subscription(&ada, id, None, "").await), "ok");
    // The approval carries the version that was seen.
    let again = app.change_plan(&ada, id, None, shop.free.id, "").await.unwrap();
    assert_eq!(verdict(&app.approve_subscription(&ben, id, Some(again.meta.version - 1), "").await), "stale");
}

both!(a_167_four_eyes_always, with(FourEyes::Always));
async fn a_167_four_eyes_always(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let ada = administrator(&desk, "ada@example.com").await;
    let own = desk.application(&Caller::operator(), Owner::Partner(shop.partner.id), "Own").await;
    let asked = desk.app.subscribe(&ada, own.id, shop.version.id, shop.gold.id, "").await.unwrap().value;
    assert_eq!(asked.status, SubscriptionStatus::Pending);
    assert_eq!(verdict(&desk.app.approve_subscription(&ada, asked.id, None, "").await), "forbidden");
    // Whoever is at the machine may do everything.
    assert_eq!(verdict(&desk.app.approve_subscription(&Caller::operator(), asked.id, None, "").await), "ok");
}

both!(a_167_a_shop_of_one_switches_it_off, with(FourEyes::Never));
async fn a_167_a_shop_of_one_switches_it_off(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (ada, _) =
        (administrator(&desk, "ada@example.com").await, administrator(&desk, "ben@example.com").await);
    let own = desk.application(&Caller::operator(), Owner::Partner(shop.partner.id), "Own").await;
    let asked = desk.app.subscribe(&ada, own.id, shop.version.id, shop.gold.id, "").await.unwrap().value;
    assert_eq!(asked.status, SubscriptionStatus::Approved);
}
