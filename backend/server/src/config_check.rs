//! What must be true between settings: checked before anything starts.

use postoffice_domain::{
    language::Language,
    order::CustomerNotice,
    sms_text::{SAMPLE_TTN, default_template, measure, render, texts},
};
use postoffice_runtime::redis_link::{RedisLink, RedisLinkError};

use crate::{config::Config, config_database::DatabaseSettingsError};

/// Why the settings do not fit together. Display is for the admin and names the key.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum UnfitConfig {
    /// A number that must be positive is 0.
    #[error("{0}: must be more than 0")]
    NotPositive(&'static str),
    /// The address of Redis.
    #[error(transparent)]
    Redis(#[from] RedisLinkError),
    /// The address of PostgreSQL.
    #[error(transparent)]
    Database(#[from] DatabaseSettingsError),
    /// One lost heartbeat would cost a clerk the lock.
    #[error(
        "locks.renew_every_ms: two renewals must fit into nine tenths of locks.lease_ms; at most {most} for this lease"
    )]
    RenewsTooSeldom {
        /// The largest value that fits.
        most: u64,
    },
    /// A default text does not fit: every message would fail.
    #[error(
        "tracking_url: the text {notice:?} ({language:?}) takes {segments} segments with it, sms.max_segments allows {allowed}"
    )]
    TextTooLong {
        /// What it tells.
        notice: CustomerNotice,
        /// In which language.
        language: Language,
        /// What it takes.
        segments: usize,
        /// What is allowed.
        allowed: usize,
    },
    /// A socket would be given up between two pings.
    #[error("limits.dead_after_ms: must be more than limits.ping_every_ms")]
    DeadBeforePinged,
}

/// Checks the settings against each other.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(config: &Config) -> Result<(), UnfitConfig> {
    let positive = [
        ("store.group_max", u64::try_from(config.store.group_max).unwrap_or(u64::MAX)),
        ("limits.connections", u64::try_from(config.limits.connections).unwrap_or(u64::MAX)),
        ("limits.connections_per_address", u64::try_from(config.limits.connections_per_address).unwrap_or(u64::MAX)),
        ("limits.header_timeout_ms", config.limits.header_timeout_ms),
        ("limits.in_flight", u64::try_from(config.limits.in_flight).unwrap_or(u64::MAX)),
        ("limits.queue_frames", u64::try_from(config.limits.queue_frames).unwrap_or(u64::MAX)),
        ("limits.ping_every_ms", config.limits.ping_every_ms),
        ("limits.write_timeout_ms", config.limits.write_timeout_ms),
        ("sms.max_segments", u64::from(config.sms.max_segments)),
        ("sms.ttl_hours.accepted", u64::from(config.sms.ttl_hours.accepted)),
        ("sms.ttl_hours.arrived", u64::from(config.sms.ttl_hours.arrived)),
        ("sms.ttl_hours.completed", u64::from(config.sms.ttl_hours.completed)),
        ("retention.sms_text_days", u64::from(config.retention.sms_text_days)),
        ("locks.lease_ms", config.locks.lease_ms),
        ("locks.renew_every_ms", config.locks.renew_every_ms),
        ("locks.ask_ms", config.locks.ask_ms),
        ("locks.keep_ms", config.locks.keep_ms),
        ("locks.reserve_ms", config.locks.reserve_ms),
        ("relay.batch", u64::try_from(config.relay.batch).unwrap_or(u64::MAX)),
        ("relay.lease_ms", config.relay.lease_ms),
        ("relay.poll_every_ms", config.relay.poll_every_ms),
        ("relay.silent_after_ms", config.relay.silent_after_ms),
        ("relay.refused_at_most", u64::from(config.relay.refused_at_most)),
        ("outbox.keep_days", u64::from(config.outbox.keep_days)),
    ];
    if let Some((key, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
        return Err(UnfitConfig::NotPositive(key));
    }
    if let Some(url) = &config.redis.url {
        RedisLink::parse(url)?;
    }
    config.database()?;
    // The desktop takes a tenth off every lease (docs/LOCKS.md, the trust window).
    let most = (config.locks.lease_ms - config.locks.lease_ms / 10) / 2;
    if config.locks.renew_every_ms > most {
        return Err(UnfitConfig::RenewsTooSeldom { most });
    }
    if config.limits.dead_after_ms <= config.limits.ping_every_ms {
        return Err(UnfitConfig::DeadBeforePinged);
    }
    check_texts(config)
}

fn check_texts(config: &Config) -> Result<(), UnfitConfig> {
    let allowed = usize::from(config.sms.max_segments);
    for (notice, language) in texts() {
        let text = render(default_template(notice, language), SAMPLE_TTN, &config.tracking_url);
        let segments = measure(&text).segments;
        if segments > allowed {
            return Err(UnfitConfig::TextTooLong { notice, language, segments, allowed });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_fit() {
        assert_eq!(check(&Config::default()), Ok(()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        type Spoil = fn(&mut Config);
        let too_long = UnfitConfig::TextTooLong {
            notice: CustomerNotice::Accepted,
            language: Language::Uk,
            segments: 2,
            allowed: 1,
        };
        let rows: [(Spoil, UnfitConfig); 8] = [
            (|config| config.sms.ttl_hours.arrived = 0, UnfitConfig::NotPositive("sms.ttl_hours.arrived")),
            (|config| config.tracking_url = "a-very-long-name-of-a-tracking-page.example".to_owned(), too_long),
            (|config| config.relay.batch = 0, UnfitConfig::NotPositive("relay.batch")),
            (|config| config.locks.renew_every_ms = 0, UnfitConfig::NotPositive("locks.renew_every_ms")),
            (|config| config.locks.renew_every_ms = 13_501, UnfitConfig::RenewsTooSeldom { most: 13_500 }),
            (
                |config| config.redis.url = Some("sentinel://127.0.0.1".to_owned()),
                UnfitConfig::Redis(RedisLinkError::NoPrimaryName),
            ),
            (
                |config| config.database.owner_url = Some("postgres://owner@localhost/office".to_owned()),
                UnfitConfig::Database(DatabaseSettingsError::OwnerAlone),
            ),
            (|config| config.limits.dead_after_ms = 20_000, UnfitConfig::DeadBeforePinged),
        ];
        for (spoil, unfit) in rows {
            let mut config = Config::default();
            spoil(&mut config);
            assert_eq!(check(&config), Err(unfit));
        }
    }
}
