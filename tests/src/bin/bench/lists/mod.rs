//! Pages of lists, and searches, among 10 000 and 1 000 000 orders (`LONG=1`: also 10 000 000), on both engines.
//!
//! One operation: one call of the server's store, as `orders.list` makes it: a page of 50 rows, its cursor, the counts of all tabs with a first
//! page, and the publish number that it reflects (`KEPT=folder`: the databases stay there, and are asked again the next time). Nobody writes meanwhile. Every combination of tab, scope, sort and direction is asked for
//! alike: the first page, and pages further down, up to ten thousand rows.

mod filled;
mod filling;
mod history;

use std::{sync::Arc, time::Instant};

use postoffice_domain::people::BranchId;
use postoffice_protocol::orders::{Direction, ListOrders, OrderScope, OrderTab, SortKey};
use postoffice_server::{
    store::{Database, SmsRules, Store, StoreConfig, StoreError},
    system::{SystemClock, SystemEntropy},
};

use tokio::task::JoinHandle;

use crate::{
    figure::{Figure, Target, number},
    latency::Latency,
    place,
};

const TABS: [OrderTab; 7] = [
    OrderTab::All,
    OrderTab::New,
    OrderTab::Delivering,
    OrderTab::Delivered,
    OrderTab::Completed,
    OrderTab::Canceled,
    OrderTab::Problem,
];
const SCOPES: [OrderScope; 2] = [OrderScope::MyBranch, OrderScope::AllBranches];
const SORTS: [SortKey; 5] = [SortKey::Updated, SortKey::Ttn, SortKey::Status, SortKey::Description, SortKey::Location];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];
/// Rows of a page, as the window asks for them, and most that there are.
const PAGE: u16 = 50;
const WIDE: u16 = 200;
/// Pages of 200 between two that are measured further down.
const SKIPPED: usize = 10;
const ROUNDS: usize = 4;
const MILLIS: f64 = 20.0;

/// What came out at one size.
struct Measured {
    orders: u64,
    pages: Latency,
    searches: Searched,
}

/// Searches: as somebody typed them, and the same among older orders than those that were looked at, where there may be some.
struct Searched {
    first: Latency,
    further_back: Latency,
}

/// Measures on both engines, or on the one that is asked for (`lists/sqlite`, `lists/postgres`).
///
/// # Panics
/// A database cannot be filled or asked.
pub async fn measure(part: &str) -> Vec<Figure> {
    let mut sizes = vec![10_000, 1_000_000];
    if std::env::var_os("LONG").is_some() {
        sizes.push(10_000_000);
    }
    let mut figures = Vec::new();
    if part != "postgres" {
        let empty = place::empty_database().await;
        let mut measured = Vec::new();
        for orders in &sizes {
            let filled = filled::sqlite(&empty, *orders);
            measured.push(ask(filled.database(), *orders).await);
        }
        figures.extend(self::figures("SQLite", &measured));
    }
    if part != "sqlite" {
        let mut measured = Vec::new();
        for orders in &sizes {
            let filled = filled::postgres(*orders).await;
            measured.push(ask(filled.database(), *orders).await);
        }
        figures.extend(self::figures("PostgreSQL", &measured));
    }
    figures
}

type Opened = (Store, JoinHandle<Result<(), StoreError>>);

async fn open(database: &Database) -> Opened {
    let config =
        StoreConfig { database: database.clone(), group_max: 64, sms: SmsRules::default(), beside_a_server: false };
    let (store, writer) =
        Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await.expect("the database opens");
    (store, tokio::spawn(writer.run()))
}

async fn close((store, writing): Opened) {
    drop(store);
    writing.await.expect("the writer ends").expect("it wrote what there was to write");
}

/// Asks for everything that can be asked for.
async fn ask(database: Database, orders: u64) -> Measured {
    let began = Instant::now();
    let (store, writing) = open(&database).await;
    println!("  opened after {:.0} s", began.elapsed().as_secs_f64());
    let mut pages = Latency::none();
    for sort in SORTS {
        let mut of_sort = Latency::none();
        for (tab, scope) in TABS.into_iter().flat_map(|tab| SCOPES.map(|scope| (tab, scope))) {
            for direction in DIRECTIONS {
                let list =
                    ListOrders { tab, scope, sort, direction, search: None, before: None, after: None, limit: PAGE };
                let mut of_list = Latency::none();
                pages_of(&store, list, &mut of_list).await;
                if of_list.millis(0.99) > MILLIS / 2.0 {
                    println!("    {tab:?} {scope:?} {sort:?} {direction:?}: p99 {} ms", number(of_list.millis(0.99)));
                }
                of_sort.join(&of_list);
            }
        }
        let (half, most) = (number(of_sort.millis(0.5)), number(of_sort.millis(0.99)));
        println!("  {orders} orders by {sort:?}: {half} ms, p99 {most} ms");
        pages.join(&of_sort);
    }
    let searches = searches(&store, orders).await;
    close((store, writing)).await;
    Measured { orders, pages, searches }
}

/// First pages of a list, and pages further down.
async fn pages_of(store: &Store, list: ListOrders, times: &mut Latency) {
    let branch = BranchId(history::BRANCH.to_owned());
    let page = async |list: &ListOrders| store.list(list, &branch).await.expect("a page");
    let measured = async |list: &ListOrders, times: &mut Latency| {
        let began = Instant::now();
        page(list).await;
        times.add(began.elapsed());
    };
    for _ in 0..ROUNDS {
        measured(&list, times).await;
    }
    let mut wide = ListOrders { limit: WIDE, ..list.clone() };
    for _ in 0..ROUNDS {
        for _ in 0..SKIPPED {
            let Some(next) = page(&wide).await.next else { return };
            wide.after = Some(next);
        }
        measured(&ListOrders { after: wide.after.clone(), ..list.clone() }, times).await;
    }
}

/// Everything that can be typed, in both scopes, by every sort: first pages, and once further back.
async fn searches(store: &Store, orders: u64) -> Searched {
    let branch = BranchId(history::BRANCH.to_owned());
    let page = async |list: &ListOrders, times: &mut Latency| {
        let began = Instant::now();
        let page = store.list(list, &branch).await.expect("a page");
        let took = began.elapsed();
        times.add(took);
        if took.as_secs_f64() * 1e3 > MILLIS / 2.0 {
            let ListOrders { search, scope, sort, before, .. } = list;
            let back = if before.is_some() { ", further back" } else { "" };
            let (typed, took) = (search.as_deref().unwrap_or_default(), number(took.as_secs_f64() * 1e3));
            println!("    {typed} {scope:?} {sort:?}{back}: {took} ms");
        }
        page
    };
    let mut searched = Searched { first: Latency::none(), further_back: Latency::none() };
    for (kind, typed) in history::typed(orders) {
        let (mut of_kind, mut further_back) = (Latency::none(), Latency::none());
        for (text, sort) in typed.iter().flat_map(|text| SORTS.map(|sort| (text, sort))) {
            for scope in SCOPES {
                let search = Some(text.clone());
                let (tab, direction) = (OrderTab::All, Direction::Ascending);
                let list = ListOrders { tab, scope, sort, direction, search, before: None, after: None, limit: PAGE };
                if let Some(older) = page(&list, &mut of_kind).await.older {
                    page(&ListOrders { before: Some(older.before), ..list }, &mut further_back).await;
                }
            }
        }
        let (half, most) = (number(of_kind.millis(0.5)), number(of_kind.millis(0.99)));
        println!("  {orders} orders, {kind}: {half} ms, p99 {most} ms");
        searched.first.join(&of_kind);
        searched.further_back.join(&further_back);
    }
    searched
}

fn figures(engine: &str, measured: &[Measured]) -> Vec<Figure> {
    type Kind = (&'static str, fn(&Measured) -> &Latency);
    let kinds: [Kind; 3] = [
        ("a page of a list, any sort", |measured| &measured.pages),
        ("a search", |measured| &measured.searches.first),
        ("a search further back", |measured| &measured.searches.further_back),
    ];
    let mut figures = Vec::new();
    for (what, times) in kinds {
        for each in measured {
            let name = format!("{what}, {} orders, {engine}", number_of(each.orders));
            figures.extend(times(each).figures(&name, Target::AtMost(MILLIS)));
        }
        if let [first, _, last] = measured {
            let grown =
                Figure::of(&format!("p99 of {what}, 10 000 000 orders, {engine}"), "ms", times(last).millis(0.99));
            figures.push(grown.beside("10 000 orders", &[times(first).millis(0.99)]).holding(Target::RatioAtMost(2.0)));
        }
    }
    figures
}

#[expect(clippy::cast_precision_loss, reason = "some millions")]
fn number_of(orders: u64) -> String {
    number(orders as f64)
}
