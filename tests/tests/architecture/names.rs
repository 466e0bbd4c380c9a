//! Names say what a thing is. What is a bit of everything is named "util"; what could not be finished is named "v2".

use std::path::Path;

use crate::sources::all;

const EMPTY_WORDS: [&str; 9] = ["util", "utils", "helper", "helpers", "manager", "managers", "misc", "common", "stuff"];
const GENERATIONS: [&str; 6] = ["old", "v1", "v2", "new", "legacy", "tmp"];

/// The word of a path that says nothing, if there is one.
fn empty_word(path: &str) -> Option<String> {
    // Sentences that every screen shares are the i18n library's "common".
    let path = path.replace("i18n/en/common.ts", "").replace("i18n/uk/common.ts", "");
    let words = path.split(['/', '.', '-', '_']).flat_map(in_camel_case).map(|word| word.to_lowercase());
    words.into_iter().find(|word| EMPTY_WORDS.contains(&word.as_str()) || GENERATIONS.contains(&word.as_str()))
}

/// `queueManager` is two words.
fn in_camel_case(word: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in word.chars() {
        if letter.is_uppercase() {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.push(letter);
        }
    }
    words
}

#[test]
fn no_file_is_a_bit_of_everything() {
    let found: Vec<String> = all()
        .into_iter()
        .filter(|source| {
            Path::new(&source.path).extension().is_some_and(|ending| ending == "rs")
                || source.path.starts_with("ui/src/")
        })
        .filter_map(|source| empty_word(&source.path).map(|word| format!("{}: {word}", source.path)))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn an_empty_word_is_seen() {
    assert_eq!(empty_word("backend/server/src/string_utils.rs").as_deref(), Some("utils"));
    assert_eq!(empty_word("ui/src/lib/queueManager.ts").as_deref(), Some("manager"));
    assert_eq!(empty_word("backend/server/src/relay_v2.rs").as_deref(), Some("v2"));
    assert_eq!(empty_word("backend/server/src/relay.rs"), None);
}
