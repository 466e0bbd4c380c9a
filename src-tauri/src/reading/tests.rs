use postoffice_protocol::{
    desktop::CoreEvent,
    events::{ChangeBatch, ServerNotice},
    orders::{Direction, GetOrder, ListOrders, OrderScope, OrderTab, SortKey},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    played::{Peer, Place, Running, files},
    testing::{granted, ttn},
    vault::Vault,
};

const CLERK: u128 = 7;

fn list() -> Call {
    Call::ListOrders(ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::MyBranch,
        sort: SortKey::Updated,
        direction: Direction::Descending,
        search: None,
        before: None,
        after: None,
        limit: 100,
    })
}

fn row(ttn: postoffice_domain::ttn::Ttn, description: &str, version: u64) -> Value {
    json!({
        "ttn": ttn, "status": "new", "description": description, "location": { "city": "Львів", "street": "1" },
        "recipient_city": "Одеса", "branch": "lviv-3", "registered_at": 1, "updated_at": version, "version": version,
    })
}

fn changes(numbers: std::ops::RangeInclusive<u64>) -> ServerNotice {
    let changes = numbers.map(|sequence| {
        let ttn = ttn();
        json!({
            "sequence": sequence, "event_id": Uuid::nil(), "ttn": ttn, "kind": "registered", "at": 1, "status_after": "new",
            "row": row(ttn, &format!("зміна {sequence}"), sequence),
        })
    });
    ServerNotice::Changes(ChangeBatch {
        changes: changes.map(|change| serde_json::from_value(change).unwrap()).collect(),
    })
}

fn asks(desktop: &Running, call: Call) -> tokio::task::JoinHandle<Result<Box<RawValue>, Problem>> {
    let core = Arc::clone(&desktop.core);
    tokio::spawn(async move { core.request(call).await })
}

async fn descriptions(desktop: &Running) -> Vec<String> {
    let answer = asks(desktop, list()).await.unwrap().unwrap();
    let page: OrderPage = serde_json::from_str(answer.get()).unwrap();
    page.rows.into_iter().map(|row| row.description).collect()
}

/// Loads a list of one order and opens it.
async fn looks_around(desktop: &Running, peer: &mut Peer) -> postoffice_domain::ttn::Ttn {
    let order = ttn();
    let listed = asks(desktop, list());
    let (id, _) = peer.next().await;
    peer.answer(&id, &json!({ "rows": [row(order, "кераміка", 3)], "sequence": 41, "said_by_newer_servers": 1 })).await;
    listed.await.unwrap().unwrap();
    let opened = asks(desktop, Call::GetOrder(GetOrder { ttn: order }));
    let (id, _) = peer.next().await;
    peer.answer(&id, &granted(order).order).await;
    opened.await.unwrap().unwrap();
    order
}

async fn is_offline(desktop: &Running) -> Link {
    desktop.until("it is offline", |at| at.core.link().filter(|link| matches!(link, Link::Offline { .. }))).await
}

async fn is_live(desktop: &Running) -> u64 {
    desktop
        .until("it is live", |at| match at.core.link() {
            Some(Link::Live { caught_up }) => Some(caught_up),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn without_a_link_the_last_list_and_the_last_orders_are_read() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    let order = looks_around(&desktop, &mut peer).await;
    peer.says(&changes(42..=43)).await;
    desktop.until("the changes are seen", |at| (at.core.sequence() == 43).then_some(())).await;
    drop(peer);
    let Link::Offline { as_of, .. } = is_offline(&desktop).await else { panic!("it is offline") };
    assert!(as_of.is_some());
    assert_eq!(descriptions(&desktop).await, ["зміна 43", "зміна 42", "кераміка"]);
    let opened = asks(&desktop, Call::GetOrder(GetOrder { ttn: order })).await.unwrap().unwrap();
    assert!(opened.get().contains("+380930005508"));
    let unseen = asks(&desktop, Call::GetOrder(GetOrder { ttn: ttn() })).await.unwrap();
    assert_eq!(unseen.unwrap_err().code, ProblemCode::Offline);
}

#[tokio::test]
async fn a_killed_desktop_reads_on_without_a_server_and_catches_up_when_it_returns() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    looks_around(&desktop, &mut peer).await;
    peer.says(&changes(42..=44)).await;
    desktop.until("the changes are seen", |at| (at.core.sequence() == 44).then_some(())).await;
    drop(peer);
    is_offline(&desktop).await;
    desktop.killed().await;

    let next = place.start();
    assert_eq!(next.core.session().unwrap().name, "Clerk 7", "nobody has to sign in again");
    // A socket that nobody answers on: the desktop is on its own.
    let silent = place.socket().await;
    drop(silent);
    is_offline(&next).await;
    assert_eq!(descriptions(&next).await, ["зміна 44", "зміна 43", "зміна 42", "кераміка"]);
    let mut peer = place.greeted().await;
    assert_eq!(peer.resumes(CLERK, json!({ "state": "follows", "missed": 37 })).await, 44);
    peer.says(&changes(45..=60)).await;
    peer.says(&changes(61..=81)).await;
    assert_eq!(is_live(&next).await, 37, "caught up: 37 changes, none missed");
    assert!(!next.told().contains(&CoreEvent::Resync));
}

#[tokio::test]
async fn nothing_of_a_session_is_left_when_it_is_over() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    looks_around(&desktop, &mut peer).await;
    desktop.core.write_seen().await;
    assert_eq!(files(&place.data(), CLERK, "seen"), ["pages"]);
    let core = Arc::clone(&desktop.core);
    let signing_out = tokio::spawn(async move { core.sign_out().await });
    let (id, _) = peer.next().await;
    peer.answer(&id, &json!({})).await;
    signing_out.await.unwrap();
    desktop.until("it is erased", |_| files(&place.data(), CLERK, "seen").is_empty().then_some(())).await;
    assert_eq!(place.vault.read(), None);
}

#[tokio::test]
async fn what_was_seen_and_is_damaged_is_built_anew() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    looks_around(&desktop, &mut peer).await;
    desktop.core.write_seen().await;
    desktop.killed().await;
    drop(peer);
    let path = place.data().join("employees").join(Uuid::from_u128(CLERK).to_string()).join("seen/pages");
    let mut content = std::fs::read(&path).unwrap();
    content[40] ^= 4;
    std::fs::write(&path, content).unwrap();
    let next = place.start();
    let mut peer = place.greeted().await;
    assert_eq!(peer.resumes(CLERK, json!({ "state": "follows", "missed": 0 })).await, 41, "since the sign-in");
    looks_around(&next, &mut peer).await;
    drop(peer);
    is_offline(&next).await;
    assert_eq!(descriptions(&next).await, ["кераміка"]);
    assert_eq!(next.core.snapshot().trouble, None, "nothing was lost that anybody typed");
}

#[tokio::test]
async fn a_hole_in_the_changes_is_never_shown_as_whole() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    peer.says(&changes(42..=42)).await;
    peer.says(&changes(44..=45)).await;
    desktop.until("everything is loaded again", |at| at.told().contains(&CoreEvent::Resync).then_some(())).await;
    assert_eq!(desktop.core.sequence(), 45);
}

#[tokio::test]
async fn after_a_gap_that_is_not_replayed_the_next_changes_follow_the_snapshot_without_a_hole() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    looks_around(&desktop, &mut peer).await;
    drop(peer);
    is_offline(&desktop).await;
    let mut peer = place.greeted().await;
    peer.resumes(CLERK, json!({ "state": "resync_required" })).await;
    desktop.until("everything is loaded again", |at| at.told().contains(&CoreEvent::Resync).then_some(())).await;
    let resyncs = |at: &Running| at.told().iter().filter(|event| **event == CoreEvent::Resync).count();
    assert_eq!(desktop.core.sequence(), 41, "of the session that was resumed");
    peer.says(&changes(42..=42)).await;
    desktop.until("the change is seen", |at| (at.core.sequence() == 42).then_some(())).await;
    assert_eq!(resyncs(&desktop), 1);
}
