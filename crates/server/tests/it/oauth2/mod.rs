//! The authorization server, as clients and browsers see it.

mod attacks_a_authorize;
mod attacks_b_token;
mod attacks_c_refresh;
mod attacks_g_metadata;
mod attacks_h_sessions;
mod authorize;
mod consents;
mod cors;
mod introspect;
mod legacy;
mod logout;
mod persistent_sso;
mod real_clients;
mod revoke;
mod rust_clients;
mod token;
mod userinfo;

use std::collections::BTreeMap;

use app::{Caller, ClientRequest};
use domain::{ApplicationId, Client, ClientDraft, ClientType};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Desk, User};
use crate::web::{Browser, hidden};

pub const REDIRECT: &str = "https://rp.test/cb";
// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client, written out.
#[derive(Clone)]
pub struct Rp {
    anybody: User,
    pub client: Client,
    pub secret: Option<String>,
    pub owner: User,
}

pub type Fields = BTreeMap<String, String>;

impl Rp {
    /// A web server's client for Alice's application, which an administrator vouches for.
    pub async fn new(desk: &Desk) -> Self {
        Self::with(desk, "alice", |_| {}).await
    }

    /// The same, changed.
    pub async fn with(desk: &Desk, owner: &str, change: impl FnOnce(&mut ClientDraft)) -> Self {
        let owner = desk.developer(owner).await;
        Self::of(desk, owner, change).await
    }

    /// For another application of somebody.
    pub async fn of(desk: &Desk, owner: User, change: impl FnOnce(&mut ClientDraft)) -> Self {
        use domain::GrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
        let application: ApplicationId = owner.application().await.parse().unwrap();
        let mut request = ClientRequest::of(ClientType::Custom);
        request.draft.grant_types = vec![AuthorizationCode, RefreshToken, ClientCredentials];
        request.draft.redirect_uris = vec![REDIRECT.to_owned()];
        request.draft.post_logout_redirect_uris = vec!["https://rp.test/bye".to_owned()];
        request.draft.trusted = true;
        change(&mut request.draft);
        let made = desk.app.create_client(&Caller::operator(), application, request).await.unwrap();
        desk.app.tend_signing_keys().await.unwrap();
        let secret = made.secret.map(|secret| secret.expose().to_owned());
        Self { anybody: desk.anonymous(), client: made.value, secret, owner }
    }

    /// The address of an authorization request. An empty value leaves a parameter out.
    pub fn request(&self, changes: &[(&str, &str)]) -> String {
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", self.client.client_id.as_str()),
            ("redirect_uri", REDIRECT),
            ("scope", "openid email"),
            ("state", "s1"),
            ("nonce", "n1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("/oauth2/authorize?{query}")
    }

    /// Somebody signed in is sent here, and allows everything if they are asked.
    pub async fn allow(&self, browser: &Browser, changes: &[(&str, &str)]) -> Answer {
        let answer = browser.open(&self.request(changes)).await;
        if answer.status == 200 && answer.text.contains("action=\"/oauth2/confirm\"") {
            return confirm(browser, &answer, "/oauth2/confirm").await;
        }
        answer
    }

    /// What comes back.
    pub async fn come_back(&self, browser: &Browser, changes: &[(&str, &str)]) -> Fields {
        self.allow(browser, changes).await.back()
    }

    /// A code.
    pub async fn code(&self, browser: &Browser, changes: &[(&str, &str)]) -> String {
        let back = self.come_back(browser, changes).await;
        back.get("code").unwrap_or_else(|| panic!("no code: {back:?}")).clone()
    }

    /// Asks for tokens, with the secret in the header.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/oauth2/token", fields).await
    }

    /// Sends a form with the client's own authentication.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let id = self.client.client_id.as_str();
        let mut request = self.anybody.request(Method::POST, path);
        let mut fields = fields.to_vec();
        match &self.secret {
            Some(secret) => request = request.basic_auth(id, Some(secret)),
            None => fields.push(("client_id", id)),
        }
        Answer::of(form(request, &fields)).await
    }

    /// Redeems a code.
    pub async fn redeem(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.token(&fields).await
    }

    /// Uses a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Everything that a code flow gives.
    pub async fn tokens(&self, browser: &Browser, changes: &[(&str, &str)]) -> Value {
        let code = self.code(browser, changes).await;
        self.redeem(&code).await.expect(200).json()
    }

    /// What the userinfo endpoint says.
    pub async fn userinfo(&self, token: &str) -> Answer {
        Answer::of(self.anybody.request(Method::GET, "/oauth2/userinfo").bearer_auth(token)).await
    }
}

/// What somebody has allowed a client of their own.
pub async fn consent(desk: &Desk, owner: &User) -> String {
    let rp = Rp::of(desk, owner.clone(), |_| {}).await;
    rp.code(&Browser::of(desk, owner), &[]).await;
    let list = owner.get("/api/v1/account/consents").await.expect(200).json();
    crate::support::id(&list["items"][0]).to_owned()
}

/// Puts a form into a request.
pub fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// Presses a button of the page that asks.
pub async fn confirm(browser: &Browser, page: &Answer, action: &str) -> Answer {
    let fields = hidden(&page.text, "/oauth2/confirm");
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    browser.submit(action, &fields).await
}

impl Answer {
    /// A redirect to the client, and what it brings along.
    #[track_caller]
    pub fn back(&self) -> Fields {
        let location = self.header("location");
        assert!(location.starts_with("https://rp.test/"), "{} {location} {}", self.status, self.text);
        assert_eq!(self.status, 303);
        let (_, fields) = location.split_once(['?', '#']).unwrap();
        form_urlencoded::parse(fields.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
    }

    /// An error page, and nobody is sent anywhere.
    #[track_caller]
    pub fn is_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("location"), "");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
    }

    /// An error of the token endpoint.
    #[track_caller]
    pub fn refuses(&self, status: u16, error: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.json()["error"], error, "{}", self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        assert!(!self.text.contains("access_token"));
    }
}
