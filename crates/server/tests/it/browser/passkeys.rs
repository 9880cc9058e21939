//! Passkeys, made and used by a real browser.

use super::chromium::Chromium;
use super::journeys::sign_in;
use super::pages::look_at_this;
use crate::support::Desk;

const PASSWORD: &str = "linus likes violet umbrellas";
const EMAIL: &str = "linus@example.com";

/// One is made on the account's page, signs in alone and after the password, and is removed.
pub async fn from_first_to_last(desk: &Desk, it: &Chromium) {
    let linus = desk.developer("linus").await;
    let place = it.add_authenticator().await;
    it.look(1280, false).await;
    it.become_(linus.bearer.as_deref().unwrap()).await;
    it.open("/account").await;
    it.press("Add a passkey").await;
    look_at_this(it, "passkey-new").await;
    it.type_("name", "This laptop").await;
    it.press("Make the passkey").await;
    it.comes_to_say("This is the only time that you see them.").await;
    it.press("I have stored them").await;
    it.says("This laptop").await;
    look_at_this(it, "passkey-account").await;
    // What is there is not made once more.
    it.press("Add a passkey").await;
    it.press("Make the passkey").await;
    it.comes_to_say("has a passkey for this account already").await;

    sign_out(it).await;
    it.open("/applications").await;
    it.recognise(&place, false).await;
    it.press("Sign in with a passkey").await;
    it.comes_to_say("Nothing has happened").await;
    look_at_this(it, "passkey-sign-in").await;
    assert_eq!(it.path().await, "/sign-in");
    it.recognise(&place, true).await;
    it.press("Sign in with a passkey").await;
    it.says("New application").await;
    assert_eq!(it.path().await, "/applications");

    sign_out(it).await;
    it.open("/account").await;
    sign_in(it, EMAIL, PASSWORD).await;
    it.says("Use one of your passkeys").await;
    it.open("/account").await;
    assert_eq!(it.path().await, "/sign-in", "the password alone opens nothing");
    sign_in(it, EMAIL, PASSWORD).await;
    look_at_this(it, "passkey-second-step").await;
    it.press("Use a passkey").await;
    assert_eq!(it.path().await, "/account");

    // Without scripts nothing is offered that does not work.
    sign_out(it).await;
    it.scripts(false).await;
    it.open("/account").await;
    assert!(!it.text().await.contains("Sign in with a passkey"));
    sign_in(it, EMAIL, PASSWORD).await;
    it.says("runs no scripts here: use a code").await;
    assert!(!it.text().await.contains("Use a passkey"));
    it.scripts(true).await;
    it.open("/account").await;
    it.press("Sign in with a passkey").await;

    it.press("Remove").await;
    it.says("It is the last thing that you have besides the password").await;
    it.press("Remove it").await;
    it.says("The passkey is removed here.").await;
    sign_out(it).await;
    it.open("/account").await;
    it.press("Sign in with a passkey").await;
    it.says("This passkey did not sign you in").await;
    look_at_this(it, "passkey-refused").await;
    sign_in(it, EMAIL, PASSWORD).await;
    it.says("Set up a second factor").await;
}

async fn sign_out(it: &Chromium) {
    it.click("nav.you button").await;
    it.says("You are signed out.").await;
}
