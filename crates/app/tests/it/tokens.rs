//! API tokens and what they may not make of themselves.

use std::time::Duration;

use domain::Scope;
use keywright_app::{App, Caller, Error, Identity};

use crate::harness::{Desk, NOW, again, verdict};

/// A token with scopes, as its bearer.
async fn bearer(app: &App, scopes: &[&str], lives: Option<Duration>) -> Caller {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let expires_at = lives.map(|lives| NOW + lives);
    let created = app.create_api_token(&Caller::operator(), "CI", &scopes, expires_at).await.unwrap();
    let identity = app.identify(created.secret.unwrap().expose()).await.unwrap();
    Caller { identity, ..again(&Caller::operator()) }
}

async fn make(app: &App, who: &Caller, scopes: &[&str], lives: Option<Duration>) -> Result<(), Error> {
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    app.create_api_token(who, "made by a token", &scopes, lives.map(|lives| NOW + lives)).await.map(drop)
}

both!(a_165_a_token_makes_none_that_opens_more);
async fn a_165_a_token_makes_none_that_opens_more(desk: Desk) {
    let narrow = bearer(&desk.app, &["tokens:write", "partners:read"], None).await;
    for (scopes, expected) in [
        (&["partners:read"][..], "ok"),
        (&["tokens:read"], "ok"),
        (&["tokens:write", "partners:read"], "ok"),
        (&["partners:write"], "forbidden"),
        (&["partners:read", "plans:read"], "forbidden"),
        (&["*:read"], "forbidden"),
        (&["*:write"], "forbidden"),
    ] {
        assert_eq!(verdict(&make(&desk.app, &narrow, scopes, None).await), expected, "{scopes:?}");
    }
    let reader = bearer(&desk.app, &["*:read"], None).await;
    assert_eq!(verdict(&make(&desk.app, &reader, &["plans:read"], None).await), "forbidden");
    let wide = bearer(&desk.app, &["*:write"], None).await;
    let Identity::Token { id: wide_id, scopes } = &wide.identity else { unreachable!() };
    assert_eq!(scopes, &[Scope::ALL]);
    // Nor does it end one that opens more.
    assert_eq!(verdict(&desk.app.revoke_api_token(&narrow, *wide_id).await), "forbidden");
    assert_eq!(verdict(&make(&desk.app, &wide, &["*:write"], None).await), "ok");
}

both!(a_165_a_token_makes_none_that_outlives_it);
async fn a_165_a_token_makes_none_that_outlives_it(desk: Desk) {
    let hour = Duration::from_secs(3_600);
    let brief = bearer(&desk.app, &["*:write"], Some(hour)).await;
    assert_eq!(verdict(&make(&desk.app, &brief, &["plans:read"], None).await), "forbidden");
    let longer = Some(hour + Duration::from_micros(1));
    assert_eq!(verdict(&make(&desk.app, &brief, &["plans:read"], longer).await), "forbidden");
    assert_eq!(verdict(&make(&desk.app, &brief, &["plans:read"], Some(hour)).await), "ok");
}

both!(a_token_ends_by_time_and_by_hand);
async fn a_token_ends_by_time_and_by_hand(desk: Desk) {
    let (app, admin) = (&desk.app, Caller::operator());
    let ends = Some(NOW + Duration::from_secs(60));
    let created = app.create_api_token(&admin, "CI", &["*:read".to_owned()], ends).await.unwrap();
    let secret = created.secret.unwrap();
    app.identify(secret.expose()).await.unwrap();
    desk.clock.advance(Duration::from_secs(60));
    assert_eq!(verdict(&app.identify(secret.expose()).await), "unauthenticated");
    let created = app.create_api_token(&admin, "CI", &["*:read".to_owned()], None).await.unwrap();
    let secret = created.secret.unwrap();
    app.revoke_api_token(&admin, created.value.id).await.unwrap();
    assert_eq!(verdict(&app.identify(secret.expose()).await), "unauthenticated");
    assert_eq!(verdict(&app.revoke_api_token(&admin, created.value.id).await), "revoked");
    for wrong in ["", "kw_pat_x", &secret.expose()[1..], "kw_key_0000000000000000000000000000000000000000000"]
    {
        assert_eq!(verdict(&app.identify(wrong).await), "unauthenticated", "{wrong}");
    }
}
