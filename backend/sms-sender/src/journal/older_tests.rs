//! Records of older senders, one key for each message: a text, and before that a hash. None of their messages is sent twice.

use postoffice_protocol::messages::MessageState;

use super::{
    tests::{Desk, EVENT, named, news},
    *,
};
use crate::samples;

const FIELDS: [[&str; 2]; 9] = [
    ["state", "attempting"],
    ["attempts", "1"],
    ["by", "older-3"],
    ["deadline", "99"],
    ["segments", "1"],
    ["since", "5"],
    ["ttn", samples::TTN],
    ["entry", "1-0"],
    ["request", "r1"],
];

fn older_key(event_id: Uuid) -> String {
    format!("{{po}}:sms:message:{event_id}")
}

/// What was left of a message whose call was begun.
#[derive(Debug, Clone, Copy)]
enum Left {
    Text,
    Hash,
}

impl Left {
    async fn in_redis(self, desk: &mut Desk, event_id: Uuid) {
        let ttn = samples::TTN;
        let leave = match self {
            Self::Text => redis::cmd("SET")
                .arg(older_key(event_id))
                .arg(format!("attempting - 1 older-3 99 1 5 - - - {ttn} 1-0 r1"))
                .to_owned(),
            Self::Hash => redis::cmd("HSET").arg(older_key(event_id)).arg(FIELDS.as_flattened()).to_owned(),
        };
        leave.query_async::<()>(&mut desk.connection).await.unwrap();
    }
}

async fn is_moved(desk: &mut Desk, event_id: Uuid) -> bool {
    let is_left: bool = redis::cmd("EXISTS").arg(older_key(event_id)).query_async(&mut desk.connection).await.unwrap();
    let id = event_id.to_string();
    let is_here: bool =
        redis::cmd("HEXISTS").arg(key(event_id)).arg(id).query_async(&mut desk.connection).await.unwrap();
    assert_ne!(is_left, is_here, "in one place");
    is_here
}

#[tokio::test]
async fn it_is_read_and_the_next_step_moves_it() {
    for left in [Left::Text, Left::Hash] {
        let mut desk = Desk::open().await;
        desk.publish_and_read().await;
        left.in_redis(&mut desk, EVENT).await;
        assert_eq!(desk.begin("a", 1).await, Begun::Elsewhere, "it may have been sent");
        let found = desk.journal.find(EVENT).await.unwrap().unwrap();
        assert_eq!((found.standing.stage, found.standing.by.as_deref()), (Stage::Attempting, Some("older-3")));
        assert_eq!((found.ttn, found.request_id.as_deref()), (Desk::ttn(), Some("r1")));
        assert!(!is_moved(&mut desk, EVENT).await, "{left:?}: nothing has happened");
        assert!(desk.journal.settle(&news(MessageState::Delivered, None), None).await.unwrap());
        assert_eq!(desk.pending().await, 0, "its entry is known");
        assert!(is_moved(&mut desk, EVENT).await, "{left:?}");
        assert_eq!(desk.claim("b").await.stage, Stage::Settled(MessageState::Delivered));
    }
}

#[tokio::test]
async fn a_step_of_its_own_moves_it() {
    for left in [Left::Text, Left::Hash] {
        let mut desk = Desk::open().await;
        left.in_redis(&mut desk, EVENT).await;
        assert_eq!(desk.claim("a").await.stage, Stage::Attempting, "it may have been sent");
        assert!(is_moved(&mut desk, EVENT).await, "{left:?}");
        assert!(
            desk.journal.retract(EVENT, "older-3", 1, &desk.charge).await.unwrap(),
            "the book of calls knows better"
        );
        assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    }
}

#[tokio::test]
async fn those_of_one_call_are_found_among_new_ones_and_what_is_no_record_holds_up_itself_alone() {
    let mut desk = Desk::open().await;
    let [text, hash, foreign, new] = [1, 2, 3, 4].map(Uuid::from_u128);
    Left::Text.in_redis(&mut desk, text).await;
    Left::Hash.in_redis(&mut desk, hash).await;
    redis::cmd("RPUSH").arg(older_key(foreign)).arg("x").query_async::<()>(&mut desk.connection).await.unwrap();
    let (ttn, charge) = (Desk::ttn(), desk.charge.clone());
    let intents = [text, hash, foreign, new].map(|event| Intent {
        message: named(event, &ttn),
        hand: "a",
        since: Timestamp::from_millis(5),
        attempt: 1,
        deadline: Timestamp::from_millis(99),
        segments: 1,
        charge: &charge,
    });
    let mut begun = desk.journal.begin_all(&intents).await;
    assert!(begun.remove(2).unwrap_err().to_string().contains("WRONGTYPE"));
    let begun: Vec<Begun> = begun.into_iter().map(Result::unwrap).collect();
    assert_eq!(begun, [Begun::Elsewhere, Begun::Elsewhere, Begun::Yes]);
}
