//! The book over the death of its writer.

use std::fs;

use postoffice_protocol::messages::MessageReason;
use tempfile::TempDir;

use super::*;
use crate::process::{this_machine, this_process};

const EVENT: Uuid = Uuid::from_u128(7);
const DEAD: &str = "00000000000000aa";
const HEIR: &str = "00000000000000bb";

/// A process that cannot be: the first one of this machine, started at another time.
fn dead() -> String {
    format!("{}:1:0", this_machine())
}

fn hand(name: &str, number: u64) -> String {
    format!("{name}-{number}")
}

fn accepted(id: &str) -> Answer {
    Answer::Accepted(Some(id.to_owned()))
}

fn files(folder: &TempDir) -> usize {
    fs::read_dir(folder.path()).unwrap().count()
}

#[test]
fn the_heir_knows_how_far_every_call_was() {
    let folder = TempDir::new().unwrap();
    let book = CallBook::open(folder.path(), DEAD, &dead());
    let events: Vec<Uuid> = (1..=7).map(Uuid::from_u128).collect();
    let answers = [
        accepted("id-1"),
        Answer::Delivered,
        Answer::Permanent(MessageReason::Rejected),
        Answer::Retry { after: None },
        Answer::Lost,
    ];
    let intended = book.intend(events[0], &hand(DEAD, 0), 1);
    let asked = book.intend(events[1], &hand(DEAD, 1), 1);
    asked.asks().unwrap();
    for (number, answer) in answers.iter().enumerate() {
        let call = book.intend(events[2 + number], &hand(DEAD, 2), 3);
        call.asks().unwrap();
        call.heard(answer);
    }
    drop((intended, asked));
    drop(book);
    assert_eq!(unanswered(folder.path()).unwrap(), [events[1], events[6]]);
    assert!(unanswered(&folder.path().join("nobody")).unwrap().is_empty());
    let heir = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(files(&folder), 1, "the dead one's is taken over");
    assert_eq!(heir.fate(events[0], &hand(DEAD, 0), 1), Said::NotAsked);
    assert_eq!(heir.fate(events[1], &hand(DEAD, 1), 1), Said::Asked);
    let expected = [
        Said::Answered(accepted("id-1")),
        Said::Answered(Answer::Delivered),
        Said::Answered(Answer::Permanent(MessageReason::Rejected)),
        Said::NotAsked,
        Said::Asked,
    ];
    for (number, said) in expected.iter().enumerate() {
        assert_eq!(heir.fate(events[2 + number], &hand(DEAD, 2), 3), *said);
    }
    assert_eq!(heir.fate(events[0], &hand(DEAD, 1), 1), Said::Asked, "another taking-up");
    assert_eq!(heir.fate(events[0], &hand(DEAD, 0), 2), Said::Asked, "another attempt");
    assert_eq!(heir.fate(events[0], "no hand", 1), Said::Asked);
    assert_eq!(heir.remembers(events[0]), None, "it may be sent");
    assert_eq!(heir.remembers(events[2]), Some((3, Said::Answered(accepted("id-1")))));
    // A third one inherits from the second, and another slot's sender believes the second about the first.
    let other = CallBook::open(folder.path(), "00000000000000cc", &this_process());
    assert_eq!(other.fate(events[0], &hand(DEAD, 0), 1), Said::NotAsked);
    assert_eq!(other.remembers(events[2]), None, "only its own memory");
}

#[test]
fn a_living_writer_is_not_believed() {
    let folder = TempDir::new().unwrap();
    let living = CallBook::open(folder.path(), DEAD, &this_process());
    let call = living.intend(EVENT, &hand(DEAD, 0), 1);
    let other = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(files(&folder), 2);
    assert_eq!(other.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked);
    assert_eq!(
        living.fate(EVENT, &hand(DEAD, 0), 1),
        Said::Asked,
        "nor is one's own call judged by others than its maker"
    );
    call.asks().unwrap();
    assert_eq!(living.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked);
    // An answer is one, whoever looks; Redis may have forgotten what followed from it.
    call.heard(&accepted("id-1"));
    drop(call);
    assert_eq!(living.fate(EVENT, &hand(DEAD, 0), 1), Said::Answered(accepted("id-1")));
    assert_eq!(other.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked);
}

#[test]
fn an_intent_that_was_taken_back_does_not_hide_the_call_that_was_made() {
    let folder = TempDir::new().unwrap();
    let book = CallBook::open(folder.path(), DEAD, &dead());
    drop(book.intend(EVENT, &hand(DEAD, 0), 1));
    let made = book.intend(EVENT, &hand(DEAD, 0), 1);
    made.asks().unwrap();
    let other = CallBook::open(folder.path(), "00000000000000cc", &this_process());
    assert_eq!(other.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked, "taken over");
    let third = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(third.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked, "of another's book");
    // Of one's own.
    drop(third.intend(EVENT, &hand(HEIR, 0), 1));
    let made = third.intend(EVENT, &hand(HEIR, 0), 1);
    made.asks().unwrap();
    made.heard(&accepted("id-1"));
    assert_eq!(third.fate(EVENT, &hand(HEIR, 0), 1), Said::Answered(accepted("id-1")));
}

#[test]
fn a_book_from_before_the_machine_started_is_thrown_away() {
    let folder = TempDir::new().unwrap();
    let book = CallBook::open(folder.path(), DEAD, "another-boot:1:1:0");
    drop(book.intend(EVENT, &hand(DEAD, 0), 1));
    let heir = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(files(&folder), 1);
    assert_eq!(heir.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked);
}

#[test]
fn a_book_in_another_name_space_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let run = this_machine().split(':').next().unwrap().to_owned();
    let book = CallBook::open(folder.path(), DEAD, &format!("{run}:0:1:0"));
    drop(book.intend(EVENT, &hand(DEAD, 0), 1));
    let heir = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(files(&folder), 2, "whether its writer lives cannot be known here");
    assert_eq!(heir.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked);
}

#[test]
fn garbage_and_half_books_say_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.calls"), b"POCALLS1").unwrap();
    fs::write(folder.path().join("b.calls"), [0xff; 4_000]).unwrap();
    fs::write(folder.path().join("c.calls"), b"").unwrap();
    let mut torn = record::header(0xaa, &dead()).to_vec();
    torn.extend([0xff; 200]);
    fs::write(folder.path().join("d.calls"), torn).unwrap();
    let heir = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(heir.fate(EVENT, &hand(DEAD, 0), 1), Said::Asked);
    assert_eq!(heir.remembers(EVENT), None);
}

#[test]
fn the_oldest_calls_are_forgotten_and_those_under_way_are_not() {
    let folder = TempDir::new().unwrap();
    let book = CallBook::open(folder.path(), DEAD, &dead());
    let under_way = book.intend(EVENT, &hand(DEAD, 0), 1);
    under_way.asks().unwrap();
    let first = Uuid::from_u128(1_000);
    for number in 0..u128::try_from(KEPT).unwrap() {
        let call = book.intend(Uuid::from_u128(1_000 + number), &hand(DEAD, 1), 1);
        call.asks().unwrap();
        call.heard(&Answer::Delivered);
    }
    assert_eq!(book.remembers(first), None);
    assert!(book.remembers(Uuid::from_u128(1_001)).is_some());
    assert_eq!(book.remembers(EVENT), Some((1, Said::Asked)));
    drop(under_way);
    drop(book);
    let heir = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(heir.remembers(EVENT), Some((1, Said::Asked)));
    assert!(heir.remembers(Uuid::from_u128(1_001)).is_some());
}

#[test]
fn the_heir_remembers_the_last_call_wherever_it_stands_in_the_book() {
    let folder = TempDir::new().unwrap();
    let book = CallBook::open(folder.path(), DEAD, &dead());
    let call = |event: u128, attempt: u32, answer: &Answer| {
        let call = book.intend(Uuid::from_u128(event), &hand(DEAD, 0), attempt);
        call.asks().unwrap();
        call.heard(answer);
    };
    for other in 1..u128::try_from(KEPT).unwrap() {
        call(1_000 + other, 1, &Answer::Delivered);
    }
    // At the end of the book, and at its beginning.
    call(7, 1, &Answer::Retry { after: None });
    call(7, 2, &accepted("id-1"));
    drop(book);
    let heir = CallBook::open(folder.path(), HEIR, &this_process());
    assert_eq!(heir.remembers(EVENT), Some((2, Said::Answered(accepted("id-1")))));
}

#[test]
fn an_id_that_does_not_fit_leaves_doubt() {
    let long = Said::Answered(accepted(&"x".repeat(91)));
    let record = |said| Record { event: EVENT, process: 1, hand: 2, attempt: 3, said };
    assert_eq!(Record::of_cell(&record(long).cell()), Some(record(Said::Asked)));
    let fits = record(Said::Answered(accepted(&"x".repeat(90))));
    assert_eq!(Record::of_cell(&fits.cell()), Some(fits));
}

#[test]
fn without_a_folder_everything_is_in_doubt() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let book = CallBook::open(&file, DEAD, &this_process());
    let call = book.intend(EVENT, &hand(DEAD, 0), 1);
    call.asks().unwrap();
    call.heard(&Answer::Delivered);
    assert_eq!(book.remembers(EVENT), None);
    assert_eq!(book.fate(EVENT, &hand(HEIR, 0), 1), Said::Asked);
}
