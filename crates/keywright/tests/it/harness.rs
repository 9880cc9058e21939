//! Starts the binary in an empty folder, with nothing of this machine's environment that could reach it.

use std::fs;
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
        let output = Command::new(env!("CARGO_BIN_EXE_keywright"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran::from(output)
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
