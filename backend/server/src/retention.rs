//! Forgets the words of old messages: the text, and number and text in the outbox event that carried them. What a message told, in which
//! state it ended and what was tried stay.
//!
//! Once a day by the server's clock, in small batches through the writer, with room for clerks between them.

use std::{sync::Arc, time::Duration};

use postoffice_domain::clock::Timestamp;

use crate::{context::Services, store::StoreError};

const DAY_MS: i64 = 24 * 3_600_000;
/// Messages of one commit: a few milliseconds of the writer's time.
const BATCH: u32 = 500;
/// How long a batch is followed by nothing, so that nobody at a counter waits for it.
const ROOM: Duration = Duration::from_millis(50);
/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Forgets until the process stops.
///
/// # Errors
/// Never; what fails is tried again at the next look.
pub async fn run(services: Arc<Services>) -> Result<(), StoreError> {
    let mut next = services.now();
    loop {
        if services.now() >= next {
            match pass(&services).await {
                Ok(forgotten) => {
                    next = services.now().plus_millis(DAY_MS);
                    tracing::info!(forgotten, "old texts of messages are forgotten");
                }
                Err(error) => tracing::warn!(%error, "old texts of messages stay for now"),
            }
        }
        tokio::select! {
            () = services.stopping.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Everything that is old enough now; says how many messages.
///
/// # Errors
/// The store could not; what is done is done.
pub async fn pass(services: &Services) -> Result<u64, StoreError> {
    let before = oldest_kept(services);
    let mut forgotten = 0;
    while !services.stopping.is_cancelled() {
        let batch = services.store.forget_texts(before, BATCH).await?;
        forgotten += batch;
        if batch < u64::from(BATCH) {
            break;
        }
        tokio::select! {
            () = services.stopping.cancelled() => {}
            () = tokio::time::sleep(ROOM) => {}
        }
    }
    Ok(forgotten)
}

fn oldest_kept(services: &Services) -> Timestamp {
    let days = i64::from(services.config.retention.sms_text_days);
    services.now().plus_millis(-days * DAY_MS)
}

#[cfg(test)]
mod tests {
    use postoffice_protocol::messages::MessageState;

    use super::*;
    use crate::test_office::{TestOffice, told};

    #[tokio::test]
    async fn words_go_after_sixty_days_and_what_they_told_stays() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let store = &office.services.store;
        let (old, waiting) = (office.register(&clerk).await.ttn, office.register(&clerk).await.ttn);
        office.publish().await;
        store.record_outcomes(vec![told(&office, &old, MessageState::Delivered, 1).await]).await.unwrap();
        office.clock.advance(2 * DAY_MS);
        let young = office.register(&clerk).await.ttn;
        office.publish().await;
        store.record_outcomes(vec![told(&office, &young, MessageState::Delivered, 1).await]).await.unwrap();
        office.clock.advance(59 * DAY_MS);
        assert_eq!(pass(&office.services).await.unwrap(), 1);
        let message = async |ttn| store.details(&ttn).await.unwrap().unwrap().messages.remove(0);
        let forgotten = message(old).await;
        assert_eq!((forgotten.text, forgotten.state, forgotten.segments), (None, MessageState::Delivered, Some(1)));
        assert_eq!(store.message(forgotten.event_id).await.unwrap().unwrap().attempts.len(), 1);
        assert!(message(waiting).await.text.is_some(), "it may still have to be sent");
        assert!(message(young).await.text.is_some());
        let with_words: Vec<bool> = store
            .numbered_between(0, u64::MAX, 100)
            .await
            .unwrap()
            .iter()
            .filter(|numbered| [old, waiting, young].contains(&numbered.event.ttn) && numbered.event.message.is_none())
            .map(|numbered| numbered.event.notify.is_some())
            .collect();
        assert_eq!(with_words, [false, true, true], "number and text are gone from the outbox too");
        // A late report settles nothing any more and brings nothing back.
        store.record_outcomes(vec![told(&office, &old, MessageState::Failed, 1).await]).await.unwrap();
        assert_eq!(message(old).await.text, None);
        assert_eq!(pass(&office.services).await.unwrap(), 0);
        office.clock.advance(2 * DAY_MS);
        assert_eq!(pass(&office.services).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn more_than_a_batch_goes_in_one_pass() {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let mut outcomes = Vec::new();
        for _ in 0..=BATCH {
            let order = office.register(&clerk).await;
            outcomes.push(told(&office, &order.ttn, MessageState::Delivered, 1).await);
        }
        office.publish().await;
        office.services.store.record_outcomes(outcomes).await.unwrap();
        office.clock.advance(61 * DAY_MS);
        assert_eq!(pass(&office.services).await.unwrap(), u64::from(BATCH) + 1);
    }
}
