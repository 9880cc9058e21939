//! What is stored and cannot be read: what hangs on it is refused, and nothing else.

use keywright_verify::Reason::*;
use keywright_verify::{Change, Thing};

use crate::world::{CREDENTIAL, VERSION, World, credential, get, get_with_key, id, key};

#[test]
fn a_credential_that_cannot_be_read_is_unknown_until_it_can() {
    let world = World::new();
    let second = credential(CREDENTIAL + 1, world.application.id);
    world.tell(&second);
    let by_second = get("/orders").with("x-api-key", key(CREDENTIAL + 1).expose());
    world.verifier.apply(Change::Unreadable(Thing::Credential(world.credential.id)));
    assert_eq!(world.refusal(&get_with_key("/orders")), CredentialUnknown);
    assert!(world.ask(&by_second).is_ok());
    assert_eq!((world.verifier.unreadable(), world.verifier.credentials()), (1, 1));
    world.tell(&world.credential);
    assert!(world.ask(&get_with_key("/orders")).is_ok());
    assert_eq!(world.verifier.unreadable(), 0);
}

#[test]
fn an_application_that_cannot_be_read_keeps_its_credentials_for_when_it_can() {
    let world = World::new();
    world.verifier.apply(Change::Unreadable(Thing::Application(world.application.id)));
    assert_eq!(world.refusal(&get_with_key("/orders")), CredentialUnknown);
    world.verifier.apply(Change::Application(world.application.id, Some((&world.application).into())));
    assert!(world.ask(&get_with_key("/orders")).is_ok());
}

#[test]
fn roles_and_subscriptions_that_cannot_be_read_are_not_held() {
    let mut world = World::new();
    world.verifier.apply(Change::Unreadable(Thing::Subscription(world.subscription.id)));
    assert_eq!(world.refusal(&get_with_key("/orders")), SubscriptionMissing);
    world.partner.roles = vec!["gold".to_owned()];
    world.tell_all();
    world.publish(VERSION + 1, "/gold", |draft| {
        draft.required_roles = vec!["gold".to_owned()];
        draft.subscription_required = false;
    });
    assert!(world.ask(&get_with_key("/gold")).is_ok());
    world.verifier.apply(Change::Unreadable(Thing::Partner(world.partner.id)));
    assert_eq!(world.refusal(&get_with_key("/gold")), RoleMissing);
    assert!(world.ask(&get_with_key("/orders")).is_ok(), "no role is needed there");
}

#[test]
fn a_version_that_cannot_be_read_is_not_taken_for_the_one_around_it() {
    let mut world = World::new();
    world.publish_open(VERSION + 1, "/orders/open", |_| {});
    world.publish_open(VERSION + 2, "/", |_| {});
    assert_eq!(world.version(&get("/orders/open/1")), id(VERSION + 1));
    world.break_version(VERSION, false);
    for call in ["/orders", "/orders/17"] {
        assert_eq!(world.refusal(&get_with_key(call)), Unreadable, "{call}");
        assert_eq!(world.refusal(&get_with_key(call).by("DELETE")), Unreadable, "{call}");
    }
    assert_eq!(world.version(&get("/orders/open/1")), id(VERSION + 1));
    assert_eq!(world.version(&get("/elsewhere")), id(VERSION + 2));
    assert_eq!(world.verifier.unreadable(), 1);
    // Another version at the same place offers other methods: it does not matter.
    world.publish_open(VERSION + 3, "/orders", |draft| draft.methods = vec!["DELETE".to_owned()]);
    world.break_version(VERSION, false);
    assert_eq!(world.refusal(&get("/orders").by("DELETE")), Unreadable);
}

#[test]
fn a_version_that_is_nobody_knows_where_closes_all_doors() {
    let mut world = World::new();
    world.publish_open(VERSION + 1, "/open", |_| {});
    world.break_version(VERSION, true);
    for call in [get_with_key("/orders"), get("/open"), get("/elsewhere")] {
        assert_eq!(world.refusal(&call), Unreadable);
    }
}

#[test]
fn a_strategy_or_a_plan_that_cannot_be_read_closes_what_stands_on_it() {
    let mut world = World::new();
    world.publish_open(VERSION + 1, "/", |_| {});
    let Change::Catalogue(facts) = world.catalogue() else { unreachable!() };
    let mut without = facts.clone();
    without.strategies.clear();
    world.verifier.apply(Change::Catalogue(without));
    assert_eq!(world.refusal(&get_with_key("/orders")), Unreadable);
    let mut without = facts;
    without.plans.clear();
    world.verifier.apply(Change::Catalogue(without));
    assert_eq!(world.refusal(&get_with_key("/orders")), Unreadable);
    assert!(world.ask(&get("/elsewhere")).is_ok());
}
