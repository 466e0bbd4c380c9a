use std::sync::Arc;

use postoffice_protocol::desktop::{DiskTrouble, DraftName, KeptDraft};
use serde_json::json;

use crate::{
    played::{Place, files},
    vault::Vault,
};

const CLERK: u128 = 7;

fn draft(name: DraftName, text: &str) -> KeptDraft {
    KeptDraft::Text { name, text: text.to_owned() }
}

#[tokio::test]
async fn a_draft_that_is_kept_is_there_for_the_next_desktop() {
    let place = Place::new().await;
    let (desktop, _peer) = place.signed_in(CLERK).await;
    let keep = |name, text: Option<&str>| desktop.core.keep_draft(name, text.map(str::to_owned));
    keep(DraftName::Register, Some("Кераміка")).await.unwrap();
    keep(DraftName::Places, Some("Одеса")).await.unwrap();
    keep(DraftName::Texts, Some("{ttn}")).await.unwrap();
    keep(DraftName::Places, None).await.unwrap();
    assert_eq!(files(&place.data(), CLERK, "drafts"), ["register", "texts"]);
    desktop.killed().await;
    let next = place.start();
    // It came back with its session, before any link.
    assert_eq!(next.core.drafts(), [draft(DraftName::Register, "Кераміка"), draft(DraftName::Texts, "{ttn}")]);
}

#[tokio::test]
async fn who_types_fast_ends_with_the_last_letter() {
    let place = Place::new().await;
    let (desktop, _peer) = place.signed_in(CLERK).await;
    let typed: Vec<_> = (0..200)
        .map(|letter| {
            let core = Arc::clone(&desktop.core);
            tokio::spawn(async move { core.keep_draft(DraftName::Register, Some("д".repeat(letter))).await })
        })
        .collect();
    for letter in typed {
        letter.await.unwrap().unwrap();
    }
    desktop.killed().await;
    assert_eq!(place.start().core.drafts(), [draft(DraftName::Register, &"д".repeat(199))]);
}

#[tokio::test]
async fn nobody_reads_the_draft_of_another() {
    let place = Place::new().await;
    let (desktop, mut peer) = place.signed_in(CLERK).await;
    desktop.core.keep_draft(DraftName::Register, Some("+380671234567".to_owned())).await.unwrap();
    let core = Arc::clone(&desktop.core);
    let signing_out = tokio::spawn(async move { core.sign_out().await });
    let (request, _) = peer.next().await;
    peer.answer(&request, &json!({})).await;
    signing_out.await.unwrap();
    assert_eq!(desktop.core.drafts(), []);
    assert!(desktop.core.keep_draft(DraftName::Register, Some("lost".to_owned())).await.is_err(), "nobody is there");
    desktop.signs_in(&mut peer, CLERK + 1).await;
    assert_eq!(desktop.core.drafts(), []);
    desktop.core.keep_draft(DraftName::Register, Some("another".to_owned())).await.unwrap();
    desktop.killed().await;
    drop(peer);
    place.vault.forget();
    let (next, _peer) = place.signed_in(CLERK).await;
    assert_eq!(next.core.drafts(), [draft(DraftName::Register, "+380671234567")]);
}

#[tokio::test]
async fn a_damaged_draft_is_set_aside_and_a_disk_that_refuses_is_told() {
    let place = Place::new().await;
    let (desktop, _peer) = place.signed_in(CLERK).await;
    desktop.core.keep_draft(DraftName::Register, Some("Кераміка".to_owned())).await.unwrap();
    desktop.killed().await;
    let folder = place.data().join("employees").join(uuid::Uuid::from_u128(CLERK).to_string()).join("drafts");
    std::fs::write(folder.join("register"), "Кера").unwrap();
    let next = place.start();
    let aside = folder.join("damaged/register");
    assert!(aside.exists());
    let told = KeptDraft::Damaged { name: DraftName::Register, file: aside.display().to_string() };
    assert_eq!(next.core.drafts(), [told]);
    // A file stands where the folder should be, so nothing can be written.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "").unwrap();
    assert!(next.core.keep_draft(DraftName::Register, Some("Книги".to_owned())).await.is_err());
    assert_eq!(next.core.trouble(), Some(DiskTrouble::NotKept));
    std::fs::remove_file(&folder).unwrap();
    next.core.keep_draft(DraftName::Register, Some("Книги".to_owned())).await.unwrap();
    assert_eq!(next.core.trouble(), None);
    assert_eq!(next.core.drafts(), [draft(DraftName::Register, "Книги")], "what is typed anew takes its place");
}
