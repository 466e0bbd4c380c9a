//! `domain <- protocol <- {server, sms-sender, desktop}`; `runtime <- {server, sms-sender}`; nothing depends on `tests`; the page reaches
//! its core through one file.

use crate::sources::{all, ending, exists, top};

/// A crate, where it is, and the crates of ours it may depend on.
const CRATES: [(&str, &str, &[&str]); 8] = [
    ("postoffice-domain", "backend/domain", &[]),
    ("postoffice-protocol", "backend/protocol", &["postoffice-domain"]),
    ("postoffice-runtime", "backend/runtime", &[]),
    ("postoffice-server", "backend/server", &["postoffice-domain", "postoffice-protocol", "postoffice-runtime"]),
    (
        "postoffice-sms-sender",
        "backend/sms-sender",
        &["postoffice-domain", "postoffice-protocol", "postoffice-runtime"],
    ),
    ("postoffice-desktop", ".", &["postoffice-domain", "postoffice-protocol"]),
    (
        "postoffice-tests",
        "tests",
        &[
            "postoffice-domain",
            "postoffice-protocol",
            "postoffice-runtime",
            "postoffice-server",
            "postoffice-sms-sender",
        ],
    ),
    ("postoffice-moved-clock", "tests/clock", &[]),
];

/// What does I/O, knows the time, or waits: nothing for the crate that says what is true.
const NOT_IN_DOMAIN: [&str; 10] =
    ["tokio", "sqlx", "redis", "axum", "hyper", "reqwest", "tauri", "tracing", "rand", "getrandom"];

/// Dependencies of a manifest, of every kind; of the workspace's own lists only the package's.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            let section = line.trim_matches(['[', ']']);
            inside = section.ends_with("dependencies") && section != "workspace.dependencies";
        } else if inside && let Some((name, _)) = line.split_once('=') {
            names.push(name.split('.').next().unwrap_or(name).trim().to_owned());
        }
    }
    names
}

fn breaches(manifest: &str, package: &str, allowed: &[&str]) -> Vec<String> {
    let ours = |name: &str| name.starts_with("postoffice-") && name != package;
    dependencies(manifest).into_iter().filter(|name| ours(name) && !allowed.contains(&name.as_str())).collect()
}

#[test]
fn dependencies_point_one_way() {
    for (package, folder, allowed) in CRATES {
        let manifest = std::fs::read_to_string(top().join(folder).join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{package}\"")), "{folder} is {package}");
        assert_eq!(breaches(&manifest, package, allowed), Vec::<String>::new(), "{package}");
    }
    let members = all().iter().filter(|source| source.path.ends_with("Cargo.toml")).count();
    assert_eq!(members, CRATES.len(), "a new crate has its line here");
}

#[test]
fn the_domain_does_nothing_but_decide() {
    let manifest = std::fs::read_to_string(top().join("backend/domain/Cargo.toml")).unwrap();
    let found: Vec<String> =
        dependencies(&manifest).into_iter().filter(|name| NOT_IN_DOMAIN.contains(&name.as_str())).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn one_file_of_the_page_knows_tauri() {
    assert!(exists("ui/src/lib/platform.ts"));
    let sources = all();
    let importers: Vec<&str> = ending(&sources, &[".ts", ".tsx"])
        .filter(|source| source.path.starts_with("ui/src/") && !source.path.contains(".test."))
        .filter(|source| source.text.contains("@tauri-apps"))
        .map(|source| source.path.as_str())
        .collect();
    assert_eq!(importers, ["ui/src/lib/platform.ts"]);
}

#[test]
fn a_wrong_direction_is_seen() {
    let bad = "[package]\nname = \"postoffice-domain\"\n[dependencies]\npostoffice-server.workspace = true\n\
               serde = { version = \"1\" }\n[dev-dependencies]\npostoffice-protocol = { path = \"..\" }\n";
    assert_eq!(breaches(bad, "postoffice-domain", &[]), ["postoffice-server", "postoffice-protocol"]);
    assert_eq!(dependencies("[workspace.dependencies]\nredis = \"1\"\n"), Vec::<String>::new());
}
