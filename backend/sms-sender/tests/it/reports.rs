//! Delivery reports: late, twice, out of order, before the answer, about nothing, while Redis is away.

use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway, report};

use crate::office::{Office, Sender, TTNS, settings};

#[tokio::test]
async fn delivered_after_accepted_and_repeats_change_nothing() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    let received = &gateway.received()[0];
    // Delivered comes before "taken by the operator", and twice; then a contradiction, which is too late.
    for mask in [1, 8, 1, 2, 4] {
        assert!(report(&received.report_url(mask)).await.contains("200"), "{mask}");
    }
    let next = office.publish(TTNS[0], 2).await;
    let news = office.wait_for(&[event.event_id, next.event_id], &[MessageState::Accepted]).await;
    let states: Vec<_> = news[&event.event_id].iter().map(|one| one.state).collect();
    assert_eq!(states, [MessageState::Accepted, MessageState::Delivered]);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn reports_that_overtake_the_answer() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::ReportThenTake(&[1, 8])).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let ids = office.publish_many(10).await;
    let news = office.wait_for(&ids, &[MessageState::Delivered]).await;
    assert!(news.values().all(|all| all.len() == 1), "the answer that came later says nothing new: {news:?}");
    office.nothing_pending().await;
    assert_eq!(gateway.received().len(), 10);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn bad_news_has_a_reason() {
    for (mask, reason) in [(2, MessageReason::Undelivered), (16, MessageReason::Rejected), (34, MessageReason::Expired)]
    {
        let mut office = Office::open().await;
        let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
        let sender = Sender::start(settings(&office, &gateway)).await;
        let event = office.publish(TTNS[0], 1).await;
        office.ends(event.event_id, MessageState::Accepted).await;
        report(&gateway.received()[0].report_url(mask)).await;
        assert_eq!(office.ends(event.event_id, MessageState::Failed).await, Some(reason));
        assert!(sender.stop().await);
    }
}

#[tokio::test]
async fn a_report_counts_although_redis_lost_the_journal_and_prevents_a_second_sms() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut office.connection).await.unwrap();
    report(&gateway.received()[0].report_url(1)).await;
    office.ends(event.event_id, MessageState::Delivered).await;
    // The servers did not hear of it before the loss and publish again.
    office.publish_again_from(1);
    office.publish_event(&event).await;
    let marker = office.publish(TTNS[0], 2).await;
    office.ends(marker.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 2, "the first one was not sent again");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn nonsense_is_refused_and_a_foreign_message_is_noted() {
    let office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let base = format!("http://{}/dlr", sender.started.reports);
    for query in ["", "?id=1&type=1", "?id=00000000-0000-7000-8000-000000000001", "?type=1", "?id=x&type=-1"] {
        assert!(report(&format!("{base}{query}")).await.contains("400"), "{query}");
    }
    let unknown = format!("{base}?id=00000000-0000-7000-8000-000000000001&type=1&reply=a&fid=b");
    assert!(report(&unknown).await.contains("200"));
    assert!(sender.stop().await);
}
