//! Where the office's data is: a SQLite file, which needs no set-up, or PostgreSQL.

use serde::{Deserialize, Serialize};

use crate::{
    config::{Config, without_password},
    store::{Database, PostgresAddress, PostgresAddressError},
};

/// A PostgreSQL database. Without it the data is in the file `store.path`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseSettings {
    /// `postgres://user:password@host/database`, as the server signs in. Another machine wants `?sslmode=verify-full`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "without_password")]
    pub url: Option<String>,
    /// As the owner of the tables signs in. With it the server runs migrations at its start; without it `postoffice-server migrate` does.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "without_password")]
    pub owner_url: Option<String>,
}

/// An address that cannot be used. Display is for the admin and names the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseSettingsError {
    /// A bad address.
    #[error("{key}: {why}")]
    Address {
        /// Of which key.
        key: &'static str,
        /// Why.
        why: PostgresAddressError,
    },
    /// An owner of no database.
    #[error("database.owner_url: says who owns the tables of database.url, which is not set")]
    OwnerAlone,
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let set = |url: &Option<String>| url.as_deref().map(crate::config::redacted);
        f.debug_struct("DatabaseSettings")
            .field("url", &set(&self.url))
            .field("owner_url", &set(&self.owner_url))
            .finish()
    }
}

fn address(key: &'static str, url: &str) -> Result<PostgresAddress, DatabaseSettingsError> {
    PostgresAddress::parse(url).map_err(|why| DatabaseSettingsError::Address { key, why })
}

impl Config {
    /// The database that the settings name.
    ///
    /// # Errors
    /// Its address cannot be used.
    pub fn database(&self) -> Result<Database, DatabaseSettingsError> {
        let owner = self.database.owner_url.as_deref().map(|url| address("database.owner_url", url)).transpose()?;
        match &self.database.url {
            Some(url) => Ok(Database::Postgres { server: address("database.url", url)?, owner }),
            None if owner.is_some() => Err(DatabaseSettingsError::OwnerAlone),
            None => Ok(Database::File(self.data.join(&self.store.path))),
        }
    }
}
