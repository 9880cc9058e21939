//! Tables are made once, however many start at once.

use keywright_store::{Error, Store};
use sea_orm::ConnectionTrait;
use testkit::tasks::at_once;

use crate::harness::Db;
use crate::sample;

both!(migrating_twice_changes_nothing);
async fn migrating_twice_changes_nothing(db: Db) {
    assert!(db.store.is_migrated().await.unwrap());
    let partner = db.save(sample::partner("Acme")).await.unwrap();
    db.store.migrate().await.unwrap();
    assert!(db.store.is_migrated().await.unwrap());
    assert_eq!(db.store.read().find::<domain::Partner>(partner.id).await.unwrap().as_ref(), Some(&partner));
    assert_eq!(db.store.read().last_change().await.unwrap(), 1);
}

async fn from_several_nodes(url: String) {
    assert!(!Store::open(&url).await.unwrap().is_migrated().await.unwrap());
    at_once(4, |_| {
        let url = url.clone();
        async move {
            let store = Store::open(&url).await.unwrap();
            store.migrate().await.unwrap();
            assert!(store.is_migrated().await.unwrap());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_may_migrate_one_postgres_at_once() {
    from_several_nodes(testkit::postgres::database()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_may_migrate_one_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    from_several_nodes(format!("sqlite://{}/keywright.db", folder.path().display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keywright.db");
    let store = Store::open(&format!("sqlite://{}", path.display())).await.unwrap();
    store.migrate().await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_database_url_is_refused() {
    for url in ["", "keywright.db", "mysql://localhost/x", "sqlite:keywright.db"] {
        assert!(matches!(Store::open(url).await, Err(Error::Other(_))), "{url}");
    }
    let nobody = format!("postgres://keywright@127.0.0.1:{}/x", testkit::process::free_port());
    assert!(matches!(Store::open(&nobody).await, Err(Error::Unavailable(_))));
    assert!(matches!(Store::open("sqlite:///nowhere/at/all.db").await, Err(Error::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_open_as_it_must_be() {
    let db = Db::sqlite().await;
    db.save(sample::partner("Acme")).await.unwrap();
    let raw = db.raw().await;
    let mode =
        raw.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA journal_mode"));
    let mode: String = mode.await.unwrap().unwrap().try_get_by_index(0).unwrap();
    assert_eq!(mode, "wal");
}
