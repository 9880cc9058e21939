//! The file with the master key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use domain::{MasterKey, MasterKeys};
use zeroize::Zeroizing;

use super::Sharing;
use crate::output::{Failure, Problem};

const NAME: &str = "master.key";
/// A file that is longer is no key.
const MOST_BYTES: u64 = 1024;

/// The keys in a data folder, if there are any.
pub(super) fn load(folder: &Path) -> Result<Option<MasterKeys>, Failure> {
    let path = folder.join(NAME);
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened,
    };
    read(&path, file).map(Some).map_err(Failure::failed)
}

/// The keys in a data folder; a new one if there is none. Of several processes that make one at the same time, all get
/// the same.
pub(super) fn load_or_make(folder: &Path) -> Result<MasterKeys, Failure> {
    if let Some(key) = load(folder)? {
        return Ok(key);
    }
    let path = folder.join(NAME);
    make(&path).map_err(|error| {
        Failure::failed(
            Problem::new(format!("cannot make the master key {}: {error}", path.display()))
                .hint(format!("or make it yourself: (umask 077; openssl rand -hex 32 > {})", path.display())),
        )
    })?;
    let made = load(folder)?;
    made.ok_or_else(|| Failure::failed(Problem::new(format!("{} was removed at once", path.display()))))
}

/// What is wrong when a database has a master key and the folder does not.
pub(super) fn missing(folder: &Path) -> Problem {
    let path = folder.join(NAME);
    Problem::new(format!("{} is missing, and the database was written under it", path.display())).hint(
        "put it back from your backup, or copy it from another node of this database; if this is not the data folder, \
         name the right one with --data-dir",
    )
}

fn read(path: &Path, file: io::Result<File>) -> Result<MasterKeys, Problem> {
    let name = path.display();
    let unreadable = |error| Problem::new(format!("cannot read the master key {name}: {error}"));
    let file = file.map_err(unreadable)?;
    let sharing = Sharing::of(&file.metadata().map_err(unreadable)?);
    // A group may read it, since that is how some systems hand files with secrets out.
    if sharing > Sharing::GroupReads {
        let what = if sharing == Sharing::AllRead { "read" } else { "change" };
        return Err(Problem::new(format!("others may {what} the master key {name}"))
            .hint(format!("take that from them: chmod 600 {name}")));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    MasterKeys::parse(&text).map_err(|error| {
        Problem::new(format!("{name}: {error}")).hint(
            "put the right one back from your backup; if nothing was kept under it yet, remove the file and start again",
        )
    })
}

/// Puts a new key beside the one that is there, to be used next.
pub(crate) fn add(folder: &Path, present: MasterKeys) -> Result<MasterKeys, Failure> {
    let more = random_key().map(|key| present.and(key));
    let changed = more.and_then(|keys| replace(&folder.join(NAME), &keys).map(|()| keys));
    changed.map_err(|error| {
        Failure::failed(
            cannot_change(folder, &error).hint("or append a line to it yourself: openssl rand -hex 32"),
        )
    })
}

/// Takes keys out that nothing needs any more.
pub(crate) fn keep_only(folder: &Path, kept: &MasterKeys) -> Result<(), Failure> {
    replace(&folder.join(NAME), kept).map_err(|error| {
        Failure::failed(cannot_change(folder, &error).hint("or remove the lines of old keys yourself"))
    })
}

fn cannot_change(folder: &Path, error: &io::Error) -> Problem {
    Problem::new(format!("cannot change {}: {error}", folder.join(NAME).display()))
}

/// Puts other keys in the place of a file in one step: whoever reads it finds these or those. Who may read it stays as
/// it was.
fn replace(path: &Path, keys: &MasterKeys) -> io::Result<()> {
    let before = fs::metadata(path)?;
    let (draft, mut file) = draft_of(path)?;
    let written = file.write_all(keys.to_text().as_bytes()).and_then(|()| {
        fchown(&file, Some(before.uid()), Some(before.gid()))?;
        file.set_permissions(before.permissions())?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&draft, path)) {
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(path)
}

fn random_key() -> io::Result<MasterKey> {
    let mut random = [0u8; 32];
    getrandom::fill(&mut random)?;
    Ok(MasterKey::new(random))
}

/// A file beside another one that nobody else can read.
fn draft_of(path: &Path) -> io::Result<(PathBuf, File)> {
    let draft = path.with_extension(format!("new-{:016x}", getrandom::u64()?));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    Ok((draft, file))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Makes a key file that is complete from the moment on at which it can be seen, unless there is one by then.
fn make(path: &Path) -> io::Result<()> {
    let text = MasterKeys::from(&random_key()?).to_text();
    let (draft, mut file) = draft_of(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // Fails if there is a file of that name, which a rename would replace.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder(path),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::thread;

    use super::*;

    #[test]
    fn many_at_once_make_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let make = || load_or_make(folder.path()).unwrap().to_text();
        let keys: Vec<_> = thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, [NAME]);
        let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_297_what_is_no_key_is_refused_without_showing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        assert!(load(folder.path()).unwrap().is_none());
        for bad in ["", "12345678", "changeme", &"0".repeat(64), &"g".repeat(64), &"1f".repeat(600), "ä"] {
            fs::write(&path, bad).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let told = load_or_make(folder.path()).unwrap_err().to_string();
            assert!(told.contains("the master key"), "{told}");
            assert!(bad.len() < 3 || !told.contains(bad), "{told}");
            assert_eq!(fs::read_to_string(&path).unwrap(), bad, "it is left as it is");
        }
    }

    #[test]
    fn a_second_key_comes_and_the_first_one_goes_and_who_may_read_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let first = load_or_make(folder.path()).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let both = add(folder.path(), first.clone()).unwrap();
        let read = || load(folder.path()).unwrap().unwrap();
        assert_eq!((read().all().len(), read().to_text()), (2, both.to_text()));
        let is_new = |key: &MasterKey| key.check_value() != first.all()[0].check_value();
        keep_only(folder.path(), &both.only(is_new).unwrap()).unwrap();
        assert_eq!(read().all().len(), 1);
        assert_ne!(read().to_text(), first.to_text());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no drafts are left");
    }

    #[test]
    fn a_key_that_others_can_reach_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = load_or_make(folder.path()).unwrap().to_text();
        let path = folder.path().join(NAME);
        for (mode, is_good) in [(0o400, true), (0o440, true), (0o644, false), (0o620, false), (0o602, false)]
        {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            match load(folder.path()) {
                Ok(loaded) => {
                    assert_eq!((is_good, loaded.unwrap().to_text()), (true, key.clone()), "{mode:o}")
                }
                Err(told) => {
                    assert!(!is_good && told.to_string().starts_with("others may "), "{mode:o}: {told}")
                }
            }
        }
    }
}
