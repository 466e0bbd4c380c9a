//! Orders over the socket: create, list, get, live changes to other desktops, outcomes of accepted commands, resume without a hole.

use postoffice_domain::{
    cargo::{CargoItemDraft, Quantity},
    clock::Clock,
    entropy::uuid_v7,
    language::Language,
    order::{OrderDraft, Payer, Status},
    party::PartyDraft,
    refusal::RefusalCode,
    ttn::Ttn,
};
use postoffice_protocol::{
    events::{Change, ChangeKind, CommandOutcome, ServerNotice},
    locks::{AcquireLock, LockGranted, LockPurpose},
    orders::{
        Accepted, ChangeLocation, CommandId, CreateOrder, Direction, GetOrder, ListOrders, OrderCreated, OrderDetails,
        OrderPage, OrderScope, OrderTab, SortKey, WithReason,
    },
    problem::{Problem, ProblemCode},
    session::{Replay, Resumed},
};
use postoffice_runtime::testing::TestRedis;
use postoffice_server::system::{SystemClock, SystemEntropy};

use crate::{
    desk::Desk,
    office::{LOGIN, Office, PASSWORD},
};

pub fn command_id() -> CommandId {
    CommandId(uuid_v7(&SystemClock, &SystemEntropy))
}

pub fn draft(description: &str) -> OrderDraft {
    let party = |phone: &str, city: &str| PartyDraft {
        phone: phone.to_owned(),
        name: "Марія Дячук".to_owned(),
        city: city.to_owned(),
        street: "вул. Соборна, 1".to_owned(),
    };
    let quantity = Quantity::Whole;
    OrderDraft {
        sender: party("067 123 45 67", "Львів"),
        recipient: party("+380 93 765 43 21", "Одеса"),
        description: description.to_owned(),
        payer: Payer::Sender,
        language: Language::Uk,
        cargo: vec![CargoItemDraft {
            length_mm: quantity(300),
            width_mm: quantity(200),
            height_mm: quantity(150),
            weight_g: quantity(1_850),
            declared_minor: quantity(100_000),
        }],
    }
}

pub async fn register(desk: &mut Desk, description: &str) -> OrderCreated {
    let params = CreateOrder { command_id: command_id(), order: draft(description) };
    desk.ask("orders.create", &params).await.unwrap()
}

/// The next change of this order that a desktop hears of.
async fn change_of(desk: &mut Desk, ttn: Ttn) -> Change {
    desk.news(|notice| match notice {
        ServerNotice::Changes(batch) => batch.changes.into_iter().find(|change| change.ttn == ttn),
        _ => None,
    })
    .await
}

pub async fn outcome_of(desk: &mut Desk, command: CommandId) -> CommandOutcome {
    desk.news(|notice| match notice {
        ServerNotice::Outcome(outcome) if outcome.command_id == command => Some(*outcome),
        _ => None,
    })
    .await
}

pub fn list(search: Option<&str>) -> ListOrders {
    ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::MyBranch,
        sort: SortKey::Updated,
        direction: Direction::Descending,
        search: search.map(str::to_owned),
        before: None,
        after: None,
        limit: 50,
    }
}

#[tokio::test]
async fn a_registered_order_is_listed_read_and_shown_live_to_a_colleague() {
    let office = Office::set_up().await;
    let (mut desk, mut colleague) = (office.signed_in().await, office.signed_in().await);
    let created = register(&mut desk, "Кераміка, крихке").await;
    let ttn = created.order.ttn;
    assert_eq!((created.order.status, created.order.location.city.as_str()), (Status::New, "Львів"));

    let change = change_of(&mut colleague, ttn).await;
    assert_eq!((change.kind, change.event_id), (ChangeKind::Registered, created.event_id));
    assert_eq!(change.row.unwrap().description, "Кераміка, крихке");

    let page: OrderPage = colleague.ask("orders.list", &list(Some("кераміка"))).await.unwrap();
    assert_eq!((page.rows.len(), page.counts.unwrap().new), (1, 1));
    let details: OrderDetails = colleague.ask("orders.get", &GetOrder { ttn }).await.unwrap();
    assert_eq!((details.order, details.messages.len()), (created.order, 1));
    office.stop().await;
}

#[tokio::test]
async fn bad_fields_come_back_by_name_and_nothing_is_stored() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let id = command_id().0;
    let frame = |weight: &str, phone: &str| {
        let order = serde_json::to_string(&draft("Документи")).unwrap();
        let order = order.replace(r#""weight_g":1850"#, &format!(r#""weight_g":{weight}"#));
        let order = order.replace("+380 93 765 43 21", phone);
        format!(
            r#"{{"jsonrpc":"2.0","id":"x","method":"orders.create","params":{{"command_id":"{id}","order":{order}}}}}"#
        )
    };
    let number = ("cargo[0].weight_g", RefusalCode::BadNumber);
    let phone = ("recipient.phone", RefusalCode::BadPhone);
    let good = "+380937654321";
    let rows = [
        ("-1", good, number),
        ("-0", good, number),
        ("1e308", good, number),
        ("12.5", good, number),
        ("\"12,5\"", good, number),
        ("9007199254740993", good, number),
        ("1850", "044 123 45 67", phone),
        ("1850", "+", phone),
        ("1850", "٠٩٣٧٦٥٤٣٢١", phone),
        ("1850", r"+380937654321\nX-Evil: 1", phone),
    ];
    for (weight, number, (field, code)) in rows {
        let (_, problem) = desk.refusal_of(frame(weight, number)).await;
        assert_eq!(problem.code, ProblemCode::InvalidFields, "{weight} {number}");
        assert_eq!((problem.fields[0].field.as_str(), problem.fields[0].code), (field, code), "{weight} {number}");
        assert!(!problem.message.contains("0937654321"), "no content in messages");
    }
    let page: OrderPage = desk.ask("orders.list", &list(None)).await.unwrap();
    assert!(page.rows.is_empty());
    office.stop().await;
}

#[tokio::test]
async fn the_same_command_twice_is_one_order_and_other_content_is_refused() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let params = CreateOrder { command_id: command_id(), order: draft("Книги") };
    let first: OrderCreated = desk.ask("orders.create", &params).await.unwrap();
    let again: OrderCreated = desk.ask("orders.create", &params).await.unwrap();
    assert_eq!(first, again);
    let other = CreateOrder { order: draft("Ноутбук"), ..params };
    let refused: Result<OrderCreated, Box<Problem>> = desk.ask("orders.create", &other).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::IdReused);
    let page: OrderPage = desk.ask("orders.list", &list(None)).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    office.stop().await;
}

#[tokio::test]
async fn an_accepted_command_is_answered_by_an_outcome_also_after_a_reconnect() {
    let office = Office::set_up().await;
    let mut desk = office.desk().await;
    let token = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().token;
    let ttn = register(&mut desk, "Іграшки").await.order.ttn;
    let cancel = WithReason { command_id: command_id(), ttn, reason: "помилка".to_owned() };
    let accepted: Accepted = desk.ask("orders.cancel", &cancel).await.unwrap();
    assert_eq!(accepted.command_id, cancel.command_id);
    assert_eq!(outcome_of(&mut desk, cancel.command_id).await.problem, None);

    // As if the outcome had been lost with the socket: the desktop comes back and sends the command again.
    let mut back = office.desk().await;
    back.resume(&token, 0).await.unwrap();
    let _: Accepted = back.ask("orders.cancel", &cancel).await.unwrap();
    let stored = outcome_of(&mut back, cancel.command_id).await;
    assert_eq!((stored.problem, stored.ttn), (None, ttn));
    let details: OrderDetails = back.ask("orders.get", &GetOrder { ttn }).await.unwrap();
    assert_eq!((details.order.status, details.order.version), (Status::Canceled, 2));
    office.stop().await;
}

#[tokio::test]
async fn whoever_edits_is_seen_by_others_and_they_cannot_write() {
    let office = Office::set_up().await;
    let (mut desk, mut colleague) = (office.signed_in().await, office.signed_in().await);
    let ttn = register(&mut desk, "Ноутбук").await.order.ttn;
    let acquire = AcquireLock { ttn, purpose: LockPurpose::EditPlace };
    let granted: LockGranted = desk.ask("locks.acquire", &acquire).await.unwrap();
    let seen = colleague
        .news(|notice| match notice {
            ServerNotice::Locks(news) => news.held.into_iter().find(|lock| lock.ttn == ttn),
            _ => None,
        })
        .await;
    assert_eq!(seen.holder.name, "Олена Ковальчук");
    let refused: Result<LockGranted, Box<Problem>> = colleague.ask("locks.acquire", &acquire).await;
    let problem = refused.unwrap_err();
    assert_eq!((problem.code, problem.holder), (ProblemCode::OrderLocked, Some(seen.holder)));

    let change = |fence| ChangeLocation {
        command_id: command_id(),
        ttn,
        fence,
        city: "Вінниця".to_owned(),
        street: "Сортувальний центр".to_owned(),
        note: None,
    };
    let foreign = change(granted.lease.fence);
    let _: Accepted = colleague.ask("orders.change_location", &foreign).await.unwrap();
    let lost = outcome_of(&mut colleague, foreign.command_id).await.problem.unwrap();
    assert_eq!(lost.code, ProblemCode::LockLost);
    let own = change(granted.lease.fence);
    let _: Accepted = desk.ask("orders.change_location", &own).await.unwrap();
    assert_eq!(outcome_of(&mut desk, own.command_id).await.problem, None);
    let moved = change_of(&mut colleague, ttn).await;
    assert!(moved.kind == ChangeKind::Registered || moved.status_after == Some(Status::Delivering));
    office.stop().await;
}

#[tokio::test]
async fn what_was_missed_is_replayed_in_order_without_a_hole() {
    let office = Office::set_up().await;
    let mut away = office.desk().await;
    let signed_in = away.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
    drop(away);
    let mut desk = office.signed_in().await;
    let mut ttns = Vec::new();
    for number in 0..30 {
        ttns.push(register(&mut desk, &format!("Посилка {number}")).await.order.ttn);
    }
    // Registered and published: the desk that stayed has heard of the last one.
    change_of(&mut desk, ttns[29]).await;

    let mut back = office.desk().await;
    let since = signed_in.session.sequence;
    let resumed = back.resume(&signed_in.token, since).await.unwrap();
    assert_eq!(resumed.replay, Replay::Follows { missed: 30 });
    ttns.push(register(&mut desk, "Після повернення").await.order.ttn);
    let mut heard: Vec<Change> = Vec::new();
    while heard.len() < ttns.len() {
        let batch = back.news(|notice| match notice {
            ServerNotice::Changes(batch) => Some(batch.changes),
            _ => None,
        });
        heard.extend(batch.await);
    }
    let sequences: Vec<u64> = heard.iter().map(|change| change.sequence).collect();
    let expected: Vec<u64> = (since + 1..).take(ttns.len()).collect();
    assert_eq!(sequences, expected, "none missed, none twice, none out of order");
    assert_eq!(heard.iter().map(|change| change.ttn).collect::<Vec<_>>(), ttns);

    for from_another_history in [u64::MAX, since + 1_000_000] {
        let mut stranger = office.desk().await;
        let resumed = stranger.resume(&signed_in.token, from_another_history).await.unwrap();
        assert_eq!(resumed.replay, Replay::ResyncRequired);
    }
    for since in ["-1", "9223372036854775808", "1e300", "0.5"] {
        let mut stranger = office.desk().await;
        let params = format!(r#"{{"token":"{}","since":{since}}}"#, signed_in.token.expose());
        let params = serde_json::value::RawValue::from_string(params).unwrap();
        let resumed: Resumed = stranger.ask("session.resume", &params).await.unwrap();
        assert_eq!(resumed.replay, Replay::ResyncRequired, "{since}");
    }
    office.stop().await;
}

#[tokio::test]
async fn an_order_survives_a_restart() {
    let office = Office::set_up().await;
    let before = office.clock.now();
    let mut desk = office.desk().await;
    let token = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().token;
    let created = register(&mut desk, "Документи").await;
    assert!(created.order.registered_at >= before);
    drop(desk);
    let folder = office.stop().await;
    let config = crate::office::settings(&folder);
    let office = Office::open_in(folder, config).await;
    let mut desk = office.desk().await;
    desk.resume(&token, 0).await.unwrap();
    let details: OrderDetails = desk.ask("orders.get", &GetOrder { ttn: created.order.ttn }).await.unwrap();
    assert_eq!(details.order, created.order);
    office.stop().await;
}

/// "Accepted" waits a moment for the outcome, so that both go out together; not for as long as that may take.
#[tokio::test]
async fn accepted_is_said_while_the_outcome_takes_its_time() {
    let redis = TestRedis::start().await;
    let office = Office::set_up_with(|config| config.redis.url = Some(redis.url())).await;
    let mut desk = office.signed_in().await;
    let ttn = register(&mut desk, "Книги").await.order.ttn;
    let mut to_redis = redis.connection();
    let pausing = redis::cmd("CLIENT").arg("PAUSE").arg(60_000).arg("WRITE").to_owned();
    pausing.query_async::<()>(&mut to_redis).await.unwrap();
    let delete = WithReason { command_id: command_id(), ttn, reason: "помилка".to_owned() };
    let accepted: Accepted = desk.ask("orders.delete", &delete).await.unwrap();
    assert_eq!(accepted.command_id, delete.command_id);
    let outcome = desk.news.iter().find(|notice| matches!(notice, ServerNotice::Outcome(_)));
    assert!(outcome.is_none(), "nothing was held up: {outcome:?}");
    redis::cmd("CLIENT").arg("UNPAUSE").query_async::<()>(&mut to_redis).await.unwrap();
    assert_eq!(outcome_of(&mut desk, delete.command_id).await.problem, None);
}
