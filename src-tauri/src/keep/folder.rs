//! A folder of small files that only this user may read.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{Error, ErrorKind, Result, Write},
    path::{Path, PathBuf},
};

/// Ending of what was not renamed yet.
const BESIDE: &str = "new";
/// Where damaged files go.
const DAMAGED: &str = "damaged";

/// A folder of small files, made when the first one is written.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Writes a file: after this it is on the disk, whatever happens next.
    ///
    /// # Errors
    /// The disk is full or refuses; the file is as it was.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        private_folder(&self.0)?;
        let beside = self.0.join(format!("{name}.{BESIDE}"));
        let written = private_file(&beside).and_then(|mut file| {
            writeln!(file, "{:08x}", crc32fast::hash(content))?;
            file.write_all(content)?;
            file.sync_all()
        });
        if let Err(error) = written {
            // What is left of it is of no use, and the next try writes over it.
            if let Err(error) = std::fs::remove_file(&beside) {
                tracing::debug!(%error, "half a file stays behind");
            }
            return Err(error);
        }
        std::fs::rename(&beside, self.0.join(name))?;
        sync_folder(&self.0)
    }

    /// Opens a file without a content, to hold a lock on it.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn open(&self, name: &str) -> Result<File> {
        private_folder(&self.0)?;
        private_file(&self.0.join(name))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `NotFound`; `InvalidData`: it is not what was written.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let file = std::fs::read(self.0.join(name))?;
        let damaged = || Error::new(ErrorKind::InvalidData, "the file is not what was written");
        let (sum, content) = file.split_at_checked(9).ok_or_else(damaged)?;
        (sum == format!("{:08x}\n", crc32fast::hash(content)).as_bytes()).then(|| content.to_vec()).ok_or_else(damaged)
    }

    /// Names of all files, sorted. A folder that is not there has none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn names(&self) -> Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_file() && !name.ends_with(&format!(".{BESIDE}")) {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Removes a file; one that is not there is removed.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, name: &str) -> Result<()> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Where a file is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Puts a file out of the way, for the admin to look at. Gives the folder where it is now.
    ///
    /// # Errors
    /// It cannot be moved.
    pub fn set_aside(&self, name: &str) -> Result<PathBuf> {
        let folder = self.0.join(DAMAGED);
        private_folder(&folder)?;
        std::fs::rename(self.0.join(name), folder.join(name))?;
        Ok(folder)
    }
}

/// Makes a folder that nobody else may look into.
fn private_folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file for writing that nobody else may read.
fn private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Brings a rename to the disk. Windows does that by itself and cannot open folders.
fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_written_for_this_user_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("a/b"));
        assert_eq!(folder.names().unwrap(), Vec::<String>::new());
        folder.write("two", b"first").unwrap();
        folder.write("two", "друга\n\n".as_bytes()).unwrap();
        folder.write("one", b"").unwrap();
        std::fs::write(place.path().join("a/b/three.new"), "half").unwrap();
        assert_eq!(folder.names().unwrap(), ["one", "two"]);
        assert_eq!(folder.read("two").unwrap(), "друга\n\n".as_bytes());
        assert_eq!(folder.read("one").unwrap(), b"");
        folder.remove("two").unwrap();
        folder.remove("two").unwrap();
        assert_eq!(folder.read("two").unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        Folder::new(place.path().join("a/b")).write("file", b"phone numbers").unwrap();
        for (path, mode) in [("a", 0o700), ("a/b", 0o700), ("a/b/file", 0o600)] {
            let found = std::fs::metadata(place.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{path}");
        }
    }

    #[test]
    fn damage_is_recognised_and_can_be_set_aside() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        folder.write("file", b"{\"phone\":\"+380671234567\"}").unwrap();
        let path = place.path().join("file");
        let good = std::fs::read(&path).unwrap();
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for damaged in [&good[..good.len() - 1], &good[..4], b"", &flipped] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(folder.read("file").unwrap_err().kind(), ErrorKind::InvalidData);
        }
        let aside = folder.set_aside("file").unwrap();
        assert!(aside.join("file").exists());
        assert_eq!(folder.names().unwrap(), Vec::<String>::new());
    }
}
