//! What a token is worth, and what ends it.

use std::sync::Arc;
use std::time::Duration;

use domain::{ApplicationId, ClientType, TokenFormat};
use keywright_app::{App, Caller, ClientRequest};
use oauth::ErrorCode;
use oauth::client_auth::{Presented, Proof};
use serde_json::{Value, json};

use super::{Made, claims, client, code, is_live, quick, token};
use crate::harness::{Desk, anonymous};

both!(a_039_what_ends_the_client_ends_its_tokens_on_every_node, quick());
async fn a_039_what_ends_the_client_ends_its_tokens_on_every_node(desk: Desk) {
    let (app, operator) = (&desk.app, Caller::operator());
    app.tend_signing_keys().await.unwrap();
    let other = desk.another_node().await;
    let following = tokio::spawn(Arc::clone(&other.app).keep_in_step());
    type End = fn(Arc<App>, Caller, ApplicationId) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send>>;
    let ends: [(&str, End); 4] = [
        ("Revoked", |app, who, id| Box::pin(async move { app.revoke_client(&who, id).await.is_ok() })),
        ("Ended", |app, who, id| Box::pin(async move { app.end_client_tokens(&who, id).await.is_ok() })),
        ("Deleted", |app, who, id| {
            Box::pin(async move { app.delete_application(&who, id, None).await.is_ok() })
        }),
        ("Suspended", |app, who, id| {
            let state = domain::ApplicationState::Suspended;
            Box::pin(async move { app.set_application_state(&who, id, state).await.is_ok() })
        }),
    ];
    for (name, end) in ends {
        for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
            let made =
                client(app, &format!("{name}{format:?}"), |it| it.draft.access_token_format = format).await;
            let text = token(app, &made).await.access_token;
            assert!(is_live(app, &text).await, "{name} {format:?}");
            becomes(&other.app, &text, true).await;
            desk.clock.advance(Duration::from_millis(2));
            assert!(end(Arc::clone(app), operator.clone(), made.application()).await);
            assert!(!is_live(app, &text).await, "{name} {format:?}");
            becomes(&other.app, &text, false).await;
        }
    }
    following.abort();
}

/// What a node thinks of a token, within a second (P-11).
async fn becomes(app: &App, text: &str, live: bool) {
    let since = std::time::Instant::now();
    while is_live(app, text).await != live {
        assert!(since.elapsed() < Duration::from_secs(5), "the other node has not heard of it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

both!(rfc7009_2_a_client_ends_its_own_tokens_only, quick());
async fn rfc7009_2_a_client_ends_its_own_tokens_only(desk: Desk) {
    let app = &desk.app;
    app.tend_signing_keys().await.unwrap();
    let other = client(app, "Other", |_| {}).await;
    let as_client =
        async |made: &Made| app.authenticate_client(&anonymous(), &made.shows(&made.secret)).await.unwrap();
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let made = client(app, &format!("C{format:?}"), |it| it.draft.access_token_format = format).await;
        let text = token(app, &made).await.access_token;
        // somebody else's is left alone, and nothing is told.
        app.revoke_access_token(&anonymous(), &as_client(&other).await, &text).await.unwrap();
        assert!(is_live(app, &text).await);
        let before = desk.lines("access_token.revoked").await;
        for _ in 0..2 {
            app.revoke_access_token(&anonymous(), &as_client(&made).await, &text).await.unwrap();
        }
        assert!(!is_live(app, &text).await);
        assert_eq!(desk.lines("access_token.revoked").await, before + 1);
        let node = desk.another_node().await;
        assert!(!is_live(&node.app, &text).await, "it is read again at the start");
    }
    app.revoke_access_token(&anonymous(), &as_client(&other).await, "unknown").await.unwrap();
}

both!(a_059_introspection_tells_clients_about_their_own_tokens, quick());
async fn a_059_introspection_tells_clients_about_their_own_tokens(desk: Desk) {
    let app = &desk.app;
    let made = client(app, "Batch", |_| {}).await;
    let other = client(app, "Other", |_| {}).await;
    let text = token(app, &made).await.access_token;
    let ask = async |who: &Made, text: &str| {
        let proven = app.authenticate_client(&anonymous(), &who.shows(&who.secret)).await.unwrap();
        serde_json::to_value(app.introspect(&proven, text).await.unwrap()).unwrap()
    };
    let own = ask(&made, &text).await;
    assert_eq!((&own["active"], &own["client_id"]), (&json!(true), &json!(made.client.client_id)));
    assert_eq!(own["exp"].as_i64().unwrap() - own["iat"].as_i64().unwrap(), 3_600);
    let nothing = json!({"active": false});
    assert_eq!(ask(&other, &text).await, nothing);
    for wrong in ["", "kw_at_x", &text[1..], "a.b.c", "00000000-0000-4000-8000-000000000000", &made.secret] {
        assert_eq!(ask(&made, wrong).await, nothing, "{wrong}");
    }
    // who does not prove who it is may not ask.
    let native = client(app, "Native", |it| {
        *it = ClientRequest::of(ClientType::Native);
        it.draft.redirect_uris = vec!["com.example.app:/back".to_owned()];
    })
    .await;
    let nobody = Presented { client_id: native.client.client_id.clone(), proof: Proof::None };
    let nobody = app.authenticate_client(&anonymous(), &nobody).await.unwrap();
    assert_eq!(code(app.introspect(&nobody, &text).await), ErrorCode::InvalidClient);
}

both!(a_061_a_forged_token_is_worth_nothing, quick());
async fn a_061_a_forged_token_is_worth_nothing(desk: Desk) {
    use base64::Engine as _;
    let app = &desk.app;
    app.tend_signing_keys().await.unwrap();
    let made = client(app, "Jwt", |it| it.draft.access_token_format = TokenFormat::Jwt).await;
    let text = token(app, &made).await.access_token;
    let (head, rest) = text.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let encode = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let kid = oauth::jose::header(&text).unwrap().kid;
    let mut wider = claims(&text);
    wider["scope"] = json!("everything");
    for forged in [
        format!("{head}.{}.{signature}", encode(&wider)),
        format!("{}.{body}.", encode(&json!({"alg": "none", "typ": "at+jwt", "kid": kid}))),
        format!("{}.{body}.{signature}", encode(&json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}))),
        format!("{}.{body}.{signature}", encode(&json!({"alg": "ES256", "typ": "JWT", "kid": kid}))),
        format!("{}.{body}.{signature}", encode(&json!({"alg": "ES256", "typ": "at+jwt", "kid": "../../x"}))),
        format!("{head}.{body}.{}", "A".repeat(86)),
        format!("{text}.x"),
        format!("{head}.{body}"),
        "A".repeat(1_000_000),
    ] {
        assert!(!is_live(app, &forged).await, "{forged:.80}");
    }
    assert!(is_live(app, &text).await);
}
