//! What commands and the retention ask of the store about messages to customers.

use std::{collections::HashMap, sync::Arc};

use postoffice_domain::{clock::Timestamp, message::MessageStanding, order::Order};
use postoffice_protocol::messages::{
    CountMessages, ListMessages, MessageAttempt, MessagePage, MessageRow, MessagesCounted,
};
use uuid::Uuid;

use super::{
    MessageAnswer, MessageWork, Store, TemplateAnswer, TemplateWork,
    connection::Connection,
    error::{StoreError, unexpected},
    integration_events, message_attempts, message_list, message_work, messages, orders,
    templates::{self, ChangedTemplate},
};

/// A message as stored, with what was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// The row.
    pub row: MessageRow,
    /// What was tried, the latest first.
    pub attempts: Vec<MessageAttempt>,
    /// Its order.
    pub order: Order,
    /// The last publish number that this reflects.
    pub sequence: u64,
}

impl StoredMessage {
    /// How it stands, for the domain.
    pub fn standing(&self) -> MessageStanding {
        message_work::standing(&self.row.message)
    }
}

impl Store {
    /// One page of the messages.
    ///
    /// # Errors
    /// `BadQuestion` for a cursor of another list; or the store could not.
    pub async fn message_page(&self, list: &ListMessages) -> Result<MessagePage, StoreError> {
        let mut snapshot = self.readers.snapshot().await?;
        let answer = message_list::page(&mut snapshot.connection(), list, self.clock.now()).await;
        snapshot.end(answer).await
    }

    /// How many messages are where.
    ///
    /// # Errors
    /// The store could not.
    pub async fn message_counts(&self, asked: &CountMessages) -> Result<MessagesCounted, StoreError> {
        let mut snapshot = self.readers.snapshot().await?;
        let answer = message_list::counted(&mut snapshot.connection(), asked, self.clock.now()).await;
        snapshot.end(answer).await
    }

    /// One message; `None` when there never was one.
    ///
    /// # Errors
    /// The store could not.
    pub async fn message(&self, event_id: Uuid) -> Result<Option<StoredMessage>, StoreError> {
        let mut snapshot = self.readers.snapshot().await?;
        let stored = stored_message(&mut snapshot.connection(), event_id).await;
        snapshot.end(stored).await
    }

    /// Rows of these messages.
    ///
    /// # Errors
    /// The store could not.
    pub async fn message_rows(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, MessageRow>, StoreError> {
        let mut reader = self.readers.reader().await?;
        messages::rows(&mut reader.connection(), ids).await
    }

    /// Runs a command about a message: effect, timeline, integration event and answer in one commit.
    ///
    /// # Errors
    /// The store could not; nothing was written. A refusal by the rules is a [`MessageAnswer`].
    pub async fn submit_message(&self, work: MessageWork) -> Result<MessageAnswer, StoreError> {
        let what = (work, Arc::clone(&self.sms), Arc::clone(&self.entropy));
        self.write_event(what, Vec::new(), |connection, (work, sms, entropy)| {
            Box::pin(message_work::write(connection, work, sms, entropy.as_ref()))
        })
        .await
    }

    /// The texts that an admin wrote; the others have their default.
    ///
    /// # Errors
    /// The store could not.
    pub async fn changed_templates(&self) -> Result<Vec<ChangedTemplate>, StoreError> {
        let mut reader = self.readers.reader().await?;
        templates::changed(&mut reader.connection()).await
    }

    /// Changes a text.
    ///
    /// # Errors
    /// The store could not; nothing was written.
    pub async fn write_template(&self, work: TemplateWork) -> Result<TemplateAnswer, StoreError> {
        self.write(work, |connection, work| Box::pin(templates::write(connection, work))).await
    }

    /// Forgets the text of at most `limit` messages that were queued before, and number and text in their events; says how many.
    ///
    /// # Errors
    /// The store could not.
    pub async fn forget_texts(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write((before, limit), |connection, (before, limit)| {
            Box::pin(messages::forget_texts(connection, *before, *limit))
        })
        .await
    }
}

async fn stored_message(connection: &mut Connection<'_>, event_id: Uuid) -> Result<Option<StoredMessage>, StoreError> {
    let Some(row) = messages::rows(connection, &[event_id]).await?.remove(&event_id) else { return Ok(None) };
    let attempts = message_attempts::of_message(connection, event_id).await?;
    let stored = orders::get(connection, &row.ttn).await?.ok_or_else(|| unexpected("message without order"))?;
    let sequence = integration_events::last_numbered(connection).await?;
    Ok(Some(StoredMessage { row, attempts, order: stored.order, sequence }))
}
