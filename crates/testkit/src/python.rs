//! The Python of the tests, with the tools that are written in it.

use std::path::{Path, PathBuf};

/// The interpreter: the one that the environment names, or the one that `scripts/test` made.
///
/// # Panics
/// If neither is there.
pub fn interpreter() -> PathBuf {
    let python = std::env::var_os("KEYWRIGHT_TEST_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-venv/bin/python"),
        PathBuf::from,
    );
    assert!(python.exists(), "no {}: run scripts/test once", python.display());
    python
}
