//! Clients prove who they are.

use std::time::Duration;

use domain::Secret;
use keywright_app::{Caller, ChosenId};
use oauth::ErrorCode;
use oauth::client_auth::{Presented, Proof};

use super::{client, code, is_live, quick, token, token_with};
use crate::harness::{Desk, anonymous};

both!(a_081_a_086_who_does_not_prove_it_is_nobody, quick());
async fn a_081_a_086_who_does_not_prove_it_is_nobody(desk: Desk) {
    let app = &desk.app;
    let made = client(app, "Batch", |_| {}).await;
    let other = client(app, "Other", |_| {}).await;
    let nothing = Presented { client_id: made.client.client_id.clone(), proof: Proof::None };
    let unknown = Presented { client_id: "nobody".to_owned(), proof: Proof::Basic(made.secret.clone()) };
    for presented in [made.shows("wrong"), made.shows(&other.secret), made.shows(""), nothing, unknown] {
        let refused = app.authenticate_client(&anonymous(), &presented).await.unwrap_err();
        assert_eq!(refused, oauth::client_auth::refused());
    }
    assert!(app.authenticate_client(&anonymous(), &made.shows(&made.secret)).await.is_ok());
    // A token of one kind is worth nothing at another door.
    let answer = token(app, &made).await;
    assert_eq!(code(token_with(app, &made.shows(&answer.access_token), &[]).await), ErrorCode::InvalidClient);
    assert!(!is_live(app, &made.secret).await);
}

both!(a_079_guessing_a_secret_is_slowed_down_by_client_and_network, quick());
async fn a_079_guessing_a_secret_is_slowed_down_by_client_and_network(desk: Desk) {
    let app = &desk.app;
    let made = client(app, "Batch", |_| {}).await;
    for _ in 0..60 {
        let refused = app.authenticate_client(&anonymous(), &made.shows("wrong")).await;
        assert_eq!(code(refused), ErrorCode::InvalidClient);
    }
    let right = made.shows(&made.secret);
    assert_eq!(code(app.authenticate_client(&anonymous(), &right).await), ErrorCode::SlowDown);
    // Not from elsewhere: otherwise everybody could lock everybody out.
    let elsewhere = Caller { address: Some("198.51.100.1".parse().unwrap()), ..anonymous() };
    assert!(app.authenticate_client(&elsewhere, &right).await.is_ok());
    desk.clock.advance(Duration::from_secs(61));
    assert!(app.authenticate_client(&anonymous(), &right).await.is_ok());
}

both!(appdirect_allowed_addresses_hold_at_the_token_endpoint, quick());
async fn appdirect_allowed_addresses_hold_at_the_token_endpoint(desk: Desk) {
    let app = &desk.app;
    let listed = vec!["198.51.100.0/24".to_owned(), "2001:db8::/32".to_owned()];
    let made = client(app, "Batch", |it| it.draft.allowed_ips = listed).await;
    let from = async |address: Option<&str>| {
        let caller = Caller { address: address.map(|it| it.parse().unwrap()), ..anonymous() };
        app.authenticate_client(&caller, &made.shows(&made.secret)).await.is_ok()
    };
    assert!(from(Some("198.51.100.9")).await && from(Some("2001:db8::1")).await);
    assert!(from(Some("::ffff:198.51.100.9")).await, "the mapped form is folded");
    assert!(!from(Some("192.0.2.1")).await && !from(None).await, "a_194 an unknown address is on no list");
}

both!(appdirect_an_old_secret_ends_at_once_or_after_the_overlap, quick());
async fn appdirect_an_old_secret_ends_at_once_or_after_the_overlap(desk: Desk) {
    let (app, operator) = (&desk.app, Caller::operator());
    let made = client(app, "Batch", |_| {}).await;
    let live = token(app, &made).await.access_token;
    let works = async |secret: &str| token_with(app, &made.shows(secret), &[]).await.is_ok();
    let again = async |overlap| {
        let overlap = Duration::from_secs(overlap);
        let made = app.regenerate_client_secret(&operator, made.application(), overlap, None).await.unwrap();
        made.secret.unwrap().expose().to_owned()
    };
    let second = again(0).await;
    assert!(!works(&made.secret).await && works(&second).await);
    assert!(is_live(app, &live).await, "tokens live on");
    let third = again(60).await;
    assert!(works(&second).await && works(&third).await);
    desk.clock.advance(Duration::from_secs(60));
    assert!(!works(&second).await && works(&third).await);
}

both!(ceptor_a_chosen_secret_works_and_costs_its_hash_once, quick());
async fn ceptor_a_chosen_secret_works_and_costs_its_hash_once(desk: Desk) {
    let app = &desk.app;
    let chosen = "vT9-qLm4.xZ_77kd-PwQ";
    let made = client(app, "Batch", |it| {
        it.chosen =
            ChosenId { client_id: Some("acme".to_owned()), client_secret: Some(Secret::imported(chosen)) };
    })
    .await;
    assert_eq!(made.client.client_id, "acme");
    let first = std::time::Instant::now();
    assert!(token_with(app, &made.shows(chosen), &[]).await.is_ok());
    let slow = first.elapsed();
    let again = std::time::Instant::now();
    for _ in 0..10 {
        assert!(app.authenticate_client(&anonymous(), &made.shows(chosen)).await.is_ok());
    }
    assert!(
        again.elapsed() < slow * 5,
        "ten known ones cost less than five slow ones: {:?}",
        again.elapsed()
    );
    assert!(app.authenticate_client(&anonymous(), &made.shows("vT9-qLm4.xZ_77kd-PwR")).await.is_err());
    let replaced = Some(Secret::imported("another-Chosen_77.xyzq"));
    app.regenerate_client_secret(&Caller::operator(), made.application(), Duration::ZERO, replaced)
        .await
        .unwrap();
    assert!(app.authenticate_client(&anonymous(), &made.shows(chosen)).await.is_err(), "known a moment ago");
}
