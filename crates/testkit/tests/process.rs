//! No program outlives the test that started it, however the test ends.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use keywright_testkit::process::Program;

/// Set for the copy of this test program that is there to be ended.
const VICTIM: &str = "KEYWRIGHT_TESTKIT_VICTIM";

fn is_alive(pid: &str) -> bool {
    Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().unwrap().success()
}

fn sleeper() -> Program {
    Program::start(
        Command::new("sleep").arg("60"),
        &std::env::temp_dir().join("keywright-testkit-sleeper.log"),
    )
}

#[test]
fn a_program_ends_with_a_test_that_is_killed() {
    if std::env::var_os(VICTIM).is_some() {
        println!("\nvictim {}", sleeper_that_stays());
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_program_ends_with_a_test_that_is_killed", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map(Result::unwrap);
    let pid = lines.find_map(|line| Some(line.strip_prefix("victim ")?.to_owned())).unwrap();
    assert!(is_alive(&pid));
    // The test alone: its program has no idea.
    victim.kill().unwrap();
    victim.wait().unwrap();
    let ended = Instant::now();
    while is_alive(&pid) {
        assert!(ended.elapsed() < Duration::from_secs(20), "{pid} is left behind");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn sleeper_that_stays() -> u32 {
    let mut program = sleeper();
    let pid = program.child().id();
    std::mem::forget(program);
    pid
}

#[test]
fn a_program_ends_with_what_started_it() {
    let mut program = sleeper();
    let pid = program.child().id().to_string();
    assert!(is_alive(&pid));
    drop(program);
    assert!(!is_alive(&pid));
}
