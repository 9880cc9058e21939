//! The database, the master key that belongs to it, and the clock that its times come from.

use std::time::{Duration, Instant as Stopwatch};

use app::{AuditFilter, Clock, PageRequest};
use domain::{Instant, MasterKeys, NotedMasterKey};
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
    let keys = desk::find_master_keys(config);
    vec![database, master_key(config, store.as_ref(), keys).await, clock(store.as_ref()).await]
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

/// The keys, and whether they are those of this database.
async fn master_key(
    config: &Config,
    store: Option<&Store>,
    keys: Result<Option<MasterKeys>, Failure>,
) -> Finding {
    const NAME: &str = "master key";
    let keys = match keys {
        Ok(keys) => keys,
        Err(failure) => return Finding::fail(NAME, failure.as_problem()),
    };
    let noted = match store {
        Some(store) => store.read().master_keys().await,
        None => Ok(Vec::new()),
    };
    match (keys, noted.as_deref()) {
        (_, Err(error)) => Finding::fail(NAME, Problem::new(format!("cannot be compared: {error}"))),
        (None, Ok([])) => Finding::ok(NAME, "there is none yet; the first start makes one"),
        (None, Ok(_)) => Finding::fail(NAME, desk::missing_master_key(config)),
        (Some(_), Ok([])) => {
            Finding::ok(NAME, "is well-formed and private; no database was written under it")
        }
        (Some(keys), Ok(noted)) => compared(NAME, &keys, noted),
    }
}

/// The keys in the file, held against those that the database knows.
fn compared(name: &'static str, keys: &MasterKeys, noted: &[NotedMasterKey]) -> Finding {
    let is_held = |it: &&NotedMasterKey| keys.all().iter().any(|key| key.check_value() == it.check_value);
    let used: Vec<&NotedMasterKey> = noted.iter().filter(|it| it.used_since.is_some()).collect();
    match used.iter().find(|it| !is_held(it)) {
        None => {}
        Some(_) if !noted.iter().any(|it| is_held(&it)) => {
            return Finding::fail(
                name,
                Problem::new("the database was written under another master key").hint(
                    "put the right master.key back from your backup, or name the right folder with --data-dir",
                ),
            );
        }
        Some(lacking) => {
            let problem = format!("master.key lacks master key {}, which is in use", lacking.number);
            return Finding::fail(name, Problem::new(problem).hint("copy the file from another node"));
        }
    }
    if let Some(waiting) = noted.iter().find(|it| it.used_since.is_none()) {
        let problem = format!("master key {} was added and is not in use yet", waiting.number);
        let hint = "every node needs the file with it; then `keywright master-key rotate` goes on";
        return Finding::warn(name, Problem::new(problem).hint(hint));
    }
    if let [_, .., present] = used.as_slice() {
        let problem = format!("master key {} is in use, and older ones are not dropped yet", present.number);
        let hint =
            "`keywright master-key rotate` seals what is left anew, `keywright master-key drop` drops them";
        return Finding::warn(name, Problem::new(problem).hint(hint));
    }
    Finding::ok(name, "is private and the one of this database; keep a copy of it in another place")
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
