//! The journal against a real Redis: every move, and that none goes back.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OutcomeEntry, outcome_lines},
};
use postoffice_runtime::{redis_link::RedisConnection, testing::TestRedis};

use super::*;
use crate::{outcome, samples};

pub(super) const EVENT: Uuid = Uuid::from_u128(7);

pub(super) struct Desk {
    _redis: TestRedis,
    pub(super) connection: RedisConnection,
    pub(super) journal: Journal,
    pub(super) charge: Charge,
}

impl Desk {
    pub(super) async fn open() -> Self {
        let redis = TestRedis::start().await;
        let mut connection = redis.connection();
        redis::cmd("SET").arg("slot").arg("token").query_async::<()>(&mut connection).await.unwrap();
        let (journal, writer) = Journal::new(connection.clone(), Duration::from_hours(1), "slot", "token");
        tokio::spawn(writer.run());
        let charge = Charge { key: "{po}:sms:spent:today".to_owned(), cost: 3, cap: 0 };
        Self { _redis: redis, connection, journal, charge }
    }

    pub(super) fn ttn() -> Ttn {
        Ttn::parse(samples::TTN).unwrap()
    }

    pub(super) async fn claim(&self, hand: &str) -> Standing {
        let now = Timestamp::from_millis(5);
        self.journal.claim(named(EVENT, &Self::ttn()), hand, now, false).await.unwrap()
    }

    async fn try_suspect(&self, hand: &str) -> u32 {
        let now = Timestamp::from_millis(5);
        self.journal.claim(named(EVENT, &Self::ttn()), hand, now, true).await.unwrap().takes
    }

    pub(super) async fn begin(&self, hand: &str, attempt: u32) -> Begun {
        self.begin_of(EVENT, hand, attempt).await.unwrap()
    }

    pub(super) async fn begin_of(&self, event_id: Uuid, hand: &str, attempt: u32) -> RedisResult<Begun> {
        let ttn = Self::ttn();
        let intent = Intent {
            message: named(event_id, &ttn),
            hand,
            since: Timestamp::from_millis(5),
            attempt,
            deadline: Timestamp::from_millis(99),
            segments: 1,
            charge: &self.charge,
        };
        self.journal.begin(&intent).await
    }

    async fn release(&self, hand: &str, attempt: u32) -> bool {
        let told =
            OutcomeEntry { attempts: attempt, ..news(MessageState::Queued, Some(MessageReason::GatewayUnavailable)) };
        self.journal.release(hand, &self.charge, &told).await.unwrap()
    }

    pub(super) async fn settle(&self, state: MessageState, reason: Option<MessageReason>) -> bool {
        self.journal.settle(&news(state, reason), Some("1-0")).await.unwrap()
    }

    pub(super) async fn publish_and_read(&mut self) {
        let mut command = redis::pipe();
        command.cmd("XADD").arg(OUTBOX_STREAM).arg("1-0").arg("event").arg("x").ignore();
        command.cmd("XGROUP").arg("CREATE").arg(OUTBOX_STREAM).arg(SENDER_GROUP).arg("0").ignore();
        let read = ["GROUP", SENDER_GROUP, "c", "COUNT", "1", "STREAMS", OUTBOX_STREAM, ">"];
        command.cmd("XREADGROUP").arg(&read).ignore();
        command.query_async::<()>(&mut self.connection).await.unwrap();
    }

    pub(super) async fn pending(&mut self) -> usize {
        let summary: redis::streams::StreamPendingReply = redis::cmd("XPENDING")
            .arg(OUTBOX_STREAM)
            .arg(SENDER_GROUP)
            .query_async(&mut self.connection)
            .await
            .unwrap();
        summary.count()
    }

    pub(super) async fn told(&mut self) -> Vec<MessageState> {
        let range: redis::streams::StreamRangeReply =
            redis::cmd("XRANGE").arg(OUTCOME_STREAM).arg("-").arg("+").query_async(&mut self.connection).await.unwrap();
        let read = |json: &[u8]| serde_json::from_slice::<OutcomeEntry>(json).unwrap().state;
        let told = range.ids.iter().map(|entry| entry.get::<Vec<u8>>(OUTCOME_FIELD).unwrap());
        told.flat_map(|lines| outcome_lines(&lines).map(read).collect::<Vec<_>>()).collect()
    }
}

pub(super) fn named(event_id: Uuid, ttn: &Ttn) -> Named<'_> {
    Named { event_id, ttn, entry: "1-0", request_id: Some("r1") }
}

pub(super) fn news(state: MessageState, reason: Option<MessageReason>) -> OutcomeEntry {
    let subject = outcome::Subject { event_id: EVENT, ttn: Desk::ttn(), request_id: Some("r1") };
    outcome::plain(subject, state, reason, 1, Timestamp::from_millis(6))
}

#[tokio::test]
async fn the_way_of_a_message() {
    let mut desk = Desk::open().await;
    desk.publish_and_read().await;
    let claimed = desk.claim("a").await;
    assert_eq!((claimed.stage, claimed.attempts, claimed.takes), (Stage::Claimed, 0, 0));
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    assert_eq!(desk.begin("a", 1).await, Begun::Yes, "a repeated call whose answer was lost");
    let attempting = desk.claim("b").await;
    assert_eq!((attempting.stage, attempting.attempts), (Stage::Attempting, 1));
    assert_eq!(attempting.by.as_deref(), Some("a"));
    assert_eq!(attempting.deadline, Some(Timestamp::from_millis(99)));
    assert_eq!(attempting.segments, Some(1));
    assert_eq!(desk.pending().await, 1);
    assert!(desk.settle(MessageState::Accepted, None).await);
    assert_eq!(desk.pending().await, 0, "acknowledged in the same breath");
    assert!(!desk.settle(MessageState::Accepted, None).await, "a repeated call");
    assert!(desk.settle(MessageState::Delivered, None).await);
    assert_eq!(desk.told().await, [MessageState::Accepted, MessageState::Delivered]);
    let found = desk.journal.find(EVENT).await.unwrap().unwrap();
    assert_eq!((found.ttn, found.request_id.as_deref()), (Desk::ttn(), Some("r1")));
    assert_eq!(found.standing.stage, Stage::Settled(MessageState::Delivered));
}

#[tokio::test]
async fn a_message_that_nothing_holds_up_needs_no_claim() {
    let mut desk = Desk::open().await;
    desk.publish_and_read().await;
    assert_eq!(desk.begin("a", 2).await, Begun::Elsewhere, "its first attempt is gone with Redis");
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    assert_eq!(desk.begin("b", 1).await, Begun::Elsewhere);
    let found = desk.journal.find(EVENT).await.unwrap().unwrap();
    assert_eq!((found.ttn, found.request_id.as_deref()), (Desk::ttn(), Some("r1")));
    assert_eq!(found.standing.since, Timestamp::from_millis(5));
    // A report knows no entry; the journal does.
    assert!(desk.journal.settle(&news(MessageState::Delivered, None), None).await.unwrap());
    assert_eq!(desk.pending().await, 0);
}

#[tokio::test]
async fn a_step_that_fails_does_not_touch_its_neighbours() {
    let mut desk = Desk::open().await;
    let spoilt = Uuid::from_u128(8);
    let spoil = redis::cmd("HSET").arg(key(spoilt)).arg(spoilt.to_string()).arg("x").to_owned();
    spoil.query_async::<()>(&mut desk.connection).await.unwrap();
    let (one, bad, other) = tokio::join!(
        desk.begin_of(EVENT, "a", 1),
        desk.begin_of(spoilt, "b", 1),
        desk.begin_of(Uuid::from_u128(9), "c", 1)
    );
    assert_eq!((one.unwrap(), other.unwrap()), (Begun::Yes, Begun::Yes));
    assert!(bad.unwrap_err().to_string().contains("WRONGTYPE"));
    let spoilt = OutcomeEntry { event_id: spoilt, ..news(MessageState::Delivered, None) };
    let good = news(MessageState::Delivered, None);
    let (bad, good) = tokio::join!(desk.journal.settle(&spoilt, None), desk.journal.settle(&good, None));
    assert!(good.unwrap());
    assert!(bad.unwrap_err().to_string().contains("WRONGTYPE"));
    assert_eq!(desk.told().await, [MessageState::Delivered]);
}

#[tokio::test]
async fn records_are_forgotten_a_while_after_the_last_step_of_any_of_their_stretch() {
    let mut desk = Desk::open().await;
    let mut steps: Vec<&str> = Vec::new();
    let mut last = async |desk: &mut Desk, step: &'static str| {
        let left: i64 = redis::cmd("PTTL").arg(key(EVENT)).query_async(&mut desk.connection).await.unwrap();
        if (50_001..=3_600_000).contains(&left) {
            steps.push(step);
        }
        redis::cmd("PEXPIRE").arg(key(EVENT)).arg(50_000).query_async::<()>(&mut desk.connection).await.unwrap();
    };
    desk.claim("a").await;
    last(&mut desk, "claim").await;
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    last(&mut desk, "begin").await;
    assert!(desk.release("a", 1).await);
    last(&mut desk, "release").await;
    assert!(desk.settle(MessageState::Accepted, None).await);
    last(&mut desk, "settle").await;
    assert!(!desk.settle(MessageState::Accepted, None).await);
    last(&mut desk, "nothing").await;
    assert_eq!(desk.begin_of(Uuid::from_u128(8), "b", 1).await.unwrap(), Begun::Yes);
    last(&mut desk, "another").await;
    assert_eq!(steps, ["claim", "begin", "release", "settle", "another"]);
}

#[tokio::test]
async fn only_the_suspect_are_counted_and_an_acquitted_one_begins_anew() {
    let desk = Desk::open().await;
    desk.claim("a").await;
    assert_eq!(desk.try_suspect("b").await, 1);
    assert_eq!(desk.try_suspect("b").await, 1, "a repeated call");
    assert_eq!(desk.try_suspect("c").await, 2);
    desk.journal.acquit(EVENT).await.unwrap();
    assert_eq!(desk.try_suspect("d").await, 1);
}

#[tokio::test]
async fn only_one_of_two_who_took_it_up_may_call() {
    let desk = Desk::open().await;
    desk.claim("a").await;
    desk.claim("b").await;
    assert_eq!(desk.begin("b", 1).await, Begun::Yes);
    assert_eq!(desk.begin("a", 1).await, Begun::Elsewhere);
    assert!(!desk.release("a", 1).await, "not its call");
    assert!(desk.release("b", 1).await);
    assert!(desk.release("b", 1).await, "a repeated call");
    assert_eq!(desk.begin("a", 1).await, Begun::Elsewhere, "the attempt stays counted");
    assert_eq!(desk.begin("a", 2).await, Begun::Yes);
}

#[tokio::test]
async fn nobody_calls_without_the_slot() {
    let mut desk = Desk::open().await;
    desk.claim("a").await;
    redis::cmd("SET").arg("slot").arg("another").query_async::<()>(&mut desk.connection).await.unwrap();
    assert_eq!(desk.begin("a", 1).await, Begun::NoSlot);
    redis::cmd("DEL").arg("slot").query_async::<()>(&mut desk.connection).await.unwrap();
    assert_eq!(desk.begin("a", 1).await, Begun::NoSlot);
}

#[tokio::test]
async fn no_state_goes_back() {
    use MessageState::{Accepted, Delivered, Failed, Unknown};
    for (first, second, moves) in [
        (Accepted, Delivered, true),
        (Accepted, Failed, true),
        (Accepted, Unknown, false),
        (Delivered, Accepted, false),
        (Delivered, Failed, false),
        (Delivered, Unknown, false),
        (Failed, Delivered, false),
        (Failed, Accepted, false),
        (Unknown, Delivered, true),
        (Unknown, Failed, true),
        (Unknown, Accepted, false),
    ] {
        let mut desk = Desk::open().await;
        desk.claim("a").await;
        assert_eq!(desk.begin("a", 1).await, Begun::Yes);
        assert!(desk.settle(first, None).await);
        assert_eq!(desk.settle(second, Some(MessageReason::Rejected)).await, moves, "{first:?} -> {second:?}");
        assert_eq!(desk.begin("a", 2).await, Begun::Elsewhere, "{first:?} is not sent again");
        let expected = if moves { vec![first, second] } else { vec![first] };
        assert_eq!(desk.told().await, expected);
    }
}

#[tokio::test]
async fn a_message_published_again_is_told_again_and_not_moved() {
    let mut desk = Desk::open().await;
    assert!(desk.settle(MessageState::Delivered, None).await, "a report without a journal makes one");
    desk.journal.repeat(&news(MessageState::Delivered, None), "1-0").await.unwrap();
    assert_eq!(desk.told().await, [MessageState::Delivered, MessageState::Delivered]);
    assert_eq!(desk.claim("a").await.stage, Stage::Settled(MessageState::Delivered));
}

#[tokio::test]
async fn a_failed_call_has_done_nothing() {
    let mut desk = Desk::open().await;
    desk.claim("a").await;
    redis::cmd("SET").arg(OUTCOME_STREAM).arg("no stream").query_async::<()>(&mut desk.connection).await.unwrap();
    assert!(desk.journal.settle(&news(MessageState::Failed, None), None).await.is_err());
    redis::cmd("DEL").arg(OUTCOME_STREAM).query_async::<()>(&mut desk.connection).await.unwrap();
    assert!(desk.settle(MessageState::Failed, None).await, "nothing had moved");
}

#[tokio::test]
async fn an_attempt_that_was_not_taken_is_told_once_and_what_was_told_cannot_be_half_done() {
    let mut desk = Desk::open().await;
    desk.claim("a").await;
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    redis::cmd("SET").arg(OUTCOME_STREAM).arg("no stream").query_async::<()>(&mut desk.connection).await.unwrap();
    let told = news(MessageState::Queued, Some(MessageReason::GatewayUnavailable));
    assert!(desk.journal.release("a", &desk.charge, &told).await.is_err());
    assert_eq!(desk.claim("a").await.stage, Stage::Attempting, "nothing moved");
    redis::cmd("DEL").arg(OUTCOME_STREAM).query_async::<()>(&mut desk.connection).await.unwrap();
    assert!(desk.release("a", 1).await);
    assert!(desk.release("a", 1).await, "a repeated call");
    assert_eq!(desk.told().await, [MessageState::Queued]);
}

#[tokio::test]
async fn a_wait_is_told_once_for_every_reason_and_time() {
    let mut desk = Desk::open().await;
    desk.claim("a").await;
    let wait = |reason, until| OutcomeEntry {
        next_attempt_at: Some(Timestamp::from_millis(until)),
        ..news(MessageState::Queued, Some(reason))
    };
    assert!(desk.journal.wait(&wait(MessageReason::QuietHours, 8)).await.unwrap());
    assert!(!desk.journal.wait(&wait(MessageReason::QuietHours, 8)).await.unwrap());
    assert!(desk.journal.wait(&wait(MessageReason::SpendCap, 8)).await.unwrap());
    assert!(desk.journal.wait(&wait(MessageReason::SpendCap, 9)).await.unwrap());
    assert!(desk.settle(MessageState::Accepted, None).await);
    assert!(!desk.journal.wait(&wait(MessageReason::QuietHours, 9)).await.unwrap(), "it waits no more");
    assert_eq!(desk.told().await.len(), 4);
}

#[tokio::test]
async fn money_is_counted_once_and_given_back_once() {
    let mut desk = Desk::open().await;
    desk.charge.cap = 5;
    desk.claim("a").await;
    assert_eq!(desk.begin("a", 1).await, Begun::Yes);
    assert_eq!(desk.begin("a", 1).await, Begun::Yes, "a repeated call");
    let spent = async |desk: &mut Desk| -> u64 {
        redis::cmd("GET").arg(&desk.charge.key).query_async(&mut desk.connection).await.unwrap()
    };
    assert_eq!(spent(&mut desk).await, 3);
    assert!(desk.release("a", 1).await && desk.release("a", 1).await);
    assert_eq!(spent(&mut desk).await, 0);
    desk.charge.cost = 6;
    assert_eq!(desk.begin("a", 2).await, Begun::SpendCap);
    assert_eq!(desk.claim("a").await.stage, Stage::Claimed, "nothing was begun");
    desk.charge.cap = 6;
    assert_eq!(desk.begin("a", 2).await, Begun::Yes);
    assert_eq!(spent(&mut desk).await, 6);
}

#[tokio::test]
async fn a_report_finds_its_message_whether_it_comes_before_the_link_or_after() {
    let desk = Desk::open().await;
    let delivered = (MessageState::Delivered, None);
    let failed = (MessageState::Failed, Some(MessageReason::Expired));
    assert_eq!(desk.journal.linked("g-1", failed).await.unwrap(), Linked::Parked);
    assert_eq!(desk.journal.owner_of("g-1").await.unwrap(), None);
    assert_eq!(desk.journal.link("g-1", EVENT).await.unwrap(), Some(failed));
    assert_eq!(desk.journal.link("g-1", EVENT).await.unwrap(), Some(failed), "a repeated call");
    assert_eq!(desk.journal.linked("g-1", delivered).await.unwrap(), Linked::To(EVENT));
    assert_eq!(desk.journal.owner_of("g-1").await.unwrap(), Some(EVENT));
    assert_eq!(desk.journal.link("g-2", EVENT).await.unwrap(), None);
}
