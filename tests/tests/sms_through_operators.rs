//! Server, sender and a real Kannel before an operator that does with each message what its number says, and a bearerbox that is killed.

use std::{collections::HashMap, path::PathBuf};

use postoffice_tests::{
    desk::{Desk, command_id, draft},
    kannel::Kannel,
    office::Office,
    smsc::Smsc,
    wait::until,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// States of a message in SQL.
const ACCEPTED: i64 = 1;
const DELIVERED: i64 = 2;
const FAILED: i64 = 3;
const UNKNOWN: i64 = 4;

async fn office(kannel: &Kannel) -> Office {
    let mut office = Office::start(0).await;
    office.set_for_sender("POSTOFFICE_JOURNAL__PROOF_WITHIN_MS", "3000");
    office.set_for_sender("POSTOFFICE_GATEWAY__KANNEL__ANSWER_TIMEOUT_MS", "2000");
    office.set_for_sender("POSTOFFICE_PACE__PER_SECOND", "1000");
    office.start_sender_with_kannel(kannel);
    office
}

async fn register(desk: &mut Desk, numbers: std::ops::Range<u32>) {
    for number in numbers {
        desk.register(command_id(u128::from(number)), draft(number)).await.expect("the order is registered");
    }
}

/// State and reason of every message, by its number.
async fn messages(database: PathBuf) -> Option<HashMap<String, (i64, Option<String>)>> {
    let mut database = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database)).await.ok()?;
    let rows: Vec<(String, i64, Option<String>)> =
        sqlx::query_as("SELECT phone, state, reason FROM messages").fetch_all(&mut database).await.ok()?;
    Some(rows.into_iter().map(|(phone, state, reason)| (phone, (state, reason))).collect())
}

#[tokio::test]
async fn every_kind_of_report_comes_to_its_outcome() {
    let smsc = Smsc::start().await;
    let kannel = Kannel::start_with_operator(smsc.port()).await;
    let office = office(&kannel).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    register(&mut desk, 0..10).await;
    let failed = |reason: &str| (FAILED, Some(reason.to_owned()));
    let expected: HashMap<String, (i64, Option<String>)> = (0..10)
        .map(|digit| {
            let state = match digit {
                4 => failed("rejected"),
                5 | 6 => failed("undelivered"),
                // Kannel forgets a report that it cannot match yet.
                7 | 8 => (ACCEPTED, None),
                _ => (DELIVERED, None),
            };
            (format!("+38067100000{digit}"), state)
        })
        .collect();
    let seen = until("every message to come to its outcome", || {
        let (database, expected) = (office.database(), &expected);
        async move {
            let seen = messages(database).await?;
            (seen == *expected).then_some(seen)
        }
    })
    .await;
    assert_eq!(seen.len(), 10);
    assert_eq!(smsc.submitted().len(), 10, "each was sent once");
    assert!(smsc.submitted().iter().all(|message| message.coding == 8), "Cyrillic goes out as UCS-2");
}

#[tokio::test]
async fn a_killed_bearerbox_leaves_no_message_without_an_outcome() {
    let smsc = Smsc::start().await;
    let mut kannel = Kannel::start_with_operator(smsc.port()).await;
    let office = office(&kannel).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk12", "2").await;
    for round in 0..3 {
        // Of those the operator delivers and reports.
        register(&mut desk, round * 10..round * 10 + 4).await;
        smsc.wait_for(usize::try_from(round).unwrap() + 1).await;
        kannel.kill_bearerbox_and_restart().await;
    }
    let seen = until("every message to come to an outcome", || {
        let database = office.database();
        async move {
            let seen = messages(database).await?;
            // One that was accepted may have lost its report with the bearerbox.
            (seen.len() == 12 && seen.values().all(|(state, _)| *state >= ACCEPTED)).then_some(seen)
        }
    })
    .await;
    let mut told: HashMap<String, usize> = HashMap::new();
    for message in smsc.submitted() {
        *told.entry(message.to).or_default() += 1;
    }
    for (phone, (state, reason)) in &seen {
        assert_ne!(*state, FAILED, "{phone}: {reason:?}");
        let is_there = told.contains_key(phone);
        assert!(is_there || *state == UNKNOWN || *state == ACCEPTED, "{phone} is said to be {state} and never came");
    }
    let doubled = told.values().filter(|times| **times > 1).count();
    println!("{} messages, {} told, {doubled} of them twice by Kannel itself", seen.len(), told.len());
}
