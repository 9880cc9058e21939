//! The database, the master key that belongs to it, and the clock that its times come from.

use std::time::{Duration, Instant as Stopwatch};

use app::{AuditFilter, Clock, Keys, PageRequest};
use domain::{Instant, MasterKey};
use store::Store;

use super::Finding;
use crate::config::Config;
use crate::desk;
use crate::output::{Failure, Problem};

/// 2026-01-01: this program is younger.
const NOT_BEFORE: Instant = Instant::from_micros(1_767_225_600_000_000);
/// How far the clocks of several nodes may be apart.
const APART: Duration = Duration::from_secs(5);

/// Looks at all three.
pub(super) async fn all(config: &Config) -> Vec<Finding> {
    let (store, database) = database(config).await;
    let key = desk::find_master_key(config);
    vec![database, master_key(config, store.as_ref(), key).await, clock(store.as_ref()).await]
}

/// The database, if it is there and has its tables.
async fn database(config: &Config) -> (Option<Store>, Finding) {
    const NAME: &str = "database";
    let shown = config.database_name();
    if config.database.url.is_none() && !config.embedded_database().exists() {
        let problem = match desk::is_database_lost(config) {
            Ok(true) => Problem::new(format!("{shown} is not there, but a master key is"))
                .hint("if there was one, put it back from your backup; otherwise `keywright serve` makes it"),
            _ => Problem::new(format!("{shown} is not there yet")).hint("`keywright serve` makes it"),
        };
        return (None, Finding::warn(NAME, problem));
    }
    let stopwatch = Stopwatch::now();
    let is_migrated = async {
        let store = desk::open_store(config).await?;
        let is_migrated = store.is_migrated().await?;
        anyhow::Ok((store, is_migrated))
    };
    match is_migrated.await {
        Ok((store, true)) => {
            let ms = stopwatch.elapsed().as_millis();
            (Some(store), Finding::ok(NAME, format!("{shown} answers, in {ms} ms, and is up to date")))
        }
        Ok((_, false)) => {
            let problem = Problem::new(format!("{shown} is not up to date"));
            (
                None,
                Finding::warn(
                    NAME,
                    problem.hint("`keywright migrate` brings it up to date, and so does `serve`"),
                ),
            )
        }
        Err(error) => {
            let problem = Problem::new(format!("{error:#}"));
            let hint = if config.database.url.is_some() {
                "see that the server runs, and that address, database, login and password in database.url are right"
            } else {
                "see that the user that Keywright runs as owns the file; if it is damaged, restore your backup"
            };
            (None, Finding::fail(NAME, problem.hint(hint)))
        }
    }
}

/// The key, and whether it is the one of this database.
async fn master_key(
    config: &Config,
    store: Option<&Store>,
    key: Result<Option<MasterKey>, Failure>,
) -> Finding {
    const NAME: &str = "master key";
    let key = match key {
        Ok(key) => key,
        Err(failure) => return Finding::fail(NAME, failure.as_problem()),
    };
    let noted = match store {
        Some(store) => store.master_key_noted().await,
        None => Ok(None),
    };
    match (key, noted) {
        (_, Err(error)) => Finding::fail(NAME, Problem::new(format!("cannot be compared: {error}"))),
        (None, Ok(None)) => Finding::ok(NAME, "there is none yet; the first start makes one"),
        (None, Ok(Some(_))) => Finding::fail(NAME, desk::missing_master_key(config)),
        (Some(_), Ok(None)) => {
            Finding::ok(NAME, "is well-formed and private; no database was written under it")
        }
        (Some(key), Ok(Some(noted))) if Keys::new(&key).check_value() == noted => {
            Finding::ok(NAME, "is private and the one of this database; keep a copy of it in another place")
        }
        (Some(_), Ok(Some(_))) => Finding::fail(
            NAME,
            Problem::new("the database was written under another master key").hint(
                "put the right master.key back from your backup, or name the right folder with --data-dir",
            ),
        ),
    }
}

/// The clock, held against the last thing that happened.
async fn clock(store: Option<&Store>) -> Finding {
    const NAME: &str = "clock";
    let now = Clock::System.now();
    let wrong =
        |message: String| Finding::fail(NAME, Problem::new(message).hint("set it, and keep it set by NTP"));
    if now < NOT_BEFORE {
        return wrong(format!("it says {now}, which is in the past"));
    }
    let last = match store {
        Some(store) => {
            let page = store.read().audit_lines(&AuditFilter::default(), PageRequest::first(1)).await;
            page.ok().and_then(|page| page.items.first().map(|line| line.at))
        }
        None => None,
    };
    match last {
        Some(last) if last > now + APART => {
            wrong(format!("it says {now}, but the last audit line was written at {last}"))
        }
        _ => Finding::ok(NAME, format!("it says {now}")),
    }
}
