//! Opening the database. The only file that knows which engine it is.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};
use sea_orm_migration::MigratorTrait;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use crate::connection::Connection;
use crate::migration::Migrator;
use crate::{Author, Error, Read, Result, Tx};

/// How long a statement may wait for a lock or a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database, open. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    readers: DatabaseConnection,
    /// On SQLite a pool of one: writers queue here and not in the database, where they would time out.
    writer: DatabaseConnection,
    /// The file, on SQLite.
    file: Option<PathBuf>,
    load: Arc<Load>,
}

/// What the database was asked to do since the start.
#[derive(Debug, Default)]
pub struct Load {
    statements: AtomicU64,
    transactions: AtomicU64,
}

impl Load {
    /// Statements, those within transactions included.
    pub fn statements(&self) -> u64 {
        self.statements.load(Relaxed)
    }

    /// Writing transactions.
    pub fn transactions(&self) -> u64 {
        self.transactions.load(Relaxed)
    }

    /// Counts what a connection is asked from now on.
    fn count(self: &Arc<Self>, connection: &mut DatabaseConnection) {
        let load = Arc::clone(self);
        connection.set_metric_callback(move |_| {
            load.statements.fetch_add(1, Relaxed);
        });
    }
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// A server that several nodes may share.
    Postgres,
}

#[macros::boxed]
impl Store {
    /// Opens a database by URL: `sqlite:///path/to/file` or `postgres://user:password@host/database`.
    /// Changes nothing in it, but makes the file if there is none.
    ///
    /// # Errors
    /// If the URL is of neither kind or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            Self::open_sqlite(Path::new(path)).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url).await
        } else {
            Err(Error::Other("the database URL must begin with sqlite:// or postgres://".to_owned()))
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        make_private_file(path).map_err(|e| Error::Unavailable(format!("{}: {e}", path.display())))?;
        // Changing to WAL needs the file alone: of several processes that open a new one, all but one would fail.
        let _alone = lock_folder(path).await?;
        let file = path.to_owned();
        let options = |connections: u32| {
            let mut options = ConnectOptions::new("sqlite://");
            let file = file.clone();
            options
                .max_connections(connections)
                .min_connections(1)
                .acquire_timeout(PATIENCE * 2)
                .sqlx_logging(false);
            options.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    // Not in the URL: there a `?`, `#` or `%` in the path would lead to another file.
                    .filename(&file)
                    .journal_mode(SqliteJournalMode::Wal)
                    // FULL: what was acknowledged survives a power cut.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(PATIENCE)
                    .pragma("trusted_schema", "OFF")
            });
            options
        };
        let mut writer = Database::connect(options(1)).await?;
        let mut readers = Database::connect(options(8)).await?;
        let load = Arc::new(Load::default());
        load.count(&mut writer);
        load.count(&mut readers);
        Ok(Self { readers, writer, file: Some(file), load })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(20).acquire_timeout(PATIENCE).sqlx_logging(false);
        options.map_sqlx_postgres_opts(|postgres| {
            postgres.application_name("keywright").options([
                ("statement_timeout", "5s"),
                ("lock_timeout", "4s"),
                ("idle_in_transaction_session_timeout", "10s"),
                ("synchronous_commit", "on"),
            ])
        });
        let mut pool = match Database::connect(options).await {
            Ok(pool) => pool,
            Err(error) => return Err(why_not(url).await.unwrap_or_else(|| error.into())),
        };
        let load = Arc::new(Load::default());
        load.count(&mut pool);
        Ok(Self { readers: pool.clone(), writer: pool, file: None, load })
    }

    /// Brings the tables up to date. Several processes and nodes may do so at once: one works, the others wait.
    ///
    /// # Errors
    /// If a migration fails; nothing is changed then.
    pub async fn migrate(&self) -> Result<()> {
        // On SQLite this is the lock on the file already. On PostgreSQL it is one that falls with the transaction,
        // whatever happens.
        let tx = self.writer.begin_with_options(immediate()).await?;
        if self.file.is_none() {
            let lock = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                        SET LOCAL idle_in_transaction_session_timeout = 0; \
                        SELECT pg_advisory_xact_lock(7305090011)";
            tx.execute_unprepared(lock).await?;
        }
        Migrator::up(&tx, None).await.map_err(migration_error)?;
        Ok(tx.commit().await?)
    }

    /// Whether every migration of this program was applied. Changes nothing.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn is_migrated(&self) -> Result<bool> {
        let pending = Migrator::get_pending_migrations_read_only(&self.readers).await;
        Ok(pending.map_err(migration_error)?.is_empty())
    }

    /// What the database was asked to do since the start.
    pub fn load(&self) -> &Load {
        &self.load
    }

    /// Which database it is.
    pub fn engine(&self) -> Engine {
        if self.file.is_some() { Engine::Sqlite } else { Engine::Postgres }
    }

    /// Reading, outside of a transaction.
    pub fn read(&self) -> Read<'_> {
        Read(Connection::Pool(&self.readers))
    }

    /// Begins to write. Everything is undone unless [`Tx::commit`] is called.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn begin(&self, author: Author) -> Result<Tx> {
        self.load.transactions.fetch_add(1, Relaxed);
        Ok(Tx::new(self.writer.begin_with_options(immediate()).await?, author))
    }

    /// The pool for small writes of their own that nobody's act caused: counters, times of last use.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<()> {
        self.readers.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Ends all connections, after the statements under way.
    ///
    /// # Errors
    /// If a pool cannot be closed.
    pub async fn close(self) -> Result<()> {
        if self.engine() == Engine::Sqlite {
            self.readers.close().await?;
        }
        self.writer.close().await?;
        Ok(())
    }
}

/// How every writing transaction begins. SQLite begins DEFERRED by default: a transaction that reads and then writes
/// would fail under load, however long the timeout. PostgreSQL ignores the mode.
pub(crate) fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// A migration that was applied and is not known here comes from a newer program.
fn migration_error(error: DbErr) -> Error {
    match error {
        DbErr::Custom(why) if why.contains("is missing") => {
            Error::Other(format!("this database belongs to a newer version of Keywright ({why})"))
        }
        other => other.into(),
    }
}

/// Makes the file readable for its owner only, before SQLite fills it.
/// Why a server cannot be reached: a pool tries again and again, and in the end says only that it waited.
async fn why_not(url: &str) -> Option<Error> {
    let options = PgConnectOptions::from_str(url).ok()?;
    let tried = tokio::time::timeout(PATIENCE, PgConnection::connect_with(&options)).await.ok()?;
    Some(Error::Unavailable(tried.err()?.to_string()))
}

fn make_private_file(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Waits until no other process holds the folder that a file is in, and holds it until the file returned is dropped.
/// A file of its own would stay behind, and SQLite's own file must not be opened twice: closing one would end the locks
/// of the other.
async fn lock_folder(file: &Path) -> Result<File> {
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let lock = move || {
        let held = File::open(&folder)?;
        held.lock()?;
        Ok(held)
    };
    let locked = tokio::task::spawn_blocking(lock).await;
    let locked: std::io::Result<File> = locked.unwrap_or_else(|died| Err(std::io::Error::other(died)));
    locked.map_err(|e| Error::Unavailable(format!("{}: {e}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_path_is_taken_literally_and_the_file_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a?b#c%41 d.db");
        let store = Store::open(&format!("sqlite://{}", path.display())).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await.unwrap();
        let made: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(made, [path.as_path()]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn several_open_and_migrate_one_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("keywright.db").display());
        let mut openers = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let url = url.clone();
            openers.spawn(async move {
                let store = Store::open(&url).await.unwrap();
                store.migrate().await.unwrap();
                assert!(store.is_migrated().await.unwrap());
            });
        }
        assert_eq!(openers.join_all().await.len(), 6);
    }

    #[tokio::test]
    async fn asking_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keywright.db");
        let store = Store::open(&format!("sqlite://{}", path.display())).await.unwrap();
        assert!(!store.is_migrated().await.unwrap());
        assert!(store.read().master_keys().await.is_err(), "there is no table yet");
        store.migrate().await.unwrap();
        assert!(store.read().master_keys().await.unwrap().is_empty());
        assert_eq!(store.note_first_master_key(&[1; 32]).await.unwrap()[0].check_value, [1; 32]);
        assert_eq!(store.read().master_keys().await.unwrap()[0].check_value, [1; 32]);
        assert_eq!(store.note_first_master_key(&[2; 32]).await.unwrap()[0].check_value, [1; 32]);
    }

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keywright.db");
        let store = Store::open(&format!("sqlite://{}", path.display())).await.unwrap();
        store.migrate().await.unwrap();
        let newer = "INSERT INTO seaql_migrations VALUES ('m9999_later', 0)";
        store.writer.execute_unprepared(newer).await.unwrap();
        for asked in [store.migrate().await, store.is_migrated().await.map(drop)] {
            let told = asked.unwrap_err().to_string();
            assert!(told.starts_with("this database belongs to a newer version of Keywright"), "{told}");
        }
    }
}
