//! A clerk who goes on registering whatever happens to the server: an order without an answer is sent again under its command id.

use std::{collections::BTreeMap, ops::RangeInclusive};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    orders::{CreateOrder, OrderCreated},
    problem::{Problem, ProblemCode},
};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
    wait::PATIENCE,
};

/// Registers these orders, one after another, bringing the server back when it dies. Their numbers in order, and how often it died.
pub async fn register_through(office: &mut Office, numbers: RangeInclusive<u32>) -> (Vec<Ttn>, u32) {
    let (mut ttns, mut deaths) = (Vec::new(), 0);
    let mut desk = sit_down(office, &mut deaths).await;
    for number in numbers {
        ttns.push(register_one(office, &mut desk, number, &mut deaths).await);
    }
    (ttns, deaths)
}

/// Sends all of these orders at once and `cut`s when so many of them are answered; then sends again what has no answer. Their numbers, as
/// they were answered.
pub async fn register_in_flight(
    office: &mut Office,
    numbers: RangeInclusive<u32>,
    answered: usize,
    cut: impl AsyncFnOnce(&mut Office),
) -> Vec<Ttn> {
    let mut deaths = 0;
    let mut desk = sit_down(office, &mut deaths).await;
    let mut waiting = BTreeMap::new();
    for number in numbers {
        waiting.insert(desk.send(create(number)).await.unwrap(), number);
    }
    let mut ttns = Vec::new();
    while ttns.len() < answered {
        let (id, answer) = desk.answer().await.unwrap();
        waiting.remove(&id).expect("an answer to what was asked");
        ttns.push(ttn_of(&answer.unwrap()));
    }
    cut(office).await;
    // What had left the server before it died still comes.
    while let Ok((id, answer)) = desk.answer().await {
        waiting.remove(&id).expect("an answer to what was asked");
        ttns.push(ttn_of(&answer.unwrap()));
    }
    let mut desk = sit_down(office, &mut deaths).await;
    for number in waiting.into_values() {
        ttns.push(register_one(office, &mut desk, number, &mut deaths).await);
    }
    assert_eq!(deaths, 1, "the cut was a cut");
    ttns
}

/// Sends these orders again although they were answered: the answers, which must be the same.
pub async fn asked_again(office: &mut Office, numbers: RangeInclusive<u32>) -> Vec<Ttn> {
    let mut deaths = 0;
    let mut desk = sit_down(office, &mut deaths).await;
    let mut ttns = Vec::new();
    for number in numbers {
        ttns.push(register_one(office, &mut desk, number, &mut deaths).await);
    }
    ttns
}

fn create(number: u32) -> Call {
    Call::CreateOrder(CreateOrder { command_id: command_id(u128::from(number)), order: draft(number) })
}

fn ttn_of(answer: &serde_json::value::RawValue) -> Ttn {
    serde_json::from_str::<OrderCreated>(answer.get()).unwrap().order.ttn
}

/// Registers one order, under one command id, until there is an answer.
async fn register_one(office: &mut Office, desk: &mut Desk, number: u32, deaths: &mut u32) -> Ttn {
    loop {
        match desk.ask(create(number)).await {
            Ok(answer) => return ttn_of(&answer),
            Err(problem) if went_away(&problem) => *desk = sit_down(office, deaths).await,
            Err(problem) => panic!("order {number} was refused: {problem:?}"),
        }
    }
}

/// The server went away before it answered.
fn went_away(problem: &Problem) -> bool {
    problem.code == ProblemCode::Offline
}

/// Signs in, at a server that is started again first if it is dead. It may die (or still be dying) at any moment of this.
async fn sit_down(office: &mut Office, deaths: &mut u32) -> Desk {
    let sitting_down = async {
        loop {
            if office.server().has_ended() {
                *deaths += 1;
                office.unset("POSTOFFICE_FAIL_POINT");
                office.start_server().await;
            }
            match Desk::try_signed_in(&office.address(), "clerk12", "2").await {
                Ok(desk) => return desk,
                Err(problem) if went_away(&problem) => tokio::task::yield_now().await,
                Err(problem) => panic!("the clerk was refused: {problem:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, sitting_down).await.expect("the clerk can sign in again")
}
