//! One documented struct per binary, read from a TOML file and the environment.
//!
//! The environment wins: `POSTOFFICE_REDIS__URL` sets `url` in the section `redis`. Unknown keys and bad values are refused with the place in
//! the file, what is allowed, and the nearest name we know. Exit code for all of it: [`EXIT_CONFIG`].

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Exit code of a process that cannot use its configuration (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// Environment variables with our prefix that are no settings.
const NOT_SETTINGS: [&str; 7] = [
    "POSTOFFICE_FAIL_POINT",
    "POSTOFFICE_FREEZE_POINT",
    "POSTOFFICE_PLANTED",
    "POSTOFFICE_SERVER",
    "POSTOFFICE_INSTANCE",
    "POSTOFFICE_CONFIG",
    "POSTOFFICE_LANGUAGE",
];
const PREFIX: &str = "POSTOFFICE_";

/// A value that must not be seen: Debug and Serialize hide it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself; for the wire it belongs on, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// Why a configuration cannot be used. Display is for the admin.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in the file is wrong.
    #[error("{path}:{line}:{column}: {message}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// Something in the environment is wrong.
    #[error("environment variable {variable}: {message}")]
    InEnvironment {
        /// The variable.
        variable: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// The file holds a secret and others may read it.
    #[error("{path}: holds a secret ({key}) and can be read by other users; run: chmod 600 {path}")]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// The key of the secret.
        key: String,
    },
}

/// Reads the settings: defaults, then the file (if one is named), then the environment.
///
/// # Errors
/// See [`ConfigError`].
pub fn load<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    let mut table = toml::Table::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        // Once into the struct itself, for errors that point into the file; once as a table, to lay the environment over it.
        toml::from_str::<T>(&text).map_err(|error| in_file(path, &text, &error))?;
        table = toml::from_str(&text).map_err(|error| in_file(path, &text, &error))?;
        refuse_open_secrets(path, &table)?;
    }
    let mut variables: Vec<(String, String)> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
        .collect();
    variables.sort();
    for (variable, value) in variables {
        let refuse = |message| ConfigError::InEnvironment { variable: variable.clone(), message };
        let with = |value| {
            let mut with_variable = table.clone();
            lay_over(&mut with_variable, &variable[PREFIX.len()..].to_lowercase(), value)
                .ok_or_else(|| refuse("names a section where a value stands, or the other way round".to_owned()))?;
            with_variable.clone().try_into::<T>().map_err(|error| refuse(explain(error.message())))?;
            Ok(with_variable)
        };
        // A password of digits looks like a number: what does not fit as a number may fit as text.
        table = with(literal(&value)).or_else(|error| with(toml::Value::String(value.clone())).map_err(|_| error))?;
    }
    table.try_into::<T>().map_err(|error| ConfigError::InEnvironment {
        variable: format!("{PREFIX}*"),
        message: explain(error.message()),
    })
}

fn in_file(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ConfigError::InFile { path: path.to_owned(), line, column, message: explain(error.message()) }
}

/// Adds "did you mean" to serde's "unknown field `lisen`, expected one of `listen`, …".
fn explain(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let nearest = match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown field") => {
            known.iter().map(|name| (distance(unknown, name), name)).min().filter(|(distance, _)| *distance <= 3)
        }
        _ => None,
    };
    match nearest {
        Some((_, name)) => format!("{message}; did you mean `{name}`?"),
        None => message.to_owned(),
    }
}

/// Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

fn lay_over(table: &mut toml::Table, key: &str, value: toml::Value) -> Option<()> {
    if let Some((section, rest)) = key.split_once("__") {
        let inner = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        return lay_over(inner.as_table_mut()?, rest, value);
    }
    if table.get(key).is_some_and(toml::Value::is_table) {
        return None;
    }
    table.insert(key.to_owned(), value);
    Some(())
}

/// Numbers, booleans and arrays as TOML reads them, everything else as text.
fn literal(value: &str) -> toml::Value {
    let read = toml::from_str::<toml::Table>(&format!("value = {value}")).ok();
    match read.and_then(|mut table| table.remove("value")) {
        Some(
            read @ (toml::Value::Integer(_) | toml::Value::Boolean(_) | toml::Value::Float(_) | toml::Value::Array(_)),
        ) => read,
        _ => toml::Value::String(value.to_owned()),
    }
}

fn refuse_open_secrets(path: &Path, table: &toml::Table) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt;
    let Some(key) = find_secret(table) else { return Ok(()) };
    let metadata =
        std::fs::metadata(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    // No bit for group and others.
    if metadata.permissions().mode().trailing_zeros() >= 6 {
        return Ok(());
    }
    Err(ConfigError::TooOpen { path: path.to_owned(), key })
}

/// The first key that by its name holds a secret, or a URL with a password in it.
fn find_secret(table: &toml::Table) -> Option<String> {
    table.iter().find_map(|(key, value)| match value {
        toml::Value::Table(inner) => find_secret(inner).map(|found| format!("{key}.{found}")),
        toml::Value::String(text) => {
            let named = ["password", "secret", "token"].iter().any(|name| key.ends_with(name));
            let in_url =
                text.split_once("://").is_some_and(|(_, rest)| rest.split('/').next().unwrap_or("").contains('@'));
            (named || in_url).then(|| key.clone())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::unix::fs::PermissionsExt};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Settings {
        listen: std::net::SocketAddr,
        redis: Redis,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Redis {
        url: Option<String>,
        password: Option<Secret>,
    }

    impl Default for Settings {
        fn default() -> Self {
            Self { listen: ([127, 0, 0, 1], 7700).into(), redis: Redis::default() }
        }
    }

    fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    fn refused(text: &str) -> String {
        let file = file(text, 0o600);
        let error = load::<Settings>(Some(file.path()), []).unwrap_err().to_string();
        error.replace(file.path().to_str().unwrap(), "FILE")
    }

    fn variable(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn nothing_at_all_is_the_defaults() {
        assert_eq!(load::<Settings>(None, []).unwrap(), Settings::default());
    }

    #[test]
    fn errors_point_and_suggest() {
        let unknown = refused("lisen = \"127.0.0.1:1\"\n");
        assert!(unknown.starts_with("FILE:1:1: unknown field `lisen`"), "{unknown}");
        assert!(unknown.ends_with("did you mean `listen`?"), "{unknown}");
        assert!(
            refused("\nlisten = \"127.0.0.1:70000\"").starts_with("FILE:2:10: "),
            "{}",
            refused("\nlisten = \"x\"")
        );
        assert!(refused("listen = ").starts_with("FILE:1:"), "{}", refused("listen = "));
    }

    #[test]
    fn the_environment_wins_and_is_checked() {
        let file = file("listen = \"127.0.0.1:1\"\n", 0o644);
        let settings: Settings =
            load(Some(file.path()), [variable("POSTOFFICE_REDIS__URL", "unix:///a"), variable("HOME", "x")]).unwrap();
        assert_eq!((settings.listen.port(), settings.redis.url.as_deref()), (1, Some("unix:///a")));
        let error = load::<Settings>(None, [variable("POSTOFFICE_LISTN", "1")]).unwrap_err().to_string();
        assert!(error.starts_with("environment variable POSTOFFICE_LISTN: unknown field"), "{error}");
    }

    #[test]
    fn digits_in_the_environment_are_text_where_text_is_wanted() {
        let settings: Settings = load(None, [variable("POSTOFFICE_REDIS__PASSWORD", "0042")]).unwrap();
        assert_eq!(settings.redis.password, Some(Secret::new("0042")));
        let settings: Settings = load(None, [variable("POSTOFFICE_REDIS__PASSWORD", "42")]).unwrap();
        assert_eq!(settings.redis.password, Some(Secret::new("42")));
    }

    #[test]
    fn secrets_hide_and_must_be_private() {
        let open = file("[redis]\npassword = \"x\"\n", 0o644);
        let error = load::<Settings>(Some(open.path()), []).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        let private = file("[redis]\npassword = \"canary\"\n", 0o600);
        let settings: Settings = load(Some(private.path()), []).unwrap();
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
