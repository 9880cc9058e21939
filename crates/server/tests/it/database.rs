//! Databases with all their tables: migrated once, copied for each test.

use std::path::Path;

use store::Store;
use tempfile::TempDir;

use crate::support::Engine;

/// In memory where that is possible: a disk would be asked to confirm every commit.
pub fn quick_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::tempdir_in(root).unwrap()
}

/// The URL of a database with all its tables, in a folder if it is a file: a copy of one that was migrated once.
pub async fn migrated(engine: Engine, folder: &Path) -> String {
    static FILE: tokio::sync::OnceCell<Vec<u8>> = tokio::sync::OnceCell::const_new();
    static TEMPLATE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let migrate = async |url: &str| {
        let store = Store::open(url).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await.unwrap();
    };
    match engine {
        Engine::Sqlite => {
            let original = async || {
                let folder = quick_folder();
                let file = folder.path().join("keywright.db");
                migrate(&format!("sqlite://{}", file.display())).await;
                std::fs::read(file).unwrap()
            };
            let file = folder.join("keywright.db");
            std::fs::write(&file, FILE.get_or_init(original).await).unwrap();
            format!("sqlite://{}", file.display())
        }
        Engine::Postgres => {
            let original = async || {
                let url = testkit::postgres::database();
                migrate(&url).await;
                url
            };
            testkit::postgres::copy_of(TEMPLATE.get_or_init(original).await)
        }
    }
}
