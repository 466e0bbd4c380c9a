//! The files that are ours: what git knows, or would know if it were added.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A file of ours.
pub struct Source {
    /// Path from the top, with `/`.
    pub path: String,
    /// Its text; empty for pictures and fonts.
    pub text: String,
}

/// The top of the repository.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files of ours.
pub fn all() -> Vec<Source> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(top())
        .output()
        .expect("git is there");
    let listed = String::from_utf8(listed.stdout).expect("our paths are UTF-8");
    let read =
        |path: &str| Some(std::fs::read_to_string(top().join(path)).unwrap_or_default()).filter(|_| exists(path));
    let sources: Vec<Source> =
        listed.lines().filter_map(|path| Some(Source { path: path.to_owned(), text: read(path)? })).collect();
    assert!(sources.len() > 100, "the rules see {} files: is this a clone?", sources.len());
    sources
}

/// Whether a path from the top exists. A file that was just deleted is still listed by git.
pub fn exists(path: &str) -> bool {
    top().join(path).exists()
}

/// Files with one of these endings.
pub fn ending<'a>(sources: &'a [Source], endings: &'a [&str]) -> impl Iterator<Item = &'a Source> {
    sources.iter().filter(|source| endings.iter().any(|ending| source.path.ends_with(ending)))
}
