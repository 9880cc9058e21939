//! The Node of the tests, with the clients and servers that are written in it.

use std::path::{Path, PathBuf};

/// The folder with the scripts and what they need: the one that the environment names, or the one that `scripts/test`
/// made.
///
/// # Panics
/// If neither is there.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("KEYWRIGHT_TEST_NODE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test-conformance"),
        PathBuf::from,
    );
    assert!(folder.join("node_modules").exists(), "no {}: run scripts/test once", folder.display());
    folder
}
