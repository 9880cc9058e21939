//! The little gateway: a program of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use testkit::process::{Program, free_port};

use super::{GATEWAY, PASSWORD, until};
use crate::support::Desk;

/// The login that the gateway wants to see.
pub const LOGIN: (&str, &str) = ("portal", "knock knock, who is there");

pub struct LittleGateway {
    pub url: String,
    folder: TempDir,
    _program: Program,
}

impl LittleGateway {
    pub fn start(desk: &Desk) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dialects/webmethods/little_gateway.py");
        let mut command = Command::new(testkit::python::interpreter());
        command.arg(script).arg(port.to_string()).arg(folder.path());
        command.args([&desk.url, GATEWAY, PASSWORD, &format!("{}:{}", LOGIN.0, LOGIN.1)]);
        let mut program = Program::start(&mut command, &folder.path().join("log"));
        program.wait_for_port(port);
        Self { url: format!("http://127.0.0.1:{port}/callback"), folder, _program: program }
    }

    /// From now on every event is refused, or not.
    pub fn refuse(&self, yes: bool) {
        let file = self.folder.path().join("refuse");
        if yes { std::fs::write(file, "").unwrap() } else { std::fs::remove_file(file).unwrap() }
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The n-th event that it heard, from 0.
    pub async fn heard(&self, n: usize) -> Value {
        until("an event", async || self.lines("events.jsonl").get(n).cloned()).await
    }

    /// What its n-th call-back was answered, from 0.
    pub async fn answered(&self, n: usize) -> Value {
        until("a call-back", async || self.lines("answers.jsonl").get(n).cloned()).await
    }

    /// How many events it has heard.
    pub fn count(&self) -> usize {
        self.lines("events.jsonl").len()
    }
}
