//! Every setting of the SMS sender, its default and its meaning. `config/sms-sender.example.toml` is the same list for admins.
//!
//! Read from a TOML file and from the environment (`POSTOFFICE_SLOT`, `POSTOFFICE_GATEWAY__KANNEL__PASSWORD` …, which win). Unknown keys
//! are refused.

use std::{net::SocketAddr, path::PathBuf};

use postoffice_domain::order::CustomerNotice;
use serde::{Deserialize, Serialize};

mod gateways;

pub use gateways::{GatewayKind, GatewaySettings, HttpPreset, HttpSettings, KannelSettings, SpoolSettings};

/// All settings. Everything has a default: an empty file is a good one and prints messages instead of sending them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The server's data folder; where its private Redis is looked for when `redis.url` is not set.
    pub data: PathBuf,
    /// Name of this sender among several on one Redis. Two processes under one name: the second is refused.
    pub slot: String,
    /// Where gateways bring delivery reports. Keep it where only the gateway reaches it.
    pub reports_listen: SocketAddr,
    /// Where `/health/live`, `/health/ready` and `/metrics` answer. Keep it on a loopback address.
    pub admin_listen: SocketAddr,
    /// The office's time zone: quiet hours and the day of the spend cap are those of its clock.
    pub time_zone: String,
    /// Redis.
    pub redis: RedisConfig,
    /// How fast messages go out.
    pub pace: PaceSettings,
    /// What a text may take.
    pub text: TextSettings,
    /// When customers are not woken.
    pub quiet: QuietSettings,
    /// What a day may cost.
    pub spend: SpendSettings,
    /// When a gateway is asked again.
    pub retry: RetrySettings,
    /// How long proofs are waited for and remembered.
    pub journal: JournalSettings,
    /// How several senders share the work.
    pub slots: SlotSettings,
    /// Where messages go.
    pub gateway: GatewaySettings,
    /// Logging.
    pub log: LogSettings,
}

/// Redis.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `redis://127.0.0.1:6379/0`, `rediss://…` or `unix:///…`; `sentinel://host,host,host/name`; `cluster://host,host,host`;
    /// `rediss+sentinel://…`, `rediss+cluster://…` with TLS. Without it: the private Redis in the server's data folder.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "without_password")]
    pub url: Option<String>,
}

/// How fast messages go out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaceSettings {
    /// Messages a second of this sender; several share the contract's rate, so each has its part. Also paces the catch-up after an outage.
    pub per_second: f64,
    /// Messages that may go at once after a silence.
    pub burst: u32,
    /// Calls of the gateway at the same time.
    pub concurrency: usize,
    /// Messages held in memory at most, waiting ones included.
    pub hold_at_most: usize,
}

/// What a text may take.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextSettings {
    /// Most SMS segments of one text. A longer one is refused before sending, never cut.
    pub max_segments: usize,
}

/// When customers are not woken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuietSettings {
    /// Notices that wait in these hours: `accepted`, `arrived`, `completed`. None: there are no quiet hours.
    pub notices: Vec<CustomerNotice>,
    /// Beginning, `21:00`.
    pub from: String,
    /// End, `08:00`; the next day's when it is earlier than the beginning.
    pub to: String,
}

/// What a day may cost.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpendSettings {
    /// Most that all senders together may spend on a day, in the unit of `segment_price`; 0: no limit.
    pub per_day: u64,
    /// Price of one SMS segment, for example in kopecks.
    pub segment_price: u64,
}

/// When a gateway is asked again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetrySettings {
    /// Milliseconds until the second attempt; doubles with every further one.
    pub first_ms: u64,
    /// Longest wait between attempts in milliseconds.
    pub longest_ms: u64,
    /// Milliseconds of pause when the gateway refuses our credentials or has no credit.
    pub pause_ms: u64,
    /// Minutes after the first attempt when a message that the gateway never took is given up as failed.
    pub give_up_after_minutes: u64,
}

/// How long proofs are waited for and remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalSettings {
    /// Milliseconds to wait for a delivery report when the gateway's answer was lost; then the message is `unknown`.
    pub proof_within_ms: u64,
    /// Hours a message's state is remembered.
    pub keep_hours: u64,
    /// How often an entry may be read again (by a restarted sender) before it is tried alone: one that then brings the sender down three
    /// times is put aside.
    pub max_takes: u32,
    /// Folder of the book of calls, in memory (tmpfs) and of this office's senders alone; by default one of this Redis in `/dev/shm`. A killed
    /// sender's successor reads there whether the gateway was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<PathBuf>,
}

/// How several senders share the work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlotSettings {
    /// Milliseconds until the slot of a sender that no longer renews it is free.
    pub lease_ms: u64,
    /// Milliseconds without a touch after which another sender's entries are claimed. Several leases.
    pub claim_after_ms: u64,
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
    /// What is logged, for example `info` or `info,postoffice_sms_sender=debug`.
    pub filter: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./data"),
            slot: "1".to_owned(),
            reports_listen: SocketAddr::from(([127, 0, 0, 1], 7710)),
            admin_listen: SocketAddr::from(([127, 0, 0, 1], 7711)),
            time_zone: "Europe/Kyiv".to_owned(),
            redis: RedisConfig::default(),
            pace: PaceSettings::default(),
            text: TextSettings::default(),
            quiet: QuietSettings::default(),
            spend: SpendSettings::default(),
            retry: RetrySettings::default(),
            journal: JournalSettings::default(),
            slots: SlotSettings::default(),
            gateway: GatewaySettings::default(),
            log: LogSettings::default(),
        }
    }
}

impl Default for PaceSettings {
    fn default() -> Self {
        Self { per_second: 20.0, burst: 5, concurrency: 16, hold_at_most: 1_000 }
    }
}

impl Default for TextSettings {
    fn default() -> Self {
        Self { max_segments: 1 }
    }
}

impl Default for QuietSettings {
    fn default() -> Self {
        Self { notices: Vec::new(), from: "21:00".to_owned(), to: "08:00".to_owned() }
    }
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { first_ms: 1_000, longest_ms: 60_000, pause_ms: 60_000, give_up_after_minutes: 24 * 60 }
    }
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self { proof_within_ms: 600_000, keep_hours: 7 * 24, max_takes: 25, calls: None }
    }
}

impl Default for SlotSettings {
    fn default() -> Self {
        Self { lease_ms: 10_000, claim_after_ms: 60_000 }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, filter: "info".to_owned() }
    }
}

/// A URL may hold a password: everything before its `@` is hidden.
fn redacted(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => url.to_owned(),
    }
}

#[expect(clippy::ref_option, reason = "serde gives serialize_with a reference to the field")]
fn without_password<S: serde::Serializer>(url: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    url.as_deref().map(redacted).serialize(serializer)
}

impl std::fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisConfig").field("url", &self.url.as_deref().map(redacted)).finish()
    }
}
