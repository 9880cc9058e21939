//! What people come for, from the first page to the call that works.

use std::net::SocketAddr;

use fantoccini::Locator;
use serde_json::json;

use super::chromium::Chromium;
use crate::gateway::{Call, Front, Kind, Upstream, listen};
use crate::support::Desk;
use crate::web::abroad::RealProvider;

/// A gateway in front of an API, which asks a Keywright.
pub struct Gateway {
    front: Front,
    upstream: Upstream,
}

impl Gateway {
    pub async fn start(desk: &Desk) -> Self {
        let keywright = listen(desk).await;
        let upstream = Upstream::start().await;
        Self { front: Front::start(Kind::Nginx, keywright, upstream.address), upstream }
    }

    pub fn address(&self) -> SocketAddr {
        self.front.address
    }

    /// The status of a call with a key.
    pub async fn call(&self, path: &str, key: &str) -> u16 {
        let call = Call::get(path);
        let call = if key.is_empty() { call } else { call.key(key) };
        let status = call.send(self.address()).await.status;
        self.upstream.seen();
        status
    }
}

/// The administrator's: from the printed link to the first call that the console sees.
pub async fn first_api(desk: &Desk, it: &Chromium) {
    let gateway = Gateway::start(desk).await;
    let token = desk.app.setup_token().await.unwrap().unwrap();
    it.become_("").await;
    it.look(1280, false).await;
    it.open(&format!("/setup?token={}", token.expose())).await;
    it.type_("email", "root@example.com").await;
    it.type_("password", "seven wet otters juggle").await;
    it.type_("repeat", "seven wet otters juggle").await;
    it.press("Become the administrator").await;
    it.press("Sign in to the console").await;
    sign_in(it, "root@example.com", "seven wet otters juggle").await;
    it.says("Protect your first API").await;

    it.press("Make a plan").await;
    it.type_("name", "Silver").await;
    it.type_("limits", "1000 per day").await;
    it.click("#offered_by_default").await;
    it.press("Create plan").await;
    it.says("1,000 calls a day").await;

    it.open("/console").await;
    it.press("Make an API").await;
    it.type_("name", "Orders").await;
    it.type_("description", "Everything about *orders*.").await;
    it.press("Create API").await;
    it.press("Create the first version").await;
    it.type_("name", "v1").await;
    it.type_("path_prefixes", "orders").await;
    it.press("Create version").await;
    it.says("Paths").await;
    // What is wrong stands beside its field, and nothing is lost.
    assert_eq!(it.run("return document.querySelector('#name').value").await, "v1");
    it.type_("path_prefixes", "/orders").await;
    it.press("Create version").await;
    it.says("Orders v1").await;

    it.open("/console/gateways").await;
    it.says("No gateway has asked yet").await;
    assert_eq!(gateway.call("/orders", "").await, 401);
    it.comes_to_say("1 call was refused").await;

    it.open("/console/partners").await;
    it.press("Create the first partner").await;
    it.type_("name", "Acme").await;
    it.press("Create partner").await;
    it.press("New application").await;
    it.type_("name", "Web shop").await;
    it.press("Create application").await;
    it.press("Choose an API").await;
    it.press("Orders").await;
    it.press("As developers see it").await;
    it.click(".plans .button").await;
    it.press("Subscribe").await;
    it.says("Active").await;
    it.press("Web shop").await;
    it.press("Issue a key").await;
    it.type_("name", "production").await;
    it.press("Issue key").await;
    let key = secret(it).await;
    assert_eq!(gateway.call("/orders", &key).await, 200);
    it.open("/console/gateways").await;
    it.says("It works: 1 call was let through").await;
    it.click("nav.you button").await;
    it.says("You are signed out.").await;
}

/// The developer's: from the front page to a call, to a rotated key, to a revoked one.
pub async fn first_call(desk: &Desk, it: &Chromium, name: &str, scripts: bool) {
    let gateway = Gateway::start(desk).await;
    it.become_("").await;
    it.scripts(scripts).await;
    let (email, password) = (format!("{name}@example.com"), format!("{name} wears seven hats"));
    it.open("/").await;
    it.press("Register").await;
    it.type_("email", &email).await;
    it.type_("name", name).await;
    it.press("Send me the link").await;
    it.says("Look into your mailbox").await;
    let token = desk.token_in_last_mail(&email).await;
    it.open(&format!("/verify-email?token={token}")).await;
    it.type_("password", &password).await;
    it.type_("repeat", &password).await;
    it.press("Confirm and choose password").await;
    it.says("You can sign in now.").await;
    sign_in(it, &email, &password).await;

    it.says(&format!("Hello, {name}")).await;
    it.press("Create an application").await;
    it.type_("name", "My shop").await;
    it.press("Create application").await;
    it.press("Choose an API").await;
    it.press("Orders").await;
    it.click(".plans .button").await;
    it.press("Subscribe").await;
    it.says("calls are let through from now on").await;
    it.press("My shop").await;
    it.press("Issue a key").await;
    it.type_("name", "laptop").await;
    it.press("Issue key").await;
    let first = secret(it).await;
    assert_eq!(gateway.call("/orders", &first).await, 200);

    it.press("I have stored it").await;
    it.press("Rotate").await;
    it.press("Issue the new key").await;
    let second = secret(it).await;
    assert_ne!(first, second);
    assert_eq!((gateway.call("/orders", &first).await, gateway.call("/orders", &second).await), (200, 200));
    it.press("I have stored it").await;
    it.press("Revoke").await;
    it.type_("confirm", "lapto").await;
    if scripts {
        let disabled = it.run("return document.querySelector('form[data-confirm] button').disabled").await;
        assert_eq!(disabled, true);
    } else {
        it.press("Revoke this key").await;
        it.says("does not match").await;
        assert_eq!(gateway.call("/orders", &second).await, 200);
    }
    it.type_("confirm", "laptop").await;
    it.press("Revoke this key").await;
    it.says("Its calls are refused from now on").await;
    assert_eq!((gateway.call("/orders", &first).await, gateway.call("/orders", &second).await), (200, 401));
    it.click("nav.you button").await;
    it.says("You are signed out.").await;
    it.open("/home").await;
    assert_eq!(it.path().await, "/sign-in");
    it.scripts(true).await;
}

/// A second factor is set up with the picture's secret, and asked for at the next sign-in.
pub async fn second_factor(desk: &Desk, it: &Chromium) {
    let linus = desk.developer("linus").await;
    it.look(1280, false).await;
    it.become_(linus.bearer.as_deref().unwrap()).await;
    it.open("/account").await;
    it.press("Set up a second factor").await;
    it.says("Read this picture with an app").await;
    let secret = it.run("return document.querySelector('p.about code').textContent").await;
    let secret = totp_rs::Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code = || app.generate(u64::try_from(desk.clock.now().unix_seconds()).unwrap()).to_string();
    it.type_("code", "000000").await;
    it.press("Set it up").await;
    it.says("is not right").await;
    it.type_("code", &code()).await;
    it.press("Set it up").await;
    it.says("This is the only time that you see them.").await;
    it.press("I have stored them").await;
    it.says("Recovery codes left").await;
    it.click("nav.you button").await;
    desk.clock.advance(std::time::Duration::from_secs(60));
    it.open("/applications").await;
    sign_in(it, "linus@example.com", "linus likes violet umbrellas").await;
    it.says("Type the six digits").await;
    it.open("/applications").await;
    assert_eq!(it.path().await, "/sign-in", "the password alone opens nothing");
    sign_in(it, "linus@example.com", "linus likes violet umbrellas").await;
    it.type_("code", &code()).await;
    it.press("Sign in").await;
    assert_eq!(it.path().await, "/applications");
}

/// Somebody of a real identity provider: signs in there, looks at the link, and signs in again, without scripts, too.
pub async fn sign_in_elsewhere(desk: &Desk, it: &Chromium) {
    let _there = RealProvider::start(desk, json!({"makes_developers": true})).await;
    for scripts in [true, false] {
        it.become_("").await;
        it.scripts(scripts).await;
        it.open("/account").await;
        assert_eq!(it.path().await, "/sign-in");
        it.press("Sign in with Corp").await;
        // The pages of the provider are its own.
        it.client
            .wait()
            .for_element(Locator::Css("input[name=login]"))
            .await
            .unwrap()
            .send_keys("grace")
            .await
            .unwrap();
        it.client.find(Locator::Css("input[name=password]")).await.unwrap().send_keys("x").await.unwrap();
        it.click("button[type=submit]").await;
        // It asks whether we may know who they are.
        it.client.wait().for_element(Locator::Css("button[type=submit][autofocus]")).await.unwrap();
        it.click("button[type=submit]").await;
        it.client.wait().for_element(Locator::Css("nav.you")).await.unwrap();
        assert_eq!(it.path().await, "/account");
        it.says("grace@example.com").await;
        it.says("Where else you sign in").await;
        it.press("Unlink").await;
        // It is the only way in that Grace has.
        it.says("This is the only way in that you have").await;
        it.open("/home").await;
        it.says("Hello, grace of Corp").await;
        it.click("nav.you button").await;
        it.says("You are signed out.").await;
    }
    it.scripts(true).await;
}

pub async fn sign_in(it: &Chromium, email: &str, password: &str) {
    it.type_("email", email).await;
    it.type_("password", password).await;
    it.press("Sign in").await;
}

/// The secret that is shown.
pub async fn secret(it: &Chromium) -> String {
    it.says("This is the only time that you see it.").await;
    it.client.find(Locator::Id("secret")).await.unwrap().text().await.unwrap()
}
