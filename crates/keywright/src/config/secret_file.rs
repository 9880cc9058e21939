//! Secrets are kept in files of their own, one each, so that the configuration can be shown to anybody.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::output::Problem;

/// No secret is longer; a file that is, is not the one that was meant.
const MOST_BYTES: u64 = 4096;

/// Reads the secret in a file that a setting names: one line, without the line break at its end.
pub(crate) fn read_secret_file(key: &str, path: &Path) -> Result<String, Problem> {
    let problem = |why: &str| Problem::new(format!("{key}: {} {why}", path.display()));
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| problem(&format!("cannot be read: {error}")))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(problem("is empty"));
    }
    if text.len() as u64 > MOST_BYTES || secret.contains(char::is_control) {
        return Err(
            problem("must hold one secret in one line").hint("write it with: printf %s SECRET > FILE")
        );
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_secret_is_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let read = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            read_secret_file("mail.password_file", &path)
        };
        assert_eq!(read(b"hush hush\r\n").unwrap(), "hush hush");
        for bad in [&b""[..], b"\n", b"two\nlines", b"\xff\xfe", &[b'x'; 5000]] {
            let problem = read(bad).unwrap_err();
            assert!(problem.message.starts_with("mail.password_file: "), "{problem:?}");
            assert!(!problem.message.contains("lines"), "{problem:?}");
        }
        assert!(read_secret_file("mail.password_file", folder.path()).is_err());
    }
}
