//! A real PostgreSQL out of Debian's packages: one server for a test process, one database for a test.
//!
//! `KEYWRIGHT_TEST_POSTGRES_URL`, such as `postgres://user@127.0.0.1:5432`, makes tests use a server that runs already.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::process::free_port;

/// Makes a new, empty database and returns its URL.
///
/// # Panics
/// If there is no PostgreSQL; the message says what to install.
pub fn database() -> String {
    create("")
}

/// Makes a copy of a database that nobody is connected to, and returns its URL. Much faster than to migrate another.
///
/// # Panics
/// If somebody is connected to it.
pub fn copy_of(url: &str) -> String {
    let (_, template) = url.rsplit_once('/').expect("a URL with a database");
    create(&format!(" TEMPLATE {template}"))
}

fn create(how: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--dbname", &format!("{server}/postgres"), "--command"])
        .arg(format!("CREATE DATABASE {name}{how}"))
        .output()
        .expect("psql is there: install the package postgresql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    format!("{server}/{name}")
}

/// The server of this process, without a database: `postgres://…`.
fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("KEYWRIGHT_TEST_POSTGRES_URL") {
        Ok(url) => url.trim_end_matches('/').to_owned(),
        Err(_) => start(),
    })
}

fn start() -> String {
    let bin = bin_dir();
    let user = unprivileged_user();
    let root = std::env::temp_dir().join(format!("keywright-test-postgres-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    if let Some((uid, gid)) = user {
        std::os::unix::fs::chown(&root, Some(uid), Some(gid)).unwrap();
    }
    let run_as = |program: &Path| {
        let mut command = Command::new(program);
        command.current_dir(&root).env("LC_ALL", "C");
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        command
    };
    let data = root.join("data");
    let initdb = run_as(&bin.join("initdb"))
        .args(["--no-sync", "--auth=trust", "--username=keywright", "--encoding=UTF8", "--pgdata"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
    let port = free_port();
    watch(&mut run_as(Path::new("/bin/sh")), &bin.join("postgres"), &data, &root, port);
    wait_until_ready(port, &root);
    format!("postgres://keywright@127.0.0.1:{port}")
}

/// Starts the server under a shell that waits on a pipe from us. When we end, even by a kill, the pipe closes, and the
/// shell stops the server and clears its folder. Its process group is its own: a Ctrl-C is for the test, and would end
/// the shell before it could clean up.
fn watch(shell: &mut Command, postgres: &Path, data: &Path, root: &Path, port: u16) {
    const SCRIPT: &str = r#""$1" -D "$2" -p "$4" -h 127.0.0.1 -k "$3" -c fsync=off -c max_connections=400 >"$3/log" 2>&1 &
read -r _ignored
kill -QUIT $! 2>/dev/null; wait $!; rm -rf "$3""#;
    let child = shell
        .args(["-c", SCRIPT, "sh"])
        .args([postgres, data, root])
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    // Its pipe must stay open as long as this process lives.
    std::mem::forget(child);
}

fn wait_until_ready(port: u16, root: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let url = format!("postgres://keywright@127.0.0.1:{port}/postgres");
    loop {
        let ready =
            Command::new("psql").args(["--no-psqlrc", "--dbname", &url, "--command", "SELECT 1"]).output();
        if ready.is_ok_and(|output| output.status.success()) {
            return;
        }
        let log = fs::read_to_string(root.join("log")).unwrap_or_default();
        assert!(Instant::now() < deadline, "PostgreSQL does not start:\n{log}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Where `initdb` and `postgres` are: Debian keeps them out of the path.
fn bin_dir() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is there: install the package postgresql (apt-get install postgresql)")
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`, or else `nobody`.
fn unprivileged_user() -> Option<(u32, u32)> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t"));
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let mut fields = users
            .lines()
            .map(|line| line.split(':'))
            .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
        Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    is_root.then(|| find("postgres").or_else(|| find("nobody")).expect("a user other than root"))
}
