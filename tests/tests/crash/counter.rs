//! A clerk who goes on registering whatever happens to the server: an order without an answer is sent again under its command id.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    orders::{CommandId, OrderCreated},
    problem::ProblemCode,
};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
    wait::PATIENCE,
};

/// Registers `count` orders, one after another, bringing the server back when it dies. Their numbers in order, and how often it died.
pub async fn register_through(office: &mut Office, count: u32) -> (Vec<Ttn>, u32) {
    let (mut ttns, mut deaths) = (Vec::new(), 0);
    let mut desk = sit_down(office, &mut deaths).await;
    for number in 1..=count {
        let id = command_id(u128::from(number));
        let created = loop {
            match register(&mut desk, id, number).await {
                Some(created) => break created,
                None => desk = sit_down(office, &mut deaths).await,
            }
        };
        ttns.push(created.order.ttn);
    }
    (ttns, deaths)
}

/// `None`: the server went away before it answered.
async fn register(desk: &mut Desk, id: CommandId, number: u32) -> Option<OrderCreated> {
    match desk.register(id, draft(number)).await {
        Ok(created) => Some(created),
        Err(problem) if problem.code == ProblemCode::Offline => None,
        Err(problem) => panic!("order {number} was refused: {problem:?}"),
    }
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
                Err(problem) if problem.code == ProblemCode::Offline => tokio::task::yield_now().await,
                Err(problem) => panic!("the clerk was refused: {problem:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, sitting_down).await.expect("the clerk can sign in again")
}
