//! Starts the binary in an empty folder, with nothing of this machine's environment that could reach it.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// An empty folder to start the binary in.
pub(crate) struct Place {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), environment: Vec::new() }
    }

    /// Writes a file into the folder.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    /// Where a file of the folder is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets an environment variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs `keywright` with these words as its arguments.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_all(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs `keywright` with these arguments.
    pub(crate) fn run_all(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.keywright(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs `keywright` with these words as its arguments, and this on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &str, input: &str) -> Ran {
        let arguments: Vec<_> = arguments.split_whitespace().collect();
        let mut command = self.keywright(&arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }

    /// `keywright`, about to be started in the folder.
    pub(crate) fn keywright(&self, arguments: &[&str]) -> Command {
        self.keywright_under(&[], arguments)
    }

    /// The same under another program, which is found by its path.
    pub(crate) fn keywright_under(&self, under: &[&str], arguments: &[&str]) -> Command {
        let mut words = under.iter().copied().chain([env!("CARGO_BIN_EXE_keywright")]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(arguments).current_dir(self.folder.path());
        command.env_clear().envs(self.environment.iter().cloned());
        command
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            status: output.status.code().expect("it was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ran {
    /// The answer of a run that succeeded, whatever it logged.
    #[track_caller]
    pub(crate) fn done(&self) -> &str {
        assert_eq!(self.status, 0, "{}", self.stderr);
        &self.stdout
    }

    /// The answer of a run that succeeded, with nothing on standard error.
    #[track_caller]
    pub(crate) fn answer(&self) -> &str {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""));
        &self.stdout
    }

    /// The same as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.answer()).unwrap()
    }

    /// The error that a run with `--json` ended with, and nothing on standard output.
    #[track_caller]
    pub(crate) fn json_error(&self) -> Value {
        assert_eq!(self.stdout, "");
        let error: Value = serde_json::from_str(&self.stderr).unwrap();
        error["error"].clone()
    }
}
