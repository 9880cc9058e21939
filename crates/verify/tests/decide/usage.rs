//! What is counted of calls.

use keywright_verify::Reason::*;
use keywright_verify::{Reason, UsageKey};

use crate::world::{APPLICATION, PLAN, VERSION, World, get, get_with_key, id};

fn key(known: u32, reason: Option<Reason>) -> UsageKey {
    UsageKey {
        api_version_id: (known >= 1).then(|| id(VERSION)),
        application_id: (known >= 2).then(|| id(APPLICATION)),
        plan_id: (known >= 3).then(|| id(PLAN)),
        reason,
    }
}

#[test]
fn every_decision_is_counted_for_whom_it_concerns() {
    let mut world = World::new();
    for _ in 0..3 {
        world.ask(&get_with_key("/orders")).unwrap();
    }
    world.refusal(&get("/orders"));
    world.refusal(&get_with_key("/nowhere"));
    world.partner.roles = Vec::new();
    world.publish(VERSION, "/orders", |draft| draft.required_roles = vec!["gold".to_owned()]);
    world.refusal(&get_with_key("/orders"));
    let mut taken = world.verifier.take_usage();
    taken.sort_by_key(|(key, _)| key.code());
    assert_eq!(
        taken,
        [
            (key(3, None), 3),
            (key(0, Some(ApiUnknown)), 1),
            (key(1, Some(CredentialMissing)), 1),
            (key(2, Some(RoleMissing)), 1),
        ]
    );
    assert_eq!(world.verifier.take_usage(), []);
    world.verifier.put_back_usage(taken.clone());
    world.refusal(&get("/orders"));
    let again = world.verifier.take_usage();
    assert_eq!(again.iter().map(|(_, count)| count).sum::<u64>(), 7);
}

#[test]
fn callers_cannot_make_it_grow() {
    let world = World::new();
    for n in 0..1_000 {
        world.refusal(&get(&format!("/orders/{n}")).with("x-api-key", format!("guess {n}")));
        world.refusal(&get(&format!("/nowhere/{n}")));
    }
    assert_eq!(world.verifier.take_usage().len(), 2);
}

#[test]
fn nothing_is_lost_between_counting_and_taking() {
    let world = World::new();
    let counted = std::sync::atomic::AtomicU64::new(0);
    let mut taken = 0;
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| {
                let (world, counted) = (&world, &counted);
                scope.spawn(move || {
                    for _ in 0..2_000 {
                        world.ask(&get_with_key("/orders")).unwrap();
                        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                })
            })
            .collect();
        while asking.iter().any(|it| !it.is_finished()) {
            taken += world.verifier.take_usage().iter().map(|(_, count)| count).sum::<u64>();
        }
    });
    taken += world.verifier.take_usage().iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(taken, counted.into_inner());
}
