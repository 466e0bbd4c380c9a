//! Quiet hours: when customers are not woken. In the office's own time zone, so they follow its clock changes.

use jiff::{ToSpan, ZonedDateTime, civil::Time, tz::TimeZone};
use postoffice_domain::{clock::Timestamp, order::CustomerNotice};

/// The hours in which some notices wait.
#[derive(Debug, Clone)]
pub struct QuietHours {
    from: Time,
    to: Time,
    zone: TimeZone,
    notices: Vec<CustomerNotice>,
}

impl QuietHours {
    /// Quiet from `from` until `to` (past midnight when `to` is the earlier one) for these notices.
    pub const fn new(from: Time, to: Time, zone: TimeZone, notices: Vec<CustomerNotice>) -> Self {
        Self { from, to, zone, notices }
    }

    /// When a message with this notice may go; `None`: now.
    pub fn wait_until(&self, notice: CustomerNotice, now: Timestamp) -> Option<Timestamp> {
        if !self.notices.contains(&notice) {
            return None;
        }
        let local = local(now, &self.zone)?;
        let time = local.time();
        let past_midnight = self.to <= self.from;
        let is_quiet =
            if past_midnight { time >= self.from || time < self.to } else { time >= self.from && time < self.to };
        if !is_quiet {
            return None;
        }
        let ends_tomorrow = past_midnight && time >= self.from;
        let day = if ends_tomorrow { local.date().tomorrow().ok()? } else { local.date() };
        let end = day.to_datetime(self.to).to_zoned_datetime(self.zone.clone()).ok()?;
        Some(Timestamp::from_millis(end.timestamp().as_millisecond()))
    }
}

/// The day as the office counts it, `2026-11-25`.
pub fn office_day(now: Timestamp, zone: &TimeZone) -> Option<String> {
    Some(local(now, zone)?.date().to_string())
}

/// When the office's next day begins.
pub fn next_office_day(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let begins = local(now, zone)?.checked_add(1.day()).ok()?.start_of_day().ok()?;
    Some(Timestamp::from_millis(begins.timestamp().as_millisecond()))
}

fn local(now: Timestamp, zone: &TimeZone) -> Option<ZonedDateTime> {
    Some(jiff::Timestamp::from_millisecond(now.millis()).ok()?.to_zoned_datetime(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<ZonedDateTime>().unwrap().timestamp().as_millisecond())
    }

    fn night() -> QuietHours {
        let zone = TimeZone::get("Europe/Kyiv").unwrap();
        let time = |text: &str| text.parse().unwrap();
        QuietHours::new(time("21:00"), time("08:00"), zone, vec![CustomerNotice::Arrived])
    }

    #[test]
    fn the_night_is_one_night_on_both_sides_of_midnight() {
        let waits = |text: &str| night().wait_until(CustomerNotice::Arrived, at(text));
        let morning = Some(at("2026-11-26T08:00[Europe/Kyiv]"));
        assert_eq!(waits("2026-11-25T20:59:59[Europe/Kyiv]"), None);
        assert_eq!(waits("2026-11-25T21:00[Europe/Kyiv]"), morning);
        assert_eq!(waits("2026-11-26T00:00[Europe/Kyiv]"), morning);
        assert_eq!(waits("2026-11-26T07:59:59.999[Europe/Kyiv]"), morning);
        assert_eq!(waits("2026-11-26T08:00[Europe/Kyiv]"), None);
    }

    #[test]
    fn it_follows_the_change_of_clocks() {
        // The night in which clocks go back in Kyiv is an hour longer.
        let end = night().wait_until(CustomerNotice::Arrived, at("2026-10-24T21:00[Europe/Kyiv]")).unwrap();
        assert_eq!(end.millis_since(at("2026-10-24T21:00[Europe/Kyiv]")), 12 * 3_600_000);
    }

    #[test]
    fn only_the_named_notices_wait_and_a_nap_at_noon_is_possible() {
        assert_eq!(night().wait_until(CustomerNotice::Accepted, at("2026-11-25T23:00[Europe/Kyiv]")), None);
        let nap = QuietHours { from: "13:00".parse().unwrap(), to: "14:00".parse().unwrap(), ..night() };
        let waits = |text: &str| nap.wait_until(CustomerNotice::Arrived, at(text));
        assert_eq!(waits("2026-11-25T13:30[Europe/Kyiv]"), Some(at("2026-11-25T14:00[Europe/Kyiv]")));
        assert_eq!(waits("2026-11-25T23:00[Europe/Kyiv]"), None);
    }

    #[test]
    fn the_day_of_the_office_is_not_the_day_of_utc() {
        let zone = TimeZone::get("Europe/Kyiv").unwrap();
        let late = at("2026-11-25T23:30[UTC]");
        assert_eq!(office_day(late, &zone).as_deref(), Some("2026-11-26"));
        assert_eq!(next_office_day(late, &zone), Some(at("2026-11-27T00:00[Europe/Kyiv]")));
    }
}
