//! A lock that changed hands: on the order's timeline, out to every desktop, and, when it was taken, in the audit and with the next fencing
//! token; all in one commit.

use postoffice_domain::{
    clock::Timestamp,
    entropy::{Entropy, uuid_v7_at},
    people::Actor,
    ttn::Ttn,
};
use postoffice_protocol::{
    events::ChangeKind,
    locks::LockPassed,
    orders::{CommandId, Doer, Fact},
    session::SessionId,
    stream::{IntegrationEvent, STREAM_VERSION},
};
use postoffice_runtime::planted;
use sha2::{Digest, Sha256};

use super::{
    audit, commands, connection::Connection, error::StoreError, hex::hex, integration_events, order_rows, orders,
    timeline, together::Together, work::StoredAnswer,
};

/// A lock that changed hands.
#[derive(Debug, Clone)]
pub struct Passing {
    /// The order.
    pub ttn: Ttn,
    /// Whose line it is: who gave it, or who took it.
    pub actor: Actor,
    /// Server time.
    pub now: Timestamp,
    /// The id in all logs.
    pub request_id: String,
    /// How it changed hands.
    pub event: LockPassed,
    /// Of a take-over: the client-made id, and the session that is stamped on the order.
    pub taken: Option<(CommandId, SessionId)>,
}

/// What became of writing it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassingWritten {
    /// It stands there; of a take-over with the next fencing token. Written once, however often it is asked for.
    Done {
        /// The token.
        fence: Option<u64>,
    },
    /// There is no such order in the lists.
    NotFound,
    /// The command id was used for another command.
    IdReused,
}

pub(super) async fn write(
    connection: &mut Connection<'_>,
    passing: &Passing,
    entropy: &dyn Entropy,
) -> Result<PassingWritten, StoreError> {
    let Some(mut stored) = orders::get(connection, &passing.ttn).await? else {
        return Ok(PassingWritten::NotFound);
    };
    if stored.order.deleted_at.is_some() {
        return Ok(PassingWritten::NotFound);
    }
    let digest = hex(&Sha256::digest(serde_json::to_vec(&("take_over", passing.ttn, &passing.actor.employee))?));
    let known = match passing.taken {
        Some((id, _)) => commands::known(connection, std::iter::once(id)).await?.remove(&id),
        None => None,
    };
    if known.as_ref().is_some_and(|known| known.digest != digest) {
        return Ok(PassingWritten::IdReused);
    }
    if known.is_none() {
        stored.timeline_seq += 1;
        stored.event_seq += 1;
        order_rows::update(connection, &[&stored]).await?;
        let event_id = uuid_v7_at(passing.now, entropy);
        let fact = Fact::Lock { event: passing.event.clone() };
        let line = timeline::Line::of_employee(passing.ttn, stored.timeline_seq, passing.now, &passing.actor, fact);
        let mut writes = Together::on(connection);
        timeline::insert(&mut writes, &[line]).await?;
        integration_events::insert(&mut writes, &[integration_event(passing, &stored, event_id)]).await?;
        if let Some((command_id, _)) = passing.taken {
            let detail = serde_json::to_string(&passing.event)?;
            let line = audit::NewLine {
                at: passing.now,
                actor: &passing.actor,
                action: audit::LOCK_TAKEN_OVER,
                ttn: Some(passing.ttn),
                detail,
                request_id: &passing.request_id,
            };
            audit::insert(&mut writes, line).await?;
            let answer = StoredAnswer::Done { ttn: passing.ttn, version: stored.timeline_seq, event_id };
            let command = commands::NewCommand { command_id, digest, answer, at: passing.now };
            commands::insert(&mut writes, &[command]).await?;
        }
        writes.end().await?;
    }
    let mut fence = None;
    if planted!("store.take_over_keeps_token") && passing.taken.is_some() {
        fence = Some(stored.fence);
    } else if let Some((_, session)) = passing.taken {
        fence = orders::stamp(connection, &passing.ttn, session).await?;
    }
    Ok(PassingWritten::Done { fence })
}

fn integration_event(passing: &Passing, stored: &orders::StoredOrder, event_id: uuid::Uuid) -> IntegrationEvent {
    IntegrationEvent {
        v: STREAM_VERSION,
        event_id,
        kind: ChangeKind::LockPassed,
        ttn: passing.ttn,
        seq: stored.event_seq,
        at: passing.now,
        by: Some(Doer {
            name: passing.actor.name.clone(),
            branch: passing.actor.branch.clone(),
            station: passing.actor.station.clone(),
        }),
        status_before: Some(stored.order.status),
        status_after: Some(stored.order.status),
        sms_before: stored.sms_state,
        sms_after: stored.sms_state,
        message: None,
        notify: None,
        request_id: Some(passing.request_id.clone()),
    }
}
