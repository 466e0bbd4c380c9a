//! A desktop that comes back is told what it missed at its own pace, while the others work on.

use postoffice_protocol::{events::ServerNotice, session::Resume};

use crate::{
    desk::Desk,
    office::{LOGIN, Office, PASSWORD},
    orders::register,
};

async fn changes(desk: &mut Desk) -> Vec<u64> {
    desk.news(|notice| match notice {
        ServerNotice::Changes(batch) => Some(batch.changes.iter().map(|change| change.sequence).collect()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn news_does_not_fill_the_queue_of_who_has_not_read_yet_what_it_missed() {
    let office = Office::set_up_with(|config| config.limits.queue_frames = 8).await;
    let hub = &office.served.services.hub;
    let mut away = office.desk().await;
    let signed_in = away.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
    drop(away);
    let since = signed_in.session.sequence;
    let mut busy = office.signed_in().await;
    let mut register_and_hear = async || {
        register(&mut busy, &"довгий опис ".repeat(16)).await;
        *changes(&mut busy).await.last().unwrap()
    };
    // More than its connection holds.
    while register_and_hear().await < since + 200 {}

    let mut back = Desk::connect_narrowly(office.address).await;
    back.send("session.resume", &Resume { token: signed_in.token, since }).await;
    while hub.sessions_live() < 2 {
        register_and_hear().await;
    }
    // Many times what its queue holds, each in a frame of its own; it reads nothing of all that.
    let mut last = since;
    for _ in 0..40 {
        last = register_and_hear().await;
    }
    let mut heard = Vec::new();
    while heard.last() < Some(&last) {
        heard.extend(changes(&mut back).await);
    }
    assert_eq!(heard, (since + 1..=last).collect::<Vec<_>>(), "none missed, none twice, none out of order");
    // And then what is new.
    last = register_and_hear().await;
    assert_eq!(changes(&mut back).await, [last]);
    office.stop().await;
}
