//! The judge sees what is bad, each kind alone, and finds nothing in what is good.

use postoffice_domain::ttn::Ttn;

use super::*;
use crate::faults::side_effects::network::Taken;

const PHONES: [&str; 2] = ["+380671000002", "+380671000001"];

fn ttn(number: usize) -> Ttn {
    Ttn::parse(&postoffice_sms_sender::testing::ttn(number)).unwrap()
}

fn taken(event: &Event) -> Taken {
    Taken {
        event_id: event.event_id.clone(),
        to: event.phone.clone().unwrap(),
        text: format!("{} {}", event.ttn, event.notice.clone().unwrap()),
    }
}

/// Two orders that were handed over: the first to a number whose operator recognises references.
fn good() -> Evidence {
    let mut seen = Evidence::default();
    for (at, phone) in PHONES.into_iter().enumerate() {
        let (number, ttn) = (u32::try_from(at).unwrap() + 1, ttn(at));
        seen.told.insert(number, (ttn, Told::Completed));
        seen.orders.push((number, ttn.to_string(), COMPLETED));
        for (seq, notice) in [(1, "accepted"), (2, "arrived"), (3, "completed")] {
            let publish_seq = i64::try_from(seen.events.len()).unwrap() + 1;
            let event = Event {
                ttn: ttn.to_string(),
                seq,
                event_id: format!("event-{publish_seq}"),
                publish_seq: Some(publish_seq),
                status: "confirmed".to_owned(),
                phone: Some(phone.to_owned()),
                notice: Some(notice.to_owned()),
                state: Some(2),
                was_unknown: false,
            };
            seen.taken.push(taken(&event));
            seen.stream.push((publish_seq, event.event_id.clone()));
            seen.events.push(event);
        }
    }
    seen
}

#[test]
fn only_what_was_under_way_may_be_unknown() {
    let doubted = |of: &[&str]| {
        let mut seen = good();
        seen.events[0].state = Some(UNKNOWN);
        seen.unanswered = of.iter().map(|id| (*id).to_owned()).collect();
        judge(&seen, Allowed { unknown: Doubt::OfCalls, ..Allowed::default() }).wrong
    };
    assert_eq!(doubted(&["event-1"]), []);
    assert!(matches!(&doubted(&["event-2"])[..], [Wrong::Unknown(_)]));
}

fn found(spoil: impl FnOnce(&mut Evidence)) -> Vec<Wrong> {
    let mut seen = good();
    spoil(&mut seen);
    judge(&seen, Allowed::default()).wrong
}

#[test]
fn nothing_is_found_in_what_is_good() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn what_was_acknowledged_is_missed() {
    assert!(found(|seen| drop(seen.orders.pop())).contains(&Wrong::Lost(2, Told::Completed)));
    assert_eq!(found(|seen| seen.orders[1].2 = 2), [Wrong::Lost(2, Told::Completed)], "it was not handed over");
}

#[test]
fn what_nobody_asked_for_or_is_there_twice_is_seen() {
    let extra = ttn(7).to_string();
    let seen = found(|seen| seen.orders.push((2, extra.clone(), 0)));
    assert_eq!(seen, [Wrong::Doubled(format!("order 2, {extra}"))]);
    let again = found(|seen| {
        let event = Event { event_id: "another".to_owned(), publish_seq: Some(7), seq: 4, ..seen.events[2].clone() };
        seen.taken.push(taken(&event));
        seen.stream.push((7, event.event_id.clone()));
        seen.events.push(event);
    });
    assert!(matches!(again[..], [Wrong::Doubled(_), Wrong::ToldTwice(_)]), "{again:?}");
}

#[test]
fn a_message_without_its_end_or_with_a_wrong_one_is_seen() {
    let first = |seen: Vec<Wrong>| seen.into_iter().next().unwrap();
    assert!(matches!(first(found(|seen| seen.events[0].status = "published".to_owned())), Wrong::NoOutcome(_)));
    assert!(matches!(first(found(|seen| seen.events[0].state = Some(QUEUED))), Wrong::NoOutcome(_)));
    assert!(matches!(first(found(|seen| seen.events[0].state = Some(FAILED))), Wrong::Failed(_)));
    assert!(matches!(first(found(|seen| seen.events[0].state = Some(UNKNOWN))), Wrong::Unknown(_)));
    assert!(matches!(first(found(|seen| drop(seen.taken.remove(0)))), Wrong::NeverSent(_)));
}

#[test]
fn doubt_is_counted_where_it_is_allowed() {
    let mut seen = good();
    seen.events[0].state = Some(UNKNOWN);
    seen.events[3].state = Some(UNKNOWN);
    seen.taken.remove(0);
    let verdict = judge(&seen, Allowed { unknown: Doubt::Any, ..Allowed::default() });
    assert_eq!((verdict.wrong, verdict.unknown, verdict.unknown_unsent), (Vec::new(), 2, 1));
}

#[test]
fn a_message_that_goes_again_is_counted_by_what_its_operator_makes_of_it() {
    let mut seen = good();
    seen.taken.push(seen.taken[2].clone());
    seen.taken.push(seen.taken[5].clone());
    let verdict = judge(&seen, Allowed::default());
    assert!(matches!(verdict.wrong[..], [Wrong::SentTwice(_), Wrong::SentTwice(_)]), "{:?}", verdict.wrong);
    let rewound = judge(&seen, Allowed { redis_lost: true, ..Allowed::default() });
    assert!(matches!(rewound.wrong[..], [Wrong::SentTwice(_), Wrong::SentTwice(_)]), "{:?}", rewound.wrong);
    let verdict = judge(&seen, Allowed { redis_lost: true, called_again: true, ..Allowed::default() });
    assert_eq!((verdict.wrong, verdict.again_recognised, verdict.again_other), (Vec::new(), 1, 1));
}

#[test]
fn a_later_event_before_an_earlier_one_is_seen() {
    assert!(matches!(found(|seen| seen.taken.swap(0, 2))[..], [Wrong::OutOfOrder(_), ..]));
    assert_eq!(found(|seen| seen.taken.swap(2, 3)), [], "orders do not wait for each other");
}

#[test]
fn what_was_said_to_be_unknown_may_still_come_behind_a_later_one_where_doubt_is_allowed() {
    let mut seen = good();
    seen.taken.swap(0, 1);
    let doubt = Allowed { unknown: Doubt::Any, ..Allowed::default() };
    assert!(matches!(judge(&seen, doubt).wrong[..], [Wrong::OutOfOrder(_)]), "it was accepted");
    // Its call came through after all, and the proof moved it on.
    seen.events[0].was_unknown = true;
    let verdict = judge(&seen, doubt);
    assert_eq!((verdict.wrong, verdict.unknown_late), (Vec::new(), 1));
}

#[test]
fn numbers_are_whole_in_sql_and_in_the_stream() {
    assert_eq!(found(|seen| drop(seen.stream.pop())), [Wrong::Number(6)]);
    assert_eq!(found(|seen| seen.stream.push((7, "event-6".to_owned()))), [Wrong::Number(7)]);
    assert_eq!(found(|seen| drop(seen.stream.remove(0))), [Wrong::Number(1)]);
    assert_eq!(found(|seen| (seen.events[5].publish_seq, seen.stream[5].0) = (Some(9), 9)), [Wrong::Number(6)]);
}

#[test]
fn an_event_that_went_again_has_two_numbers_where_that_may_be() {
    let again = |seen: &mut Evidence| {
        seen.events[1].publish_seq = Some(7);
        seen.earlier.push((2, "event-2".to_owned()));
        seen.stream.push((7, "event-2".to_owned()));
        let last = seen.taken.remove(1);
        seen.taken.push(last);
    };
    assert_eq!(found(again), [Wrong::OutOfOrder(format!("{} 2, state Some(2)", ttn(0))), Wrong::Number(2)]);
    let mut seen = good();
    again(&mut seen);
    let allowed = Allowed { again: true, ..Allowed::default() };
    assert_eq!(judge(&seen, allowed).wrong, []);
    seen.earlier.push((3, "event-2".to_owned()));
    assert_eq!(judge(&seen, allowed).wrong, [Wrong::Number(3)], "another event has that number");
}
