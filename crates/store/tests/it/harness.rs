//! A database of its own for each test, on each engine.

use std::path::Path;

use domain::{Actor, Instant, Transition};
use keywright_store::{Author, Record, Result, Store, Tx};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use uuid::Uuid;

/// When everything here happens.
pub(crate) const NOW: Instant = Instant::from_micros(1_800_000_000_123_456);

/// Runs a test on both engines: `both!(name);` beside `async fn name(db: Db)`.
macro_rules! both {
    ($name:ident) => {
        mod $name {
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                Box::pin(super::$name(crate::harness::Db::sqlite().await)).await;
            }
            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                Box::pin(super::$name(crate::harness::Db::postgres().await)).await;
            }
        }
    };
}

/// A migrated database. It is gone when this is dropped.
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Db {
    pub(crate) async fn sqlite() -> Self {
        // In memory where that is possible: a disk would be asked to confirm every commit.
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(root).unwrap();
        let url = format!("sqlite://{}/keywright.db", folder.path().display());
        Self::open(url, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        Self::open(testkit::postgres::database(), None).await
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, _folder: folder }
    }

    /// A connection of somebody else, such as a backup tool: one only, so that a transaction can be held on it.
    pub(crate) async fn raw(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    /// Carries out SQL behind our back.
    pub(crate) async fn sql(&self, sql: &str) {
        let raw = self.raw().await;
        raw.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        raw.close().await.unwrap();
    }

    pub(crate) async fn tx(&self) -> Tx {
        self.store.begin(author()).await.unwrap()
    }

    /// Saves one thing in a transaction of its own.
    pub(crate) async fn save<T: Record>(&self, transition: Transition<T>) -> Result<T> {
        let mut tx = self.store.begin(author()).await?;
        let saved = tx.save(transition).await?;
        tx.commit().await?;
        Ok(saved)
    }
}

/// Keywright itself, now, in the course of a request of its own.
pub(crate) fn author() -> Author {
    Author { actor: Actor::System, address: None, request_id: Uuid::now_v7(), at: NOW }
}

/// A new id.
pub(crate) fn new<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}
