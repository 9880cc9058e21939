//! Developers who own applications themselves, and are shut out.

use keywright_verify::Reason::ApplicationSuspended;
use keywright_verify::{Change, DeveloperFacts, Thing};

use crate::world::{World, get_with_key, id, made};

#[test]
fn a_039_applications_of_a_developer_who_is_shut_out_do_not_call() {
    let mut world = World::new();
    let owner = id(0x900);
    let told = |world: &World, state| {
        world.verifier.apply(Change::Developer(owner, Some(DeveloperFacts::of(state))));
    };
    told(&world, domain::DeveloperState::Revoked);
    assert!(world.ask(&get_with_key("/orders")).is_ok(), "a partner's application has nothing to do with it");

    world.application = made(world.application.transfer(domain::Owner::Developer(owner), world.now).unwrap());
    world.verifier.apply(Change::Application(world.application.id, Some((&world.application).into())));
    assert_eq!(world.refusal(&get_with_key("/orders")), ApplicationSuspended);
    assert!(!world.verifier.is_active(world.application.id), "nor does its client get tokens");

    told(&world, domain::DeveloperState::Approved);
    assert!(world.ask(&get_with_key("/orders")).is_ok());
    world.verifier.apply(Change::Unreadable(Thing::Developer(owner)));
    assert_eq!(world.refusal(&get_with_key("/orders")), ApplicationSuspended);
    world.verifier.apply(Change::Developer(owner, None));
    assert!(world.ask(&get_with_key("/orders")).is_ok());
}
