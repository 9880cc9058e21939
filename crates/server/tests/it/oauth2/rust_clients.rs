//! The `openidconnect` crate, and `oauth2` beneath it, as they are, through every flow against a server with a real clock.

use domain::SigningAlgorithm;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, ConfigurationError, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl, Scope,
    TokenIntrospectionResponse, TokenResponse,
};
use serde_json::json;

use super::{REDIRECT, Rp, allow};
use crate::support::{Desk, Engine};
use crate::web::Browser;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A client of the crate for one of ours.
struct Real {
    http: reqwest::Client,
    metadata: ProviderMetadataWithLogout,
    client: Client,
}

impl Real {
    /// Knows nothing but the issuer's address, the client's id and its secret.
    async fn new(desk: &Desk, rp: &Rp) -> Self {
        let http = crate::support::http().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let issuer = IssuerUrl::new(desk.url.clone()).unwrap();
        let metadata =
            ProviderMetadataWithLogout::discover_async(issuer, &|asked| call(&http, asked)).await.unwrap();
        let told = rp.owner.get("/.well-known/openid-configuration").await.expect(200).json();
        let url = |name: &str| told[name].as_str().unwrap().to_owned();
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(rp.client.client_id.clone()),
            rp.secret.clone().map(ClientSecret::new),
        )
        .set_redirect_uri(RedirectUrl::new(REDIRECT.to_owned()).unwrap())
        .set_introspection_url(IntrospectionUrl::new(url("introspection_endpoint")).unwrap())
        .set_revocation_url(RevocationUrl::new(url("revocation_endpoint")).unwrap());
        Self { http, metadata, client }
    }

    fn by(self, auth: AuthType) -> Self {
        Self { client: self.client.set_auth_type(auth), ..self }
    }

    async fn call(&self, asked: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
        call(&self.http, asked).await
    }

    /// The code flow with PKCE; everything that the crate can check of the answer is checked. Gives the person's id.
    async fn code(&self, browser: &Browser) -> (openidconnect::core::CoreTokenResponse, String) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let back = allow(browser, &format!("{}?{}", url.path(), url.query().unwrap())).await.back();
        assert_eq!(&back["state"], state.secret());
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(back["code"].clone()))
            .unwrap()
            .set_pkce_verifier(verifier)
            .request_async(&|asked| self.call(asked))
            .await
            .unwrap();
        let verifier = self.client.id_token_verifier();
        let id_token = tokens.id_token().unwrap();
        let claims = id_token.claims(&verifier, &nonce).unwrap();
        let (algorithm, key) = (id_token.signing_alg().unwrap(), id_token.signing_key(&verifier).unwrap());
        // Beside a code it need not be there (OpenID Connect Core §3.1.3.6).
        if let Some(expected) = claims.access_token_hash() {
            let hash = AccessTokenHash::from_token(tokens.access_token(), algorithm, key).unwrap();
            assert_eq!(&hash, expected);
        }
        let subject = claims.subject().to_string();
        (tokens, subject)
    }
}

async fn call(http: &reqwest::Client, asked: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(asked.try_into()?).await?;
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    response.headers_mut().unwrap().extend(answer.headers().clone());
    Ok(response.body(answer.bytes().await?.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_server_goes_through_every_flow() {
    let desk = Desk::start_live(Engine::Sqlite).await;
    let rp = Rp::new(&desk).await;
    let real = Real::new(&desk, &rp).await;
    let browser = Browser::of(&desk, &rp.owner);
    let http = |asked| real.call(asked);

    let (tokens, subject) = real.code(&browser).await;
    let info: CoreUserInfoClaims = real
        .client
        .user_info(tokens.access_token().clone(), None)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(info.subject().as_str(), subject);
    assert_eq!(info.email().unwrap().as_str(), "alice@example.com");

    let refresh = tokens.refresh_token().unwrap();
    let fresh = real.client.exchange_refresh_token(refresh).unwrap().request_async(&http).await.unwrap();
    assert_ne!(fresh.refresh_token().unwrap().secret(), refresh.secret());

    let is_active = async || {
        let told = real.client.introspect(fresh.access_token()).request_async(&http).await.unwrap();
        told.active()
    };
    assert!(is_active().await);
    // The crate revokes nothing over plain HTTP, and there is nothing else here.
    let revocation = real.client.revoke_token(fresh.access_token().clone().into());
    assert!(matches!(revocation, Err(ConfigurationError::InsecureUrl("revocation"))));
    rp.post("/oauth2/revoke", &[("token", fresh.access_token().secret())]).await.expect(200);
    assert!(!is_active().await);

    // What is wrong is told in the words of the protocol.
    let made_up = RefreshToken::new("made up".to_owned());
    let refused =
        real.client.exchange_refresh_token(&made_up).unwrap().request_async(&http).await.unwrap_err();
    let RequestTokenError::ServerResponse(told) = refused else { panic!("{refused}") };
    assert_eq!(told.error(), &CoreErrorResponseType::InvalidGrant);

    let endpoint = real.metadata.additional_metadata().end_session_endpoint.clone().unwrap();
    let end = LogoutRequest::from(endpoint)
        .set_id_token_hint(tokens.id_token().unwrap())
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new("https://rp.test/bye".to_owned()).unwrap())
        .set_state(CsrfToken::new("bye".to_owned()))
        .http_get_url();
    let out = browser.open(&format!("{}?{}", end.path(), end.query().unwrap())).await;
    assert_eq!(out.back()["state"], "bye");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn id_tokens_of_every_algorithm_are_verified() {
    let desk = Desk::start_live(Engine::Sqlite).await;
    use SigningAlgorithm::{EdDsa, Es256, Ps256, Rs256};
    for (owner, algorithm) in [("ann", Rs256), ("ben", Ps256), ("cat", Es256), ("dan", EdDsa)] {
        let rp = Rp::with(&desk, owner, |draft| draft.id_token_signed_response_alg = algorithm).await;
        let (tokens, _) = Real::new(&desk, &rp).await.code(&Browser::of(&desk, &rp.owner)).await;
        let said = serde_json::to_value(tokens.id_token().unwrap().signing_alg().unwrap()).unwrap();
        assert_eq!(said, json!(algorithm.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_clients_and_those_that_write_the_secret_into_the_body_get_tokens() {
    let desk = Desk::start_live(Engine::Sqlite).await;
    let public = Rp::with(&desk, "alice", |draft| {
        draft.set_confidential(false);
        draft.grant_types = vec![domain::GrantType::AuthorizationCode, domain::GrantType::RefreshToken];
    })
    .await;
    let real = Real::new(&desk, &public).await.by(AuthType::RequestBody);
    let (tokens, _) = real.code(&Browser::of(&desk, &public.owner)).await;
    let refresh = tokens.refresh_token().unwrap();
    let http = |asked| real.call(asked);
    real.client.exchange_refresh_token(refresh).unwrap().request_async(&http).await.unwrap();

    let post = Rp::with(&desk, "bob", |draft| {
        draft.token_endpoint_auth_method = domain::ClientAuthMethod::ClientSecretPost;
    })
    .await;
    Real::new(&desk, &post).await.by(AuthType::RequestBody).code(&Browser::of(&desk, &post.owner)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_gets_tokens_of_its_own() {
    let desk = Desk::start_live(Engine::Sqlite).await;
    desk.admin.make("/api/v1/oauth/scopes", json!({"name": "read", "kind": "plain"})).await;
    let real = Real::new(&desk, &Rp::new(&desk).await).await;
    let http = |asked| real.call(asked);
    let ask = |scope: &str| {
        let request = real.client.exchange_client_credentials().unwrap();
        request.add_scope(Scope::new(scope.to_owned()))
    };
    let tokens = ask("read").request_async(&http).await.unwrap();
    assert_eq!(tokens.scopes().unwrap(), &[Scope::new("read".to_owned())]);
    assert!(tokens.refresh_token().is_none());
    let refused = ask("nope").request_async(&http).await.unwrap_err();
    let RequestTokenError::ServerResponse(told) = refused else { panic!("{refused}") };
    assert_eq!(told.error(), &CoreErrorResponseType::InvalidScope);
}
