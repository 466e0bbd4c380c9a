//! The list: sorting, paging, tabs and search give what a plain look at all rows gives.

use postoffice_domain::people::BranchId;
use postoffice_protocol::{
    messages::MessageState,
    orders::{Direction, ListOrders, OrderRow, OrderScope, OrderTab, SortKey},
    stream::{OutcomeEntry, STREAM_VERSION},
};

use super::*;

on_both_engines! {
    every_sort_pages_through_all_rows_once_in_order,
    while_others_work_nothing_that_stays_is_shown_twice_or_passed_over,
    a_cursor_of_another_list_is_refused,
    tabs_and_counts_agree,
    counts_say_which_changes_they_hold_before_those_are_told,
    search_is_literal_and_forgiving,
}

fn asked(sort: SortKey, direction: Direction) -> ListOrders {
    ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::MyBranch,
        sort,
        direction,
        search: None,
        before: None,
        after: None,
        limit: 3,
    }
}

pub(super) async fn all_pages(desk: &Desk, mut asked: ListOrders) -> Vec<OrderRow> {
    let mut rows = Vec::new();
    loop {
        let page = desk.store.list(&asked, &branch().id).await.unwrap();
        assert!(page.rows.len() <= usize::from(asked.limit));
        rows.extend(page.rows);
        match page.next {
            Some(next) => asked.after = Some(next),
            None => return rows,
        }
    }
}

/// The last message of an order fails.
pub(super) async fn failed(desk: &Desk, ttn: Ttn) {
    let message = desk.store.details(&ttn).await.unwrap().unwrap().messages.remove(0);
    let failed = OutcomeEntry {
        v: STREAM_VERSION,
        event_id: message.event_id,
        ttn,
        state: MessageState::Failed,
        reason: None,
        next_attempt_at: None,
        segments: None,
        attempts: 1,
        at: message.queued_at,
        request_id: None,
    };
    desk.store.record_outcomes(vec![failed]).await.unwrap();
}

async fn find(desk: &Desk, search: &str) -> Vec<Ttn> {
    let search = Some(search.to_owned());
    let mut found: Vec<Ttn> = all_pages(desk, ListOrders { search, ..asked(SortKey::Ttn, Direction::Ascending) })
        .await
        .iter()
        .map(|row| row.ttn)
        .collect();
    found.sort_unstable();
    found
}

/// Orders with equal and different texts, moved and canceled ones among them.
async fn filled(on: On) -> Desk {
    let desk = Desk::open(on).await;
    for (number, description) in
        ["Книжки", "книжки", "Чашки", "Ялинка", "Ґудзики", "Єнот", "100% вовна_2", "Apples", "Книжки"]
            .iter()
            .enumerate()
    {
        desk.clock.advance(1_000);
        let ttn = desk.register(&OrderDraft { description: (*description).to_owned(), ..draft() }).await.ttn;
        desk.clock.advance(1_000);
        let command = match number % 3 {
            0 => continue,
            1 => move_to("Тернопіль"),
            _ => OrderCommand::cancel("відмова").unwrap(),
        };
        done(desk.store.submit(desk.decide(ttn, command, Guard::None)).await.unwrap());
    }
    desk
}

async fn every_sort_pages_through_all_rows_once_in_order(on: On) {
    let desk = filled(on).await;
    for sort in [SortKey::Ttn, SortKey::Status, SortKey::Description, SortKey::Location, SortKey::Updated] {
        let up = all_pages(&desk, asked(sort, Direction::Ascending)).await;
        let key = |row: &OrderRow| match sort {
            SortKey::Ttn => row.ttn.to_string(),
            SortKey::Status => crate::store::orders::status_rank(row.status).to_string(),
            SortKey::Description => postoffice_domain::text::fold_for_search(&row.description),
            SortKey::Location => postoffice_domain::text::fold_for_search(&row.location.city),
            SortKey::Updated => row.updated_at.millis().to_string(),
        };
        assert_eq!(up.len(), 9, "{sort:?}");
        assert!(up.is_sorted_by_key(|row| (key(row), row.ttn)), "{sort:?}");
        let mut down = all_pages(&desk, asked(sort, Direction::Descending)).await;
        down.reverse();
        assert_eq!(down, up, "{sort:?}");
    }
}

async fn while_others_work_nothing_that_stays_is_shown_twice_or_passed_over(on: On) {
    for sort in [SortKey::Ttn, SortKey::Status, SortKey::Description, SortKey::Location, SortKey::Updated] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let desk = filled(on).await;
            let before = all_pages(&desk, asked(sort, direction)).await;
            let (leaving, staying): (Vec<&OrderRow>, Vec<&OrderRow>) =
                before.iter().partition(|row| row.status == postoffice_domain::order::Status::Delivering);
            let mut leaving = leaving.into_iter();
            let mut list = asked(sort, direction);
            let mut seen = Vec::new();
            loop {
                let page = desk.store.list(&list, &branch().id).await.unwrap();
                seen.extend(page.rows.iter().map(|row| row.ttn));
                // Between two pages one order comes, one changes its place in every sort, one goes.
                desk.clock.advance(1_000);
                desk.registered().await;
                if let Some(row) = leaving.next() {
                    done(desk.store.submit(desk.decide(row.ttn, move_to("Яремче"), Guard::None)).await.unwrap());
                    let cancel = OrderCommand::cancel("відмова").unwrap();
                    done(desk.store.submit(desk.decide(row.ttn, cancel, Guard::None)).await.unwrap());
                }
                match page.next {
                    Some(next) => list.after = Some(next),
                    None => break,
                }
                assert!(seen.len() < 100, "{sort:?} {direction:?} does not end");
            }
            seen.retain(|ttn| staying.iter().any(|row| row.ttn == *ttn));
            let staying: Vec<Ttn> = staying.iter().map(|row| row.ttn).collect();
            assert_eq!(seen, staying, "{sort:?} {direction:?}");
        }
    }
}

async fn a_cursor_of_another_list_is_refused(on: On) {
    let desk = filled(on).await;
    let page = desk.store.list(&asked(SortKey::Ttn, Direction::Ascending), &branch().id).await.unwrap();
    for (sort, direction) in [(SortKey::Updated, Direction::Ascending), (SortKey::Ttn, Direction::Descending)] {
        let wrong = ListOrders { after: page.next.clone(), ..asked(sort, direction) };
        assert!(desk.store.list(&wrong, &branch().id).await.is_err());
    }
}

async fn tabs_and_counts_agree(on: On) {
    let desk = filled(on).await;
    let problem = all_pages(&desk, asked(SortKey::Ttn, Direction::Ascending)).await;
    let problem = problem.iter().find(|row| row.status == postoffice_domain::order::Status::New).unwrap().ttn;
    failed(&desk, problem).await;
    let counts =
        desk.store.list(&asked(SortKey::Ttn, Direction::Ascending), &branch().id).await.unwrap().counts.unwrap();
    assert_eq!((counts.all, counts.new, counts.delivering, counts.canceled), (9, 3, 3, 3));
    assert_eq!((counts.delivered, counts.completed, counts.problem, counts.sms_waiting), (0, 0, 1, 8));
    for (tab, expected) in [
        (OrderTab::All, counts.all),
        (OrderTab::New, counts.new),
        (OrderTab::Delivering, counts.delivering),
        (OrderTab::Delivered, counts.delivered),
        (OrderTab::Completed, counts.completed),
        (OrderTab::Canceled, counts.canceled),
        (OrderTab::Problem, counts.problem),
    ] {
        let rows = all_pages(&desk, ListOrders { tab, ..asked(SortKey::Updated, Direction::Descending) }).await;
        assert_eq!(rows.len() as u64, expected, "{tab:?}");
    }
    // Counts follow the search, whatever tab is open.
    let books = ListOrders {
        tab: OrderTab::Canceled,
        search: Some("книжки".to_owned()),
        ..asked(SortKey::Ttn, Direction::Ascending)
    };
    let page = desk.store.list(&books, &branch().id).await.unwrap();
    let counts = page.counts.unwrap();
    assert_eq!((counts.all, counts.new, counts.delivering, counts.canceled), (3, 1, 1, 1));
    assert_eq!(page.rows.len(), 1);
    // Another branch sees nothing of its own, and everything when it asks for all.
    let elsewhere = BranchId("kyiv-41".to_owned());
    let own = asked(SortKey::Ttn, Direction::Ascending);
    assert!(desk.store.list(&own, &elsewhere).await.unwrap().rows.is_empty());
    let every = ListOrders { scope: OrderScope::AllBranches, limit: 200, ..own };
    assert_eq!(desk.store.list(&every, &elsewhere).await.unwrap().rows.len(), 9);
}

async fn search_is_literal_and_forgiving(on: On) {
    let desk = Desk::open(on).await;
    let wool = desk.register(&OrderDraft { description: "100% вовна_2".to_owned(), ..draft() }).await.ttn;
    let mut other = draft();
    other.description = "Кам’яна сіль 'x' \"; DROP TABLE orders; --".to_owned();
    other.recipient.city = "Кам'янець-Подільський".to_owned();
    other.recipient.phone = "+380 63 111 22 33".to_owned();
    let salt = desk.register(&other).await.ttn;
    let mut both = [wool, salt];
    both.sort_unstable();
    let (wool, salt) = ([wool], [salt]);

    assert_eq!(find(&desk, "%").await, wool);
    assert_eq!(find(&desk, "_").await, wool);
    assert_eq!(find(&desk, "\\").await, []);
    assert_eq!(find(&desk, "\0").await, []);
    assert_eq!(find(&desk, "ВОВНА").await, wool);
    assert_eq!(find(&desk, "камʼянець").await, salt);
    assert_eq!(find(&desk, "'x' \"; DROP TABLE orders; --").await, salt);
    assert_eq!(find(&desk, "063 111-22-33").await, salt);
    assert_eq!(find(&desk, "+380631112233").await, salt);
    // Seven digits of it: fewer may stand in a drawn TTN too.
    assert_eq!(find(&desk, "1112233").await, salt);
    let ttn = wool[0].to_string();
    assert_eq!(find(&desk, &ttn[4..12]).await, wool);
    assert_eq!(find(&desk, &format!("{} {}", &ttn[..4], &ttn[4..8])).await, wool);
    assert_eq!(find(&desk, "  ").await, both);
    assert_eq!(find(&desk, "ніде").await, []);
}

async fn counts_say_which_changes_they_hold_before_those_are_told(on: On) {
    let desk = Desk::open(on).await;
    desk.registered().await;
    assert_eq!(desk.to_publish().await.len(), 1);
    let second = done(desk.store.submit(desk.create(&draft())).await.unwrap());
    let mut list = ListOrders { limit: 1, ..asked(SortKey::Ttn, Direction::Ascending) };
    let page = desk.store.list(&list, &branch().id).await.unwrap();
    assert_eq!((page.counts.unwrap().all, page.sequence, page.ahead), (2, 1, vec![second.event_id]));
    list.after = page.next;
    let next = desk.store.list(&list, &branch().id).await.unwrap();
    assert!(next.ahead.is_empty(), "without counts there is nothing to say");
    desk.to_publish().await;
    list.after = None;
    let page = desk.store.list(&list, &branch().id).await.unwrap();
    assert_eq!((page.counts.unwrap().all, page.sequence, page.ahead), (2, 2, Vec::new()));
}
