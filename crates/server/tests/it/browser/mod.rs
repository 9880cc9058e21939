//! Journeys in a real Chromium, and every page held against an accessibility checker. One browser, one journey after the
//! other: what a browser has to see is here, what HTML has to say is in `web`.

mod chromium;
mod journeys;
mod pages;
mod passkeys;
mod rotation;
mod trying;

use std::path::{Path, PathBuf};

use app::Settings;

use crate::support::{Desk, Engine};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journeys() {
    let desk = Desk::start(Engine::Sqlite, Settings::default()).await;
    let chromium = chromium::Chromium::start(&desk.url).await;
    journeys::first_api(&desk, &chromium).await;
    journeys::first_call(&desk, &chromium, "ada", true).await;
    journeys::first_call(&desk, &chromium, "grace", false).await;
    journeys::second_factor(&desk, &chromium).await;
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_under_load_without_a_failed_call() {
    let desk = Desk::start(Engine::Sqlite, Settings::default()).await;
    let plan = desk.plan("Free", false).await;
    let version = desk.version("/orders", serde_json::json!({"plan_ids": [plan]})).await;
    let chromium = chromium::Chromium::start(&desk.url).await;
    rotation::rotates(&desk, &chromium, &version, &plan, "ada", true).await;
    rotation::rotates(&desk, &chromium, &version, &plan, "grace", false).await;
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_is_tried_out() {
    let desk = Desk::start(Engine::Sqlite, Settings::default()).await;
    let chromium = chromium::Chromium::start(&desk.url).await;
    trying::tries(&desk, &chromium).await;
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_in_elsewhere() {
    let desk = Desk::start_live_with(Engine::Sqlite, crate::provider::settings()).await;
    let chromium = chromium::Chromium::start(&desk.url).await;
    journeys::sign_in_elsewhere(&desk, &chromium).await;
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passkeys_are_made_and_used() {
    let desk = Desk::start_live_at("localhost", Engine::Sqlite, Settings::default()).await;
    let chromium = chromium::Chromium::start(&desk.app.settings().public_url).await;
    passkeys::from_first_to_last(&desk, &chromium).await;
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_142_every_page_is_accessible_in_light_and_dark_and_on_a_phone() {
    // What is there only where browsers make passkeys is to be seen, too.
    let settings = Settings { public_url: crate::authenticator::ORIGIN.to_owned(), ..Settings::default() };
    let desk = Desk::start(Engine::Sqlite, settings).await;
    let chromium = chromium::Chromium::start(&desk.url).await;
    pages::look_at_all(&desk, &chromium).await;
    chromium.close().await;
}

/// The accessibility checker, as `scripts/test` installs it.
fn axe() -> String {
    let modules = std::env::var_os("KEYWRIGHT_TEST_NODE_MODULES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-node/node_modules"),
        PathBuf::from,
    );
    let file = modules.join("axe-core/axe.min.js");
    std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("no {}: run scripts/test once", file.display()))
}
