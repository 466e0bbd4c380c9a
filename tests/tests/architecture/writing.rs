//! How code of ours is written, where clippy has no word for it.

use crate::sources::{Source, all, ending};

/// Errors are codes, never sentences.
fn texts_as_errors(text: &str) -> usize {
    let spaceless: String = text.split_whitespace().collect();
    spaceless.match_indices(",String>").filter(|(at, _)| opens_result(&spaceless[..*at])).count()
}

/// Whether the type argument list that is open at the end of `before` belongs to a `Result`.
fn opens_result(before: &str) -> bool {
    let mut depth = 0;
    for (at, letter) in before.char_indices().rev() {
        match letter {
            '>' if !before[..at].ends_with('-') => depth += 1,
            '<' if depth == 0 => return before[..at].ends_with("Result"),
            '<' => depth -= 1,
            ';' | '{' | '}' => return false,
            _ => {}
        }
    }
    false
}

/// `let _ =` throws an error away without a word.
fn silent_discards(text: &str) -> usize {
    text.lines().map(str::trim_start).filter(|line| line.starts_with("let _ =")).count()
}

fn rust_of_ours(sources: &[Source]) -> impl Iterator<Item = &Source> {
    ending(sources, &[".rs"]).filter(|source| !source.path.starts_with("tests/tests/architecture/"))
}

#[test]
fn no_error_is_a_text() {
    let sources = all();
    let found: Vec<&str> =
        rust_of_ours(&sources).filter(|one| texts_as_errors(&one.text) > 0).map(|one| one.path.as_str()).collect();
    assert_eq!(found, Vec::<&str>::new());
}

#[test]
fn nothing_is_thrown_away_silently() {
    let sources = all();
    let found: Vec<&str> =
        rust_of_ours(&sources).filter(|one| silent_discards(&one.text) > 0).map(|one| one.path.as_str()).collect();
    assert_eq!(found, Vec::<&str>::new());
}

/// Whether a manifest takes the workspace's lints, which forbid `unsafe`.
fn forbids_unsafe(manifest: &str) -> bool {
    manifest.contains("\n[lints]\nworkspace = true")
}

/// One crate stands in for functions of libc, before programs under test only (docs/RELIABILITY.md).
#[test]
fn one_crate_may_be_unsafe() {
    let sources = all();
    let found: Vec<&str> = ending(&sources, &["Cargo.toml"])
        .filter(|one| !forbids_unsafe(&one.text))
        .map(|one| one.path.as_str())
        .collect();
    assert_eq!(found, ["tests/clock/Cargo.toml"]);
}

/// Paths of a workplace and hosts of package registries have no place in the product.
#[test]
fn the_repository_speaks_of_the_product_alone() {
    let words = ["/work/main", "crates.io/crates", "static.crates", "registry.npmjs", "deb.debian"];
    let sources = all();
    let found: Vec<String> = sources
        .iter()
        // Lock files name the registry a package comes from; that is their work.
        .filter(|one| !one.path.ends_with("package-lock.json") && !one.path.ends_with("Cargo.lock"))
        .filter(|one| !one.path.starts_with("tests/tests/architecture/"))
        .flat_map(|one| {
            words.iter().filter(|word| one.text.contains(**word)).map(|word| format!("{}: {word}", one.path))
        })
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_bad_line_is_seen() {
    assert_eq!(texts_as_errors("fn read() -> Result<Vec<u8>, String> {"), 1);
    assert_eq!(texts_as_errors("fn map() -> HashMap<u8, String> { }"), 0);
    assert_eq!(texts_as_errors("fn map() -> Result<HashMap<u8, String>, Problem> { }"), 0);
    assert_eq!(silent_discards("    let _ = sender.send(1);"), 1);
    assert_eq!(silent_discards("    let _guard = span.enter();"), 0);
}
