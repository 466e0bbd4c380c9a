//! The others die: the SMS sender, the private Redis, the server at a moment of nobody's choice.

use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
};

use crate::{counter::register_through, ledger::settle};

#[tokio::test]
async fn orders_made_while_the_sender_is_down_are_told_when_it_returns() {
    let mut office = Office::start(2).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let (ttns, _) = register_through(&mut office, 8).await;
    assert_eq!(gateway.received().len(), 0, "there was no sender");
    office.start_sender_with(&gateway.url());
    gateway.wait_for(8).await;
    settle(&office, &gateway, &ttns).await;
}

#[tokio::test]
async fn a_killed_sender_leaves_nothing_untold() {
    let mut office = Office::start(2).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    // What was on its way to the gateway when the sender died waits for a report; here none comes.
    office.set("POSTOFFICE_JOURNAL__PROOF_WITHIN_MS", "1000");
    office.set("POSTOFFICE_FAIL_POINT", "sender.after_read:3");
    office.start_sender_with(&gateway.url());
    office.unset("POSTOFFICE_FAIL_POINT");
    let (ttns, _) = register_through(&mut office, 8).await;
    postoffice_tests::wait::until("the sender to die", || {
        let dead = office.sender().has_ended();
        async move { dead.then_some(()) }
    })
    .await;
    office.start_sender_with(&gateway.url());
    settle(&office, &gateway, &ttns).await;
}

#[tokio::test]
async fn a_killed_redis_loses_no_order_and_no_message() {
    let mut office = Office::start(2).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    office.start_sender_with(&gateway.url());
    let mut desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    let mut ttns = Vec::new();
    for number in 1..=12 {
        if number == 4 || number == 8 {
            postoffice_tests::programs::kill_process(office.redis_pid().await);
        }
        // Registration needs the database alone: it goes on while Redis is away.
        let created = desk.register(command_id(u128::from(number)), draft(number)).await.unwrap();
        ttns.push(created.order.ttn);
    }
    settle(&office, &gateway, &ttns).await;
}
