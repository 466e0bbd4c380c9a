//! What this desktop remembers between starts: where the server is and who signed in last. Never a password or token.

use std::path::{Path, PathBuf};

use postoffice_protocol::desktop::LastSignIn;
use serde::{Deserialize, Serialize};

/// Environment variable that names the server, for tests and packages that know their office.
pub const SERVER_VARIABLE: &str = "POSTOFFICE_SERVER";

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `host:port` of the server.
    pub server: Option<String>,
    /// The last sign-in.
    pub last_sign_in: Option<LastSignIn>,
}

/// The file that remembers.
#[derive(Debug, Clone)]
pub struct SettingsFile(PathBuf);

impl SettingsFile {
    /// In this folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self(folder.join("desktop.json"))
    }

    /// Reads what is remembered. A missing or damaged file is an empty one: everything in it can be typed again.
    pub fn read(&self) -> Settings {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::warn!(%error, "the settings are damaged; beginning afresh");
                Settings::default()
            }),
            Err(_) => Settings::default(),
        }
    }

    /// Writes what is to be remembered: beside, then over, so that a crash leaves the old or the new.
    pub fn write(&self, settings: &Settings) {
        let written = serde_json::to_vec_pretty(settings).map_err(std::io::Error::from).and_then(|text| {
            if let Some(folder) = self.0.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let beside = self.0.with_extension("json.new");
            std::fs::write(&beside, text)?;
            std::fs::rename(&beside, &self.0)
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the settings could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_survives_damage() {
        let folder = tempfile::tempdir().unwrap();
        let file = SettingsFile::in_folder(folder.path());
        assert_eq!(file.read(), Settings::default());
        let settings = Settings { server: Some("post.local:7700".to_owned()), last_sign_in: None };
        file.write(&settings);
        assert_eq!(file.read(), settings);
        std::fs::write(folder.path().join("desktop.json"), "{\"server\":").unwrap();
        assert_eq!(file.read(), Settings::default());
    }
}
