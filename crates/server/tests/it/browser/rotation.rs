//! A key is replaced while programs call with it, through a real nginx: no call fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;

use super::chromium::Chromium;
use super::journeys::{Gateway, secret};
use crate::support::{Desk, id};

/// A program that calls with the key that it has been given, again and again, until it is told to stop.
struct Program {
    key: Arc<Mutex<String>>,
    /// The key and the status of each call.
    calls: Arc<Mutex<Vec<(String, u16)>>>,
    stops: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Program {
    fn start(gateway: Arc<Gateway>, key: &str) -> Self {
        let (key, calls) = (Arc::new(Mutex::new(key.to_owned())), Arc::new(Mutex::new(Vec::new())));
        let stops = Arc::new(AtomicBool::new(false));
        let (given, noted, told) = (Arc::clone(&key), Arc::clone(&calls), Arc::clone(&stops));
        let task = tokio::spawn(async move {
            while !told.load(Ordering::Relaxed) {
                let key = given.lock().unwrap().clone();
                let status = gateway.call("/orders", &key).await;
                noted.lock().unwrap().push((key, status));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { key, calls, stops, task }
    }

    fn take_over(&self, key: &str) {
        key.clone_into(&mut self.key.lock().unwrap());
    }

    /// Waits until it has made some more calls with a key.
    async fn calls_on_with(&self, key: &str) {
        let count = || self.calls.lock().unwrap().iter().filter(|(with, _)| with == key).count();
        let enough = count() + 20;
        let wait = async {
            while count() < enough {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it calls on");
    }

    /// How often it has called with each key; every call was let through.
    async fn ends_without_a_failed_call(self, keys: [&str; 2]) -> [usize; 2] {
        self.stops.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        let calls = self.calls.lock().unwrap();
        let failed: Vec<&(String, u16)> = calls.iter().filter(|(_, status)| *status != 200).collect();
        assert!(failed.is_empty(), "{} of {} calls failed: {failed:?}", failed.len(), calls.len());
        keys.map(|key| calls.iter().filter(|(with, _)| with == key).count())
    }
}

/// Somebody rotates a key in the browser, gives the new one to one program after the other, and revokes the old one.
pub async fn rotates(desk: &Desk, it: &Chromium, version: &str, plan: &str, name: &str, scripts: bool) {
    let gateway = Arc::new(Gateway::start(desk).await);
    let user = desk.developer(name).await;
    let application = user.application().await;
    let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
    user.make("/api/v1/subscriptions", wish).await;
    let made =
        user.make(&format!("/api/v1/applications/{application}/credentials"), json!({"name": "shop"})).await;
    let (old, page) = (made["secret"].as_str().unwrap(), format!("/credentials/{}", id(&made)));
    let programs = [old, old].map(|key| Program::start(Arc::clone(&gateway), key));
    for program in &programs {
        program.calls_on_with(old).await;
    }

    it.look(1280, false).await;
    it.become_(user.bearer.as_deref().unwrap()).await;
    it.scripts(scripts).await;
    it.open(&page).await;
    it.press("Rotate").await;
    it.press("Issue the new key").await;
    let new = secret(it).await;
    it.says("The old key goes on for").await;
    it.press("I have stored it").await;
    // Both count, for as long as it takes to bring the new one everywhere.
    programs[0].take_over(&new);
    programs[0].calls_on_with(&new).await;
    programs[1].calls_on_with(old).await;
    desk.app.flush().await.unwrap();
    it.open(&page).await;
    it.says("Both keys work until this one ends").await;
    it.says("It was last used").await;
    programs[1].take_over(&new);
    programs[1].calls_on_with(&new).await;

    it.press("Revoke").await;
    it.type_("confirm", "shop").await;
    it.press("Revoke this key").await;
    it.says("Its calls are refused from now on").await;
    assert_eq!(gateway.call("/orders", old).await, 401);
    for program in &programs {
        program.calls_on_with(&new).await;
    }
    assert_eq!(gateway.call("/orders", old).await, 401);
    for program in programs {
        let [before, after] = program.ends_without_a_failed_call([old, &new]).await;
        assert!(before >= 20 && after >= 40, "{before} and {after} calls");
    }
    it.scripts(true).await;
}
