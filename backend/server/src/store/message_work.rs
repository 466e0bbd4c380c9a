//! What an employee does about a message that did not arrive: decided by the domain, written with its timeline line, its event and its answer
//! in one commit.

use postoffice_domain::{
    clock::Timestamp,
    entropy::{Entropy, uuid_v7_at},
    message::{MessageCommand, MessageDecided, MessageStanding, decide},
    people::{Actor, Branch},
    phone::Phone,
    ttn::Ttn,
};
use postoffice_protocol::{
    events::ChangeKind,
    messages::{MessageAct, MessageView},
    orders::{CommandId, Doer, Fact},
    problem::{Problem, ProblemCode},
    stream::{IntegrationEvent, Notify, STREAM_VERSION},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    commands,
    connection::Connection,
    error::{StoreError, unexpected},
    hex::hex,
    integration_events, messages, order_rows,
    orders::{self, About, StoredOrder},
    timeline,
    together::Together,
    wording::{SmsRules, Wording},
    work::StoredAnswer,
};

/// A command about a message.
#[derive(Debug, Clone)]
pub struct MessageWork {
    /// Client-made id: the same one never has a second effect.
    pub command_id: CommandId,
    /// Who.
    pub actor: Actor,
    /// Where the employee works.
    pub branch: Branch,
    /// The id in all logs.
    pub request_id: String,
    /// Server time.
    pub now: Timestamp,
    /// The message.
    pub event_id: Uuid,
    /// What.
    pub command: MessageCommand,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageAnswer {
    /// It was done, now or when it came first: the message that goes out, or the one that was told.
    Done(Uuid),
    /// It was refused; nothing changed.
    Refused(Box<Problem>),
}

/// How a message stands, for the domain.
pub(super) fn standing(message: &MessageView) -> MessageStanding {
    MessageStanding {
        state: message.state,
        phone: message.phone.clone(),
        replaced: message.replaced_by.is_some(),
        told: message.told_at.is_some(),
    }
}

/// Decides and writes; a repeat gets the answer it got before.
pub(super) async fn write(
    connection: &mut Connection<'_>,
    work: &MessageWork,
    sms: &SmsRules,
    entropy: &dyn Entropy,
) -> Result<MessageAnswer, StoreError> {
    orders::hold_of(connection, About::Message(work.event_id)).await?;
    let digest = hex(&Sha256::digest(serde_json::to_vec(&("message", work.event_id, &work.command))?));
    if let Some(known) = commands::known(connection, std::iter::once(work.command_id)).await?.remove(&work.command_id) {
        let refused = |problem| Ok(MessageAnswer::Refused(problem));
        return match known.answer {
            _ if known.digest != digest => {
                refused(Box::new(Problem::new(ProblemCode::IdReused, "the command id was used for another command")))
            }
            StoredAnswer::Done { event_id, .. } => Ok(MessageAnswer::Done(event_id)),
            StoredAnswer::Refused(problem) => refused(problem),
            StoredAnswer::Noted => Err(unexpected("answer of another kind of command")),
        };
    }
    let (answer, stored) = match run(connection, work, sms, entropy).await? {
        Ok(done) => (MessageAnswer::Done(done.event_id), done.into_answer()),
        Err(problem) => (MessageAnswer::Refused(problem.clone()), StoredAnswer::Refused(problem)),
    };
    let command = commands::NewCommand { command_id: work.command_id, digest, answer: stored, at: work.now };
    let mut writes = Together::on(connection);
    commands::insert(&mut writes, &[command]).await?;
    writes.end().await?;
    Ok(answer)
}

struct Written {
    ttn: Ttn,
    version: u32,
    event_id: Uuid,
}

impl Written {
    const fn into_answer(self) -> StoredAnswer {
        StoredAnswer::Done { ttn: self.ttn, version: self.version, event_id: self.event_id }
    }
}

async fn run(
    connection: &mut Connection<'_>,
    work: &MessageWork,
    sms: &SmsRules,
    entropy: &dyn Entropy,
) -> Result<Result<Written, Box<Problem>>, StoreError> {
    let Some((ttn, message)) = messages::get(connection, work.event_id).await? else {
        return Ok(Err(Box::new(Problem::new(ProblemCode::NotFound, "no such message"))));
    };
    let stored = orders::get(connection, &ttn).await?.ok_or_else(|| unexpected("message without order"))?;
    match decide(&standing(&message), &stored.order, &work.command, &work.actor, &work.branch) {
        Err(refusal) => Ok(Err(Box::new(Problem::from(refusal)))),
        Ok(MessageDecided::Told) => told(connection, work, message, stored, entropy).await.map(Ok),
        Ok(MessageDecided::Replace { phone }) => {
            let wording = Wording::load(connection, sms).await?;
            replace(connection, work, message, stored, phone, &wording, entropy).await.map(Ok)
        }
    }
}

async fn told(
    connection: &mut Connection<'_>,
    work: &MessageWork,
    message: MessageView,
    mut stored: StoredOrder,
    entropy: &dyn Entropy,
) -> Result<Written, StoreError> {
    let message = MessageView { told_at: Some(work.now), told_by: Some(doer(&work.actor)), ..message };
    messages::update(connection, &message).await?;
    let sms_before = stored.sms_state;
    (stored.sms_state, stored.sms_told) = messages::latest_state(connection, &stored.order.ttn).await?;
    let event = IntegrationEvent {
        sms_before,
        sms_after: stored.sms_state,
        ..event(work, &mut stored, uuid_v7_at(work.now, entropy))
    };
    write_down(connection, work, &message, &mut stored, MessageAct::Told {}, event).await?;
    Ok(Written { ttn: stored.order.ttn, version: stored.timeline_seq, event_id: message.event_id })
}

/// A new message instead of the old one: a new event, so that no gateway takes it for a repetition.
async fn replace(
    connection: &mut Connection<'_>,
    work: &MessageWork,
    message: MessageView,
    mut stored: StoredOrder,
    phone: Phone,
    wording: &Wording<'_>,
    entropy: &dyn Entropy,
) -> Result<Written, StoreError> {
    let new_event_id = uuid_v7_at(work.now, entropy);
    let act = match &work.command {
        MessageCommand::CorrectNumber { .. } => {
            stored.order.correct_recipient_phone(phone.clone(), work.now);
            MessageAct::NumberCorrected {
                new_event_id,
                from_last4: message.phone.last4().to_owned(),
                to_last4: phone.last4().to_owned(),
            }
        }
        _ => MessageAct::Resent { new_event_id },
    };
    let message = MessageView { replaced_by: Some(new_event_id), ..message };
    messages::update(connection, &message).await?;
    let notify: Notify = wording.notify(&stored.order, message.notice, phone, work.now);
    let new = messages::NewMessage {
        event_id: new_event_id,
        ttn: stored.order.ttn,
        notify: notify.clone(),
        queued_at: work.now,
        request_id: work.request_id.clone(),
        replaces: Some(message.event_id),
    };
    let mut writes = Together::on(connection);
    messages::insert(&mut writes, &[new]).await?;
    writes.end().await?;
    let sms_before = stored.sms_state;
    (stored.sms_state, stored.sms_told) = messages::latest_state(connection, &stored.order.ttn).await?;
    let event = IntegrationEvent {
        sms_before,
        sms_after: stored.sms_state,
        notify: Some(notify),
        ..event(work, &mut stored, new_event_id)
    };
    write_down(connection, work, &message, &mut stored, act, event).await?;
    Ok(Written { ttn: stored.order.ttn, version: stored.timeline_seq, event_id: new_event_id })
}

/// The order, the timeline and the outbox.
async fn write_down(
    connection: &mut Connection<'_>,
    work: &MessageWork,
    message: &MessageView,
    stored: &mut StoredOrder,
    act: MessageAct,
    event: IntegrationEvent,
) -> Result<(), StoreError> {
    stored.timeline_seq += 1;
    order_rows::update(connection, &[stored]).await?;
    let fact = Fact::Message { event_id: message.event_id, notice: message.notice, act };
    let line = timeline::Line::of_employee(stored.order.ttn, stored.timeline_seq, work.now, &work.actor, fact);
    let mut writes = Together::on(connection);
    timeline::insert(&mut writes, &[line]).await?;
    integration_events::insert(&mut writes, &[event]).await?;
    writes.end().await
}

/// The event that tells of it, without what is said about the SMS of the order.
fn event(work: &MessageWork, stored: &mut StoredOrder, event_id: Uuid) -> IntegrationEvent {
    stored.event_seq += 1;
    IntegrationEvent {
        v: STREAM_VERSION,
        event_id,
        kind: ChangeKind::Sms,
        ttn: stored.order.ttn,
        seq: stored.event_seq,
        at: work.now,
        by: Some(doer(&work.actor)),
        status_before: Some(stored.order.status),
        status_after: stored.order.deleted_at.is_none().then_some(stored.order.status),
        sms_before: None,
        sms_after: None,
        message: Some(work.event_id),
        notify: None,
        request_id: Some(work.request_id.clone()),
    }
}

fn doer(actor: &Actor) -> Doer {
    Doer { name: actor.name.clone(), branch: actor.branch.clone(), station: actor.station.clone() }
}
