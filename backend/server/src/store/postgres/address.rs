//! The address of a PostgreSQL database: what is refused, and never with its password.

use std::{net::IpAddr, str::FromStr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// Parts after the `?` that an address may have.
const KNOWN: [&str; 5] = ["sslmode", "sslrootcert", "sslcert", "sslkey", "host"];

/// How PostgreSQL is to treat a connection of the server, in its own words: what it must not outlive, and how rows are looked for.
const SETTINGS: [(&str, &str); 10] = [
    ("statement_timeout", "10s"),
    // A server that stands still in the middle of a transaction lets go of its rows, and so does one whose machine is gone.
    ("idle_in_transaction_session_timeout", "15s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    // The same for one that does not take what PostgreSQL sends, in milliseconds. Our own side has bounds of its own: sqlx sets none on its socket.
    ("tcp_user_timeout", "11000"),
    // Every statement is about few rows, and there is an index for each. A plan that was made while the tables were small, and is kept, would go
    // through all rows ever after, more of them with every order.
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // What has no index all the same looks so dear by that, that it would be compiled first.
    ("jit", "off"),
];

/// Why an address cannot be used. Display is for the admin and names no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostgresAddressError {
    /// Another kind of address.
    #[error("must begin with postgres://")]
    Scheme,
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// No user or no database.
    #[error("must name the {0}: postgres://user:password@host/database")]
    Missing(&'static str),
    /// A part after the `?` that we do not know.
    #[error("unknown part '{0}'; known are {known}", known = KNOWN.join(", "))]
    UnknownPart(String),
    /// A password would go over the network to whoever answers.
    #[error(
        "{0} is another machine: add ?sslmode=verify-full (and sslrootcert=… for an authority of your own), or use a socket or loopback address"
    )]
    NotVerified(String),
}

/// A good address.
#[derive(Clone)]
pub struct PostgresAddress {
    options: Box<PgConnectOptions>,
}

impl PostgresAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// See [`PostgresAddressError`].
    pub fn parse(url: &str) -> Result<Self, PostgresAddressError> {
        let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
            return Err(PostgresAddressError::Scheme);
        };
        if let Some((_, parts)) = rest.split_once('?') {
            let keys = parts.split('&').map(|part| part.split_once('=').map_or(part, |(key, _)| key));
            if let Some(unknown) = keys.into_iter().find(|key| !KNOWN.contains(key)) {
                return Err(PostgresAddressError::UnknownPart(unknown.to_owned()));
            }
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| match error {
            // The others quote no part of the address.
            sqlx::Error::Configuration(why) => PostgresAddressError::Unreadable(why.to_string()),
            other => PostgresAddressError::Unreadable(other.to_string()),
        })?;
        if !rest.split(['/', '?']).next().is_some_and(|authority| authority.contains('@')) {
            return Err(PostgresAddressError::Missing("user"));
        }
        if options.get_database().is_none_or(str::is_empty) {
            return Err(PostgresAddressError::Missing("database"));
        }
        if options.get_socket().is_none() && !is_this_machine(options.get_host()) {
            let verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
            if !verified {
                return Err(PostgresAddressError::NotVerified(options.get_host().to_owned()));
            }
        }
        let options = options.application_name("postoffice-server").options(SETTINGS);
        Ok(Self { options: Box::new(options) })
    }

    /// How to connect.
    pub(in crate::store) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// The role it signs in as.
    pub(in crate::store) fn user(&self) -> &str {
        self.options.get_username()
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl std::fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let options = &self.options;
        let host = options.get_socket().map_or_else(|| options.get_host().into(), |socket| socket.to_string_lossy());
        write!(f, "postgres://{host}:{}/{}", options.get_port(), options.get_database().unwrap_or_default())
    }
}

impl std::fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_or_with_a_checked_certificate_is_good() {
        for url in [
            "postgres://po:secret@127.0.0.1/office",
            "postgres://po@localhost:5433/office",
            "postgresql://po:secret@[::1]/office",
            "postgres://po@%2Frun%2Fpostgresql/office",
            "postgres://po@localhost/office?host=/run/postgresql",
            "postgres://po:secret@db.lan/office?sslmode=verify-full",
            "postgres://po:secret@db.lan/office?sslmode=verify-full&sslrootcert=/etc/postoffice/ca.pem",
        ] {
            let address = PostgresAddress::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert!(!format!("{address} {address:?}").contains("secret"), "{url}");
        }
    }

    #[test]
    fn what_is_refused_is_named_without_the_password() {
        use PostgresAddressError as E;
        for (url, expected) in [
            ("mysql://po:secret@localhost/office", E::Scheme),
            ("postgres://localhost/office", E::Missing("user")),
            ("postgres://po:secret@localhost", E::Missing("database")),
            ("postgres://po:secret@localhost/office?sslmod=verify-full", E::UnknownPart("sslmod".to_owned())),
            ("postgres://po:secret@db.lan/office", E::NotVerified("db.lan".to_owned())),
            ("postgres://po:secret@10.0.0.7/office?sslmode=require", E::NotVerified("10.0.0.7".to_owned())),
        ] {
            let refused = PostgresAddress::parse(url).map(drop).unwrap_err();
            assert_eq!(refused, expected, "{url}");
            assert!(!refused.to_string().contains("secret"), "{url}");
        }
        for broken in
            ["postgres://po:secret@localhost:99999/office", "postgres://po:secret@localhost/office?sslmode=maybe"]
        {
            let refused = PostgresAddress::parse(broken).map(drop).unwrap_err();
            assert!(matches!(refused, E::Unreadable(_)), "{broken}");
            assert!(!refused.to_string().contains("secret"), "{broken}");
        }
    }
}
