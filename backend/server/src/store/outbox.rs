//! What the relay, the fan-out and the outcomes ask of the store. How the outbox works and why: docs/OUTBOX.md.

use std::sync::Arc;

use postoffice_domain::clock::Timestamp;
use postoffice_protocol::stream::OutcomeEntry;
use uuid::Uuid;

use super::{
    Store,
    error::StoreError,
    integration_events::{self, Claim},
    numbered::{Batch, Numbered},
    outcomes::{self, RecordedOutcomes},
};

impl Store {
    /// Renews (or takes) the relay's lease until `lease_ms` from now and gives at most `limit` events to publish, numbered.
    ///
    /// # Errors
    /// The store could not.
    pub async fn claim_batch(&self, holder: Uuid, lease_ms: i64, limit: usize) -> Result<Claim, StoreError> {
        self.mark_and_claim(holder, 0, lease_ms, limit).await
    }

    /// The same, and marks everything numbered up to `published` before, in one commit.
    ///
    /// # Errors
    /// The store could not.
    pub async fn mark_and_claim(
        &self,
        holder: Uuid,
        published: u64,
        lease_ms: i64,
        limit: usize,
    ) -> Result<Claim, StoreError> {
        let claiming = integration_events::Claiming { holder, now: self.clock.now(), lease_ms, published, limit };
        self.write(claiming, |connection, claiming| Box::pin(integration_events::claim(connection, *claiming))).await
    }

    /// Lets another relay lead at once. Does nothing for one that does not lead.
    ///
    /// # Errors
    /// The store could not; the lease ends by itself.
    pub async fn end_lease(&self, holder: Uuid) -> Result<(), StoreError> {
        self.write(holder, |connection, holder| Box::pin(integration_events::end_lease_of(connection, *holder))).await
    }

    /// Marks everything numbered up to `up_to` as published. Does nothing for a relay that does not lead any more.
    ///
    /// # Errors
    /// The store could not.
    pub async fn mark_published(&self, holder: Uuid, up_to: u64) -> Result<(), StoreError> {
        self.write((holder, up_to, self.clock.now()), |connection, (holder, up_to, now)| {
            Box::pin(integration_events::mark_published(connection, *holder, *up_to, *now))
        })
        .await
    }

    /// Unconfirmed events numbered after `after`, in order.
    ///
    /// # Errors
    /// The store could not.
    pub async fn unconfirmed_after(&self, after: u64, limit: usize) -> Result<Batch, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::unconfirmed_after(&mut reader.connection(), after, limit).await
    }

    /// What desktops are told under the numbers after `after` up to `until`, in order: what the stream has lost, never had, or has no more.
    ///
    /// # Errors
    /// The store could not.
    pub async fn numbered_between(&self, after: u64, until: u64, limit: usize) -> Result<Vec<Numbered>, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::numbered_between(&mut reader.connection(), after, until, limit).await
    }

    /// The last publish number that is known to have reached the stream, 0 for none.
    ///
    /// # Errors
    /// The store could not.
    pub async fn last_published(&self) -> Result<u64, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::last_published(&mut reader.connection()).await
    }

    /// When the oldest event was written that waits to be published; `None` when nothing waits.
    ///
    /// # Errors
    /// The store could not.
    pub async fn oldest_unpublished(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::oldest_unpublished(&mut reader.connection()).await
    }

    /// The lowest publish number whose event is not confirmed.
    ///
    /// # Errors
    /// The store could not.
    pub async fn first_unconfirmed(&self) -> Result<Option<u64>, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::first_unconfirmed(&mut reader.connection()).await
    }

    /// The last publish number given, 0 for none.
    ///
    /// # Errors
    /// The store could not.
    pub async fn last_numbered(&self) -> Result<u64, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::last_numbered(&mut reader.connection()).await
    }

    /// How many events wait to be published.
    ///
    /// # Errors
    /// The store could not.
    pub async fn outbox_depth(&self) -> Result<u64, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::depth(&mut reader.connection(), integration_events::EventStatus::InProgress).await
    }

    /// How many published events wait for the outcome of their SMS.
    ///
    /// # Errors
    /// The store could not.
    pub async fn outbox_unconfirmed(&self) -> Result<u64, StoreError> {
        let mut reader = self.readers.reader().await?;
        integration_events::depth(&mut reader.connection(), integration_events::EventStatus::Published).await
    }

    /// Records what became of messages. Repeats change nothing.
    ///
    /// # Errors
    /// The store could not; none of them is recorded.
    pub async fn record_outcomes(&self, outcomes: Vec<OutcomeEntry>) -> Result<RecordedOutcomes, StoreError> {
        let orders = outcomes.iter().map(|outcome| outcome.ttn).collect();
        let what = (outcomes, self.clock.now(), Arc::clone(&self.entropy));
        self.write_event(what, orders, |connection, (outcomes, now, entropy)| {
            Box::pin(outcomes::record(connection, outcomes, *now, entropy.as_ref()))
        })
        .await
    }
}
