//! Many threads decide while one changes what is known.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::{Credential, CredentialState, Subscription, SubscriptionStatus};
use keywright_verify::Change;

use crate::world::{Call, VERSION, World, credential, get, get_with_key, id, key};

const ROUNDS: u64 = 2_000;
const THREADS: usize = 3;

/// Runs `decide` on several threads until `change` has done all its rounds.
fn meanwhile(decide: impl Fn(u64) + Sync, change: impl FnOnce()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (done, decide) = (&done, &decide);
            scope.spawn(move || {
                let mut n = thread as u64;
                while !done.load(Ordering::Relaxed) {
                    decide(n);
                    n += 1;
                }
            });
        }
        change();
        done.store(true, Ordering::Relaxed);
    });
}

fn by(n: u64) -> Call {
    get("/orders").with("x-api-key", key(n).expose())
}

#[test]
fn p_11_a_revoked_credential_is_never_allowed_after_apply_returned() {
    let world = World::new();
    // So many credentials, from the first on, are certainly revoked.
    let revoked = AtomicU64::new(0);
    meanwhile(
        |n| {
            let before = revoked.load(Ordering::Acquire);
            // One that was revoked lately, or is about to be.
            let asked = (before + 1).saturating_sub(n % 3);
            let answer = world.ask(&by(asked));
            assert!(answer.is_err() || asked >= before, "{asked} was revoked, {before} are");
        },
        || {
            for n in 0..ROUNDS {
                let issued = credential(n, world.application.id);
                world.tell(&issued);
                assert!(world.ask(&by(n)).is_ok());
                world.tell(&Credential { state: CredentialState::Revoked, ..issued });
                revoked.store(n + 1, Ordering::Release);
            }
        },
    );
}

#[test]
fn a_catalogue_is_replaced_without_a_gap() {
    let catalogue = |n| {
        let mut world = World::new();
        world.publish_open(VERSION, "/nowhere", |_| {});
        world.publish_open(n, "/orders", |_| {});
        world.catalogue()
    };
    let world = World::new();
    let both = [id(VERSION + 1), id(VERSION + 2)];
    let catalogues = [catalogue(VERSION + 1), catalogue(VERSION + 2)];
    world.verifier.apply(catalogues[0].clone());
    meanwhile(
        |_| assert!(both.contains(&world.version(&get("/orders")))),
        || {
            for n in 0..ROUNDS as usize {
                world.verifier.apply(catalogues[n % 2].clone());
                assert_eq!(world.version(&get("/orders")), both[n % 2]);
            }
        },
    );
}

#[test]
fn a_revoked_subscription_is_never_allowed_after_apply_returned() {
    let world = World::new();
    let call = get_with_key("/orders");
    // Odd while it is certainly revoked.
    let epoch = AtomicU64::new(0);
    let with = |status| Subscription { status, ..world.subscription.clone() };
    let tell = |status| {
        world
            .verifier
            .apply(Change::Subscription(id(crate::world::SUBSCRIPTION), Some((&with(status)).into())))
    };
    meanwhile(
        |_| {
            let before = epoch.load(Ordering::SeqCst);
            let allowed = world.ask(&call).is_ok();
            let after = epoch.load(Ordering::SeqCst);
            assert!(!(allowed && before == after && before % 2 == 1));
        },
        || {
            for _ in 0..ROUNDS {
                tell(SubscriptionStatus::Revoked);
                epoch.fetch_add(1, Ordering::SeqCst);
                assert!(world.ask(&call).is_err());
                epoch.fetch_add(1, Ordering::SeqCst);
                tell(SubscriptionStatus::Approved);
                assert!(world.ask(&call).is_ok());
            }
        },
    );
}
