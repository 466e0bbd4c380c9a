//! Messages over the socket: an outcome comes in through Redis, a clerk deals with it, a colleague sees it live; texts are the admin's.

use postoffice_domain::{language::Language, order::CustomerNotice, refusal::RefusalCode};
use postoffice_protocol::{
    events::{Change, ServerNotice},
    messages::{
        CorrectNumber, CountMessages, GetMessage, ListMessages, MessageDetails, MessageDone, MessagePage,
        MessageReason, MessageState, MessageTab, MessagesCounted, OnMessage,
    },
    problem::ProblemCode,
    session::Nothing,
    stream::{OUTBOX_STREAM, OUTCOME_FIELD, OUTCOME_STREAM, OutcomeEntry, STREAM_VERSION},
    templates::{SetTemplate, Templates},
};
use postoffice_runtime::redis_link::RedisLink;
use uuid::Uuid;

use crate::{
    desk::Desk,
    office::Office,
    orders::{command_id, register},
};

/// What a sender reports.
async fn report(office: &Office, outcome: &OutcomeEntry) {
    let mut redis = RedisLink::parse(&office.served.redis_url).unwrap().connection().unwrap();
    let json = serde_json::to_string(outcome).unwrap();
    redis::cmd("XADD")
        .arg(OUTCOME_STREAM)
        .arg("*")
        .arg(OUTCOME_FIELD)
        .arg(json)
        .query_async::<String>(&mut redis)
        .await
        .unwrap();
}

/// The next change in which the message stands in a state.
async fn seen(desk: &mut Desk, event_id: Uuid, state: MessageState) -> Change {
    desk.news(|notice| match notice {
        ServerNotice::Changes(batch) => batch.changes.into_iter().find(|change| {
            change.messages.iter().any(|row| row.message.event_id == event_id && row.message.state == state)
        }),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_message_that_failed_is_corrected_resent_and_seen_by_a_colleague() {
    let office = Office::set_up().await;
    let (mut desk, mut colleague) = (office.signed_in().await, office.signed_in().await);
    let created = register(&mut desk, "Кераміка").await;
    let first = created.event_id;
    let queued = seen(&mut colleague, first, MessageState::Queued).await;
    assert_eq!(queued.messages[0].recipient_city, "Одеса");
    let mut outcome = OutcomeEntry {
        v: STREAM_VERSION,
        event_id: first,
        ttn: created.order.ttn,
        state: MessageState::Queued,
        reason: Some(MessageReason::GatewayUnavailable),
        next_attempt_at: Some(created.order.registered_at.plus_millis(60_000)),
        segments: None,
        attempts: 1,
        at: created.order.registered_at,
        request_id: None,
    };
    report(&office, &outcome).await;
    let again = colleague
        .news(|notice| match notice {
            ServerNotice::Changes(batch) => {
                batch.changes.into_iter().find_map(|change| change.messages.first()?.message.next_attempt_at)
            }
            _ => None,
        })
        .await;
    assert_eq!(Some(again), outcome.next_attempt_at, "a wait is told too");
    outcome.state = MessageState::Failed;
    outcome.reason = Some(MessageReason::BadNumber);
    outcome.next_attempt_at = None;
    outcome.attempts = 2;
    report(&office, &outcome).await;
    seen(&mut colleague, first, MessageState::Failed).await;

    let page = ListMessages { tab: MessageTab::Failed, since: None, search: None, after: None, limit: 10 };
    let page: MessagePage = desk.ask("messages.list", &page).await.unwrap();
    assert_eq!((page.rows.len(), page.rows[0].ttn), (1, created.order.ttn));
    assert_eq!(page.counts.unwrap().problems, 1);
    let details: MessageDetails = desk.ask("messages.get", &GetMessage { event_id: first }).await.unwrap();
    assert_eq!((details.attempts.len(), details.actions.iter().all(|action| action.allowed)), (2, true));

    let params = CorrectNumber { command_id: command_id(), event_id: first, phone: "067 000 11 22".to_owned() };
    let done: MessageDone = desk.ask("messages.correct_number", &params).await.unwrap();
    let repeated: MessageDone = colleague.ask("messages.correct_number", &params).await.unwrap();
    assert_eq!(repeated, done, "sent again after a lost answer");
    let second = done.row.message.event_id;
    let change = seen(&mut colleague, second, MessageState::Queued).await;
    assert_eq!(change.messages.len(), 2, "the new one, and the one it replaces");
    let counted: MessagesCounted = desk.ask("messages.counts", &CountMessages::default()).await.unwrap();
    assert_eq!((counted.counts.problems, counted.counts.waiting, counted.counts.failed), (0, 1, 1));
    let mut redis = RedisLink::parse(&office.served.redis_url).unwrap().connection().unwrap();
    let entries: Vec<(String, Vec<String>)> =
        redis::cmd("XRANGE").arg(OUTBOX_STREAM).arg("-").arg("+").query_async(&mut redis).await.unwrap();
    let notified = entries.iter().filter(|(_, fields)| fields[1].contains(r#""notify":"#)).count();
    assert_eq!(notified, 2, "one message and its replacement, however often it was asked for");

    let told = OnMessage { command_id: command_id(), event_id: second };
    let refused = desk.ask::<_, MessageDone>("messages.mark_told", &told).await.unwrap_err();
    assert_eq!((refused.code, refused.refusal), (ProblemCode::Refused, Some(RefusalCode::MessageNotAProblem)));
    office.stop().await;
}

#[tokio::test]
async fn an_admin_changes_a_text_and_the_next_customer_gets_it() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let templates: Templates = desk.ask("templates.get", &Nothing {}).await.unwrap();
    assert_eq!(templates.templates.len(), 6);
    let mut change = SetTemplate {
        command_id: command_id(),
        notice: CustomerNotice::Accepted,
        language: Language::Uk,
        text: "Прийнято".to_owned(),
    };
    let refused = desk.ask::<_, Templates>("templates.set", &change).await.unwrap_err();
    assert_eq!((refused.code, refused.fields[0].code), (ProblemCode::InvalidFields, RefusalCode::TtnMissing));
    "Прийнято {ttn}".clone_into(&mut change.text);
    let changed: Templates = desk.ask("templates.set", &change).await.unwrap();
    assert!(changed.templates.iter().any(|template| template.text == change.text));
    let created = register(&mut desk, "Книжки").await;
    let details: MessageDetails = desk.ask("messages.get", &GetMessage { event_id: created.event_id }).await.unwrap();
    let ttn = created.order.ttn.grouped().replace('\u{a0}', " ");
    assert_eq!(details.row.message.text, Some(format!("Прийнято {ttn}")));
    office.stop().await;
}
