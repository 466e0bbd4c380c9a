//! Redis goes away, comes back empty, or refuses.

use std::sync::Arc;

use postoffice_protocol::messages::MessageState;
use postoffice_runtime::testing::AppendOnlyFiles;
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};

use tokio::sync::Notify;

use crate::office::{Office, Sender, TTNS, settings};

#[tokio::test]
async fn messages_published_while_the_sender_was_down_arrive_when_it_returns() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let ids = office.publish_many(30).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert!(sender.stop().await);
    let more = office.publish_many(30).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    office.wait_for(&more, &[MessageState::Accepted]).await;
    assert_eq!(gateway.received().len(), 60);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn redis_killed_with_its_data_kept() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let before = office.publish_many(20).await;
    gateway.wait_for(5).await;
    office.redis.kill_and_restart(true).await;
    office.connection = office.redis.connection();
    office.wait_for(&before, &[MessageState::Accepted]).await;
    let after = office.publish(TTNS[0], 1).await;
    office.ends(after.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 21, "none twice");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn redis_comes_back_empty_and_everything_is_published_again() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let first = office.publish(TTNS[0], 1).await;
    office.ends(first.event_id, MessageState::Accepted).await;
    office.redis.kill_and_restart(false).await;
    office.connection = office.redis.connection();
    // The group is gone with the data; the relay goes on with its numbers.
    let second = office.publish(TTNS[0], 2).await;
    office.ends(second.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn the_sender_starts_before_redis_and_survives_keys_of_the_wrong_type() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    redis::cmd("SET").arg("{po}:outbox").arg("no stream").query_async::<()>(&mut office.connection).await.unwrap();
    let sender = Sender::start(settings(&office, &gateway)).await;
    // It has met the wrong type when it has its slot and still holds nothing; then somebody mends the key.
    loop {
        let slot: Option<String> =
            redis::cmd("GET").arg("{po}:sms:slot:1").query_async(&mut office.connection).await.unwrap();
        if slot.is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    redis::cmd("DEL").arg("{po}:outbox").query_async::<()>(&mut office.connection).await.unwrap();
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    assert!(sender.stop().await);
}

/// Errors of one kind that Redis has answered with so far.
async fn errors(office: &mut Office, kind: &str) -> bool {
    let info: String = redis::cmd("INFO").arg("errorstats").query_async(&mut office.connection).await.unwrap();
    info.contains(&format!("errorstat_{kind}:"))
}

#[tokio::test]
async fn an_answer_that_comes_while_redis_takes_no_writes_is_not_forgotten() {
    let mut office = Office::open().await;
    let told = Arc::new(Notify::new());
    let reaction = Reaction::TakeWhen(Arc::clone(&told));
    let gateway = ScriptedGateway::start(move |_, _| reaction.clone()).await;
    let mut config = settings(&office, &gateway);
    config.gateway.kannel.answer_timeout_ms = 30_000;
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    gateway.wait_for(1).await;
    let memory = async |office: &mut Office, limit: &str| {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("maxmemory").arg(limit).query_async::<()>(&mut office.connection).await.unwrap();
    };
    memory(&mut office, "1").await;
    told.notify_one();
    while !errors(&mut office, "OOM").await {
        tokio::task::yield_now().await;
    }
    memory(&mut office, "0").await;
    let news = office.wait_for(&[event.event_id], &[MessageState::Accepted]).await;
    assert_eq!((news[&event.event_id].len(), news[&event.event_id][0].attempts), (1, 1));
    assert_eq!(gateway.received().len(), 1);
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn an_answer_that_comes_after_redis_lost_everything_is_not_forgotten_either() {
    let mut office = Office::open().await;
    let told = Arc::new(Notify::new());
    let reaction = Reaction::TakeWhen(Arc::clone(&told));
    let gateway = ScriptedGateway::start(move |_, _| reaction.clone()).await;
    let mut config = settings(&office, &gateway);
    config.gateway.kannel.answer_timeout_ms = 30_000;
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    gateway.wait_for(1).await;
    office.redis.kill_and_restart(false).await;
    office.connection = office.redis.connection();
    // The relay publishes again what has no outcome, under the same number.
    office.publish_again_from(1);
    office.publish_event(&event).await;
    told.notify_one();
    office.ends(event.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    assert_eq!(gateway.received().len(), 1, "not sent again");
    assert!(sender.stop().await);
}

/// Redis comes back as it was during the first call, which was answered since: the system had not brought the end of its file to the disk, or Redis
/// had not written it (with `everysec` it answers before the file has it while the disk is slow). `first`: what the gateway said when it was told to.
async fn comes_back_as_it_was_during_the_first_call(first: fn(Arc<Notify>) -> Reaction, calls: usize) {
    let mut office = Office::open().await;
    let told = Arc::new(Notify::new());
    let reaction = first(Arc::clone(&told));
    let gateway =
        ScriptedGateway::start(move |number, _| if number == 0 { reaction.clone() } else { Reaction::Take }).await;
    let mut config = settings(&office, &gateway);
    config.gateway.kannel.answer_timeout_ms = 30_000;
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    gateway.wait_for(1).await;
    let during_the_call = AppendOnlyFiles::of(&office.redis.append_only_folder());
    told.notify_one();
    office.ends(event.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    office.redis.come_back_with(&during_the_call).await;
    office.connection = office.redis.connection();
    // Its entry is pending again, its intent stands there, and nobody was told how it ended.
    let news = office.wait_for(&[event.event_id], &[MessageState::Accepted, MessageState::Unknown]).await;
    assert_eq!(news[&event.event_id][0].state, MessageState::Accepted);
    office.nothing_pending().await;
    assert_eq!(gateway.received().len(), calls, "not sent again");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn redis_comes_back_as_it_was_before_an_answer() {
    comes_back_as_it_was_during_the_first_call(Reaction::TakeWhen, 1).await;
}

#[tokio::test]
async fn redis_comes_back_as_it_was_before_another_attempt() {
    let not_now = |told| Reaction::AnswerWhen(told, "503 Service Unavailable", String::new());
    comes_back_as_it_was_during_the_first_call(not_now, 2).await;
}
