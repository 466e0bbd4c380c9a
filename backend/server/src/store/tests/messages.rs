//! The list of messages at the size of an office that has run for months.

use std::collections::HashSet;

use postoffice_protocol::messages::{ListMessages, MessageState, MessageTab};

use super::*;
use crate::store::{StoreError, statement::query};

on_both_engines! {
    every_tab_pages_through_its_messages_once_in_order,
    a_page_walks_the_index_and_sorts_nothing,
}

/// Messages of the office.
const MANY: i64 = 10_000;

async fn filled(on: On) -> Desk {
    let desk = Desk::open(on).await;
    let order = desk.registered().await;
    let mut other = desk.behind_its_back().await;
    // One in a hundred is a problem, one in fifty waits; a few of the problems are dealt with. All of one order: the list does not mind.
    let (series, id) = match on {
        On::Sqlite => (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)",
            "printf('01900000-0000-7000-8000-%012x', i)",
        ),
        On::Postgres => (
            "WITH n(i) AS (SELECT generate_series(1, $1::bigint))",
            "'01900000-0000-7000-8000-' || lpad(to_hex(i), 12, '0')",
        ),
    };
    let filled = format!(
        "INSERT INTO messages (event_id, ttn, notice, phone, language, state, text, attempts, queued_at, told_at)
         {series}
         SELECT {id}, $2, 'accepted', '+380507654321', 'uk',
                CASE WHEN i % 200 = 0 THEN 3 WHEN i % 200 = 100 THEN 4 WHEN i % 50 = 1 THEN 0 WHEN i % 50 = 2 THEN 1 ELSE 2 END,
                'Посилка', 1, 1790000000000 + i / 3, CASE WHEN i % 1000 = 0 THEN 5 END
         FROM n"
    );
    let filled = query(filled).bind(MANY - 1).bind(&order.ttn);
    filled.run(&mut other.connection()).await.unwrap();
    desk
}

fn asked(tab: MessageTab) -> ListMessages {
    ListMessages { tab, since: None, search: None, after: None, limit: 200 }
}

async fn every_tab_pages_through_its_messages_once_in_order(on: On) {
    let desk = filled(on).await;
    let counts = desk.store.message_page(&asked(MessageTab::All)).await.unwrap().counts.unwrap();
    assert_eq!(counts.all, u64::try_from(MANY).unwrap());
    assert_eq!(counts.all, counts.waiting + counts.accepted + counts.delivered + counts.failed + counts.unknown);
    for (tab, expected) in [
        (MessageTab::All, counts.all),
        (MessageTab::Problems, counts.problems),
        (MessageTab::Waiting, counts.waiting),
        (MessageTab::Accepted, counts.accepted),
        (MessageTab::Delivered, counts.delivered),
        (MessageTab::Failed, counts.failed),
        (MessageTab::Unknown, counts.unknown),
    ] {
        let (mut seen, mut places) = (HashSet::new(), Vec::new());
        let mut next = asked(tab);
        loop {
            let page = desk.store.message_page(&next).await.unwrap();
            for row in &page.rows {
                assert!(seen.insert(row.message.event_id), "{tab:?}: twice");
                let dealt = row.message.told_at.is_some();
                let at = row.message.queued_at.millis();
                let rank = match (row.message.state, dealt) {
                    (MessageState::Unknown, false) => (0, at),
                    (MessageState::Failed, false) => (1, at),
                    (MessageState::Queued, _) => (2, at),
                    (MessageState::Accepted, _) => (3, -at),
                    (MessageState::Delivered, _) => (4, -at),
                    (MessageState::Failed, true) => (5, -at),
                    (MessageState::Unknown, true) => (6, -at),
                };
                places.push(rank);
            }
            let Some(after) = page.next else { break };
            next.after = Some(after);
        }
        assert_eq!(u64::try_from(seen.len()).unwrap(), expected, "{tab:?}");
        assert!(places.is_sorted(), "{tab:?}");
    }
    let foreign = desk.store.message_page(&asked(MessageTab::Delivered)).await.unwrap().next;
    let wrong = ListMessages { after: foreign, ..asked(MessageTab::All) };
    assert!(matches!(desk.store.message_page(&wrong).await, Err(StoreError::BadQuestion(_))));
}

async fn a_page_walks_the_index_and_sorts_nothing(on: On) {
    let desk = filled(on).await;
    let mut other = desk.behind_its_back().await;
    let page = "SELECT messages.event_id FROM messages JOIN orders ON orders.ttn = messages.ttn
                WHERE rank = 4 AND (place, messages.event_id) > (-1790000001000, '') AND place <= -1790000000000
                ORDER BY place, messages.event_id LIMIT 201";
    let (asked, column, sorting) = match on {
        On::Sqlite => (format!("EXPLAIN QUERY PLAN {}", page.replace("JOIN", "CROSS JOIN")), "detail", "TEMP B-TREE"),
        On::Postgres => {
            other.run("ANALYZE", &[]).await.unwrap();
            (format!("EXPLAIN {page}"), "QUERY PLAN", "Sort")
        }
    };
    let rows = query(asked).all(&mut other.connection()).await.unwrap();
    let steps: Vec<String> = rows.iter().map(|row| row.string(column).unwrap()).collect();
    assert!(steps.iter().any(|step| step.contains("messages_in_list")), "{steps:?}");
    assert!(!steps.iter().any(|step| step.contains(sorting)), "{steps:?}");
}
