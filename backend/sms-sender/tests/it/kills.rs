//! `kill -9` at every step of the sender: nothing lost, nothing sent twice, and only what may have been sent ends `unknown`.

use std::collections::HashMap;

use postoffice_protocol::messages::MessageState;
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway, report};

use crate::office::{Office, SenderProcess, free_port, settings};

/// Every step, and whether the message in hand may end `unknown` when its report never comes: only while its request is under way.
const STEPS: [(&str, bool); 8] = [
    ("sender.after_read", false),
    ("sender.after_intent", false),
    ("sender.before_call", false),
    ("sender.after_send", true),
    ("sender.after_answer", false),
    ("sender.before_ack", false),
    ("sender.after_journal", false),
    ("sender.after_ack", false),
];
const MESSAGES: usize = 12;
const FINAL: [MessageState; 3] = [MessageState::Accepted, MessageState::Delivered, MessageState::Unknown];

#[tokio::test]
async fn killed_at_every_step() {
    for (step, may_be_unknown) in STEPS {
        for pass in [1, 4] {
            let mut office = Office::open().await;
            let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
            let mut config = settings(&office, &gateway);
            config.journal.proof_within_ms = 1_000;
            // One call at a time: so only the message at the step can be in doubt, and its neighbours must not be.
            config.pace.concurrency = 1;
            let ids = office.publish_many(MESSAGES).await;
            // Not every step is passed four times: entries are read in one batch.
            let pass = if step == "sender.after_read" { 1 } else { pass };
            let mut dying = SenderProcess::start(&config, Some(&format!("{step}:{pass}")));
            assert!(dying.ended_by_fail_point().await, "{step}");
            let mut living = SenderProcess::start(&config, None);
            let news = office.wait_for(&ids, &FINAL).await;
            office.nothing_pending().await;
            let unknown = news.values().filter(|all| all.last().is_some_and(|one| one.state == MessageState::Unknown));
            let unknown = unknown.count();
            let mut sent: HashMap<String, usize> = HashMap::new();
            for message in gateway.received() {
                *sent.entry(message.event_id().to_owned()).or_default() += 1;
            }
            assert!(sent.values().all(|times| *times == 1), "{step}:{pass}: sent twice: {sent:?}");
            assert!(sent.len() + unknown >= MESSAGES, "{step}:{pass}: {} sent, {unknown} unknown", sent.len());
            assert!(unknown <= usize::from(may_be_unknown), "{step}:{pass}: {unknown} unknown");
            living.kill().await;
        }
    }
}

#[tokio::test]
async fn a_report_after_the_restart_proves_what_the_kill_hid() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.reports_listen = free_port();
    let event = office.publish(&crate::office::ttn(1), 1).await;
    let mut dying = SenderProcess::start(&config, Some("sender.after_send"));
    assert!(dying.ended_by_fail_point().await);
    let _living = SenderProcess::start(&config, None);
    let url = gateway.received()[0].report_url(1);
    while !report(&url).await.contains("200") {
        tokio::task::yield_now().await;
    }
    office.ends(event.event_id, MessageState::Delivered).await;
    office.nothing_pending().await;
    assert_eq!(gateway.received().len(), 1);
}

#[tokio::test]
async fn killed_again_and_again_at_random() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.journal.proof_within_ms = 1_000;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.extend(office.publish_many(60).await);
        let mut dying = SenderProcess::start(&config, None);
        // Counted from here: messages that a kill left in doubt are never sent, so the sum over the rounds is not known.
        gateway.wait_for(gateway.received().len() + 7).await;
        dying.kill().await;
    }
    let _living = SenderProcess::start(&config, None);
    let news = office.wait_for(&ids, &FINAL).await;
    office.nothing_pending().await;
    let mut sent: Vec<String> = gateway.received().iter().map(|one| one.event_id().to_owned()).collect();
    let calls = sent.len();
    sent.sort();
    sent.dedup();
    let unknown = news.values().filter(|all| all.last().is_some_and(|one| one.state == MessageState::Unknown)).count();
    assert_eq!(calls, sent.len(), "none sent twice");
    assert!(sent.len() + unknown >= ids.len(), "{} sent, {unknown} unknown of {}", sent.len(), ids.len());
}
