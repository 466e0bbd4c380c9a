//! The server dies at each of its five main steps while a clerk registers.

use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use postoffice_tests::office::Office;

use crate::{
    counter::{asked_again, register_through},
    ledger::{settle, watch},
    one_by_one,
};

const ORDERS: u32 = 6;

async fn killed_at(step: &str, pass: u32) {
    let mut office = Office::start(2).await;
    watch(&office).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    office.start_sender_with(&gateway.url());
    office.stop_server();
    office.set("POSTOFFICE_FAIL_POINT", &format!("{step}:{pass}"));
    // It may die before it is ready: starting has steps too.
    office.spawn_server();
    let (ttns, deaths) = register_through(&mut office, 1..=ORDERS).await;
    // Steps behind the answer may only be reached once the clerk has gone.
    if deaths == 0 {
        office.come_back_after_fail_point().await;
    }
    assert_eq!(asked_again(&mut office, 1..=ORDERS).await, ttns, "the same answers");
    settle(&office, &gateway, &one_by_one(&ttns)).await;
}

#[tokio::test]
async fn before_the_commit() {
    killed_at("store.before_commit", 2).await;
    killed_at("store.before_commit", 5).await;
}

#[tokio::test]
async fn after_the_commit_before_the_answer() {
    killed_at("store.after_commit", 2).await;
    killed_at("store.after_commit", 5).await;
}

#[tokio::test]
async fn after_the_relay_numbered_the_events() {
    killed_at("relay.after_claim", 1).await;
    killed_at("relay.after_claim", 3).await;
}

#[tokio::test]
async fn after_the_relay_appended_to_the_stream() {
    killed_at("relay.after_append", 1).await;
    killed_at("relay.after_append", 3).await;
}

#[tokio::test]
async fn after_the_relay_marked_the_events_published() {
    killed_at("relay.after_mark", 1).await;
    killed_at("relay.after_mark", 3).await;
}
