//! Every setting of the server, its default and its meaning. `docs/ADMIN.md` has the same list for admins.
//!
//! Read from a TOML file and from the environment (`POSTOFFICE_LISTEN`, `POSTOFFICE_REDIS__URL` …, which win). Unknown keys are refused.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use postoffice_domain::order::CustomerNotice;
use serde::{Deserialize, Serialize};

use crate::{config_database::DatabaseSettings, store::SmsRules};

/// All settings. Everything has a default: an empty file is a good one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where desktops connect.
    pub listen: SocketAddr,
    /// Where `/health/live`, `/health/ready` and `/metrics` answer. Keep it on a loopback address.
    pub admin_listen: SocketAddr,
    /// Load balancers: connections from these addresses must begin with a PROXY header of version 2, which names the client. From anybody else
    /// none is taken.
    pub trusted_proxies: Vec<IpAddr>,
    /// Folder of everything the server keeps: `postoffice.db` and the private Redis. Made at start, mode 0700.
    pub data: PathBuf,
    /// Address of the public tracking page as it stands in SMS texts, without scheme.
    pub tracking_url: String,
    /// Web origins that may open the socket. The desktop sends none and is always let in; a browser always sends one.
    pub origins: Vec<String>,
    /// Messages to customers.
    pub sms: SmsSettings,
    /// How long personal data is kept.
    pub retention: RetentionSettings,
    /// Redis.
    pub redis: RedisConfig,
    /// PostgreSQL, for offices with several servers.
    pub database: DatabaseSettings,
    /// How the database is written, and where the file is without PostgreSQL.
    pub store: StoreSettings,
    /// What one connection may ask for.
    pub limits: Limits,
    /// How long a sign-in lasts.
    pub sessions: SessionSettings,
    /// How passwords are hashed.
    pub passwords: PasswordSettings,
    /// Leases of order locks.
    pub locks: LockSettings,
    /// The relay from the outbox to the stream.
    pub relay: RelaySettings,
    /// How long the outbox is kept.
    pub outbox: OutboxSettings,
    /// How the server stops.
    pub stop: StopSettings,
    /// Logging.
    pub log: LogSettings,
}

/// Messages to customers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmsSettings {
    /// Most SMS segments that a template may take. A longer one is refused, never cut. The sender's `text.max_segments` must allow as many.
    pub max_segments: u16,
    /// Hours after which a message that did not go out yet is of no use any more.
    pub ttl_hours: TtlHours,
}

/// Hours after which a message that did not go out yet is of no use any more, by what it tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TtlHours {
    /// The parcel was accepted.
    pub accepted: u32,
    /// It waits for the recipient.
    pub arrived: u32,
    /// It was handed over.
    pub completed: u32,
}

impl TtlHours {
    /// Hours of a notice.
    pub const fn of(&self, notice: CustomerNotice) -> u32 {
        match notice {
            CustomerNotice::Accepted => self.accepted,
            CustomerNotice::Arrived => self.arrived,
            CustomerNotice::Completed => self.completed,
        }
    }
}

/// How long personal data is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// Days after which the text of a message is forgotten, and number and text in its outbox event. What it told, in which state it ended
    /// and the attempts stay.
    pub sms_text_days: u32,
}

/// Redis: one of your own, or a private one that the server starts.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `redis://127.0.0.1:6379/0`, `rediss://…` or `unix:///…`; `sentinel://host,host,host/name` for the primary that Sentinel names;
    /// `cluster://host,host,host`; `rediss+sentinel://…`, `rediss+cluster://…` with TLS. Without it the server starts a private `redis-server` in its data folder.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "without_password")]
    pub url: Option<String>,
}

/// How the database is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// Path of the database file when no `database.url` is set; relative to `data`.
    pub path: PathBuf,
    /// Most commands that share one commit.
    pub group_max: usize,
}

/// What one connection may ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Open connections from one address; more are closed at once.
    pub connections_per_address: usize,
    /// Open connections in all.
    pub connections: usize,
    /// Milliseconds until the first request must have arrived in full.
    pub header_timeout_ms: u64,
    /// Requests of one session that may be worked on at the same time.
    pub in_flight: usize,
    /// Frames that may wait for one slow reader before it is closed with 1013.
    pub queue_frames: usize,
    /// Milliseconds between pings.
    pub ping_every_ms: u64,
    /// Milliseconds without a sign of life after which a socket is dead. More than `ping_every_ms`.
    pub dead_after_ms: u64,
    /// Milliseconds that writing one frame may take before the desktop counts as gone.
    pub write_timeout_ms: u64,
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// Minutes without a request of the clerk after which the session ends.
    pub idle_minutes: u32,
    /// Hours after which it ends whatever happens.
    pub absolute_hours: u32,
}

/// How passwords are hashed (Argon2id).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordSettings {
    /// Memory of one hash in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Hashes computed at the same time; more wait.
    pub at_once: usize,
}

/// Leases of order locks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockSettings {
    /// Milliseconds until a lock that is not renewed is free again.
    pub lease_ms: u64,
    /// How often a desktop renews, in milliseconds.
    pub renew_every_ms: u64,
    /// Milliseconds that the holder has to answer a colleague who asks.
    pub ask_ms: u64,
    /// Milliseconds after that until a holder whose desktop does not answer either is overruled.
    pub overrule_ms: u64,
    /// Milliseconds that a holder who says "keep" is not asked again.
    pub keep_ms: u64,
    /// Milliseconds that a lock is kept for who waited for it.
    pub reserve_ms: u64,
}

/// The relay from the outbox to the stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelaySettings {
    /// Most events published at once.
    pub batch: usize,
    /// Milliseconds that a relay's leadership lasts without renewal.
    pub lease_ms: u64,
    /// Milliseconds between looks into the outbox when nobody wakes the relay.
    pub poll_every_ms: u64,
    /// Published events that stay in the stream, so that a desktop that was away gets what it missed.
    pub keep: u64,
    /// Milliseconds after which a published event without an outcome is looked for in Redis.
    pub silent_after_ms: u64,
    /// How often an event that nobody has and nobody answers is published again before it waits for an operator.
    pub republish_at_most: u32,
    /// How often Redis may refuse one event alone before it waits for an operator.
    pub refused_at_most: u32,
}

/// How long the outbox is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboxSettings {
    /// Days that confirmed events stay in the database.
    pub keep_days: u32,
}

/// How the server stops.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopSettings {
    /// Milliseconds between the signal and the goodbye to desktops, in which `/health/ready` says no and everything else goes on: so long a
    /// load balancer may take to notice. 0 where there is none.
    pub drain_ms: u64,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Logging.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// For people or for programs.
    pub format: LogFormat,
    /// What is logged, for example `info` or `info,postoffice_server=debug`.
    pub filter: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7700)),
            admin_listen: SocketAddr::from(([127, 0, 0, 1], 7701)),
            trusted_proxies: Vec::new(),
            data: PathBuf::from("./data"),
            tracking_url: "post.example".to_owned(),
            origins: Vec::new(),
            sms: SmsSettings::default(),
            retention: RetentionSettings::default(),
            redis: RedisConfig::default(),
            database: DatabaseSettings::default(),
            store: StoreSettings::default(),
            limits: Limits::default(),
            sessions: SessionSettings::default(),
            passwords: PasswordSettings::default(),
            locks: LockSettings::default(),
            relay: RelaySettings::default(),
            outbox: OutboxSettings::default(),
            stop: StopSettings::default(),
            log: LogSettings::default(),
        }
    }
}

impl Default for SmsSettings {
    fn default() -> Self {
        Self { max_segments: 1, ttl_hours: TtlHours::default() }
    }
}

impl Default for TtlHours {
    fn default() -> Self {
        Self { accepted: 24, arrived: 48, completed: 12 }
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { sms_text_days: 60 }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { path: PathBuf::from("postoffice.db"), group_max: 64 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_per_address: 64,
            connections: 20_000,
            header_timeout_ms: 10_000,
            in_flight: 16,
            queue_frames: 1_024,
            ping_every_ms: 20_000,
            dead_after_ms: 45_000,
            write_timeout_ms: 10_000,
        }
    }
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { idle_minutes: 30, absolute_hours: 12 }
    }
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, at_once: 2 }
    }
}

impl Default for LockSettings {
    fn default() -> Self {
        Self {
            lease_ms: 30_000,
            renew_every_ms: 10_000,
            ask_ms: 20_000,
            overrule_ms: 5_000,
            keep_ms: 120_000,
            reserve_ms: 20_000,
        }
    }
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            batch: 500,
            lease_ms: 3_000,
            poll_every_ms: 1_000,
            keep: 100_000,
            silent_after_ms: 600_000,
            republish_at_most: 3,
            refused_at_most: 5,
        }
    }
}

impl Default for OutboxSettings {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, filter: "info".to_owned() }
    }
}

impl Config {
    /// How texts to customers are written.
    pub fn sms_rules(&self) -> SmsRules {
        SmsRules { tracking_url: self.tracking_url.clone(), settings: self.sms.clone() }
    }

    /// Folder of the private Redis.
    pub fn redis_folder(&self) -> PathBuf {
        self.data.join("redis")
    }
}

/// A URL may hold a password: everything before its `@` is hidden.
pub(crate) fn redacted(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => url.to_owned(),
    }
}

#[expect(clippy::ref_option, reason = "serde gives serialize_with a reference to the field")]
pub(crate) fn without_password<S: serde::Serializer>(url: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_deref().map(redacted).serialize(serializer)
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig").field("url", &self.url.as_deref().map(redacted)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_check::check;

    #[test]
    fn defaults_survive_a_round_trip() {
        let printed = toml::to_string(&Config::default()).unwrap();
        let read: Config = toml::from_str(&printed).unwrap();
        assert_eq!(toml::to_string(&read).unwrap(), printed);
    }

    #[test]
    fn the_example_is_the_defaults_and_its_addresses_are_good() {
        let text = include_str!("../../../config/server.example.toml");
        let example: Config = toml::from_str(text).unwrap();
        assert_eq!(toml::to_string(&example).unwrap(), toml::to_string(&Config::default()).unwrap());
        let addresses: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# url = \"")?.strip_suffix('"')).collect();
        assert_eq!(addresses.len(), 8);
        for address in addresses {
            let mut config = Config::default();
            if address.starts_with("postgres") {
                config.database.url = Some(address.to_owned());
            } else {
                config.redis.url = Some(address.to_owned());
            }
            assert_eq!(check(&config), Ok(()), "{address}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let redis = RedisConfig { url: Some("rediss://po:canary@redis.lan:6380/0".to_owned()) };
        assert!(!format!("{redis:?}").contains("canary"));
        let printed = toml::to_string(&redis).unwrap();
        assert_eq!(printed.trim(), r#"url = "rediss://***@redis.lan:6380/0""#);
        let url = Some("postgres://po:canary@localhost/office".to_owned());
        let database = DatabaseSettings { owner_url: url.clone(), url };
        assert!(!format!("{database:?}{}", toml::to_string(&database).unwrap()).contains("canary"));
    }
}
