//! The data folder: there, ours alone, and writable.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::Finding;
use crate::config::Config;
use crate::desk::Sharing;
use crate::output::Problem;

const NAME: &str = "data folder";

/// Looks at it. One that is not there yet is made by the first start.
pub(super) fn data_folder(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let shown = folder.display();
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let problem = Problem::new(format!("{shown} is not there yet"));
            return Finding::warn(
                NAME,
                problem.hint("`keywright serve` makes it; if there is another one, name it with --data-dir"),
            );
        }
        Err(error) => {
            return Finding::fail(NAME, Problem::new(format!("{shown} cannot be looked at: {error}")));
        }
    };
    if !metadata.is_dir() {
        let problem = Problem::new(format!("{shown} is no folder"));
        return Finding::fail(NAME, problem.hint("name one with --data-dir"));
    }
    if let Err(error) = try_to_write(folder) {
        let problem = Problem::new(format!("{shown} cannot be written to: {error}"));
        return Finding::fail(
            NAME,
            problem
                .hint("let the user that Keywright runs as write there, and see that the disk is not full"),
        );
    }
    let private = format!("take that from them: chmod 700 {shown}");
    match Sharing::of(&metadata) {
        Sharing::Private => Finding::ok(NAME, format!("{shown} is private and writable")),
        Sharing::GroupReads | Sharing::AllRead => {
            Finding::warn(NAME, Problem::new(format!("others may look into {shown}")).hint(private))
        }
        Sharing::OthersWrite => Finding::fail(
            NAME,
            Problem::new(format!("others may write to {shown}, and replace the master key")).hint(private),
        ),
    }
}

/// Writes a small file and takes it away again.
fn try_to_write(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let written = options.write(true).create_new(true).open(&path).and_then(|mut file| {
        io::Write::write_all(&mut file, &[0; 4096])?;
        file.sync_all()
    });
    let _ = fs::remove_file(&path);
    written
}
