use postoffice_domain::clock::Timestamp;
use postoffice_protocol::{
    desktop::Progress,
    messages::OnMessage,
    orders::{CompleteOrder, WithReason},
};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::testing::{session, ttn};

fn owner() -> EmployeeId {
    EmployeeId(Uuid::from_u128(7))
}

fn id(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(number))
}

fn resend(number: u128) -> Call {
    Call::ResendMessage(OnMessage { command_id: id(number), event_id: Uuid::from_u128(2) })
}

fn complete(number: u128, ttn: Ttn) -> Call {
    Call::CompleteOrder(CompleteOrder { command_id: id(number), ttn })
}

fn kept(call: Call, sent: bool) -> KeptCommand {
    KeptCommand { since: Timestamp::from_millis(5), sent, call, refused: None }
}

fn of_owner() -> Pending {
    let pending = Pending::default();
    pending.take_up(owner(), Vec::new());
    pending
}

fn sent_again(pending: &Pending) -> Vec<CommandId> {
    pending.to_send().into_iter().map(|(id, _)| id).collect()
}

fn good() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap()
}

fn bad(code: ProblemCode) -> Box<Problem> {
    Box::new(Problem::new(code, "as the test wants"))
}

fn outcome(number: u128, ttn: Ttn, problem: Option<Problem>) -> CommandOutcome {
    CommandOutcome { command_id: id(number), session: session(1), ttn, problem, version: None }
}

#[test]
fn a_command_whose_answer_is_its_end_goes_again_until_it_is_answered() {
    let pending = of_owner();
    let mut first = pending.add(owner(), kept(resend(1), true)).unwrap();
    let mut pressed_again = pending.add(owner(), kept(resend(1), true)).unwrap();
    pending.forget_accepted();
    assert_eq!(pending.to_send(), [(id(1), resend(1))], "once, however often it was pressed");
    assert_eq!(pending.answered(id(1), Ok(good()), None), After::Over);
    for ended in [&mut first, &mut pressed_again] {
        assert!(matches!(ended.try_recv(), Ok(Ended::Answered(Ok(_)))));
    }
    assert!(pending.to_send().is_empty());
    assert!(pending.list().is_empty(), "somebody was told: there is nothing to look at");
}

#[test]
fn an_accepted_command_waits_for_its_outcome_and_is_sent_again_on_the_next_socket() {
    let (pending, ttn) = (of_owner(), ttn());
    let mut ended = pending.add(owner(), kept(complete(1, ttn), true)).unwrap();
    assert_eq!(pending.answered(id(1), Ok(good()), Some(session(1))), After::Waits);
    assert_eq!(pending.list()[0].progress, Progress::Accepted);
    assert!(pending.to_send().is_empty(), "its outcome is on the way");
    pending.link_broke();
    assert_eq!(sent_again(&pending), [id(1)]);
    assert_eq!(pending.outcome(&outcome(1, ttn, None)), After::Over);
    assert!(matches!(ended.try_recv(), Ok(Ended::Outcome(_))));
}

#[test]
fn changes_of_one_order_go_one_after_the_other() {
    let (pending, ttn, other) = (of_owner(), ttn(), ttn());
    for call in [complete(1, ttn), complete(2, ttn), complete(3, other)] {
        drop(pending.add(owner(), kept(call, false)));
    }
    assert_eq!(sent_again(&pending), [id(1), id(3)]);
    pending.answered(id(1), Ok(good()), Some(session(1)));
    assert_eq!(sent_again(&pending), [id(3)], "accepted is not done");
    pending.outcome(&outcome(1, ttn, None));
    assert_eq!(sent_again(&pending), [id(2), id(3)]);
}

#[test]
fn only_what_never_left_can_be_taken_back() {
    let (pending, ttn) = (of_owner(), ttn());
    let mut given = pending.add(owner(), kept(complete(1, ttn), false)).unwrap();
    assert_eq!(pending.list()[0].progress, Progress::Unsent);
    drop(pending.add(owner(), kept(complete(2, ttn), false)));
    let leaving = Leaving::First(owner(), Box::new(kept(complete(1, ttn), true)));
    assert_eq!(pending.sending(id(1)), leaving, "on the disk before the first byte leaves");
    assert_eq!(pending.sending(id(1)), Leaving::Again);
    assert_eq!(pending.withdraw(id(1)).unwrap_err().code, ProblemCode::Refused);
    assert_eq!(pending.withdraw(id(2)), Ok(Some(owner())));
    assert_eq!(pending.sending(id(2)), Leaving::Gone);
    assert!(given.try_recv().is_err());
    assert_eq!(pending.waiting(), 1);
}

#[test]
fn an_end_that_nobody_heard_stays_to_be_seen() {
    let (pending, ttn) = (Pending::default(), ttn());
    let earlier = [complete(1, ttn), resend(2)].map(|call| kept(call, true));
    pending.take_up(owner(), earlier.to_vec());
    assert_eq!(pending.outcome(&outcome(1, ttn, None)), After::Over);
    assert_eq!(pending.list()[0].progress, Progress::Done);
    let problem = Problem::new(ProblemCode::IdReused, "other content");
    let After::Refused(of, written) = pending.answered(id(2), Err(Box::new(problem.clone())), None) else {
        panic!("it is to be seen")
    };
    let shown =
        |pending: &Pending| pending.list().into_iter().find(|shown| shown.command_id == id(2)).unwrap().progress;
    assert!(!matches!(shown(&pending), Progress::Refused { .. }), "it is not on the disk yet");
    pending.refusal_kept(id(2));
    assert!(matches!(shown(&pending), Progress::Refused { .. }));
    assert_eq!((of, written.refused.as_deref()), (owner(), Some(&problem)));
    // The next start finds it refused, and does not send it.
    let next = Pending::default();
    next.take_up(owner(), vec![*written]);
    assert!(next.to_send().is_empty());
    assert_eq!(next.list()[0].progress, Progress::Refused { problem: Box::new(problem) });
    assert_eq!(next.dismiss(id(2)), Some(owner()));
    assert!(next.list().is_empty());
}

#[test]
fn a_refusal_after_a_break_is_kept_although_the_dialog_heard_it() {
    let (pending, ttn) = (of_owner(), ttn());
    let listening = pending.add(owner(), kept(complete(1, ttn), true)).unwrap();
    pending.link_broke();
    let refused = Problem::new(ProblemCode::OrderLocked, "somebody edits");
    assert!(matches!(pending.outcome(&outcome(1, ttn, Some(refused))), After::Refused(..)));
    drop(listening);
}

#[test]
fn not_now_is_no_end() {
    let pending = of_owner();
    drop(pending.add(owner(), kept(resend(1), true)));
    let again = pending.answered(id(1), Err(bad(ProblemCode::RateLimited)), None);
    assert_eq!(again, After::Again(AGAIN));
    assert!(pending.to_send().is_empty(), "not before its time");
    assert_eq!(pending.answered(id(1), Err(bad(ProblemCode::Unauthenticated)), None), After::Waits);
    pending.forget_accepted();
    assert_eq!(sent_again(&pending), [id(1)], "a fresh socket is a fresh try");
    pending.link_broke();
    assert!(matches!(pending.answered(id(1), Err(bad(ProblemCode::ServerBusy)), None), After::Again(_)));
    assert!(matches!(pending.answered(id(1), Err(bad(ProblemCode::Refused)), None), After::Refused(..)));
}

#[test]
fn somebody_elses_session_gets_nothing() {
    let pending = of_owner();
    let mut waits = pending.add(owner(), kept(resend(1), true)).unwrap();
    pending.forget();
    assert!(waits.try_recv().is_err());
    pending.take_up(EmployeeId(Uuid::from_u128(8)), Vec::new());
    assert!(pending.to_send().is_empty());
    assert!(pending.add(owner(), kept(resend(2), true)).is_none(), "the owner left while it was written down");
}

#[test]
fn a_registration_says_its_number_when_it_is_done() {
    let (pending, ttn) = (Pending::default(), ttn());
    let order = json!({
        "sender": { "name": "", "phone": "", "city": "", "street": "" },
        "recipient": { "name": "", "phone": "", "city": "", "street": "" },
        "description": "книги", "payer": "sender", "language": "uk", "cargo": [],
    });
    let call = json!({ "method": "orders.create", "params": { "command_id": id(1), "order": order } });
    pending.take_up(owner(), vec![kept(serde_json::from_value(call).unwrap(), true)]);
    assert_eq!(pending.list()[0].order.as_ref().unwrap().description, "книги");
    let answer =
        RawValue::from_string(json!({ "order": { "ttn": ttn }, "event_id": Uuid::nil() }).to_string()).unwrap();
    pending.answered(id(1), Ok(answer), None);
    assert_eq!(pending.list()[0].ttn, Some(ttn));
}

#[test]
fn a_kept_command_reads_back_as_it_was() {
    let reason = WithReason { command_id: id(1), ttn: ttn(), reason: "передумав 😀".to_owned() };
    let command = kept(Call::CancelOrder(reason), true);
    let text = serde_json::to_string(&command).unwrap();
    assert_eq!(serde_json::from_str::<KeptCommand>(&text).unwrap(), command);
}
