//! What tokens and clients' secrets are worth at the gateway check, on every node.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{Accepted, ApiVersionDraft, ClientType, GrantType, Secret, TokenFormat};
use keywright_app::{App, Caller, ClientRequest};
use verify::{Decision, Headers, Original, RawOriginal, Reason, Request};

use super::{Made, client, quick, scope, token};
use crate::harness::{Desk, anonymous};

/// The one header that counts here.
struct Authorization(String);

impl Headers for Authorization {
    fn each<'a, E>(&'a self, name: &str, take: &mut impl FnMut(&'a [u8]) -> Result<(), E>) -> Result<(), E> {
        if name == "authorization" { take(self.0.as_bytes()) } else { Ok(()) }
    }
}

/// Asks as the gateway listener does. `None`: it may pass.
async fn ask(app: &App, value: &str, address: Option<IpAddr>) -> Option<Reason> {
    let now = app.clock().now();
    let raw = RawOriginal { host: b"api.example.com", method: b"GET", target: b"/tokens" };
    let headers = Authorization(value.to_owned());
    let request = Request { original: Original::parse(raw).unwrap(), headers: &headers, address };
    let decision = match app.verifier().decide(&request, &app.in_memory(now), now) {
        Decision::Undecided(question) => {
            let found = app.find_out(question, address, now).await;
            app.verifier().decide(&request, &found, now)
        }
        decided @ (Decision::Allowed(_) | Decision::Refused(_)) => decided,
    };
    match decision {
        Decision::Allowed(_) => None,
        Decision::Refused(refusal) => Some(refusal.reason),
        Decision::Undecided(question) => panic!("asked again: {question:?}"),
    }
}

async fn bearer(app: &App, token: &str) -> Option<Reason> {
    ask(app, &format!("Bearer {token}"), None).await
}

/// An API at `/tokens` that accepts tokens and secrets of clients, without a subscription.
async fn publish(desk: &Desk) {
    let version = desk.publish("Tokens", "/tokens", &[]).await;
    let accept = |draft: &mut ApiVersionDraft| {
        draft.accepted_credentials = vec![Accepted::Basic, Accepted::Bearer];
        draft.subscription_required = false;
    };
    desk.app.update_api_version(&Caller::operator(), version.id, None, accept).await.unwrap();
}

async fn within_a_second(app: &App, token: &str, expected: Option<Reason>) {
    let since = std::time::Instant::now();
    while bearer(app, token).await != expected {
        assert!(since.elapsed() < Duration::from_secs(1), "the other node has not heard of it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

both!(p_11_a_039_a_revoked_token_is_refused_on_every_node_within_a_second, quick());
async fn p_11_a_039_a_revoked_token_is_refused_on_every_node_within_a_second(here: Desk) {
    let app = &here.app;
    app.tend_signing_keys().await.unwrap();
    publish(&here).await;
    let there = here.another_node().await;
    let follower = tokio::spawn(Arc::clone(&there.app).keep_in_step());
    for format in [TokenFormat::Opaque, TokenFormat::Uuid, TokenFormat::Jwt] {
        let made = client(app, &format!("{format:?}"), |it| {
            *it = ClientRequest::of(ClientType::Custom);
            it.draft.requested_scopes_required = false;
            it.draft.access_token_format = format;
        })
        .await;
        let text = token(app, &made).await.access_token;
        assert_eq!(bearer(app, &text).await, None, "{format:?}");
        within_a_second(&there.app, &text, None).await;
        let proven = app.authenticate_client(&anonymous(), &made.shows(&made.secret)).await.unwrap();
        app.revoke_access_token(&anonymous(), &proven, &text).await.unwrap();
        assert_eq!(bearer(app, &text).await, Some(Reason::CredentialRevoked), "{format:?}");
        within_a_second(&there.app, &text, Some(Reason::CredentialRevoked)).await;
        let late = here.another_node().await;
        assert_eq!(bearer(&late.app, &text).await, Some(Reason::CredentialRevoked), "{format:?}");

        here.clock.advance(Duration::from_millis(2));
        let text = token(app, &made).await.access_token;
        within_a_second(&there.app, &text, None).await;
        here.clock.advance(Duration::from_millis(2));
        app.end_client_tokens(&Caller::operator(), made.application()).await.unwrap();
        assert_eq!(bearer(app, &text).await, Some(Reason::CredentialRevoked), "{format:?}");
        within_a_second(&there.app, &text, Some(Reason::CredentialRevoked)).await;
    }
    follower.abort();
}

both!(a_086_a_revoked_signing_key_ends_what_it_signed_though_it_was_verified_before, quick());
async fn a_086_a_revoked_signing_key_ends_what_it_signed_though_it_was_verified_before(desk: Desk) {
    let app = &desk.app;
    app.tend_signing_keys().await.unwrap();
    publish(&desk).await;
    let made = client(app, "Jwt", |it| it.draft.access_token_format = TokenFormat::Jwt).await;
    let text = token(app, &made).await.access_token;
    assert_eq!(bearer(app, &text).await, None);
    let kid = oauth::jose::header(&text).unwrap().kid.unwrap();
    app.revoke_signing_key(&Caller::operator(), kid.parse().unwrap()).await.unwrap();
    assert_eq!(bearer(app, &text).await, Some(Reason::CredentialUnknown));
}

both!(appdirect_allowed_ips_count_when_a_token_or_secret_is_used, quick());
async fn appdirect_allowed_ips_count_when_a_token_or_secret_is_used(desk: Desk) {
    let app = &desk.app;
    publish(&desk).await;
    scope(app, "orders", domain::ScopeKind::Plain).await;
    let made = client(app, "Bound", |_| {}).await;
    let text = token(app, &made).await.access_token;
    let bind = |draft: &mut domain::ClientDraft| {
        draft.allowed_ips = vec!["198.51.100.0/24".to_owned(), "2001:db8::/32".to_owned()];
    };
    app.update_client(&Caller::operator(), made.application(), None, None, bind).await.unwrap();
    let tokens = format!("Bearer {text}");
    let secrets = basic(&made.client.client_id, &made.secret);
    for (address, refused) in [
        (Some("198.51.100.9"), None),
        (Some("::ffff:198.51.100.9"), None),
        (Some("2001:db8::1"), None),
        (Some("198.51.101.9"), Some(Reason::AddressNotAllowed)),
        (Some("::1"), Some(Reason::AddressNotAllowed)),
        (None, Some(Reason::AddressNotAllowed)),
    ] {
        let address = address.map(|address| address.parse().unwrap());
        assert_eq!(ask(app, &tokens, address).await, refused, "{address:?}");
        assert_eq!(ask(app, &secrets, address).await, refused, "{address:?}");
    }
}

fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

both!(a_chosen_secret_is_compared_once_on_each_node_and_ends_at_once, quick());
async fn a_chosen_secret_is_compared_once_on_each_node_and_ends_at_once(desk: Desk) {
    let app = &desk.app;
    publish(&desk).await;
    let chosen = "correct-horse-battery-staple";
    let made: Made = client(app, "Chosen", |it| {
        it.draft.grant_types = vec![GrantType::ClientCredentials];
        it.chosen.client_secret = Some(Secret::imported(chosen));
    })
    .await;
    let value = basic(&made.client.client_id, chosen);
    assert_eq!(ask(app, &value, None).await, None);
    let since = std::time::Instant::now();
    for _ in 0..100 {
        assert_eq!(ask(app, &value, None).await, None);
    }
    assert!(since.elapsed() < Duration::from_secs(1), "a hundred slow hashes take longer");
    assert_eq!(ask(&desk.another_node().await.app, &value, None).await, None);
    let (operator, none) = (Caller::operator(), Duration::ZERO);
    app.regenerate_client_secret(&operator, made.application(), none, None).await.unwrap();
    assert_eq!(ask(app, &value, None).await, Some(Reason::CredentialUnknown));
}
