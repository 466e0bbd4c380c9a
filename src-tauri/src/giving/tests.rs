use std::time::Duration;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    desktop::{DiskTrouble, Progress},
    events::{Closing, ClosingReason, ServerNotice},
    orders::CompleteOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    played::{Peer, Place, Running, files},
    testing::{session, ttn},
    vault::Vault,
};

const CLERK: u128 = 7;
/// Longer than any retry that is under way.
const A_WHILE: Duration = Duration::from_millis(300);

fn id(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(number))
}

fn complete(number: u128, ttn: Ttn) -> Call {
    Call::CompleteOrder(CompleteOrder { command_id: id(number), ttn })
}

fn outcome(number: u128, ttn: Ttn) -> ServerNotice {
    let (command_id, session) = (id(number), session(CLERK));
    ServerNotice::Outcome(Box::new(CommandOutcome { command_id, session, ttn, problem: None, version: Some(2) }))
}

fn kept(place: &Place) -> Vec<String> {
    files(&place.data(), CLERK, "pending")
}

async fn erased(place: &Place, desktop: &Running) {
    desktop.until("the command is erased", |_| kept(place).is_empty().then_some(())).await;
}

async fn is_offline(desktop: &Running) {
    desktop.until("it is offline", |at| matches!(at.core.link(), Some(Link::Offline { .. })).then_some(())).await;
}

/// Takes the command in and says how it ended.
async fn carries_out(peer: &mut Peer, number: u128, ttn: Ttn) {
    let (request, call) = peer.next().await;
    assert_eq!(call, complete(number, ttn));
    peer.answer(&request, &json!({ "command_id": id(number) })).await;
    peer.says(&outcome(number, ttn)).await;
}

#[tokio::test]
async fn a_command_is_on_the_disk_before_it_is_sent_until_its_outcome_is_known() {
    let (place, ttn) = (Place::new().await, ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    let waits = desktop.submits(complete(1, ttn));
    let (request, call) = peer.next().await;
    assert_eq!(call, complete(1, ttn));
    assert_eq!(kept(&place), [id(1).to_string()]);
    peer.answer(&request, &json!({ "command_id": id(1) })).await;
    desktop.until("it is accepted", |at| at.progress(1).filter(|is| *is == Progress::Accepted)).await;
    assert_eq!(kept(&place), [id(1).to_string()], "accepted is not done");
    peer.says(&outcome(1, ttn)).await;
    assert_eq!(waits.await.unwrap().unwrap().problem, None);
    erased(&place, &desktop).await;
}

#[tokio::test]
async fn what_a_killed_desktop_had_in_hand_goes_out_once_after_the_next_sign_in() {
    let (place, ttn, other) = (Place::new().await, ttn(), ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    drop(desktop.submits(complete(1, ttn)));
    peer.next().await;
    drop(desktop.submits(complete(2, other)));
    // Killed between the request and its answer, the server too.
    peer.next().await;
    desktop.killed().await;
    drop(peer);
    place.vault.forget();

    let (next, mut peer) = place.signed_in(CLERK).await;
    for (number, ttn) in [(1, ttn), (2, other)] {
        carries_out(&mut peer, number, ttn).await;
        next.until("its end is shown", |at| at.progress(number).filter(|is| *is == Progress::Done)).await;
    }
    peer.is_quiet_for(A_WHILE).await;
    erased(&place, &next).await;
    next.core.dismiss(id(1));
    next.core.dismiss(id(2));
    assert!(next.core.snapshot().pending.is_empty());
}

#[tokio::test]
async fn it_waits_for_whoever_gave_it() {
    let (place, ttn) = (Place::new().await, ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    drop(desktop.submits(complete(1, ttn)));
    peer.next().await;
    let core = Arc::clone(&desktop.core);
    let signing_out = tokio::spawn(async move { core.sign_out().await });
    let (request, call) = peer.next().await;
    assert!(matches!(call, Call::SignOut(_)), "{call:?}");
    peer.answer(&request, &json!({})).await;
    signing_out.await.unwrap();
    desktop.signs_in(&mut peer, CLERK + 1).await;
    peer.is_quiet_for(A_WHILE).await;
    assert!(desktop.core.snapshot().pending.is_empty());
    desktop.killed().await;
    drop(peer);
    place.vault.forget();
    let (_next, mut peer) = place.signed_in(CLERK).await;
    carries_out(&mut peer, 1, ttn).await;
}

#[tokio::test]
async fn without_a_link_it_waits_and_can_be_taken_back_until_it_leaves() {
    let (place, ttn, other) = (Place::new().await, ttn(), ttn());
    let (desktop, peer) = place.signed_in(CLERK).await;
    drop(peer);
    is_offline(&desktop).await;
    let (taken_back, goes) = (desktop.submits(complete(1, ttn)), desktop.submits(complete(2, other)));
    for number in [1, 2] {
        desktop.until("it waits", |at| at.progress(number).filter(|is| *is == Progress::Unsent)).await;
    }
    desktop.core.withdraw(id(1)).unwrap();
    assert_eq!(taken_back.await.unwrap().unwrap_err().code, ProblemCode::Offline);
    let mut peer = place.greeted().await;
    peer.resumes(CLERK, json!({ "state": "follows", "missed": 0 })).await;
    carries_out(&mut peer, 2, other).await;
    assert_eq!(goes.await.unwrap().unwrap().problem, None);
    assert_eq!(desktop.core.withdraw(id(2)), Ok(()), "over is over");
    erased(&place, &desktop).await;
}

#[tokio::test]
async fn an_outcome_lost_with_the_link_is_asked_for_again() {
    let (place, ttn) = (Place::new().await, ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    let waits = desktop.submits(complete(1, ttn));
    let (request, _) = peer.next().await;
    peer.answer(&request, &json!({ "command_id": id(1) })).await;
    desktop.until("it is accepted", |at| at.progress(1).filter(|is| *is == Progress::Accepted)).await;
    peer.says(&ServerNotice::Closing(Closing { reason: ClosingReason::GoingAway })).await;
    drop(peer);
    let mut peer = place.greeted().await;
    peer.resumes(CLERK, json!({ "state": "follows", "missed": 0 })).await;
    carries_out(&mut peer, 1, ttn).await;
    assert_eq!(waits.await.unwrap().unwrap().problem, None);
}

#[tokio::test]
async fn a_refusal_after_a_restart_is_shown_until_it_was_seen() {
    let (place, ttn) = (Place::new().await, ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    drop(desktop.submits(complete(1, ttn)));
    peer.next().await;
    desktop.killed().await;
    drop(peer);
    place.vault.forget();
    let (next, mut peer) = place.signed_in(CLERK).await;
    let (request, _) = peer.next().await;
    peer.refuse(&request, ProblemCode::IdReused).await;
    let refused = |at: &Running| at.progress(1).filter(|is| matches!(is, Progress::Refused { .. }));
    // Told, and not only known: what the window has shown is on the disk.
    let told_of_it = |event: &CoreEvent| match event {
        CoreEvent::Pending(list) => list.iter().any(|shown| matches!(shown.progress, Progress::Refused { .. })),
        _ => false,
    };
    next.until("it is refused", |at| at.told().iter().any(told_of_it).then_some(())).await;
    next.killed().await;
    drop(peer);
    place.vault.forget();
    let (third, mut peer) = place.signed_in(CLERK).await;
    third.until("it is still to be seen", refused).await;
    peer.is_quiet_for(A_WHILE).await;
    third.core.dismiss(id(1));
    erased(&place, &third).await;
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_told_and_the_others_go() {
    let (place, ttn, other) = (Place::new().await, ttn(), ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    for (number, ttn) in [(1, ttn), (2, other)] {
        drop(desktop.submits(complete(number, ttn)));
        peer.next().await;
    }
    desktop.killed().await;
    drop(peer);
    let folder = place.data().join("employees").join(Uuid::from_u128(CLERK).to_string()).join("pending");
    let path = folder.join(id(1).to_string());
    let content = std::fs::read(&path).unwrap();
    std::fs::write(&path, &content[..content.len() / 2]).unwrap();
    let next = place.start();
    let trouble = next.core.snapshot().trouble.unwrap();
    let aside = folder.join("damaged");
    assert_eq!(trouble, DiskTrouble::SetAside { files: 1, folder: aside.display().to_string() });
    assert!(aside.join(id(1).to_string()).exists());
    let mut peer = place.greeted().await;
    peer.resumes(CLERK, json!({ "state": "follows", "missed": 0 })).await;
    carries_out(&mut peer, 2, other).await;
}

#[tokio::test]
async fn a_disk_that_takes_nothing_stops_nobody_and_is_told() {
    let (place, ttn) = (Place::new().await, ttn());
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    let folder = place.data().join("employees").join(Uuid::from_u128(CLERK).to_string());
    std::fs::create_dir_all(&folder).unwrap();
    // Where the folder should be, a file is: as unwritable as a full disk, also for root.
    std::fs::write(folder.join("pending"), "").unwrap();
    let waits = desktop.submits(complete(1, ttn));
    carries_out(&mut peer, 1, ttn).await;
    assert_eq!(waits.await.unwrap().unwrap().problem, None);
    assert_eq!(desktop.core.snapshot().trouble, Some(DiskTrouble::NotKept));
    std::fs::remove_file(folder.join("pending")).unwrap();
    let waits = desktop.submits(complete(2, ttn));
    carries_out(&mut peer, 2, ttn).await;
    assert_eq!(waits.await.unwrap().unwrap().problem, None);
    assert_eq!(desktop.core.snapshot().trouble, None, "it is over");
}

impl Running {
    fn progress(&self, number: u128) -> Option<Progress> {
        self.core
            .snapshot()
            .pending
            .into_iter()
            .find(|shown| shown.command_id == id(number))
            .map(|shown| shown.progress)
    }
}
