//! What must be true between settings: checked before anything starts, so that a mistake never becomes a thousand failed messages.

use jiff::{civil::Time, tz::TimeZone};
use postoffice_runtime::redis_link::{RedisLink, RedisLinkError};

use crate::{
    config::{Config, GatewayKind},
    gateway::http_json::{
        authority::{self, UnfitAuthority},
        presets::{UnfitMapping, mapping_of},
    },
    policy::{quiet::QuietHours, spend::SpendCap},
};

/// Why the settings do not fit together. Display is for the admin and names the key.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum UnfitConfig {
    /// A number that must be positive is not, or is no number.
    #[error("{0}: must be more than 0")]
    NotPositive(&'static str),
    /// The name of the slot.
    #[error("slot: 1 to 40 letters, digits, '-' or '_'")]
    Slot,
    /// The address of Redis.
    #[error(transparent)]
    Redis(#[from] RedisLinkError),
    /// Entries would be claimed from a sender that lives.
    #[error("slots.claim_after_ms: must be at least three times slots.lease_ms")]
    ClaimTooSoon,
    /// The gateway's address.
    #[error(
        "gateway.kannel.url: an address that begins with http://; use a tunnel where the smsbox is on another machine"
    )]
    KannelUrl,
    /// The address for reports.
    #[error("gateway.kannel.reports_url: an address that begins with http://")]
    ReportsUrl,
    /// Credentials or sender cannot stand in a header.
    #[error("gateway.kannel.{0}: must not be empty and may hold visible ASCII only")]
    KannelHeader(&'static str),
    /// The provider over HTTP.
    #[error("gateway.http.{0}")]
    Http(#[from] UnfitMapping),
    /// Whom the provider is checked by.
    #[error("gateway.http.{0}")]
    Authority(#[from] UnfitAuthority),
    /// The address at which the provider finds us.
    #[error("gateway.http.reports_url: an address that begins with https:// or http://")]
    HttpReportsUrl,
    /// The spool.
    #[error("gateway.spool.folder: {folder} must be there with the folders outbox, sent and error in it")]
    Spool {
        /// The folder.
        folder: String,
    },
    /// The time zone.
    #[error("time_zone: this machine knows no time zone {0:?}; a name like Europe/Kyiv, and the package tzdata")]
    TimeZone(String),
    /// An hour.
    #[error("quiet.{0}: a time like 21:00")]
    QuietTime(&'static str),
    /// Quiet hours without hours, or all day long.
    #[error("quiet.to: must not be the same as quiet.from")]
    QuietAlways,
    /// Not one message could be paid.
    #[error("spend.per_day: must be at least the price of a text of text.max_segments segments")]
    SpendTooLittle,
    /// A limit without a price limits nothing.
    #[error("spend.segment_price: must be more than 0 when spend.per_day is set")]
    NoPrice,
}

/// The rules that come from the settings.
#[derive(Debug, Clone)]
pub struct Policies {
    /// When some messages wait.
    pub quiet: Option<QuietHours>,
    /// What a day may cost.
    pub spend_cap: SpendCap,
}

impl Policies {
    /// Reads them.
    ///
    /// # Errors
    /// A zone, a time or a price that cannot be.
    pub fn of(config: &Config) -> Result<Self, UnfitConfig> {
        let (quiet, spend) = (&config.quiet, &config.spend);
        let is_quiet = !quiet.notices.is_empty();
        // A machine without time zones is good enough for an office that asks for none.
        let zone = if is_quiet || spend.per_day > 0 {
            TimeZone::get(&config.time_zone).map_err(|_| UnfitConfig::TimeZone(config.time_zone.clone()))?
        } else {
            TimeZone::UTC
        };
        let time = |key, text: &str| text.parse::<Time>().map_err(|_| UnfitConfig::QuietTime(key));
        let (from, to) = (time("from", &quiet.from)?, time("to", &quiet.to)?);
        if is_quiet && from == to {
            return Err(UnfitConfig::QuietAlways);
        }
        if spend.per_day > 0 && spend.segment_price == 0 {
            return Err(UnfitConfig::NoPrice);
        }
        let longest = u64::try_from(config.text.max_segments).unwrap_or(u64::MAX);
        if spend.per_day > 0 && spend.segment_price.saturating_mul(longest) > spend.per_day {
            return Err(UnfitConfig::SpendTooLittle);
        }
        Ok(Self {
            quiet: is_quiet.then(|| QuietHours::new(from, to, zone.clone(), quiet.notices.clone())),
            spend_cap: SpendCap::new(spend.per_day, spend.segment_price, zone),
        })
    }
}

/// Checks the settings against each other.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(config: &Config) -> Result<(), UnfitConfig> {
    check_numbers(config)?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if config.slot.is_empty() || config.slot.len() > 40 || !config.slot.chars().all(good) {
        return Err(UnfitConfig::Slot);
    }
    if let Some(url) = &config.redis.url {
        RedisLink::parse(url)?;
    }
    if config.slots.claim_after_ms < config.slots.lease_ms.saturating_mul(3) {
        return Err(UnfitConfig::ClaimTooSoon);
    }
    match config.gateway.kind {
        GatewayKind::Log => {}
        GatewayKind::Kannel => check_kannel(config)?,
        GatewayKind::Http => check_http(config)?,
        GatewayKind::Spool => check_spool(config)?,
    }
    Policies::of(config).map(|_| ())
}

fn check_http(config: &Config) -> Result<(), UnfitConfig> {
    let http = &config.gateway.http;
    mapping_of(http)?;
    if http.secret.expose().is_empty() {
        return Err(UnfitMapping::Empty("secret").into());
    }
    if http.from.is_empty() {
        return Err(UnfitMapping::Empty("from").into());
    }
    let is_web =
        |url: &str| url.parse::<http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    if http.reports_url.as_deref().is_some_and(|url| !is_web(url)) {
        return Err(UnfitConfig::HttpReportsUrl);
    }
    if let Some(file) = &http.ca_file {
        authority::only(file)?;
    }
    Ok(())
}

fn check_spool(config: &Config) -> Result<(), UnfitConfig> {
    let folder = &config.gateway.spool.folder;
    if ["outbox", "sent", "error"].iter().all(|name| folder.join(name).is_dir()) {
        Ok(())
    } else {
        Err(UnfitConfig::Spool { folder: folder.display().to_string() })
    }
}

fn check_numbers(config: &Config) -> Result<(), UnfitConfig> {
    if !(config.pace.per_second.is_finite() && config.pace.per_second > 0.0) {
        return Err(UnfitConfig::NotPositive("pace.per_second"));
    }
    let positive = [
        ("pace.burst", config.pace.burst == 0),
        ("pace.concurrency", config.pace.concurrency == 0),
        ("pace.hold_at_most", config.pace.hold_at_most == 0),
        ("text.max_segments", config.text.max_segments == 0),
        ("retry.first_ms", config.retry.first_ms == 0),
        ("retry.longest_ms", config.retry.longest_ms == 0),
        ("retry.pause_ms", config.retry.pause_ms == 0),
        ("retry.give_up_after_minutes", config.retry.give_up_after_minutes == 0),
        ("journal.proof_within_ms", config.journal.proof_within_ms == 0),
        ("journal.keep_hours", config.journal.keep_hours == 0),
        ("journal.max_takes", config.journal.max_takes == 0),
        ("slots.lease_ms", config.slots.lease_ms == 0),
    ];
    match positive.into_iter().find(|(_, is_zero)| *is_zero) {
        Some((key, _)) => Err(UnfitConfig::NotPositive(key)),
        None => Ok(()),
    }
}

fn check_kannel(config: &Config) -> Result<(), UnfitConfig> {
    let kannel = &config.gateway.kannel;
    let is_http = |url: &str| url.parse::<http::Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http"));
    if !is_http(&kannel.url) {
        return Err(UnfitConfig::KannelUrl);
    }
    if kannel.reports_url.as_deref().is_some_and(|url| !is_http(url)) {
        return Err(UnfitConfig::ReportsUrl);
    }
    let headers =
        [("username", kannel.username.as_str()), ("password", kannel.password.expose()), ("from", &kannel.from)];
    match headers
        .into_iter()
        .find(|(_, text)| text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
    {
        Some((key, _)) => Err(UnfitConfig::KannelHeader(key)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use postoffice_runtime::config::Secret;

    use super::*;

    #[test]
    fn the_defaults_fit_and_survive_a_round_trip() {
        assert_eq!(check(&Config::default()), Ok(()));
        let printed = toml::to_string(&Config::default()).unwrap();
        let read: Config = toml::from_str(&printed).unwrap();
        assert_eq!(toml::to_string(&read).unwrap(), printed);
    }

    #[test]
    fn the_example_is_the_defaults() {
        let text = include_str!("../../../config/sms-sender.example.toml");
        let example: Config = toml::from_str(text).unwrap();
        assert_eq!(toml::to_string(&example).unwrap(), toml::to_string(&Config::default()).unwrap());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let with = |change: fn(&mut Config)| {
            let mut config = Config::default();
            config.gateway.kannel.password = Secret::new("canary");
            change(&mut config);
            check(&config).unwrap_err()
        };
        assert_eq!(with(|c| c.pace.per_second = f64::NAN), UnfitConfig::NotPositive("pace.per_second"));
        assert_eq!(with(|c| c.pace.concurrency = 0), UnfitConfig::NotPositive("pace.concurrency"));
        assert_eq!(with(|c| c.quiet.from = "9 pm".to_owned()), UnfitConfig::QuietTime("from"));
        let quiet = |c: &mut Config| c.quiet.notices = vec![postoffice_domain::order::CustomerNotice::Arrived];
        let mut config = Config { time_zone: "Europe/Lviv".to_owned(), ..Config::default() };
        assert_eq!(check(&config), Ok(()), "nobody asks for the zone");
        quiet(&mut config);
        assert_eq!(check(&config), Err(UnfitConfig::TimeZone("Europe/Lviv".to_owned())));
        config.time_zone = "Europe/Kyiv".to_owned();
        assert_eq!(check(&config), Ok(()));
        config.quiet.to = config.quiet.from.clone();
        assert_eq!(check(&config), Err(UnfitConfig::QuietAlways));
        assert_eq!(with(|c| c.spend.per_day = 5), UnfitConfig::NoPrice);
        assert_eq!(with(|c| (c.spend.per_day, c.spend.segment_price) = (5, 6)), UnfitConfig::SpendTooLittle);
        assert_eq!(with(|c| c.gateway.kind = GatewayKind::Http), UnfitMapping::Empty("secret").into());
        let nobody = with(|c| {
            c.gateway.kind = GatewayKind::Http;
            c.gateway.http.secret = Secret::new("canary");
            // Cargo's own file: there, and no certificate.
            c.gateway.http.ca_file = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into());
        });
        assert!(matches!(nobody, UnfitConfig::Authority(_)), "{nobody}");
        let nowhere = with(|c| {
            c.gateway.kind = GatewayKind::Spool;
            c.gateway.spool.folder = "/nowhere".into();
        });
        assert_eq!(nowhere, UnfitConfig::Spool { folder: "/nowhere".to_owned() });
        assert_eq!(with(|c| c.slot = "a:b".to_owned()), UnfitConfig::Slot);
        assert_eq!(with(|c| c.slots.claim_after_ms = 1), UnfitConfig::ClaimTooSoon);
        assert_eq!(
            with(|c| c.redis.url = Some("sentinel://127.0.0.1".to_owned())),
            UnfitConfig::Redis(RedisLinkError::NoPrimaryName)
        );
        let kannel = |change: fn(&mut Config)| {
            let mut config = Config::default();
            config.gateway.kind = GatewayKind::Kannel;
            config.gateway.kannel.password = Secret::new("canary");
            change(&mut config);
            check(&config).unwrap_err()
        };
        assert_eq!(kannel(|c| c.gateway.kannel.url = "https://x/".to_owned()), UnfitConfig::KannelUrl);
        assert_eq!(kannel(|c| c.gateway.kannel.password = Secret::new("")), UnfitConfig::KannelHeader("password"));
        assert_eq!(kannel(|c| c.gateway.kannel.from = "Пошта".to_owned()), UnfitConfig::KannelHeader("from"));
    }
}
