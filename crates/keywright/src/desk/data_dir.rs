//! The data folder, which nobody but its owner may look into.

use std::fs::{DirBuilder, Metadata};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use crate::output::{Failure, Problem};

/// Makes the data folder if it is missing, for its owner only.
pub(super) fn prepare(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Failure::failed(
            Problem::new(format!("cannot make the data folder {}: {error}", folder.display()))
                .hint("name another one with --data-dir, or let this user write there"),
        )
    })?;
    if folder.metadata().is_ok_and(|metadata| Sharing::of(&metadata) > Sharing::GroupReads) {
        let folder = folder.display();
        tracing::warn!(%folder, "others may reach into the data folder, where the master key is; take that from them: chmod 700");
    }
    Ok(())
}

/// With whom a file or folder is shared by its permissions.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Sharing {
    /// Nobody.
    Private,
    /// Its group may read it.
    GroupReads,
    /// Everybody may read it.
    AllRead,
    /// Somebody but its owner may change it.
    OthersWrite,
}

impl Sharing {
    /// What the permissions say.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let mode = metadata.permissions().mode();
        if mode & 0o022 != 0 {
            Self::OthersWrite
        } else if mode & 0o005 != 0 {
            Self::AllRead
        } else if mode & 0o050 != 0 {
            Self::GroupReads
        } else {
            Self::Private
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_new_folder_is_private_and_an_old_one_is_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        let sharing = || Sharing::of(&folder.metadata().unwrap());
        prepare(&folder).unwrap();
        assert_eq!(sharing(), Sharing::Private);
        for (mode, wanted) in [
            (0o750, Sharing::GroupReads),
            (0o755, Sharing::AllRead),
            (0o770, Sharing::OthersWrite),
            (0o702, Sharing::OthersWrite),
        ] {
            fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
            prepare(&folder).unwrap();
            assert_eq!(sharing(), wanted, "{mode:o}");
        }
    }

    #[test]
    fn a_file_in_the_way_is_told() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let failure = prepare(&file).unwrap_err();
        assert!(failure.to_string().starts_with("cannot make the data folder "), "{failure}");
    }
}
