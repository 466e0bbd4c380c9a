//! Of a judge that finds nothing nobody knows whether it looks.

use super::*;
use crate::desk::command_id;

const DEMANDS: Demands = Demands { back_within: Duration::from_secs(5), memory_mb: 100 };

fn ttn() -> Ttn {
    Ttn::parse("8123475609142831").unwrap()
}

/// Two desktops on a good day: five changes; one registers an order and moves it.
fn good() -> Evidence {
    let register = Command { id: command_id(1), what: What::Register(1), sent: 2, told: vec![Told::Done(Some(ttn()))] };
    let moved = Command { id: command_id(2), what: What::Move(ttn(), 2), sent: 1, told: vec![Told::Done(None)] };
    let busy = Journal {
        since: 2,
        came: vec![3, 4, 5],
        returns: vec![Duration::from_millis(300)],
        commands: vec![register, moved],
        ..Journal::default()
    };
    let watching = Journal { since: 0, came: vec![1, 2, 3, 4, 5], ..Journal::default() };
    Evidence {
        journals: vec![busy, watching],
        last: 5,
        orders: vec![(1, ttn().to_string())],
        moves: vec![(ttn().to_string(), 2)],
        peak_mb: 50,
        too_slow: 0,
    }
}

fn wrong(change: impl FnOnce(&mut Evidence)) -> Vec<Wrong> {
    let mut seen = good();
    change(&mut seen);
    judge(&seen, DEMANDS).wrong
}

#[test]
fn a_good_day_is_good() {
    let verdict = judge(&good(), DEMANDS);
    assert_eq!(verdict.wrong, []);
    assert_eq!((verdict.ended, verdict.again, verdict.changes, verdict.returns), (2, 1, 8, 1));
}

#[test]
fn what_is_missed_repeated_or_out_of_order_is_found() {
    assert_eq!(wrong(|seen| seen.journals[1].came = vec![1, 4, 5]), [Wrong::Missed(2, 3)]);
    assert_eq!(wrong(|seen| seen.last = 6), [Wrong::Missed(6, 6), Wrong::Missed(6, 6)]);
    assert_eq!(wrong(|seen| seen.journals[1].came = vec![1, 2, 3, 4, 3, 5]), [Wrong::Twice(3)]);
    assert_eq!(wrong(|seen| seen.journals[0].came = vec![2, 3, 4, 5]), [Wrong::Twice(2)]);
    assert_eq!(wrong(|seen| seen.journals[1].came = vec![1, 3, 2, 4, 5]), [Wrong::OutOfOrder(2)]);
}

#[test]
fn what_became_of_commands_is_compared_with_what_was_told() {
    let moved = || What::Move(ttn(), 2);
    assert_eq!(wrong(|seen| seen.orders.clear()), [Wrong::Lost(What::Register(1))]);
    assert_eq!(wrong(|seen| seen.moves.clear()), [Wrong::Lost(moved())]);
    let twice = wrong(|seen| seen.orders.push((1, "8123475609142849".to_owned())));
    assert!(matches!(twice[..], [Wrong::Doubled(_)]), "{twice:?}");
    let twice = wrong(|seen| seen.moves.push((ttn().to_string(), 2)));
    assert!(matches!(twice[..], [Wrong::Doubled(_)]), "{twice:?}");
    let another = wrong(|seen| seen.orders[0].1 = "8123475609142849".to_owned());
    assert!(matches!(another[..], [Wrong::Doubled(_)]), "{another:?}");
    assert_eq!(wrong(|seen| seen.journals[0].commands[1].told.clear()), [Wrong::Unanswered(moved())]);
    let both = wrong(|seen| seen.journals[0].commands[1].told.push(Told::Refused("late".to_owned())));
    assert!(matches!(both[..], [Wrong::Contradicted(..)]), "{both:?}");
    let refused = wrong(|seen| seen.journals[0].commands[1].told = vec![Told::Refused("why".to_owned())]);
    assert!(matches!(refused[..], [Wrong::Refused(..), Wrong::Doubled(_)]), "{refused:?}");
}

#[test]
fn a_snapshot_a_lost_session_a_late_return_and_too_much_memory_are_found() {
    assert_eq!(wrong(|seen| seen.journals[0].resyncs = 1), [Wrong::Resync]);
    assert_eq!(wrong(|seen| seen.journals[0].strangers = 1), [Wrong::Stranger]);
    let late = Duration::from_secs(6);
    assert_eq!(wrong(|seen| seen.journals[0].returns = vec![late]), [Wrong::Late(late)]);
    assert_eq!(wrong(|seen| seen.peak_mb = 101), [Wrong::Memory(101)]);
}
