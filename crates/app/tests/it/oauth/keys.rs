//! The life of signing keys.

use std::time::Duration;

use domain::{PartnerDraft, SigningAlgorithm, SigningKey, SigningKeyState, TokenFormat};
use keywright_app::{Caller, PageRequest};

use super::{client, is_live, quick, token};
use crate::harness::Desk;

both!(a_093_keys_rotate_without_a_failed_verification, quick());
async fn a_093_keys_rotate_without_a_failed_verification(desk: Desk) {
    let (app, operator) = (&desk.app, Caller::operator());
    app.tend_signing_keys().await.unwrap();
    let made = client(app, "Jwt", |it| {
        it.draft.access_token_format = TokenFormat::Jwt;
        it.draft.access_token_lifetime_s = Some(86_400);
    })
    .await;
    let keys = async || app.signing_keys(&operator, PageRequest::first(200)).await.unwrap().items;
    let count = async |state| keys().await.iter().filter(|key| key.state == state).count();
    assert_eq!(count(SigningKeyState::Active).await, 6, "three of each of two kinds");
    let mut kids = std::collections::BTreeSet::new();
    let mut texts = Vec::new();
    for _ in 0..30 {
        let text = token(app, &made).await.access_token;
        kids.insert(oauth::jose::header(&text).unwrap().kid.unwrap());
        texts.push(text);
    }
    assert!(kids.len() >= 2, "AppDirect: a key by lot for each token");
    for round in 0..5 {
        let new = app.rotate_signing_keys(&operator, Some(SigningAlgorithm::Es256)).await.unwrap();
        let published = app.jwks();
        assert!(published.contains(&new[0].id.to_string()), "published at once");
        // Nothing is signed by it before it has been published for long enough.
        for at in [1, 10 * 60, 9 * 60] {
            desk.clock.advance(Duration::from_secs(at));
            app.tend_signing_keys().await.unwrap();
            let text = token(app, &made).await.access_token;
            let kid = oauth::jose::header(&text).unwrap().kid.unwrap();
            assert_ne!(kid, new[0].id.to_string(), "round {round}");
            assert!(published.contains(&kid));
            texts.push(text);
        }
        desk.clock.advance(Duration::from_secs(60));
        app.tend_signing_keys().await.unwrap();
        assert_eq!(count(SigningKeyState::Active).await, 6);
        for text in &texts {
            assert!(is_live(app, text).await, "round {round}");
        }
    }
    assert_eq!(count(SigningKeyState::Retiring).await, 5);
    desk.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    app.tend_signing_keys().await.unwrap();
    assert_eq!(count(SigningKeyState::Retiring).await, 0);
    // By schedule, too.
    desk.clock.advance(Duration::from_secs(60 * 24 * 3_600));
    app.tend_signing_keys().await.unwrap();
    assert!(count(SigningKeyState::Pending).await > 0);
}

both!(a_094_a_revoked_key_takes_its_tokens_with_it, quick());
async fn a_094_a_revoked_key_takes_its_tokens_with_it(desk: Desk) {
    let (app, operator) = (&desk.app, Caller::operator());
    app.tend_signing_keys().await.unwrap();
    let made = client(app, "Jwt", |it| it.draft.access_token_format = TokenFormat::Jwt).await;
    let text = token(app, &made).await.access_token;
    let kid = oauth::jose::header(&text).unwrap().kid.unwrap();
    app.revoke_signing_key(&operator, kid.parse().unwrap()).await.unwrap();
    assert!(!app.jwks().contains(&kid));
    assert!(!is_live(app, &text).await);
    assert!(is_live(app, &token(app, &made).await.access_token).await, "the others go on");
}

both!(f_040_a_new_key_signs_nothing_before_every_node_publishes_it, quick());
async fn f_040_a_new_key_signs_nothing_before_every_node_publishes_it(desk: Desk) {
    let (app, operator) = (&desk.app, Caller::operator());
    app.tend_signing_keys().await.unwrap();
    let there = desk.another_node().await;
    there.app.beat().await.unwrap();
    desk.clock.advance(Duration::from_secs(1));
    app.rotate_signing_keys(&operator, None).await.unwrap();
    let waiting = async || {
        app.tend_signing_keys().await.unwrap();
        let keys = app.signing_keys(&operator, PageRequest::first(200)).await.unwrap().items;
        keys.iter().filter(|key| key.state == SigningKeyState::Pending).count()
    };
    desk.clock.advance(SigningKey::PUBLISHED_BEFORE);
    // The other node is there, and does not get to follow.
    there.app.beat().await.unwrap();
    assert_eq!(waiting().await, 2);
    let draft = PartnerDraft { name: "Anything".to_owned(), ..PartnerDraft::default() };
    there.app.create_partner(&operator, draft).await.unwrap();
    there.app.beat().await.unwrap();
    assert_eq!(waiting().await, 0);
    // One that is gone is not waited for.
    app.rotate_signing_keys(&operator, None).await.unwrap();
    desk.clock.advance(Duration::from_secs(3_601));
    assert_eq!(waiting().await, 0);
}

both!(f_040_two_nodes_make_the_keys_once, quick());
async fn f_040_two_nodes_make_the_keys_once(desk: Desk) {
    let other = desk.another_node().await;
    let (one, two) = tokio::join!(desk.app.tend_signing_keys(), other.app.tend_signing_keys());
    one.unwrap();
    two.unwrap();
    let keys = desk.app.signing_keys(&Caller::operator(), PageRequest::first(200)).await.unwrap().items;
    assert_eq!(keys.len(), 6);
}
