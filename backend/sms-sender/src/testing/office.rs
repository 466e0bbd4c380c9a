//! The other side of the streams: publishes as the relay does and reads outcomes as the servers do, on a Redis of its own.

use std::{collections::HashMap, time::Duration};

use postoffice_domain::{
    clock::Timestamp,
    language::Language,
    order::CustomerNotice,
    phone::Phone,
    sms_text::{default_template, render},
    ttn::Ttn,
};
use postoffice_protocol::{
    events::ChangeKind,
    messages::{MessageReason, MessageState},
    stream::{
        EVENT_FIELD, IntegrationEvent, Notify, OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry,
        SENDER_GROUP, STREAM_VERSION, outcome_lines,
    },
};
use postoffice_runtime::{
    redis_link::{RedisConnection, RedisLink},
    source::{fill_random, wall_clock_millis},
    stream::Tail,
    testing::TestRedis,
};
use redis::{RedisResult, streams::StreamPendingReply};
use uuid::{Builder, Uuid};

/// How long tests wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Two good TTNs.
pub const TTNS: [&str; 2] = ["8123456789012348", "8123456789012357"];

/// An office without a server.
pub struct Office<R = TestRedis> {
    /// Its Redis.
    pub redis: R,
    /// The address of it.
    pub url: String,
    /// A connection to it. Make a new one after a restart of Redis.
    pub connection: RedisConnection,
    published: u64,
}

impl Office {
    /// Opens one.
    ///
    /// # Panics
    /// Redis does not start.
    pub async fn open() -> Self {
        let redis = TestRedis::start().await;
        let url = redis.url();
        Self::on(redis, url)
    }
}

impl<R> Office<R> {
    /// Opens one on a Redis of another kind.
    ///
    /// # Panics
    /// The address is not good.
    pub fn on(redis: R, url: String) -> Self {
        let connection = link(&url).connection().expect("a good address");
        Self { redis, url, connection, published: 0 }
    }

    /// Publishes a message of the order `ttn` and returns its event.
    ///
    /// # Panics
    /// Redis does not take it.
    pub async fn publish(&mut self, ttn: &str, seq: u32) -> IntegrationEvent {
        let event = event(ttn, seq, Some(CustomerNotice::Accepted));
        self.publish_event(&event).await;
        event
    }

    /// Publishes messages of as many different orders; returns their event ids.
    ///
    /// # Panics
    /// Redis does not take them.
    pub async fn publish_many(&mut self, count: usize) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for number in 0..count {
            let event = event(&ttn(number), 1, Some(CustomerNotice::Accepted));
            self.publish_event(&event).await;
            ids.push(event.event_id);
        }
        ids
    }

    /// Publishes an event.
    ///
    /// # Panics
    /// Redis does not take it.
    pub async fn publish_event(&mut self, event: &IntegrationEvent) {
        let json = serde_json::to_vec(event).expect("events are JSON");
        self.publish_raw(EVENT_FIELD, &json).await;
    }

    /// Publishes anything.
    ///
    /// # Panics
    /// Redis does not take it.
    pub async fn publish_raw(&mut self, field: &str, value: &[u8]) {
        self.published += 1;
        let mut add = redis::cmd("XADD");
        add.arg(OUTBOX_STREAM).arg(format!("{}-0", self.published)).arg(field).arg(value);
        add.query_async::<()>(&mut self.connection).await.expect("Redis takes an entry");
    }

    /// Begins again at a publish number, as the relay does for a Redis that lost its tail.
    pub fn publish_again_from(&mut self, number: u64) {
        self.published = number - 1;
    }

    /// Waits until every one of these messages came to one of these states, and returns all news so far, per message, in order.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn wait_for(&self, ids: &[Uuid], states: &[MessageState]) -> HashMap<Uuid, Vec<OutcomeEntry>> {
        let came = |news: &HashMap<Uuid, Vec<OutcomeEntry>>| {
            ids.iter().all(|id| news.get(id).is_some_and(|all| all.iter().any(|one| states.contains(&one.state))))
        };
        self.wait_until(came).await
    }

    /// Waits until the servers were told of this state of a message twice.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn told_twice(&self, id: Uuid, state: MessageState) {
        let times = |all: &Vec<OutcomeEntry>| all.iter().filter(|one| one.state == state).count();
        self.wait_until(|news| news.get(&id).is_some_and(|all| times(all) > 1)).await;
    }

    async fn wait_until(
        &self,
        came: impl Fn(&HashMap<Uuid, Vec<OutcomeEntry>>) -> bool,
    ) -> HashMap<Uuid, Vec<OutcomeEntry>> {
        let mut news: HashMap<Uuid, Vec<OutcomeEntry>> = HashMap::new();
        let waiting = async {
            let mut tail = Tail::open(&link(&self.url), OUTCOME_STREAM).await.expect("Redis answers");
            let mut after = "0-0".to_owned();
            while !came(&news) {
                for entry in tail.next(&after, 1_000).await.expect("Redis answers") {
                    for line in outcome_lines(&entry.fields[OUTCOME_FIELD]) {
                        let outcome: OutcomeEntry = serde_json::from_slice(line).expect("outcomes can be read");
                        news.entry(outcome.event_id).or_default().push(outcome);
                    }
                    after = entry.id;
                }
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
        assert!(in_time, "{} messages have news: {news:?}", news.len());
        news
    }

    /// Waits until a message comes to this state and returns the reason.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn ends(&self, id: Uuid, state: MessageState) -> Option<MessageReason> {
        let news = self.wait_for(&[id], &[state]).await;
        news[&id].iter().find(|one| one.state == state).and_then(|one| one.reason)
    }

    /// Waits until no entry is pending in the group.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn nothing_pending(&mut self) {
        let waiting = async {
            loop {
                let summary: RedisResult<StreamPendingReply> =
                    redis::cmd("XPENDING").arg(OUTBOX_STREAM).arg(SENDER_GROUP).query_async(&mut self.connection).await;
                // A Redis that came back empty has no group until the sender reads again.
                let no_group = summary.as_ref().is_err_and(|error| error.code() == Some("NOGROUP"));
                if !no_group && summary.expect("Redis answers").count() == 0 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("everything is acknowledged");
    }
}

fn link(url: &str) -> RedisLink {
    RedisLink::parse(url).expect("a good address")
}

/// A TTN for a number.
///
/// # Panics
/// The number has more than 14 digits.
pub fn ttn(number: usize) -> String {
    (0..10)
        .map(|check| format!("8{number:014}{check}"))
        .find(|text| Ttn::parse(text).is_ok())
        .expect("one of ten check digits fits")
}

/// An event; `notice`: what it tells the recipient, in Ukrainian.
///
/// # Panics
/// The TTN is not good.
pub fn event(ttn: &str, seq: u32, notice: Option<CustomerNotice>) -> IntegrationEvent {
    let phone: Phone = serde_json::from_str("\"+380671234567\"").expect("a good number");
    let mut random = [0_u8; 10];
    fill_random(&mut random);
    let ttn = Ttn::parse(ttn).expect("a good TTN");
    let template = default_template(notice.unwrap_or(CustomerNotice::Accepted), Language::Uk);
    let text = render(template, &ttn.grouped(), "post.example");
    let now = u64::try_from(wall_clock_millis()).expect("it is after 1970");
    // The year 2100: a test about messages that expire sets its own.
    let expires_at = Timestamp::from_millis(4_102_444_800_000);
    IntegrationEvent {
        v: STREAM_VERSION,
        event_id: Builder::from_unix_timestamp_millis(now, &random).into_uuid(),
        kind: ChangeKind::Registered,
        ttn,
        seq,
        at: Timestamp::from_millis(1),
        by: None,
        status_before: None,
        status_after: None,
        sms_before: None,
        sms_after: None,
        message: None,
        notify: notice.map(|notice| Notify { phone, notice, language: Language::Uk, text, expires_at }),
        request_id: Some("request-1".to_owned()),
    }
}
