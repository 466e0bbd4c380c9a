//! The append-only files of a Redis, to bring it back as it was.

use std::path::{Path, PathBuf};

/// What they were at a moment. A machine that lost power has them so, though Redis has answered for more since.
pub struct AppendOnlyFiles {
    folder: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl AppendOnlyFiles {
    /// Those in a folder, now.
    ///
    /// # Panics
    /// They cannot be read.
    pub fn of(folder: &Path) -> Self {
        let paths =
            std::fs::read_dir(folder).expect("Redis writes them").map(|file| file.expect("it can be read").path());
        let files = paths.map(|path| (path.clone(), std::fs::read(path).expect("it can be read"))).collect();
        Self { folder: folder.to_owned(), files }
    }

    /// Puts them in the place of what is there. Redis is dead.
    ///
    /// # Panics
    /// They cannot be written.
    pub fn put_back(&self) {
        // Files of their own: a process that was told to die may still end a write.
        std::fs::remove_dir_all(&self.folder).expect("the folder is ours");
        std::fs::create_dir(&self.folder).expect("the folder is ours");
        for (path, content) in &self.files {
            std::fs::write(path, content).expect("the folder is ours");
        }
    }
}
