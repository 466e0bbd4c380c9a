//! What became of the demo's messages: the same for the same number. Nearly all arrive; what did not shows every state that a message can be
//! in and everything that a clerk can do about it.
//!
//! Nothing waits in a demo office, for a waiting message would really go out as soon as a sender starts.

use postoffice_protocol::messages::{MessageReason, MessageState};

const SECOND: i64 = 1_000;
/// Smaller offices are those of tests, which look at messages of their own.
const LIVELY: u32 = 100;
/// A clerk needs so long to see a message that did not arrive and to deal with it.
pub(super) const DEALT_WITH_AFTER: i64 = 12 * 60 * SECOND;

/// What a sender reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    /// Milliseconds after the message was queued.
    pub after: i64,
    pub attempt: u32,
    pub state: MessageState,
    pub reason: Option<MessageReason>,
    /// Milliseconds until the next attempt.
    pub again_in: Option<i64>,
}

/// What a clerk did about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DealtWith {
    Told,
    OtherNumber,
}

/// A message's way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fate {
    pub reports: Vec<Report>,
    pub dealt_with: Option<DealtWith>,
}

/// One message: the `step`th of order `number` of `of`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub number: u32,
    pub of: u32,
    pub step: u32,
    /// Nothing has happened to the order since.
    pub is_last: bool,
    /// Milliseconds since it was queued.
    pub age: i64,
}

/// What became of it.
pub(super) fn fate(sent: Sent) -> Fate {
    use MessageReason::{AnswerLost, BadNumber};
    use MessageState::{Failed, Unknown};
    let (open, left_alone) = (|reports| Fate { reports, dealt_with: None }, sent.is_last && sent.of >= LIVELY);
    match sent.of - sent.number {
        1 | 2 if left_alone => return open(vec![taken(400, 1)]),
        9 if left_alone => return open(vec![ended(30 * SECOND, 1, Unknown, AnswerLost)]),
        23 if left_alone => return open(vec![ended(400, 1, Failed, BadNumber)]),
        129 if left_alone => return open(three_tries()),
        _ => {}
    }
    let dealt_with = |reports, how| Fate { reports, dealt_with: Some(how) };
    let old = sent.age > 2 * DEALT_WITH_AFTER;
    match sent.number * 5 + sent.step {
        message if old && message % 97 == 42 => {
            dealt_with(vec![ended(400, 1, Failed, BadNumber)], DealtWith::OtherNumber)
        }
        message if old && message % 101 == 7 => dealt_with(three_tries(), DealtWith::Told),
        message if old && message % 173 == 12 => {
            dealt_with(vec![ended(30 * SECOND, 1, Unknown, AnswerLost)], DealtWith::Told)
        }
        message if message % 61 == 30 => {
            let late = Report { after: 30 * SECOND, ..taken(0, 2) };
            open(vec![busy(2 * SECOND, 1, 28 * SECOND), late, arrived(34 * SECOND, 2)])
        }
        message => open(vec![taken(300 + i64::from(message % 5) * 100, 1), arrived(report_after(message), 1)]),
    }
}

/// The way of a message that nothing held up.
pub(super) fn on_time() -> Vec<Report> {
    vec![taken(400, 1), arrived(4 * SECOND, 1)]
}

/// Most phones report within seconds; one in a while was switched off.
fn report_after(message: u32) -> i64 {
    if message % 23 == 11 { 31 * SECOND } else { 3 * SECOND + i64::from(message % 9) * 700 }
}

fn taken(after: i64, attempt: u32) -> Report {
    Report { after, attempt, state: MessageState::Accepted, reason: None, again_in: None }
}

fn arrived(after: i64, attempt: u32) -> Report {
    Report { state: MessageState::Delivered, ..taken(after, attempt) }
}

fn ended(after: i64, attempt: u32, state: MessageState, reason: MessageReason) -> Report {
    Report { state, reason: Some(reason), ..taken(after, attempt) }
}

fn busy(after: i64, attempt: u32, again_in: i64) -> Report {
    let reason = Some(MessageReason::GatewayUnavailable);
    Report { state: MessageState::Queued, reason, again_in: Some(again_in), ..taken(after, attempt) }
}

/// The gateway is busy twice, then takes it, and the network gives up.
fn three_tries() -> Vec<Report> {
    let five_minutes = 300 * SECOND;
    vec![
        busy(SECOND, 1, five_minutes),
        busy(five_minutes + 2 * SECOND, 2, five_minutes),
        taken(2 * five_minutes + 3 * SECOND, 3),
        ended(2 * five_minutes + 50 * SECOND, 3, MessageState::Failed, MessageReason::Undelivered),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all(of: u32) -> Vec<Fate> {
        let age = |number| i64::from(of - number) * 17 * 60 * SECOND;
        (0..of).map(|number| fate(Sent { number, of, step: 0, is_last: true, age: age(number) })).collect()
    }

    #[test]
    fn an_office_shows_every_end_of_a_message_and_both_ways_to_deal_with_it() {
        let fates = all(300);
        let ends: HashSet<_> = fates.iter().filter_map(|fate| fate.reports.last()).map(|last| last.state).collect();
        assert_eq!(ends.len(), 4, "all but waiting: {ends:?}");
        let dealt_with: Vec<_> = fates.iter().filter_map(|fate| fate.dealt_with).collect();
        assert!(dealt_with.contains(&DealtWith::Told) && dealt_with.contains(&DealtWith::OtherNumber));
        let reports: Vec<_> = fates.iter().flat_map(|fate| &fate.reports).collect();
        assert!(reports.iter().any(|report| report.attempt == 3));
        let open = fates.iter().filter(|fate| fate.dealt_with.is_none());
        let problems = open.filter(|fate| fate.reports.last().is_some_and(|last| last.state.is_problem()));
        assert_eq!(problems.count(), 3, "as many as a clerk can look at");
    }

    #[test]
    fn nothing_is_left_open_in_a_small_office_and_nothing_waits_in_any() {
        let small = all(40);
        assert!(small.iter().all(|fate| fate.reports.last().is_some_and(|last| last.state.is_final())));
        for fate in all(300) {
            assert_ne!(fate.reports.last().unwrap().state, MessageState::Queued);
            assert!(fate.reports.is_sorted_by_key(|report| report.after));
        }
    }
}
