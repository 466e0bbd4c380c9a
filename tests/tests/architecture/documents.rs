//! Documents that code or other documents name exist.

use crate::sources::{all, ending, exists};

/// Documents under `docs/` that a text names: `docs/LOCKS.md`, `docs/adr/0001-layout.md`.
fn named(text: &str) -> Vec<String> {
    text.match_indices("docs/")
        // `../shared/docs/` or `https://host/docs/` are not ours.
        .filter(|(at, _)| !text[..*at].ends_with(['/', '.']) || text[..*at].ends_with("../"))
        .filter_map(|(at, _)| {
            let end = text[at..].find(".md")? + at + 3;
            let path = &text[at..end];
            path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c)).then(|| path.to_owned())
        })
        .collect()
}

/// Targets of the relative links of a document, seen from the top.
fn links(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    text.match_indices("](")
        .filter_map(|(at, _)| text[at + 2..].split([')', '#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .map(|target| format!("{folder}/{target}").trim_start_matches('/').to_owned())
        .collect()
}

/// Files and folders of ours that a document names in code marks: `backend/server/src/hub.rs`. Patterns (`*`, `{`, `<`) are not names.
fn places(text: &str) -> Vec<String> {
    let ours = ["backend/", "ui/", "src-tauri/", "tests/", "migrations/", "docs/", "scripts/", "config/"];
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|mark| ours.iter().any(|folder| mark.starts_with(folder)) && !mark.contains(['*', '{', '<', ' ']))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn every_file_that_a_document_names_exists() {
    let sources = all();
    let missing: Vec<String> = ending(&sources, &[".md"])
        .flat_map(|source| {
            let absent = places(&source.text).into_iter().filter(|place| !exists(place));
            absent.map(|place| format!("{} names {place}", source.path)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_document_that_is_named_exists() {
    let sources = all();
    let mut missing: Vec<String> =
        ending(&sources, &[".rs", ".sql", ".toml", ".ts", ".tsx", ".md", ".lua", "Makefile"])
            .filter(|source| !source.path.starts_with("tests/tests/architecture/"))
            .flat_map(|source| {
                let absent = named(&source.text).into_iter().filter(|document| !exists(document));
                absent.map(|document| format!("{} names {document}", source.path)).collect::<Vec<_>>()
            })
            .collect();
    for document in ending(&sources, &[".md"]) {
        let absent = links(&document.path, &document.text).into_iter().filter(|target| !exists(target));
        missing.extend(absent.map(|target| format!("{} links to {target}", document.path)));
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_documents_of_the_house_are_there() {
    for document in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/PROTOCOL.md"] {
        assert!(exists(document), "{document}");
    }
}

#[test]
fn a_missing_document_is_seen() {
    assert_eq!(
        named("// see docs/LOCKS.md and `docs/adr/0001-layout.md`."),
        ["docs/LOCKS.md", "docs/adr/0001-layout.md"]
    );
    assert_eq!(named("https://host/docs/guide.md"), Vec::<String>::new());
    let found = links("docs/SMS.md", "[a](OUTBOX.md) [b](https://host/x) [c](../README.md#map)");
    assert_eq!(found, ["docs/OUTBOX.md", "docs/../README.md"]);
    assert_eq!(places("see `backend/nowhere.rs`, `a b`, `ui/src/*.ts`"), ["backend/nowhere.rs"]);
}
