//! Which of several reasons is told, and who the caller is if there is none.

use std::time::Duration;

use domain::{
    ApplicationState, Credential, CredentialState, Instant, Owner, Subscription, SubscriptionStatus,
};
use keywright_verify::Reason::{self, *};
use keywright_verify::{Change, Verifier};

use crate::world::{
    APPLICATION, CREDENTIAL, MAX_STALENESS, NOW, PARTNER, SUBSCRIPTION, VERSION, World, get, get_with_key,
    id, key, pepper,
};

#[test]
fn one_fault_after_the_other_is_mended_and_the_next_is_told() {
    let mut world = World::new();
    world.publish(VERSION, "/orders", |draft| {
        draft.methods = vec!["GET".to_owned()];
        draft.required_roles = vec!["gold".to_owned(), "eu".to_owned()];
    });
    world.application.state = ApplicationState::Suspended;
    world.credential.state = CredentialState::Revoked;
    world.credential.expires_at = Some(NOW);
    world.subscription.status = SubscriptionStatus::Pending;
    world.tell_all();
    world.now = NOW + MAX_STALENESS + Duration::from_micros(1);

    let call = get("/nothing").by("POST");
    assert_eq!(world.refusal(&call), Stale);
    world.verifier.refreshed(world.now);
    assert_eq!(world.refusal(&call), ApiUnknown);
    assert_eq!(world.refusal(&get("/Orders").by("POST")), PathCase);
    assert_eq!(world.refusal(&get("/orders").by("POST")), MethodNotOffered);
    assert_eq!(world.refusal(&get("/orders")), CredentialMissing);
    assert_eq!(
        world.refusal(&get("/orders").with("x-api-key", "a").with("x-api-key", "b")),
        CredentialAmbiguous
    );
    assert_eq!(world.refusal(&get("/orders").with("x-api-key", "nobody's")), CredentialUnknown);
    let call = get_with_key("/orders");
    assert_eq!(world.refusal(&call), CredentialRevoked);
    world.credential.state = CredentialState::Disabled;
    world.tell_all();
    assert_eq!(world.refusal(&call), CredentialExpired);
    world.credential.expires_at = None;
    world.tell_all();
    assert_eq!(world.refusal(&call), CredentialDisabled);
    world.credential.state = CredentialState::Active;
    world.tell_all();
    assert_eq!(world.refusal(&call), ApplicationSuspended);
    world.application.state = ApplicationState::Active;
    world.tell_all();
    assert_eq!(world.refusal(&call), RoleMissing);
    world.partner.roles = vec!["eu".to_owned()];
    world.tell_all();
    assert_eq!(world.refusal(&call), RoleMissing);
    world.partner.roles = vec!["eu".to_owned(), "other".to_owned(), "gold".to_owned()];
    world.tell_all();
    for (status, reason) in [
        (SubscriptionStatus::Pending, SubscriptionPending),
        (SubscriptionStatus::Rejected, SubscriptionRejected),
        (SubscriptionStatus::Revoked, SubscriptionRevoked),
    ] {
        world.subscription.status = status;
        world.tell_all();
        assert_eq!(world.refusal(&call), reason);
    }
    world.verifier.apply(Change::Subscription(id(SUBSCRIPTION), None));
    assert_eq!(world.refusal(&call), SubscriptionMissing);
    world.subscription.status = SubscriptionStatus::Approved;
    world.tell_all();
    assert_eq!(world.version(&call), id(VERSION));
}

#[test]
fn who_calls_what_under_which_plan_is_told() {
    let world = World::new();
    let verified = world.ask(&get_with_key("/orders/7")).unwrap();
    assert_eq!(verified.api_version_id(), id(VERSION));
    assert_eq!(verified.application_id(), Some(id(APPLICATION)));
    assert_eq!(verified.partner_id(), Some(id(PARTNER)));
    assert_eq!(verified.credential_id(), Some(id(CREDENTIAL)));
    assert_eq!(verified.subscription_id(), Some(id(SUBSCRIPTION)));
    // Nothing in it could end a header or begin another.
    assert_eq!(verified.plan(), Some("Gold%3A 1 000%2Fday%2C %C3%A9t%C3%A9"));
}

#[test]
fn an_open_api_is_called_by_nobody_in_particular() {
    let mut world = World::new();
    world.publish_open(VERSION, "/orders", |_| {});
    for call in [get("/orders"), get_with_key("/orders"), get("/orders").with("x-api-key", "whatever")] {
        let verified = world.ask(&call).unwrap();
        assert_eq!(
            (verified.application_id(), verified.credential_id(), verified.plan()),
            (None, None, None)
        );
    }
    assert_eq!(world.verifier.take_used().len(), 0);
}

#[test]
fn a_subscription_that_is_not_needed_is_named_only_if_it_holds() {
    let mut world = World::new();
    world.publish(VERSION, "/orders", |draft| draft.subscription_required = false);
    let call = get_with_key("/orders");
    assert_eq!(world.ask(&call).unwrap().subscription_id(), Some(id(SUBSCRIPTION)));
    world.subscription.status = SubscriptionStatus::Revoked;
    world.tell_all();
    assert_eq!(world.ask(&call).unwrap().subscription_id(), None);
    assert_eq!(world.ask(&call).unwrap().application_id(), Some(id(APPLICATION)));
}

#[test]
fn roles_are_held_by_partners_only() {
    let mut world = World::new();
    world.publish(VERSION, "/orders", |draft| draft.required_roles = vec!["gold".to_owned()]);
    world.partner.roles = vec!["gold".to_owned()];
    world.tell_all();
    let call = get_with_key("/orders");
    assert_eq!(world.version(&call), id(VERSION));
    world.application.owner = Owner::Developer(id(1));
    world.tell_all();
    assert_eq!(world.refusal(&call), RoleMissing);
    // The case of a role counts.
    world.application.owner = Owner::Partner(id(PARTNER));
    world.partner.roles = vec!["Gold".to_owned()];
    world.tell_all();
    assert_eq!(world.refusal(&call), RoleMissing);
}

#[test]
fn a_177_a_subscription_opens_its_own_version_only() {
    let mut world = World::new();
    world.publish(VERSION + 1, "/orders/v2", |_| {});
    assert_eq!(world.version(&get_with_key("/orders/v1")), id(VERSION));
    assert_eq!(world.refusal(&get_with_key("/orders/v2")), SubscriptionMissing);
    let other = Subscription {
        id: id(SUBSCRIPTION + 1),
        api_version_id: id(VERSION + 1),
        ..world.subscription.clone()
    };
    world.verifier.apply(Change::Subscription(other.id, Some((&other).into())));
    assert_eq!(world.version(&get_with_key("/orders/v2")), id(VERSION + 1));
}

#[test]
fn who_brings_nothing_is_told_how_to_authenticate() {
    let mut world = World::new();
    let challenge =
        |world: &World, call| world.ask(&call).unwrap_err().challenge.map(|text| text.to_string());
    let by_header = Some("ApiKey realm=\"keywright\", in=\"header\", name=\"x-api-key\"".to_owned());
    assert_eq!(challenge(&world, get("/orders")), by_header);
    assert_eq!(challenge(&world, get("/orders").with("x-api-key", "wrong")), by_header);
    assert_eq!(challenge(&world, get("/other")), None);
    world.application.state = ApplicationState::Suspended;
    world.tell_all();
    assert_eq!(challenge(&world, get_with_key("/orders")), None);
    world.look_in(vec![domain::KeyLocation::Header("authorization".to_owned())]);
    assert_eq!(challenge(&world, get("/orders")).as_deref(), Some("Bearer realm=\"keywright\""));
    world.look_in(vec![domain::KeyLocation::Query("api_key".to_owned())]);
    let by_query = "ApiKey realm=\"keywright\", in=\"query\", name=\"api_key\"";
    assert_eq!(challenge(&world, get("/orders")).as_deref(), Some(by_query));
}

#[test]
fn nothing_is_trusted_before_it_was_loaded() {
    let mut world = World::new();
    world.verifier = Verifier::new(pepper(), MAX_STALENESS);
    world.publish_open(VERSION, "/orders", |_| {});
    assert_eq!(world.verifier.age(NOW), None);
    assert_eq!(world.refusal(&get("/orders")), Stale);
    world.verifier.refreshed(NOW);
    assert_eq!(world.version(&get("/orders")), id(VERSION));
}

#[test]
fn memory_is_trusted_for_so_long_and_no_longer() {
    let mut world = World::new();
    let call = get_with_key("/orders");
    let ask_at = |world: &mut World, now: Instant| {
        world.now = now;
        world.ask(&call).map(|_| ()).map_err(|refusal| refusal.reason)
    };
    assert_eq!(ask_at(&mut world, NOW + MAX_STALENESS), Ok(()));
    assert_eq!(ask_at(&mut world, NOW + MAX_STALENESS + Duration::from_micros(1)), Err(Stale));
    world.verifier.refreshed(NOW + Duration::from_secs(1));
    assert_eq!(ask_at(&mut world, NOW + MAX_STALENESS + Duration::from_secs(1)), Ok(()));
}

#[test]
fn a_213_a_clock_that_is_set_back_makes_nothing_young() {
    let mut world = World::new();
    let call = get_with_key("/orders");
    let ask_at = |world: &mut World, now: Instant| {
        world.now = now;
        world.ask(&call).map(|_| ()).map_err(|refusal| refusal.reason)
    };
    assert_eq!(ask_at(&mut world, NOW - Duration::from_secs(1)), Ok(()));
    // Until the clock had caught up, a database that died would go unnoticed.
    let year_ago = NOW - Duration::from_secs(365 * 86_400);
    assert_eq!(ask_at(&mut world, year_ago), Err(Stale));
    // Once the database was read under the new time, that is the time.
    world.verifier.refreshed(year_ago);
    assert_eq!(ask_at(&mut world, year_ago), Ok(()));
    assert_eq!(ask_at(&mut world, year_ago + MAX_STALENESS + Duration::from_micros(1)), Err(Stale));
}

#[test]
fn time_alone_expires_and_ends_a_rotation() {
    let mut world = World::new();
    let end = NOW + Duration::from_secs(30);
    let old = world.credential.clone();
    let material = crate::world::credential(CREDENTIAL + 1, old.application_id).material;
    let (old, new) = old.rotate(id(CREDENTIAL + 1), material, Duration::from_secs(30), NOW).unwrap();
    let (old, new): (Credential, Credential) = (crate::world::made(old), crate::world::made(new));
    world.tell(&old);
    world.tell(&new);
    let by_old = get_with_key("/orders");
    let by_new = get("/orders").with("x-api-key", key(CREDENTIAL + 1).expose());
    let ids = |world: &World| {
        let used = |call| world.ask(call).map(|v| v.credential_id().unwrap()).map_err(|r| r.reason);
        (used(&by_old), used(&by_new))
    };
    assert_eq!(ids(&world), (Ok(old.id.0), Ok(new.id.0)));
    world.now = end - Duration::from_micros(1);
    assert_eq!(ids(&world), (Ok(old.id.0), Ok(new.id.0)));
    world.now = end;
    assert_eq!(ids(&world), (Err(CredentialExpired), Ok(new.id.0)));
}

#[test]
fn every_reason_has_its_own_code_and_a_fitting_status() {
    let codes: std::collections::HashSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        let expected = match reason.code() {
            code if code.starts_with("credential_") => 401,
            "audience_wrong" => 401,
            "too_many_guesses" | "plan_limit_exceeded" => 429,
            "stale" | "unreadable" | "internal" | "lookup_failed" => 503,
            _ => 403,
        };
        assert_eq!(reason.status(), expected, "{}", reason.code());
    }
}
