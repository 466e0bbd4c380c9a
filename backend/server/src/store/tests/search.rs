//! The index of the search: it is in step with the orders, and its answers have a limit.

use postoffice_protocol::orders::{Direction, ListOrders, OrderPage, OrderScope, OrderTab, SortKey};

use super::{
    list::{all_pages, failed},
    *,
};
use crate::store::{StoreError, connection::Connection, search, statement::query};

on_both_engines! {
    an_order_is_found_by_where_it_is_now_and_not_when_it_is_deleted,
    the_newest_are_searched_and_the_page_says_so,
    older_ones_are_searched_from_where_a_page_ended,
    common_words_are_looked_for_together_among_newer_orders_only,
    a_common_word_beside_a_rare_one_leaves_out_what_has_only_one_of_them,
    tabs_and_branches_hold_in_a_search,
    orders_that_were_there_before_the_index_are_put_into_it,
}

fn asked(search: &str) -> ListOrders {
    ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::MyBranch,
        sort: SortKey::Updated,
        direction: Direction::Descending,
        search: Some(search.to_owned()),
        before: None,
        after: None,
        limit: 50,
    }
}

async fn page(desk: &Desk, list: &ListOrders) -> OrderPage {
    desk.store.list(list, &branch().id).await.unwrap()
}

async fn found(desk: &Desk, search: &str) -> Vec<Ttn> {
    page(desk, &asked(search)).await.rows.iter().map(|row| row.ttn).collect()
}

async fn decided(desk: &Desk, ttn: Ttn, command: OrderCommand) {
    desk.clock.advance(1);
    done(desk.store.submit(desk.decide(ttn, command, Guard::None)).await.unwrap());
}

async fn an_order_is_found_by_where_it_is_now_and_not_when_it_is_deleted(on: On) {
    let desk = Desk::open(on).await;
    let (ttn, other) = (desk.registered().await.ttn, desk.registered().await.ttn);
    assert_eq!(found(&desk, "яремче").await, []);
    decided(&desk, ttn, move_to("Яремче")).await;
    assert_eq!(found(&desk, "Яремч").await, [ttn]);
    assert_eq!(found(&desk, &ttn.to_string()).await, [ttn]);
    decided(&desk, ttn, move_to("Тернопіль")).await;
    assert_eq!(found(&desk, "яремче").await, []);
    assert_eq!(found(&desk, "тернопіль").await, [ttn]);
    decided(&desk, other, OrderCommand::delete("помилка").unwrap()).await;
    assert_eq!(found(&desk, &other.to_string()).await, []);
    assert_eq!(found(&desk, &ttn.to_string()).await, [ttn]);
}

async fn the_newest_are_searched_and_the_page_says_so(on: On) {
    let desk = Desk::open(on).await;
    let mut cups = draft();
    cups.description = "Чашки".to_owned();
    let oldest = desk.register(&cups).await.ttn;
    let limit = usize::from(search::NEWEST);
    let registering = (1..limit).map(|_| desk.store.submit(desk.create(&cups)));
    futures_util::future::join_all(registering).await;
    let list = ListOrders { sort: SortKey::Ttn, direction: Direction::Ascending, limit: 200, ..asked("чашк") };
    let rows = all_pages_of(&desk, &list).await;
    assert_eq!(rows.len(), limit);
    assert!(rows.is_sorted() && rows.contains(&oldest));
    desk.clock.advance(1);
    let newest = desk.register(&cups).await.ttn;
    let first = page(&desk, &list).await;
    assert_eq!((first.older.is_some(), first.counts.unwrap().all), (true, u64::from(search::NEWEST)));
    let rows = all_pages_of(&desk, &list).await;
    assert!(rows.len() == limit && rows.is_sorted() && rows.contains(&newest) && !rows.contains(&oldest));
    // Who asks for more finds it, however many there are after it.
    assert_eq!(found(&desk, &format!("чашк {oldest}")).await, [oldest]);
    assert_eq!(page(&desk, &asked("ніде")).await.older, None);
}

async fn older_ones_are_searched_from_where_a_page_ended(on: On) {
    let desk = Desk::open(on).await;
    let mut cups = draft();
    cups.description = "Чашки".to_owned();
    let limit = usize::from(search::NEWEST);
    let mut registered = Vec::new();
    // In three goes of more than a page, and in each of them all within one moment.
    for _ in 0..3 {
        desk.clock.advance(1_000);
        let registering = (0..limit / 2 + 60).map(|_| desk.store.submit(desk.create(&cups)));
        let orders = futures_util::future::join_all(registering).await;
        registered.extend(orders.into_iter().map(|answer| done(answer.unwrap()).order));
    }
    for sort in [SortKey::Updated, SortKey::Description] {
        let mut list = ListOrders { sort, limit: 70, ..asked("чашк") };
        let (mut seen, mut counted, mut goes) = (Vec::new(), 0, 0);
        loop {
            let first = page(&desk, &list).await;
            let rows = all_pages(&desk, list.clone()).await;
            counted += first.counts.unwrap().all;
            seen.extend(rows.iter().map(|row| row.ttn));
            goes += 1;
            let Some(older) = first.older else { break };
            // Everything from then on was looked at, and nothing older.
            let of_then = registered.iter().filter(|order| order.registered_at > older.since);
            assert!(of_then.clone().all(|order| seen.contains(&order.ttn)), "{older:?}");
            assert!(registered.iter().any(|order| order.registered_at == older.since && seen.contains(&order.ttn)));
            list.before = Some(older.before);
        }
        assert_eq!((goes, counted, seen.len()), (3, registered.len() as u64, registered.len()), "{sort:?}");
        assert!(registered.iter().all(|order| seen.contains(&order.ttn)), "each once");
    }
    let beyond = |before| ListOrders { before: Some(before), ..asked("чашк") };
    for before in [0, 1] {
        let nothing = page(&desk, &beyond(before)).await;
        assert_eq!((nothing.rows, nothing.older), (vec![], None));
    }
    assert_eq!(page(&desk, &beyond(u64::MAX)).await.rows, page(&desk, &asked("чашк")).await.rows);
    for search in [None, Some(" ".to_owned())] {
        let all = ListOrders { search, before: Some(7), ..asked("") };
        let refused = desk.store.list(&all, &branch().id).await.unwrap_err();
        assert!(matches!(refused, StoreError::BadQuestion(_)), "{refused}");
    }
}

async fn all_pages_of(desk: &Desk, list: &ListOrders) -> Vec<Ttn> {
    all_pages(desk, list.clone()).await.iter().map(|row| row.ttn).collect()
}

/// As if ten million orders had been registered.
async fn ten_million_later(desk: &Desk, last: Ttn) {
    let mut behind = desk.behind_its_back().await;
    match desk.place {
        Place::Folder(_) => {
            behind.run("UPDATE orders SET number = 10000000 WHERE ttn = $1", &[&last.to_string()]).await.unwrap()
        }
        Place::Database(_) => {
            behind.run("ALTER TABLE orders ALTER COLUMN number RESTART WITH 10000000", &[]).await.unwrap()
        }
    };
}

async fn common_words_are_looked_for_together_among_newer_orders_only(on: On) {
    let desk = Desk::open(on).await;
    let described = |text: &str| OrderDraft { description: text.to_owned(), ..draft() };
    let oldest = desk.register(&described("Чашки дитячі сині")).await.ttn;
    ten_million_later(&desk, desk.registered().await.ttn).await;
    for text in ["Чашки", "Дитячі"] {
        let draft = described(text);
        let registering = (0..120).map(|_| desk.store.submit(desk.create(&draft)));
        futures_util::future::join_all(registering).await;
    }
    let searched = async |text| {
        let page = page(&desk, &asked(text)).await;
        (page.rows.iter().map(|row| row.ttn).collect::<Vec<_>>(), page.older.is_some())
    };
    assert_eq!(searched("сині").await, (vec![oldest], false));
    assert_eq!(searched("чашки сині").await, (vec![oldest], false));
    assert_eq!(searched("чашки дитячі").await, (vec![], true));
    // Too few of those that are looked at first, so it is looked further back, but not to the end: every second order has it.
    let cups = page(&desk, &asked("чашки")).await;
    assert_eq!((cups.counts.unwrap().all, cups.older.is_some()), (120, true));
    assert_eq!(searched("чашки дитячі сині").await, (vec![oldest], false));
    // Who asks on gets there: what nobody registered is not gone through.
    for text in ["чашки дитячі", "дитячі"] {
        let older = page(&desk, &asked(text)).await.older.unwrap();
        let further = page(&desk, &ListOrders { before: Some(older.before), ..asked(text) }).await;
        assert_eq!(further.rows.iter().map(|row| row.ttn).collect::<Vec<_>>(), [oldest]);
        assert_eq!(further.older, None);
    }
}

/// FTS5 ends its walk at milestones; they are orders like others.
#[tokio::test]
async fn a_milestone_of_the_index_is_found_only_when_it_fits() {
    let desk = Desk::open(On::Sqlite).await;
    let described = |text: &str| OrderDraft { description: text.to_owned(), ..draft() };
    let mut milestones = Vec::new();
    for (number, text) in [(305 * 32_768, "Чашки"), (306 * 32_768, "Чашки дитячі")] {
        let ttn = desk.register(&described(text)).await.ttn;
        let mut behind = desk.behind_its_back().await;
        // As it stands in an index that has no milestones yet.
        let number_of = |sql: &str| query(sql.to_owned()).bind(number);
        let move_it = [
            number_of("DELETE FROM orders_search WHERE rowid < $1 AND rowid % 32768 <> 0"),
            number_of("INSERT INTO orders_search (rowid, terms) VALUES ($1, 'w')"),
            number_of("UPDATE orders SET number = $1 WHERE ttn = $2").bind(&ttn),
        ];
        for step in move_it {
            step.run(&mut behind.connection()).await.unwrap();
        }
        search::catch_up(&mut behind.connection()).await.unwrap();
        milestones.push((ttn, number));
    }
    let there = query("SELECT rowid FROM orders_search WHERE orders_search MATCH 'z' ORDER BY rowid");
    let rows = there.all(&mut desk.behind_its_back().await.connection()).await.unwrap();
    let numbers: Vec<i64> = rows.iter().map(|row| row.number(0).unwrap()).collect();
    assert_eq!(numbers, milestones.iter().map(|(_, number)| *number).collect::<Vec<_>>());
    for text in ["Чашки", "Дитячі"] {
        let draft = described(text);
        futures_util::future::join_all((0..120).map(|_| desk.store.submit(desk.create(&draft)))).await;
    }
    let searched = page(&desk, &asked("чашки дитячі")).await;
    assert_eq!(searched.rows.iter().map(|row| row.ttn).collect::<Vec<_>>(), [milestones[1].0]);
    assert!(searched.older.is_some());
}

async fn a_common_word_beside_a_rare_one_leaves_out_what_has_only_one_of_them(on: On) {
    let desk = Desk::open(on).await;
    let described = |text: &str| OrderDraft { description: text.to_owned(), ..draft() };
    let many = async |text: &str, count: usize| {
        let draft = described(text);
        futures_util::future::join_all((0..count).map(|_| desk.store.submit(desk.create(&draft)))).await;
    };
    let both = desk.register(&described("Гітара та чашки")).await.ttn;
    // More than a search looks at, and all newer.
    many("Гітара", usize::from(search::NEWEST) + 10).await;
    ten_million_later(&desk, desk.registered().await.ttn).await;
    many("Чашки", 120).await;
    for typed in ["гітара чашки", "чашк гіт", "чашки гітара та", "гітара, чашки!"]
    {
        for scope in [OrderScope::MyBranch, OrderScope::AllBranches] {
            let list = ListOrders { scope, ..asked(typed) };
            let rows = page(&desk, &list).await.rows;
            assert_eq!(rows.iter().map(|row| row.ttn).collect::<Vec<_>>(), [both], "{typed}");
        }
    }
    let elsewhere = postoffice_domain::people::BranchId("kyiv-41".to_owned());
    assert_eq!(desk.store.list(&asked("гітара чашки"), &elsewhere).await.unwrap().rows, []);
    assert_eq!(found(&desk, "гітара чашки 654321").await, [both]);
    assert_eq!(found(&desk, &format!("гітара чашки {}", &both.to_string()[3..14])).await, [both]);
}

async fn tabs_and_branches_hold_in_a_search(on: On) {
    let desk = Desk::open(on).await;
    let mut ttns = Vec::new();
    for _ in 0..4 {
        desk.clock.advance(1);
        ttns.push(desk.registered().await.ttn);
    }
    decided(&desk, ttns[0], OrderCommand::cancel("відмова").unwrap()).await;
    failed(&desk, ttns[1]).await;
    let word = desk.store.details(&ttns[0]).await.unwrap().unwrap().order.description;
    let on_tab = async |tab| page(&desk, &ListOrders { tab, ..asked(&word) }).await;
    let all = on_tab(OrderTab::All).await;
    let counts = all.counts.unwrap();
    assert_eq!((counts.all, counts.new, counts.canceled, counts.problem, counts.sms_waiting), (4, 3, 1, 1, 3));
    assert_eq!(all.rows.iter().map(|row| row.ttn).collect::<Vec<_>>(), [ttns[0], ttns[3], ttns[2], ttns[1]]);
    let canceled = on_tab(OrderTab::Canceled).await;
    assert_eq!((canceled.rows.len(), canceled.rows[0].ttn, canceled.counts), (1, ttns[0], Some(counts)));
    let problem = on_tab(OrderTab::Problem).await;
    assert_eq!((problem.rows.len(), problem.rows[0].ttn), (1, ttns[1]));
    let elsewhere = postoffice_domain::people::BranchId("kyiv-41".to_owned());
    assert_eq!(desk.store.list(&asked(&word), &elsewhere).await.unwrap().rows, []);
    let everywhere = ListOrders { scope: OrderScope::AllBranches, ..asked(&word) };
    assert_eq!(desk.store.list(&everywhere, &elsewhere).await.unwrap().rows.len(), 4);
}

async fn orders_that_were_there_before_the_index_are_put_into_it(on: On) {
    let desk = Desk::open(on).await;
    let ttns = [desk.registered().await.ttn, desk.registered().await.ttn];
    let mut behind = desk.behind_its_back().await;
    behind.run("DELETE FROM orders_search", &[]).await.unwrap();
    assert_eq!(found(&desk, &ttns[0].to_string()).await, []);
    let mut connection: Connection<'_> = behind.connection();
    search::catch_up(&mut connection).await.unwrap();
    for ttn in ttns {
        assert_eq!(found(&desk, &ttn.to_string()).await, [ttn]);
    }
}

#[tokio::test]
async fn milestones_of_the_index_hide_nothing_that_is_still_to_be_put_into_it() {
    let desk = Desk::open(On::Sqlite).await;
    let ttns = [desk.registered().await.ttn, desk.registered().await.ttn, desk.registered().await.ttn];
    let mut behind = desk.behind_its_back().await;
    behind.run("UPDATE orders SET number = 32768 WHERE ttn = $1", &[&ttns[1].to_string()]).await.unwrap();
    behind.run("UPDATE orders SET number = 32769 WHERE ttn = $1", &[&ttns[2].to_string()]).await.unwrap();
    behind.run("DELETE FROM orders_search", &[]).await.unwrap();
    search::catch_up(&mut behind.connection()).await.unwrap();
    for ttn in ttns {
        assert_eq!(found(&desk, &ttn.to_string()).await, [ttn]);
    }
}
