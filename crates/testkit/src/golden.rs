//! Pages that are committed and made by a test: `UPDATE_GOLDEN=1` writes them anew.

use std::path::Path;

/// Compares a page with the committed one.
///
/// # Panics
/// If they differ.
pub fn compare(path: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "{} is out of date: run the tests with UPDATE_GOLDEN=1", path.display());
}
