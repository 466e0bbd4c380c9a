//! The others die: the SMS sender, the private Redis; the server with many commands in flight; all of them at once.

use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    office::Office,
    programs::kill_process,
    wait::until,
};

use crate::{
    counter::{asked_again, register_in_flight, register_through},
    ledger::{settle, watch},
    one_by_one,
};

async fn office() -> (Office, ScriptedGateway) {
    let office = Office::start(2).await;
    watch(&office).await;
    (office, ScriptedGateway::start(|_, _| Reaction::Take).await)
}

/// What was on its way to the gateway when the sender died waits for a report; here none comes.
fn without_reports(office: &mut Office) {
    office.set_for_sender("POSTOFFICE_JOURNAL__PROOF_WITHIN_MS", "1000");
}

#[tokio::test]
async fn orders_made_while_the_sender_is_down_are_told_when_it_returns() {
    let (mut office, gateway) = office().await;
    let (ttns, _) = register_through(&mut office, 1..=8).await;
    assert_eq!(gateway.received().len(), 0, "there was no sender");
    office.start_sender_with(&gateway.url());
    gateway.wait_for(8).await;
    settle(&office, &gateway, &one_by_one(&ttns)).await;
}

#[tokio::test]
async fn a_killed_sender_leaves_nothing_untold() {
    let (mut office, gateway) = office().await;
    without_reports(&mut office);
    office.set("POSTOFFICE_FAIL_POINT", "sender.after_read:3");
    office.start_sender_with(&gateway.url());
    office.unset("POSTOFFICE_FAIL_POINT");
    let (ttns, _) = register_through(&mut office, 1..=8).await;
    until("the sender to die", || {
        let dead = office.sender().has_ended();
        async move { dead.then_some(()) }
    })
    .await;
    office.start_sender_with(&gateway.url());
    settle(&office, &gateway, &one_by_one(&ttns)).await;
}

#[tokio::test]
async fn a_killed_redis_loses_no_order_and_no_message() {
    let (mut office, gateway) = office().await;
    office.start_sender_with(&gateway.url());
    let mut desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    let mut ttns = Vec::new();
    for number in 1..=12 {
        if number == 4 || number == 8 {
            kill_process(office.redis_pid().await);
        }
        // Registration needs the database alone: it goes on while Redis is away.
        let created = desk.register(command_id(u128::from(number)), draft(number)).await.unwrap();
        ttns.push(created.order.ttn);
    }
    settle(&office, &gateway, &one_by_one(&ttns)).await;
}

#[tokio::test]
async fn a_server_killed_with_many_commands_in_flight_does_each_of_them_once() {
    let (mut office, gateway) = office().await;
    office.start_sender_with(&gateway.url());
    let mut rounds = Vec::new();
    for (round, answered) in [0, 1, 3, 7].into_iter().enumerate() {
        let first = 1 + 8 * u32::try_from(round).unwrap();
        let kill = async |office: &mut Office| office.server().kill();
        rounds.push(register_in_flight(&mut office, first..=first + 7, answered, kill).await);
    }
    let mut again = asked_again(&mut office, 1..=32).await;
    let mut ttns = rounds.concat();
    again.sort_unstable();
    ttns.sort_unstable();
    assert_eq!(again, ttns, "the same answers");
    settle(&office, &gateway, &rounds).await;
}

#[tokio::test]
async fn after_a_power_cut_everything_is_there_and_nothing_is_told_twice() {
    let (mut office, gateway) = office().await;
    without_reports(&mut office);
    office.start_sender_with(&gateway.url());
    let (ttns, _) = register_through(&mut office, 1..=4).await;
    let mut rounds = one_by_one(&ttns);
    let cut = async |office: &mut Office| office.power_cut().await;
    rounds.push(register_in_flight(&mut office, 5..=12, 3, cut).await);
    office.start_sender_with(&gateway.url());
    let (ttns, _) = register_through(&mut office, 13..=14).await;
    rounds.extend(one_by_one(&ttns));
    settle(&office, &gateway, &rounds).await;
}
