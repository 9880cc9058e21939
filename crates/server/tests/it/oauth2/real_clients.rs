//! Real clients, and our port of the OpenID Foundation's plans, against a server with a real clock.

use std::process::{Command, Output};

use app::{Caller, ClientRequest};
use domain::{ClientAuthMethod, ClientType, GrantType};
use serde_json::{Value, json};

use crate::support::{Desk, Engine};

/// What the scripts need to know.
async fn configuration(desk: &Desk) -> Value {
    let alice = desk.developer("alice").await;
    let application = async |name: &str| {
        let made = alice.make("/api/v1/applications", json!({"name": name})).await;
        crate::support::id(&made).parse::<domain::ApplicationId>().unwrap()
    };
    let client = async |name: &str, change: fn(&mut domain::ClientDraft)| {
        let application = application(name).await;
        let mut request = ClientRequest::of(ClientType::Custom);
        let draft = &mut request.draft;
        draft.grant_types =
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials];
        draft.redirect_uris = vec!["https://rp.test/cb".to_owned(), "https://rp.test/cb2".to_owned()];
        draft.post_logout_redirect_uris = vec!["https://rp.test/bye".to_owned()];
        draft.trusted = true;
        change(draft);
        let made = desk.app.create_client(&Caller::operator(), application, request).await.unwrap();
        json!({
            "client_id": made.value.client_id,
            "client_secret": made.secret.map(|secret| secret.expose().to_owned()),
            "redirect_uris": made.value.redirect_uris,
            "post_logout_redirect_uris": made.value.post_logout_redirect_uris,
        })
    };
    // Basic sends requests without PKCE, which only a confidential client may do.
    let plain = client("Plain", |draft| draft.require_pkce = false).await;
    let post = client("Post", |draft| {
        draft.require_pkce = false;
        draft.token_endpoint_auth_method = ClientAuthMethod::ClientSecretPost;
    })
    .await;
    let public = client("Public", |draft| {
        draft.set_confidential(false);
        draft.grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    })
    .await;
    let application = application("Key").await;
    let pair = oauth::jose::generate(domain::SigningAlgorithm::Es256).unwrap();
    let key = oauth::jose::SigningKey::from_pkcs8(domain::SigningAlgorithm::Es256, "k1", &pair).unwrap();
    let mut request = ClientRequest::of(ClientType::Custom);
    request.draft.grant_types = vec![GrantType::ClientCredentials, GrantType::AuthorizationCode];
    request.draft.redirect_uris = vec!["https://rp.test/cb".to_owned()];
    request.draft.trusted = true;
    request.draft.token_endpoint_auth_method = ClientAuthMethod::PrivateKeyJwt;
    request.draft.jwks = Some(json!({"keys": [key.public_jwk()]}));
    let by_key = desk.app.create_client(&Caller::operator(), application, request).await.unwrap().value;
    desk.admin.make("/api/v1/oauth/scopes", json!({"name": "read", "kind": "plain"})).await;
    use base64::Engine as _;
    json!({
        "issuer": desk.url,
        "client": plain,
        "client_post": post,
        "client_public": public,
        "client_key": {
            "client_id": by_key.client_id,
            "redirect_uris": by_key.redirect_uris,
            "pkcs8": base64::prelude::BASE64_STANDARD.encode(pair),
        },
        "user": {"login": "alice@example.com", "password": "alice likes violet umbrellas"},
        "wait_seconds": 1,
        "pkce": false,
    })
}

fn node(arguments: &[&str]) -> Output {
    // Modules are found from where a script is, so the scripts lie beside them.
    Command::new("node").current_dir(testkit::node::folder()).args(arguments).output().unwrap()
}

#[track_caller]
fn passes(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

async fn run(engine: Engine, script: &'static str) -> String {
    let desk = Desk::start_live(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    std::fs::write(&file, configuration(&desk).await.to_string()).unwrap();
    let file = file.display().to_string();
    passes(tokio::task::spawn_blocking(move || node(&[script, &file])).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_client_completes_every_flow() {
    let said = run(Engine::Sqlite, "openid-client.mjs").await;
    assert!(said.contains("every flow works"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_port_of_the_openid_plans_passes() {
    let said = run(Engine::Sqlite, "run.mjs").await;
    assert!(said.contains("all passed or skipped"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_port_of_the_openid_plans_passes_on_postgresql() {
    let said = run(Engine::Postgres, "run.mjs").await;
    assert!(said.contains("all passed or skipped"), "{said}");
}

/// That the port asks for the right things is shown by software that is certified.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_port_passes_against_certified_software() {
    let output = tokio::task::spawn_blocking(|| node(&["run.mjs", "--against-oidc-provider"])).await.unwrap();
    assert!(passes(output).contains("all passed or skipped"));
}
