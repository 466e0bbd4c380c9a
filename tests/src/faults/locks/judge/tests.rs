//! The judge sees what is bad, each kind alone, and finds nothing in what is good.

use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{orders::CommandId, session::SessionId};
use uuid::Uuid;

use super::{Demands, Evidence, Wrong, judge};
use crate::faults::{
    locks::{
        journal::{Answer, Did, Line, Span},
        witness::{Seen, What},
    },
    moment::Moment,
};

const ALL: Demands = Demands { polite: true, in_turn: true };
const LEASE: u64 = 1_000;

fn ttn() -> Ttn {
    Ttn::parse(&postoffice_sms_sender::testing::ttn(1)).unwrap()
}

fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

/// A line of a session, sent and answered at these times.
fn line(of: u128, sent: u64, answered: u64, did: Did) -> Line {
    Line { at: Span { sent: Moment(sent), answered: Moment(answered) }, session: session(of), ttn: ttn(), did }
}

fn loaded(of: u128, at: u64, fence: u64, street: &str) -> Line {
    line(of, at, at + 10, Did::Loaded { fence, street: street.to_owned(), by_force: false })
}

fn command(street: &str) -> CommandId {
    CommandId(Uuid::from_u128(street.bytes().fold(0, |id, byte| id * 256 + u128::from(byte))))
}

/// A save and its answer.
fn saved(of: u128, at: u64, fence: Option<u64>, street: &str, answer: Answer) -> Vec<Line> {
    let command = command(street);
    vec![
        line(of, at, at, Did::Asked { command, street: street.to_owned(), fence }),
        line(of, at, at + 10, Did::Answered { command, answer }),
        line(of, at + 10, at + 10, Did::LetGo),
    ]
}

fn stamp(of: u128, fence: u64) -> Seen {
    let what = What::Stamped { before: fence - 1, fence, session: Some(session(of)), moved: false };
    Seen { ttn: ttn(), what }
}

fn moved(street: &str) -> Seen {
    Seen { ttn: ttn(), what: What::Moved { street: street.to_owned() } }
}

/// One edits and saves, then two does.
fn good() -> Evidence {
    let mut lines = vec![loaded(1, 100, 1, "start")];
    lines.extend(saved(1, 200, Some(1), "one", Answer::Done));
    lines.push(loaded(2, 300, 2, "one"));
    lines.extend(saved(2, 400, Some(2), "two", Answer::Done));
    let seen = vec![stamp(1, 1), moved("one"), stamp(2, 2), moved("two")];
    Evidence { lines, seen, places: [(ttn(), "two".to_owned())].into(), lease: LEASE }
}

fn found(spoil: impl FnOnce(&mut Evidence)) -> Vec<Wrong> {
    let mut evidence = good();
    spoil(&mut evidence);
    judge(&evidence, ALL).wrong
}

#[test]
fn a_good_history_is_good() {
    let verdict = judge(&good(), ALL);
    assert_eq!(verdict.wrong, []);
    assert_eq!((verdict.operations, verdict.unknown, verdict.beliefs), (4, 0, 0));
}

#[test]
fn a_command_is_done_once_or_not_at_all() {
    assert!(found(|evidence| evidence.seen.truncate(3)).contains(&Wrong::Lost("two".to_owned())));
    assert!(found(|evidence| evidence.seen.push(moved("two"))).contains(&Wrong::Doubled("two".to_owned(), 2)));
    assert!(found(|evidence| evidence.seen.push(moved("three"))).contains(&Wrong::Unasked("three".to_owned())));
    let other = |evidence: &mut Evidence| evidence.places = [(ttn(), "one".to_owned())].into();
    assert_eq!(found(other), [Wrong::Elsewhere(ttn())]);
    let refused = line(2, 420, 430, Did::Answered { command: command("two"), answer: Answer::LockLost });
    assert!(found(|evidence| evidence.lines.push(refused)).contains(&Wrong::TwoAnswers("two".to_owned())));
    let only_refused = |evidence: &mut Evidence| {
        evidence.lines.truncate(5);
        evidence.lines.extend(saved(2, 400, Some(2), "two", Answer::LockLost));
    };
    assert!(found(only_refused).contains(&Wrong::DoneThoughRefused("two".to_owned())));
    // A clerk that died before the answer.
    let mut evidence = good();
    evidence.lines.truncate(6);
    let verdict = judge(&evidence, ALL);
    assert_eq!((verdict.wrong, verdict.unknown), (vec![], 1));
}

#[test]
fn a_change_under_the_load_of_another_is_stale() {
    // One saves after two has loaded.
    let late = |evidence: &mut Evidence| evidence.seen.swap(1, 2);
    assert!(found(late).contains(&Wrong::Stale("one".to_owned())));
    // A short command of two counts as a load.
    let mut evidence = good();
    evidence.lines = vec![loaded(1, 100, 1, "start")];
    evidence.lines.extend(saved(2, 2_000, None, "short", Answer::Done));
    evidence.lines.extend(saved(1, 2_100, Some(1), "one", Answer::Done));
    evidence.seen = vec![stamp(1, 1), moved("short"), moved("one")];
    evidence.places.clear();
    assert_eq!(judge(&evidence, ALL).wrong, [Wrong::Stale("one".to_owned())]);
}

#[test]
fn tokens_grow_and_belong_to_whom_the_database_gave_them() {
    let again = What::Stamped { before: 1, fence: 1, session: Some(session(2)), moved: false };
    assert!(found(|evidence| evidence.seen[2].what = again).contains(&Wrong::TokenNotGrown(ttn(), 1)));
    let twice = found(|evidence| evidence.lines[4] = loaded(2, 300, 1, "one"));
    assert!(twice.contains(&Wrong::TokenTwice(ttn(), 1)) && twice.contains(&Wrong::TokenUnstamped(ttn(), 1)));
}

#[test]
fn who_loads_sees_what_was_written_before() {
    assert_eq!(found(|evidence| evidence.lines[4] = loaded(2, 300, 2, "start")), [Wrong::Missed(ttn(), 2)]);
    // What was written between the load and the answer may be seen already.
    assert_eq!(found(|evidence| evidence.lines[0] = loaded(1, 100, 1, "one")), []);
}

#[test]
fn commits_obey_real_time() {
    // The load of two was asked for only after the save of one was over, but committed before it.
    assert!(found(|evidence| evidence.seen.swap(1, 2)).contains(&Wrong::OutOfTime(ttn())));
}

#[test]
fn a_refusal_has_a_reason() {
    let refused = |evidence: &mut Evidence| {
        evidence.lines.truncate(5);
        evidence.lines.extend(saved(2, 400, Some(2), "two", Answer::LockLost));
        evidence.seen.truncate(3);
        evidence.places.clear();
    };
    assert_eq!(found(refused), [Wrong::RefusedForNothing("two".to_owned())]);
    let with_reason = |evidence: &mut Evidence| {
        refused(evidence);
        evidence.lines.push(loaded(3, 350, 3, "one"));
        evidence.seen.push(stamp(3, 3));
    };
    assert!(!found(with_reason).contains(&Wrong::RefusedForNothing("two".to_owned())));
}

#[test]
fn a_lock_has_one_holder_within_its_lease() {
    let early = |evidence: &mut Evidence| evidence.lines[4] = loaded(2, 150, 2, "one");
    let wrong = found(early);
    assert!(wrong.contains(&Wrong::Shared(ttn())), "{wrong:?}");
    let mut evidence = good();
    early(&mut evidence);
    assert_eq!(judge(&evidence, ALL).beliefs, 1);
    // After the lease both may believe, but only one holds.
    evidence.lines[4] = loaded(2, 1_500, 2, "one");
    evidence.lines[1].at = Span { sent: Moment(2_000), answered: Moment(2_000) };
    evidence.lines[3].at = Span { sent: Moment(2_010), answered: Moment(2_010) };
    evidence.lines[7].at = Span { sent: Moment(2_410), answered: Moment(2_410) };
    let verdict = judge(&evidence, ALL);
    assert!(!verdict.wrong.contains(&Wrong::Shared(ttn())));
    assert_eq!(verdict.beliefs, 1);
}

#[test]
fn nobody_keeps_what_another_has_loaded_since() {
    let renewed = line(1, 500, 510, Did::Renewed);
    assert_eq!(found(|evidence| evidence.lines.push(renewed)), [Wrong::RenewedAfterLoss(ttn())]);
}

fn waited(of: u128, at: u64, granted: bool) -> Line {
    line(of, at, at + 10, Did::Waited { asking: false, granted })
}

fn only(lines: Vec<Line>) -> Vec<Wrong> {
    judge(&Evidence { lines, lease: LEASE, ..Evidence::default() }, ALL).wrong
}

#[test]
fn who_comes_first_is_served_first() {
    let in_turn = vec![waited(1, 100, false), waited(2, 200, false), waited(1, 300, true), waited(2, 400, true)];
    assert_eq!(only(in_turn), []);
    let out_of_turn = vec![
        waited(1, 100, false),
        waited(2, 200, false),
        waited(1, 250, false),
        waited(2, 300, true),
        waited(1, 350, false),
        waited(1, 400, true),
    ];
    assert_eq!(only(out_of_turn), [Wrong::OutOfTurn(ttn())]);
    // Both at once: either may be first.
    let at_once = vec![waited(1, 100, false), waited(2, 105, false), waited(2, 300, true), waited(1, 350, false)];
    assert_eq!(only(at_once), []);
    let jumped = vec![waited(1, 100, false), waited(1, 120, false), loaded(2, 300, 1, "start"), waited(1, 400, false)];
    assert!(only(jumped).contains(&Wrong::OutOfTurn(ttn())));
}

#[test]
fn the_dead_get_nothing() {
    let silence = u64::try_from(Duration::from_secs(9).as_micros()).unwrap();
    let heard = |at| line(1, at, at, Did::Heard);
    let dead = vec![waited(1, 100, false), waited(1, 120, false), heard(silence)];
    assert_eq!(only(dead), [Wrong::GrantedToDead(ttn())]);
    assert_eq!(only(vec![waited(1, 100, false), waited(1, 120, false), heard(5_000)]), []);
}
