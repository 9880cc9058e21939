//! No PostgreSQL outlives the test that started it, however the test ends.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set for the copy of this test program that is there to be ended.
const VICTIM: &str = "KEYWRIGHT_TESTKIT_VICTIM";

/// Starts this program again with a database of its own, ends its whole process group, and looks for what is left.
fn ended_by(signal: &str, test: &str) {
    if std::env::var_os(VICTIM).is_some() {
        println!("\nvictim {}", keywright_testkit::postgres::database());
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(VICTIM, "1")
        .env_remove("KEYWRIGHT_TEST_POSTGRES_URL")
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
    let url = lines.find_map(|line| Some(line.strip_prefix("victim ")?.to_owned())).unwrap();
    let address = url.split(['@', '/']).nth(3).unwrap().to_owned();
    let folder = std::env::temp_dir().join(format!("keywright-test-postgres-{}", victim.id()));
    assert!(TcpStream::connect(&address).is_ok() && folder.exists(), "{url} and {}", folder.display());

    // As a terminal does it: to everything that is in the foreground.
    let group = format!("-{}", victim.id());
    assert!(Command::new("kill").args(["-s", signal, "--", &group]).status().unwrap().success());
    victim.wait().unwrap();

    let ended = Instant::now();
    let is_left = |folder: &Path| folder.exists() || TcpStream::connect(&address).is_ok();
    while is_left(&folder) {
        assert!(ended.elapsed() < Duration::from_secs(20), "{} is left behind", folder.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn nothing_is_left_of_a_test_that_is_killed() {
    ended_by("KILL", "nothing_is_left_of_a_test_that_is_killed");
}

#[test]
fn nothing_is_left_of_a_test_that_is_interrupted() {
    ended_by("INT", "nothing_is_left_of_a_test_that_is_interrupted");
}
