//! Who gets a token, and what is in it.

use std::sync::Arc;
use std::time::Duration;

use domain::{ClientType, ScopeKind, SigningAlgorithm, TokenDefinitionDraft, TokenFormat};
use keywright_app::{Caller, ClientRequest};
use oauth::ErrorCode;
use oauth::client_auth::{Presented, Proof};
use serde_json::json;

use super::{claims, client, code, is_live, quick, scope, token, token_with};
use crate::harness::Desk;

both!(rfc6749_4_4_a_client_gets_a_token_for_itself, quick());
async fn rfc6749_4_4_a_client_gets_a_token_for_itself(desk: Desk) {
    let app = &desk.app;
    scope(app, "orders", ScopeKind::Plain).await;
    let made = client(app, "Batch", |it| it.draft.scopes = vec!["orders".to_owned()]).await;
    let answer = token_with(app, &made.shows(&made.secret), &[("scope", "orders")]).await.unwrap();
    assert!(answer.access_token.starts_with("kw_at_"));
    assert_eq!((answer.token_type, answer.expires_in, answer.scope.as_str()), ("Bearer", 3_600, "orders"));
    // RFC 6749 §4.4.3, and T5 of AppDirect's slips.
    assert!(answer.refresh_token.is_none() && answer.id_token.is_none());
    assert!(is_live(app, &answer.access_token).await);
    // From memory and, on a node that has never seen it, from the database.
    let other = desk.another_node().await;
    assert!(is_live(&other.app, &answer.access_token).await);
    desk.clock.advance(Duration::from_secs(3_600));
    assert!(!is_live(app, &answer.access_token).await);
    assert!(!is_live(&other.app, &answer.access_token).await);
    app.sweep().await.unwrap();
    assert!(
        app.access_token(&answer.access_token).await.unwrap().is_some(),
        "still in memory, and worth nothing"
    );
}

both!(ceptor_access_token_type_uuid_and_jwt_and_validity, quick());
async fn ceptor_access_token_type_uuid_and_jwt_and_validity(desk: Desk) {
    let app = &desk.app;
    app.tend_signing_keys().await.unwrap();
    let uuid = client(app, "Uuid", |it| {
        *it = ClientRequest::of(ClientType::Custom);
        it.draft.access_token_format = TokenFormat::Uuid;
        it.draft.access_token_lifetime_s = Some(60);
        it.draft.requested_scopes_required = false;
    })
    .await;
    let answer = token(app, &uuid).await;
    assert!(domain::parse_uuid(&answer.access_token).is_some(), "{}", answer.access_token);
    assert_eq!(answer.expires_in, 60);
    assert!(is_live(app, &answer.access_token).await);
    assert!(is_live(&desk.another_node().await.app, &answer.access_token).await);
    let jwt = client(app, "Jwt", |it| it.draft.access_token_format = TokenFormat::Jwt).await;
    let answer = token(app, &jwt).await;
    assert_eq!(answer.access_token.split('.').count(), 3);
    assert!(is_live(app, &answer.access_token).await);
    let claims = claims(&answer.access_token);
    assert_eq!(claims["iss"], "http://127.0.0.1:8080");
    assert_eq!(
        (&claims["sub"], &claims["client_id"]),
        (&json!(jwt.client.client_id), &json!(jwt.client.client_id))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    let header = oauth::jose::header(&answer.access_token).unwrap();
    assert_eq!((header.alg.as_str(), header.typ.as_deref()), ("ES256", Some("at+jwt")));
    assert!(app.jwks().contains(&header.kid.unwrap()));
    let short = token(app, &uuid).await.access_token;
    desk.clock.advance(Duration::from_secs(60));
    assert!(!is_live(app, &short).await);
}

both!(ceptor_token_name_selects_issuer_algorithm_key_and_claims, quick());
async fn ceptor_token_name_selects_issuer_algorithm_key_and_claims(desk: Desk) {
    let app = &desk.app;
    let operator = Caller::operator();
    app.tend_signing_keys().await.unwrap();
    let draft = TokenDefinitionDraft {
        name: "Banking".to_owned(),
        issuer: Some("https://bank.example".to_owned()),
        audience: vec!["https://api.bank.example".to_owned()],
        algorithm: SigningAlgorithm::EdDsa,
        key_series: "banking".to_owned(),
        claims: [("org".to_owned(), "partner_name".to_owned())].into(),
    };
    app.create_token_definition(&operator, draft).await.unwrap();
    let jwt = |it: &mut ClientRequest| it.draft.access_token_format = TokenFormat::Jwt;
    let plain = client(app, "Plain", jwt).await;
    let bank = client(app, "Bank", |it| {
        jwt(it);
        it.token_definition = Some("Banking".to_owned());
    })
    .await;
    // A new series has no key that was published for long enough.
    app.tend_signing_keys().await.unwrap();
    let too_early = token_with(app, &bank.shows(&bank.secret), &[]).await;
    assert_eq!(code(too_early), ErrorCode::TemporarilyUnavailable);
    desk.clock.advance(Duration::from_secs(20 * 60));
    app.tend_signing_keys().await.unwrap();
    let (one, two) = (token(app, &plain).await.access_token, token(app, &bank).await.access_token);
    assert!(is_live(app, &one).await && is_live(app, &two).await);
    let (head_one, head_two) = (oauth::jose::header(&one).unwrap(), oauth::jose::header(&two).unwrap());
    assert_eq!((head_one.alg.as_str(), head_two.alg.as_str()), ("ES256", "EdDSA"));
    assert_ne!(head_one.kid, head_two.kid);
    let claims = claims(&two);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("https://bank.example"), &json!("https://api.bank.example"))
    );
    assert_eq!(claims["org"], "Bank Ltd");
}

both!(a_033_a_034_only_what_the_client_may_ask_for_itself, quick());
async fn a_033_a_034_only_what_the_client_may_ask_for_itself(desk: Desk) {
    let app = &desk.app;
    for (name, kind) in [
        ("orders", ScopeKind::Plain),
        ("stock", ScopeKind::Plain),
        ("ROLE_USER", ScopeKind::Role),
        ("ROLE_PARTNER", ScopeKind::System),
    ] {
        scope(app, name, kind).await;
    }
    let made =
        client(app, "Batch", |it| it.draft.scopes = vec!["orders".to_owned(), "ROLE_PARTNER".to_owned()])
            .await;
    let ask = async |scope: &str| token_with(app, &made.shows(&made.secret), &[("scope", scope)]).await;
    assert_eq!(ask("ROLE_PARTNER orders").await.unwrap().scope, "ROLE_PARTNER orders");
    for refused in
        ["stock", "ROLE_USER", "openid", "offline_access", "Orders", "orders stock", "orders\tstock"]
    {
        assert_eq!(code(ask(refused).await), ErrorCode::InvalidScope, "{refused}");
    }
    // The policy: who names none is told which there are.
    let none = token_with(app, &made.shows(&made.secret), &[]).await.unwrap_err();
    assert_eq!(none.code, ErrorCode::InvalidScope);
    assert!(
        none.description.contains("must name the scopes") && none.description.contains("orders"),
        "{none}"
    );
    let old = client(app, "Old", |it| {
        it.imported = true;
        it.draft.requested_scopes_required = false;
        it.draft.scopes = vec!["orders".to_owned(), "ROLE_PARTNER".to_owned()];
    })
    .await;
    assert_eq!(token(app, &old).await.scope, "orders ROLE_PARTNER");
    // Client credentials without a proof are refused whatever the settings say.
    let web = client(app, "Web", |it| {
        *it = ClientRequest::of(ClientType::Web);
        it.draft.redirect_uris = vec!["https://app.example/back".to_owned()];
    })
    .await;
    assert_eq!(code(token_with(app, &web.shows(&web.secret), &[]).await), ErrorCode::UnauthorizedClient);
    let native = client(app, "Native", |it| {
        *it = ClientRequest::of(ClientType::Native);
        it.draft.redirect_uris = vec!["com.example.app:/back".to_owned()];
    })
    .await;
    let nothing = Presented { client_id: native.client.client_id.clone(), proof: Proof::None };
    assert_eq!(code(token_with(app, &nothing, &[]).await), ErrorCode::UnauthorizedClient);
}

both!(tokens_that_are_asked_for_at_once_are_written_together, quick());
async fn tokens_that_are_asked_for_at_once_are_written_together(desk: Desk) {
    let app = &desk.app;
    let made = Arc::new(client(app, "Batch", |_| {}).await);
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (app, made) = (Arc::clone(app), Arc::clone(&made));
        asked.spawn(async move { token(&app, &made).await.access_token });
    }
    let texts: std::collections::BTreeSet<String> = asked.join_all().await.into_iter().collect();
    assert_eq!(texts.len(), 200);
    let node = desk.another_node().await;
    for text in &texts {
        assert!(is_live(&node.app, text).await);
    }
    desk.clock.advance(Duration::from_secs(3_601));
    app.sweep().await.unwrap();
    let node = desk.another_node().await;
    assert!(
        node.app.access_token(texts.first().unwrap()).await.unwrap().is_none(),
        "what is over is removed"
    );
}
