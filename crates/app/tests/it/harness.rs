//! A Keywright without edges over a database of its own, its clock in the test's hand; and people who use it.

use std::path::Path;
use std::sync::Arc;

use domain::{Developer, DeveloperId, Email, Instant, MasterKey, SessionId};
use keywright_app::{App, Caller, Clock, Error, Identity, MailFilter, PageRequest, Settings};
use store::Store;
use tempfile::TempDir;
use uuid::Uuid;

/// When everything here begins.
pub(crate) const NOW: Instant = Instant::from_micros(1_800_000_000_123_456);
/// Fit for everybody here.
pub(crate) const PASSWORD: &str = "plum anvil forty kestrel";

/// Runs a test on both databases: `both!(name);` beside `async fn name(desk: Desk)`, or with settings.
macro_rules! both {
    ($name:ident) => {
        both!($name, keywright_app::Settings::default());
    };
    ($name:ident, $settings:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                Box::pin(super::$name(crate::harness::Desk::sqlite($settings).await)).await;
            }
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                Box::pin(super::$name(crate::harness::Desk::postgres($settings).await)).await;
            }
        }
    };
}

/// A Keywright with an empty database. It is gone when this is dropped.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Clock,
    url: String,
    settings: Settings,
    pub(crate) folder: Option<Arc<TempDir>>,
}

impl Desk {
    pub(crate) async fn sqlite(settings: Settings) -> Self {
        // In memory where that is possible: a disk would be asked to confirm every commit.
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(root).unwrap();
        let url = format!("sqlite://{}/keywright.db", folder.path().display());
        Self::start(url, settings, Some(Arc::new(folder))).await
    }

    pub(crate) async fn postgres(settings: Settings) -> Self {
        Self::start(testkit::postgres::database(), settings, None).await
    }

    async fn start(url: String, settings: Settings, folder: Option<Arc<TempDir>>) -> Self {
        let clock = Clock::manual(NOW);
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        let app = App::start(store, &master_key(), settings.clone(), clock.clone()).await.unwrap();
        app.ensure_default_strategy().await.unwrap();
        Self { app, clock, url, settings, folder }
    }

    /// The same database and clock, by another process.
    pub(crate) fn with_app(&self, app: Arc<App>) -> Self {
        Self { app, ..self.clone() }
    }

    /// Where its database is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Self {
        let store = Store::open(&self.url).await.unwrap();
        let app = App::start(store, &master_key(), self.settings.clone(), self.clock.clone()).await.unwrap();
        Self { app, ..self.clone() }
    }

    /// Starts over the same database under another master key.
    pub(crate) async fn start_under_another_key(&self) -> Result<Arc<App>, Error> {
        let store = Store::open(&self.url).await.unwrap();
        App::start(store, &MasterKey::new([6; 32]), self.settings.clone(), self.clock.clone()).await
    }

    /// A developer who has registered and proven the address.
    pub(crate) async fn person(&self, name: &str) -> Caller {
        let email = format!("{name}@example.com");
        self.app.register(&anonymous(), &email, name).await.unwrap();
        let token = self.token_mailed_to(&email).await;
        let registration = self.app.verify_email(&anonymous(), &token, None).await.unwrap();
        signed_in(registration.developer.id)
    }

    /// The same with a password.
    pub(crate) async fn person_with_password(&self, name: &str) -> Caller {
        let email = format!("{name}@example.com");
        self.app.register(&anonymous(), &email, name).await.unwrap();
        let token = self.token_mailed_to(&email).await;
        let registration = self.app.verify_email(&anonymous(), &token, Some(PASSWORD)).await.unwrap();
        signed_in(registration.developer.id)
    }

    pub(crate) async fn developer(&self, of: &Caller) -> Developer {
        self.app.developer(&Caller::operator(), id_of(of)).await.unwrap()
    }

    /// The mails to an address, the newest first: subject and text.
    pub(crate) async fn mails_to(&self, email: &str) -> Vec<(String, String)> {
        let filter = MailFilter { to: Some(Email::parse(email).unwrap()), ..MailFilter::default() };
        let page = self.app.mails(&Caller::operator(), &filter, PageRequest::first(100)).await.unwrap();
        page.items.into_iter().map(|mail| (mail.record.subject, mail.text)).collect()
    }

    /// The secret in the newest mail to an address.
    pub(crate) async fn token_mailed_to(&self, email: &str) -> String {
        let (subject, text) = self.mails_to(email).await.swap_remove(0);
        let (_, rest) = text.split_once("token=").unwrap_or_else(|| panic!("no token in {subject:?}"));
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// How many audit lines there are with an action.
    pub(crate) async fn lines(&self, action: &str) -> usize {
        let filter = keywright_app::AuditFilter { action: Some(action.to_owned()), ..Default::default() };
        self.app
            .audit_lines(&Caller::operator(), &filter, PageRequest::first(1_000))
            .await
            .unwrap()
            .items
            .len()
    }
}

pub(crate) fn master_key() -> MasterKey {
    MasterKey::new([5; 32])
}

fn caller(identity: Identity) -> Caller {
    Caller { identity, ..Caller::operator() }
}

/// Nobody in particular, from an address of the documentation.
pub(crate) fn anonymous() -> Caller {
    Caller { address: Some("192.0.2.7".parse().unwrap()), ..caller(Identity::Anonymous) }
}

/// A developer by some session.
pub(crate) fn signed_in(id: DeveloperId) -> Caller {
    caller(Identity::Developer { id, session_id: SessionId(Uuid::now_v7()) })
}

/// The same caller in the course of another request.
pub(crate) fn again(who: &Caller) -> Caller {
    Caller { request_id: Uuid::now_v7(), ..who.clone() }
}

/// The developer behind a caller.
pub(crate) fn id_of(who: &Caller) -> DeveloperId {
    who.developer().unwrap()
}

/// A verdict in one word: the code of the error, or `ok`.
pub(crate) fn verdict<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().err().map_or("ok", Error::code)
}

/// How often each verdict was given.
pub(crate) fn counted<T>(results: &[Result<T, Error>]) -> std::collections::BTreeMap<&'static str, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for result in results {
        *counts.entry(verdict(result)).or_default() += 1;
    }
    counts
}

/// The one that was done, of several who tried at once.
pub(crate) fn only_winner<T>(results: Vec<Result<T, Error>>) -> T {
    let verdicts = counted(&results);
    assert_eq!(verdicts.get("ok"), Some(&1), "{verdicts:?}");
    results.into_iter().find_map(Result::ok).unwrap()
}
