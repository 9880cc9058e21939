//! What the verifier makes of changes, and what it tells about uses.

use std::time::Duration;

use domain::{Application, Credential, CredentialState, Subscription};
use keywright_verify::Change;
use keywright_verify::Reason::*;

use crate::world::{
    APPLICATION, CREDENTIAL, NOW, SUBSCRIPTION, World, credential, get, get_with_key, id, key, plan,
};

#[test]
fn an_application_that_is_gone_takes_everything_with_it() {
    let world = World::new();
    let other = Application { id: id(APPLICATION + 1), ..world.application.clone() };
    let second = credential(CREDENTIAL + 1, other.id);
    let its_own =
        Subscription { id: id(SUBSCRIPTION + 1), application_id: other.id, ..world.subscription.clone() };
    world.verifier.apply(Change::Application(other.id, Some((&other).into())));
    world.verifier.apply(Change::Subscription(its_own.id, Some((&its_own).into())));
    world.tell(&second);
    assert_eq!(world.verifier.credentials(), 2);

    world.verifier.apply(Change::Application(world.application.id, None));
    assert_eq!(world.refusal(&get_with_key("/orders")), CredentialUnknown);
    assert_eq!(world.verifier.credentials(), 1);
    let by_second = get("/orders").with("x-api-key", key(CREDENTIAL + 1).expose());
    assert_eq!(world.ask(&by_second).unwrap().application_id(), Some(id(APPLICATION + 1)));

    // The feed may tell of its parts after it; they are gone all the same.
    world.verifier.apply(Change::Credential(world.credential.id, None));
    world.verifier.apply(Change::Subscription(world.subscription.id, None));
    assert!(world.ask(&by_second).is_ok());

    // Made anew with the same ids, for instance restored, it has what it is told to have and no more.
    world.verifier.apply(Change::Application(world.application.id, Some((&world.application).into())));
    world.tell(&world.credential);
    assert_eq!(world.refusal(&get_with_key("/orders")), SubscriptionMissing);
}

#[test]
fn a_credential_of_an_application_that_is_not_there_is_unknown() {
    let world = World::new();
    world.tell(&credential(CREDENTIAL + 1, id(APPLICATION + 9)));
    let call = get("/orders").with("x-api-key", key(CREDENTIAL + 1).expose());
    assert_eq!(world.refusal(&call), CredentialUnknown);
}

#[test]
fn a_credential_that_is_gone_is_unknown() {
    let world = World::new();
    world.verifier.apply(Change::Credential(world.credential.id, None));
    world.verifier.apply(Change::Credential(world.credential.id, None));
    assert_eq!(world.refusal(&get_with_key("/orders")), CredentialUnknown);
    assert_eq!(world.verifier.credentials(), 0);
}

#[test]
fn a_newer_subscription_is_not_removed_by_news_of_the_older_one() {
    let world = World::new();
    let newer = Subscription { id: id(SUBSCRIPTION + 1), plan_id: plan(), ..world.subscription.clone() };
    world.verifier.apply(Change::Subscription(newer.id, Some((&newer).into())));
    world.verifier.apply(Change::Subscription(world.subscription.id, None));
    let verified = world.ask(&get_with_key("/orders")).unwrap();
    assert_eq!(verified.subscription_id(), Some(id(SUBSCRIPTION + 1)));
}

#[test]
fn a_partner_that_is_gone_holds_no_roles() {
    let mut world = World::new();
    world.publish(crate::world::VERSION, "/orders", |draft| draft.required_roles = vec!["gold".to_owned()]);
    world.partner.roles = vec!["gold".to_owned()];
    world.tell_all();
    assert!(world.ask(&get_with_key("/orders")).is_ok());
    world.verifier.apply(Change::Partner(world.partner.id, None));
    assert_eq!(world.refusal(&get_with_key("/orders")), RoleMissing);
}

#[test]
fn the_last_use_is_known_to_ten_seconds() {
    let mut world = World::new();
    let call = get_with_key("/orders");
    let use_at = |seconds: u64, world: &mut World| {
        world.now = NOW + Duration::from_secs(seconds);
        world.ask(&call).unwrap();
        world.verifier.take_used()
    };
    assert_eq!(use_at(0, &mut world), [(world.credential.id, NOW)]);
    assert_eq!(use_at(9, &mut world), []);
    assert_eq!(use_at(10, &mut world), [(world.credential.id, NOW + Duration::from_secs(10))]);
    // A change of the credential does not make it new.
    world.tell(&world.credential);
    assert_eq!(use_at(19, &mut world), []);
    assert_eq!(use_at(20, &mut world), [(world.credential.id, NOW + Duration::from_secs(20))]);
}

#[test]
fn uses_are_told_once_and_can_be_put_back() {
    let world = World::new();
    let call = get_with_key("/orders");
    world.ask(&call).unwrap();
    let used = world.verifier.take_used();
    assert_eq!(used, [(world.credential.id, NOW)]);
    assert_eq!(world.verifier.take_used(), []);
    world.verifier.put_back_used(used.clone());
    assert_eq!(world.verifier.take_used(), used);
    // A newer use that came in between is not overwritten by the older one.
    let mut world = world;
    world.now = NOW + Duration::from_secs(30);
    world.ask(&call).unwrap();
    world.verifier.put_back_used(used);
    assert_eq!(world.verifier.take_used(), [(world.credential.id, world.now)]);
}

#[test]
fn a_refused_credential_was_not_used() {
    let world = World::new();
    let revoked = Credential { state: CredentialState::Revoked, ..world.credential.clone() };
    world.tell(&revoked);
    assert_eq!(world.refusal(&get_with_key("/orders")), CredentialRevoked);
    assert_eq!(world.verifier.take_used(), []);
}

#[test]
fn what_debug_shows_tells_no_hashes() {
    assert_eq!(format!("{:?}", World::new().verifier), "Verifier { credentials: 1, .. }");
}
