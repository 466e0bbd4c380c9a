//! What may be spent on a day. The sum is in Redis, per day of the office, and is raised in the script that writes an intent
//! (`journal/begin.lua`): so any number of senders together cannot spend more.

use jiff::tz::TimeZone;
use postoffice_domain::clock::Timestamp;

use super::quiet::{next_office_day, office_day};

/// The limit of a day.
#[derive(Debug, Clone)]
pub struct SpendCap {
    per_day: u64,
    segment_price: u64,
    zone: TimeZone,
}

/// What one message costs, and on whose account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Key of the day's sum.
    pub key: String,
    /// What the message costs.
    pub cost: u64,
    /// Most that may be spent on that day; 0: no limit.
    pub cap: u64,
}

impl SpendCap {
    /// At most `per_day` (0: no limit), in the unit of `segment_price`; days are those of `zone`.
    pub const fn new(per_day: u64, segment_price: u64, zone: TimeZone) -> Self {
        Self { per_day, segment_price, zone }
    }

    /// What a text of so many segments costs now.
    pub fn charge(&self, segments: u16, now: Timestamp) -> Charge {
        if self.per_day == 0 {
            // Nothing is counted, and no calendar is asked.
            return Charge { key: "{po}:sms:spent".to_owned(), cost: 0, cap: 0 };
        }
        // A time that no calendar has would be a broken clock; its money still has an account.
        let day = office_day(now, &self.zone).unwrap_or_else(|| "no-day".to_owned());
        let cost = self.segment_price.saturating_mul(u64::from(segments));
        Charge { key: format!("{{po}}:sms:spent:{day}"), cost, cap: self.per_day }
    }

    /// When there is money again.
    pub fn renewed_at(&self, now: Timestamp) -> Option<Timestamp> {
        next_office_day(now, &self.zone)
    }
}
