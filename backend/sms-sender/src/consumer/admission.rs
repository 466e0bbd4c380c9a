//! What a message waits for before its call: the end of quiet hours, a free call, the channel, the pace. And when waiting is over for good.

use std::time::Duration;

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::messages::MessageReason;
use tokio::sync::OwnedSemaphorePermit;

use super::{channel::Pass, delivery::Work};
use crate::journal::Standing;

/// Longest sleep without a look at the clock: it may be set, and the machine may have been asleep.
const LOOK_AT_THE_CLOCK: Duration = Duration::from_mins(1);

/// What is not worth a note in the journal.
pub(super) const SOON: Duration = Duration::from_secs(1);

/// Permission for one call.
pub(super) struct Admitted {
    /// A place among the calls.
    _place: OwnedSemaphorePermit,
    /// The channel's.
    pub(super) pass: Option<Pass>,
}

impl Work<'_> {
    /// Waits until the message may be handed over. `Err`: it never may, and why.
    pub(super) async fn admit(&self, standing: &Standing) -> Option<Result<Admitted, MessageReason>> {
        let crew = self.crew;
        let (left, given_up) = self.patience(standing);
        let admitted = tokio::time::timeout(left, async {
            loop {
                self.quiet_hours_end(standing).await?;
                let place = crew.place_among_the_calls().await?;
                let pass = crew.unless_stopping(crew.channel.pass()).await?;
                crew.unless_stopping(crew.pace.token()).await?;
                // The night may have begun while the gateway was away.
                if self.quiet_until().is_none() {
                    return Some(Admitted { _place: place, pass: Some(pass) });
                }
            }
        });
        match admitted.await {
            Ok(None) => None,
            // Asked once more: the clock of the timeout stands still while the machine sleeps.
            Ok(Some(_)) if self.is_expired() => Some(Err(MessageReason::Expired)),
            Ok(Some(admitted)) => Some(Ok(admitted)),
            Err(_) => {
                Some(Err(given_up.or(crew.channel.paused_because()).unwrap_or(MessageReason::GatewayUnavailable)))
            }
        }
    }

    /// Permission for one call if nothing holds the message up but the messages before it, and those not for long.
    pub(super) async fn admit_soon(&self) -> Option<Admitted> {
        let crew = self.crew;
        if self.quiet_until().is_some() || self.is_expired() {
            return None;
        }
        let place = tokio::time::timeout(SOON, crew.place_among_the_calls()).await.ok()??;
        let pass = crew.channel.pass_now()?;
        let is_due = crew.unless_stopping(crew.pace.token_within(SOON)).await?;
        is_due.then_some(Admitted { _place: place, pass: Some(pass) })
    }

    /// Permission for one call if nothing at all holds the message up any more.
    pub(super) fn admit_now(&self, place: OwnedSemaphorePermit) -> Option<Admitted> {
        let crew = self.crew;
        if self.quiet_until().is_some() || self.is_expired() {
            return None;
        }
        let pass = crew.channel.pass_now()?;
        crew.pace.token_now().then_some(Admitted { _place: place, pass: Some(pass) })
    }

    fn is_expired(&self) -> bool {
        self.now() >= self.delivery.notify.expires_at
    }

    /// How long the message may still wait; the reason is there when it is its own time that ends, and not our patience with the gateway.
    fn patience(&self, standing: &Standing) -> (Duration, Option<MessageReason>) {
        let until =
            |moment: Timestamp| Duration::from_millis(u64::try_from(moment.millis_since(self.now())).unwrap_or(0));
        let give_up = Duration::from_mins(self.crew.config.retry.give_up_after_minutes);
        let give_up = standing.since.plus_millis(i64::try_from(give_up.as_millis()).unwrap_or(i64::MAX));
        let expires = self.delivery.notify.expires_at;
        if expires <= give_up { (until(expires), Some(MessageReason::Expired)) } else { (until(give_up), None) }
    }

    fn quiet_until(&self) -> Option<Timestamp> {
        self.crew.quiet.as_ref()?.wait_until(self.delivery.notify.notice, self.now())
    }

    async fn quiet_hours_end(&self, standing: &Standing) -> Option<()> {
        while let Some(until) = self.quiet_until() {
            self.tell_wait(MessageReason::QuietHours, Some(until), standing).await?;
            let left = Duration::from_millis(u64::try_from(until.millis_since(self.now())).unwrap_or(0));
            self.crew.unless_stopping(tokio::time::sleep(left.min(LOOK_AT_THE_CLOCK))).await?;
        }
        Some(())
    }
}
