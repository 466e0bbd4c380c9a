//! The SMS sender with a real Kannel and a real Redis: what the customer's phone network receives, and what the servers hear of it.

use std::net::SocketAddr;

use postoffice_domain::{
    language::Language,
    order::CustomerNotice,
    sms_text::{default_template, render},
};
use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_runtime::{config::Secret, lifecycle::Lifecycle};
use postoffice_sms_sender::{
    config::{Config, GatewayKind},
    start::{Listeners, Started, start},
    system::Sources,
    testing::{Office, PATIENCE, TTNS, event},
};
use postoffice_tests::kannel::{Kannel, PASSWORD, USERNAME};

struct Sender {
    started: Started,
    life: Lifecycle,
}

impl Sender {
    async fn start(config: Config) -> Self {
        let life = Lifecycle::new();
        let listeners = Listeners::open(&config).await.expect("free ports");
        let started = start(config, listeners, Sources::of_the_system(), None, &life).expect("good settings");
        Self { started, life }
    }

    async fn stop(self) {
        self.life.stop();
        self.life.run_to_end(PATIENCE).await.expect("signals can be waited for");
        assert!(!self.life.has_crashed());
    }
}

fn settings(office: &Office, kannel: &Kannel) -> Config {
    let mut config = Config::default();
    config.redis.url = Some(office.redis.url());
    config.reports_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.admin_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.pace.per_second = 1_000.0;
    config.retry.first_ms = 100;
    config.retry.longest_ms = 500;
    config.gateway.kind = GatewayKind::Kannel;
    config.gateway.kannel.url = kannel.url();
    USERNAME.clone_into(&mut config.gateway.kannel.username);
    config.gateway.kannel.password = Secret::new(PASSWORD);
    config
}

#[tokio::test]
async fn cyrillic_with_the_ttn_arrives_and_the_delivery_report_comes_back() {
    let mut office = Office::open().await;
    let kannel = Kannel::start().await;
    let sender = Sender::start(settings(&office, &kannel)).await;
    let event = office.publish(TTNS[0], 1).await;
    let sms = &kannel.wait_for(1).await[0];
    assert_eq!(sms.text, "Посилку 8123 4567 8901 2348 прийнято. Стежити: post.example");
    assert_eq!((sms.from.as_str(), sms.to.as_str(), sms.is_part), ("PostOffice", "+380671234567", false));
    let news = office.wait_for(&[event.event_id], &[MessageState::Delivered]).await;
    let states: Vec<_> = news[&event.event_id].iter().map(|one| one.state).collect();
    assert_eq!(states, [MessageState::Accepted, MessageState::Delivered]);
    assert_eq!(news[&event.event_id][0].segments, Some(1));
    office.nothing_pending().await;
    sender.stop().await;
    assert_eq!(kannel.received().len(), 1, "once");
}

#[tokio::test]
async fn every_notice_in_both_languages_arrives_as_it_was_written() {
    let mut office = Office::open().await;
    let kannel = Kannel::start().await;
    let sender = Sender::start(settings(&office, &kannel)).await;
    let (mut ids, mut sent) = (Vec::new(), Vec::new());
    let mut seq = 0;
    for language in [Language::Uk, Language::En] {
        for notice in [CustomerNotice::Accepted, CustomerNotice::Arrived, CustomerNotice::Completed] {
            seq += 1;
            let mut event = event(TTNS[0], seq, Some(notice));
            if let Some(notify) = &mut event.notify {
                notify.language = language;
                notify.text = render(default_template(notice, language), &event.ttn.grouped(), "post.example");
                sent.push(notify.text.clone());
            }
            office.publish_event(&event).await;
            ids.push(event.event_id);
        }
    }
    office.wait_for(&ids, &[MessageState::Delivered]).await;
    let received: Vec<_> = kannel.received().into_iter().map(|sms| sms.text).collect();
    assert_eq!(received, sent, "in the order's sequence, no character changed");
    sender.stop().await;
}

#[tokio::test]
async fn orders_made_while_the_sender_was_down_are_told_when_it_returns() {
    let mut office = Office::open().await;
    let kannel = Kannel::start().await;
    let ids = office.publish_many(50).await;
    let sender = Sender::start(settings(&office, &kannel)).await;
    office.wait_for(&ids, &[MessageState::Delivered]).await;
    office.nothing_pending().await;
    sender.stop().await;
    assert_eq!(kannel.received().len(), 50, "each once");
}

#[tokio::test]
async fn wrong_credentials_pause_the_channel_and_lose_nothing() {
    let mut office = Office::open().await;
    let kannel = Kannel::start().await;
    let mut config = settings(&office, &kannel);
    config.retry.pause_ms = 300;
    let mut wrong = config.clone();
    wrong.gateway.kannel.password = Secret::new("wrong");
    let sender = Sender::start(wrong).await;
    let ids = office.publish_many(3).await;
    let crew = std::sync::Arc::clone(&sender.started.crew);
    let paused = async {
        while crew.channel.paused_because() != Some(MessageReason::ChannelPaused) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, paused).await.expect("the channel pauses");
    sender.stop().await;
    assert_eq!(kannel.received(), []);
    // Somebody mends the password.
    let sender = Sender::start(config).await;
    office.wait_for(&ids, &[MessageState::Delivered]).await;
    assert_eq!(kannel.received().len(), 3);
    sender.stop().await;
}

#[tokio::test]
async fn the_smsbox_killed_in_the_middle() {
    let mut office = Office::open().await;
    let mut kannel = Kannel::start().await;
    let mut config = settings(&office, &kannel);
    config.journal.proof_within_ms = 3_000;
    let sender = Sender::start(config).await;
    let first = office.publish_many(400).await;
    kannel.wait_for(50).await;
    kannel.kill_smsbox().await;
    let second = office.publish(TTNS[0], 1).await;
    kannel.restart_smsbox().await;
    let mut all = first;
    all.push(second.event_id);
    // What was under way when it died may be unknown; nothing waits for ever and nothing is lost.
    let states = [MessageState::Accepted, MessageState::Delivered, MessageState::Unknown];
    let news = office.wait_for(&all, &states).await;
    office.nothing_pending().await;
    sender.stop().await;
    let unknown = news.values().filter(|all| all.iter().any(|one| one.state == MessageState::Unknown)).count();
    // What was accepted may still be on its way through Kannel.
    kannel.wait_for(all.len() - unknown).await;
    let received = kannel.received().len();
    println!("{received} received, {unknown} unknown of {}", all.len());
    assert!(received <= all.len(), "none sent twice");
    assert!(received + unknown >= all.len(), "{received} received, {unknown} unknown of {}", all.len());
}

#[tokio::test]
async fn the_bearerbox_killed_in_the_middle() {
    let mut office = Office::open().await;
    let mut kannel = Kannel::start().await;
    let mut config = settings(&office, &kannel);
    // A smsbox that lost its bearerbox holds requests without an answer and never passes them on.
    config.gateway.kannel.answer_timeout_ms = 2_000;
    config.journal.proof_within_ms = 3_000;
    let sender = Sender::start(config).await;
    let ids = office.publish_many(40).await;
    kannel.wait_for(5).await;
    kannel.kill_bearerbox_and_restart().await;
    let states = [MessageState::Accepted, MessageState::Delivered, MessageState::Unknown];
    let news = tokio::select! {
        news = office.wait_for(&ids, &states) => news,
        never = kannel.keep_smsbox() => match never {},
    };
    office.nothing_pending().await;
    sender.stop().await;
    let unknown = news.values().filter(|all| all.iter().any(|one| one.state == MessageState::Unknown)).count();
    let accepted = news.values().filter(|all| all.iter().any(|one| one.state == MessageState::Accepted)).count();
    println!("{accepted} accepted, {unknown} unknown of 40; {} received", kannel.received().len());
    assert!(unknown <= 16, "only what was under way: {unknown}");
}
