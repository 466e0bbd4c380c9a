//! The machine of PostgreSQL is gone and no reset tells it: every read and every command is answered in bounded time, the server says what is
//! wrong, and when PostgreSQL is back everything works and nothing is there twice, although the old connections stay silent for ever.

use std::time::Duration;

use postoffice_protocol::{
    call::Call,
    orders::{Direction, ListOrders, OrderPage, OrderScope, OrderTab, SortKey},
    problem::{Problem, ProblemCode},
};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    faults::{dice::Dice, resume::postgres::HarmedPostgres},
    office::Office,
    wait::{until, until_within},
};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tokio::{task::JoinSet, time::Instant};

/// More reads than the server has connections for.
const READS: u32 = 12;
/// Connections of a server that are under way then: eight that read, one that writes.
const UNDER_WAY: i64 = 9;
/// A read that is under way is given up after 12 s.
const READ_WITHIN: Duration = Duration::from_secs(16);
/// A command too, and then PostgreSQL is looked for once more, for 5 s.
const COMMAND_WITHIN: Duration = Duration::from_secs(19);
/// What begins while PostgreSQL is known to be away does not wait for long.
const SOON: Duration = Duration::from_secs(5);

async fn list(desk: &mut Desk) -> Result<OrderPage, Problem> {
    let list = ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::MyBranch,
        sort: SortKey::Updated,
        direction: Direction::Descending,
        search: None,
        before: None,
        after: None,
        limit: 50,
    };
    desk.ask_for(Call::ListOrders(list)).await
}

/// Holds up whatever touches an order.
async fn hold_up(past_the_network: &mut PgConnection) {
    let held = sqlx::raw_sql("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").execute(past_the_network).await;
    held.expect("the table is locked");
}

async fn held_up(past_the_network: &mut PgConnection) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'office_app' AND wait_event_type = 'Lock'";
    sqlx::query_scalar(count).fetch_one(past_the_network).await.expect("it can be asked")
}

async fn store_is(office: &Office, state: &str) -> Option<()> {
    let said = office.readiness().await;
    (said["store"] == state && said["ready"] == (state == "ok")).then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_is_gone_without_a_word_holds_nobody_up_for_ever_and_nothing_is_done_twice() {
    let postgres = HarmedPostgres::start(Dice::new(1)).await;
    let office = Office::start_empty(Some(&postgres.through_the_network()), &[]).await;
    let address = office.address();
    let mut clerk = Desk::signed_in(&address, "clerk7", "1").await;
    clerk.register(command_id(1), draft(1)).await.expect("it is registered");
    let mut readers = Vec::new();
    for station in 0..READS {
        readers.push(Desk::signed_in(&address, "clerk12", &format!("r{station}")).await);
    }

    let options: PgConnectOptions = postgres.url().parse().expect("our own address is good");
    let (mut holding, mut looking) =
        (options.connect().await.expect("it connects"), options.connect().await.expect("it connects"));
    hold_up(&mut holding).await;
    let began = Instant::now();
    let command = tokio::spawn(async move {
        let answer = clerk.register(command_id(2), draft(2)).await;
        (clerk, answer.map(drop), began.elapsed())
    });
    let mut reads = JoinSet::new();
    for mut desk in readers {
        reads.spawn(async move {
            let answer = list(&mut desk).await.map(drop);
            let took = began.elapsed();
            let (began, later) = (Instant::now(), list(&mut desk).await.map(drop));
            (desk, [(answer, took), (later, began.elapsed())])
        });
    }
    while held_up(&mut looking).await < UNDER_WAY {
        assert!(began.elapsed() < SOON, "they do not get under way");
    }
    postgres.vanish();
    until_within(SOON, "the server to say that its store is away", || store_is(&office, "unreachable")).await;

    let mut readers = Vec::new();
    for (desk, answers) in reads.join_all().await {
        for ((answer, took), within) in answers.into_iter().zip([READ_WITHIN, SOON]) {
            assert_eq!(answer.unwrap_err().code, ProblemCode::StorageUnavailable);
            assert!(took < within, "{took:?} instead of {within:?}");
        }
        readers.push(desk);
    }
    let (mut clerk, answer, took) = command.await.expect("the clerk waits");
    assert_eq!(answer.unwrap_err().code, ProblemCode::StorageUnavailable);
    assert!(took < COMMAND_WITHIN, "a command that was under way: {took:?}");

    sqlx::raw_sql("ROLLBACK").execute(&mut holding).await.expect("the table is free");
    postgres.come_back();
    until("the server to say that its store is back", || store_is(&office, "ok")).await;
    for desk in &mut readers {
        let began = Instant::now();
        assert_eq!(list(desk).await.expect("it is read").rows.len(), 1);
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    }
    clerk.register(command_id(2), draft(2)).await.expect("it is registered");
    clerk.register(command_id(2), draft(2)).await.expect("and stays so");
    assert_eq!(list(&mut clerk).await.expect("it is read").rows.len(), 2, "once each");
}
