//! Order commands of one group commit: decided one by one in memory, written together in a few statements.
//!
//! 1. which of these commands are known already (they get their stored answer), and what else must be known ([`super::order_before`])
//! 2. load every order they name, in one query
//! 3. decide each command with the domain's rules, on the state that the commands before it left; a refusal changes nothing
//! 4. write orders, timeline, outbox, messages and command outcomes as one multi-row statement each, on PostgreSQL [`super::together`]
//!
//! A loop of statements would cost a round trip to PostgreSQL each, and on SQLite more than the disk does (docs/BENCHMARKS.md).

use std::collections::{HashMap, HashSet};

use postoffice_domain::{
    entropy::{Entropy, uuid_v7_at},
    order::{OrderEvent, OrderEventKind, Status, decide, register},
    refusal::Refusal,
    ttn::Ttn,
};
use postoffice_protocol::{
    events::ChangeKind,
    messages::MessageState,
    orders::{CommandId, Doer, Fact},
    problem::{Problem, ProblemCode},
    stream::{IntegrationEvent, STREAM_VERSION},
};
use postoffice_runtime::{fail_point, planted};
use uuid::Uuid;

use super::{
    commands::{self, KnownCommand},
    connection::Connection,
    error::StoreError,
    integration_events, messages,
    order_before::Before,
    order_rows,
    orders::{self, StoredOrder},
    timeline,
    together::Together,
    wording::{SmsRules, Wording},
    work::{Answer, Done, Guard, OrderWork, StoredAnswer, WorkKind},
};

/// What a group will write.
#[derive(Default)]
pub(super) struct Batch {
    pub timeline: Vec<timeline::Line>,
    pub events: Vec<IntegrationEvent>,
    pub messages: Vec<messages::NewMessage>,
    pub commands: Vec<commands::NewCommand>,
}

/// Decides and writes `works`; the answers are in the same order.
pub(super) async fn write(
    connection: &mut Connection<'_>,
    works: &[OrderWork],
    sms: &SmsRules,
    entropy: &dyn Entropy,
) -> Result<Vec<Answer>, StoreError> {
    let digests = works.iter().map(OrderWork::digest).collect::<Result<Vec<_>, _>>()?;
    let Before { wording, mut known, new_ttns } = Before::load(connection, works, sms, entropy).await?;
    let mut loaded = load(connection, works, &known).await?;
    let before: HashSet<Ttn> = loaded.keys().copied().collect();

    let mut batch = Batch::default();
    let mut touched: Vec<Ttn> = Vec::new();
    let mut answers = Vec::with_capacity(works.len());
    let mut new_ttns = new_ttns.into_iter();
    for (work, digest) in works.iter().zip(digests) {
        let fresh_ttn = matches!(work.kind, WorkKind::Create { .. }).then(|| new_ttns.next()).flatten();
        if let Some(answer) = repeated(known.get(&work.command_id), &digest, &loaded)? {
            answers.push(answer);
            continue;
        }
        let event_id = uuid_v7_at(work.now, entropy);
        let (stored, answer) = match run(work, fresh_ttn, event_id, &wording, &mut loaded, &mut batch)? {
            Ok(done) => {
                touched.push(done.order.ttn);
                let stored = StoredAnswer::Done { ttn: done.order.ttn, version: done.version, event_id };
                (stored, Answer::Done(Box::new(done)))
            }
            Err(problem) => (StoredAnswer::Refused(problem.clone()), Answer::Refused(problem)),
        };
        // Twice in one group: the second one meets the first here.
        known.insert(work.command_id, KnownCommand { digest: digest.clone(), answer: stored.clone() });
        if planted!("store.answer_not_kept") {
            answers.push(answer);
            continue;
        }
        batch.commands.push(commands::NewCommand { command_id: work.command_id, digest, answer: stored, at: work.now });
        answers.push(answer);
    }
    touched.sort_unstable();
    touched.dedup();
    let (changed, new): (Vec<&StoredOrder>, Vec<&StoredOrder>) =
        touched.iter().filter_map(|ttn| loaded.get(ttn)).partition(|stored| before.contains(&stored.order.ttn));
    order_rows::update(connection, &changed).await?;
    let mut writes = Together::on(connection);
    order_rows::insert(&mut writes, &new).await?;
    fail_point!("store.order_row");
    timeline::insert(&mut writes, &batch.timeline).await?;
    integration_events::insert(&mut writes, &batch.events).await?;
    fail_point!("store.outbox_row");
    messages::insert(&mut writes, &batch.messages).await?;
    commands::insert(&mut writes, &batch.commands).await?;
    writes.end().await?;
    Ok(answers)
}

/// The answer of a command that was committed before; see [`super::Store::answer_of`].
pub(super) async fn answer_of(connection: &mut Connection<'_>, work: &OrderWork) -> Result<Option<Answer>, StoreError> {
    let known = commands::known(connection, std::iter::once(work.command_id)).await?;
    if known.is_empty() {
        return Ok(None);
    }
    let loaded = load(connection, std::slice::from_ref(work), &known).await?;
    repeated(known.get(&work.command_id), &work.digest()?, &loaded)
}

/// Every order that a command of the group names, or that a repeated command made.
async fn load(
    connection: &mut Connection<'_>,
    works: &[OrderWork],
    known: &HashMap<CommandId, KnownCommand>,
) -> Result<HashMap<Ttn, StoredOrder>, StoreError> {
    let named = works.iter().filter_map(|work| match &work.kind {
        WorkKind::Decide { ttn, .. } => Some(*ttn),
        WorkKind::Create { .. } => None,
    });
    let repeated = known.values().filter_map(|command| match &command.answer {
        StoredAnswer::Done { ttn, .. } => Some(*ttn),
        StoredAnswer::Refused(_) | StoredAnswer::Noted => None,
    });
    orders::load(connection, &named.chain(repeated).collect::<Vec<_>>()).await
}

/// The answer of a command that was there before: the stored one, or `id_reused` when it now asks for something else.
fn repeated(
    known: Option<&KnownCommand>,
    digest: &str,
    loaded: &HashMap<Ttn, StoredOrder>,
) -> Result<Option<Answer>, StoreError> {
    let Some(known) = known else { return Ok(None) };
    if known.digest != digest {
        let problem = Problem::new(ProblemCode::IdReused, "the command id was used for another command");
        return Ok(Some(Answer::Refused(Box::new(problem))));
    }
    match &known.answer {
        StoredAnswer::Refused(problem) => Ok(Some(Answer::Refused(problem.clone()))),
        StoredAnswer::Noted => Err(super::error::unexpected("answer of another kind of command")),
        StoredAnswer::Done { ttn, version, event_id } => {
            let stored = loaded.get(ttn).ok_or_else(|| super::error::unexpected("command without its order"))?;
            let done = Done { order: stored.order.clone(), version: *version, event_id: *event_id };
            Ok(Some(Answer::Done(Box::new(done))))
        }
    }
}

/// Runs one command on the loaded orders and notes what it writes.
fn run(
    work: &OrderWork,
    fresh_ttn: Option<Ttn>,
    event_id: Uuid,
    wording: &Wording<'_>,
    loaded: &mut HashMap<Ttn, StoredOrder>,
    batch: &mut Batch,
) -> Result<Result<Done, Box<Problem>>, StoreError> {
    match &work.kind {
        WorkKind::Create { order, branch, tariff } => {
            let ttn = fresh_ttn.ok_or_else(|| super::error::unexpected("create without a TTN"))?;
            let (order, events) = register(order.as_ref().clone(), ttn, branch, tariff, &work.actor, work.now);
            let mut stored = StoredOrder::new(order, &work.actor.station);
            note(work, &events, None, event_id, wording, &mut stored, batch)?;
            let done = Done { order: stored.order.clone(), version: stored.timeline_seq, event_id };
            loaded.insert(ttn, stored);
            Ok(Ok(done))
        }
        WorkKind::Decide { ttn, command, guard } => {
            let not_found = || Box::new(Problem::new(ProblemCode::NotFound, "no such order"));
            let Some(stored) = loaded.get_mut(ttn) else { return Ok(Err(not_found())) };
            if !stored.lets_pass(*guard, work) {
                return Ok(Err(Box::new(Problem::lock_lost(None))));
            }
            let events = match decide(&stored.order, command, &work.actor, work.now) {
                Ok(events) => events,
                Err(refusal) => return Ok(Err(Box::new(refused(refusal)))),
            };
            let status_before = stored.order.status;
            for event in &events {
                stored.order.apply(event);
            }
            stored.stamp(*guard, work);
            note(work, &events, Some(status_before), event_id, wording, stored, batch)?;
            Ok(Ok(Done { order: stored.order.clone(), version: stored.timeline_seq, event_id }))
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    Problem::from(refusal)
}

/// Notes timeline lines, the integration event and the message of what just happened to `stored`.
fn note(
    work: &OrderWork,
    events: &[OrderEvent],
    status_before: Option<Status>,
    event_id: Uuid,
    wording: &Wording<'_>,
    stored: &mut StoredOrder,
    batch: &mut Batch,
) -> Result<(), StoreError> {
    for event in events {
        stored.timeline_seq += 1;
        batch.timeline.push(timeline::Line::of_employee(
            stored.order.ttn,
            stored.timeline_seq,
            event.at,
            &event.by,
            Fact::Order { event: event.kind.clone() },
        ));
    }
    let notice = events.iter().find_map(|event| event.kind.notice());
    let sms_before = stored.sms_state;
    let notify =
        notice.map(|notice| wording.notify(&stored.order, notice, stored.order.recipient.phone.clone(), work.now));
    if let Some(notify) = &notify {
        stored.sms_state = Some(MessageState::Queued);
        stored.sms_told = false;
        batch.messages.push(messages::NewMessage {
            event_id,
            ttn: stored.order.ttn,
            notify: notify.clone(),
            queued_at: work.now,
            request_id: work.request_id.clone(),
            replaces: None,
        });
    }
    stored.event_seq += 1;
    let kind = events
        .first()
        .map(|event| change_kind(&event.kind))
        .ok_or_else(|| super::error::unexpected("command without events"))?;
    batch.events.push(IntegrationEvent {
        v: STREAM_VERSION,
        event_id,
        kind,
        ttn: stored.order.ttn,
        seq: stored.event_seq,
        at: work.now,
        by: Some(Doer {
            name: work.actor.name.clone(),
            branch: work.actor.branch.clone(),
            station: work.actor.station.clone(),
        }),
        status_before,
        status_after: stored.order.deleted_at.is_none().then_some(stored.order.status),
        sms_before,
        sms_after: stored.sms_state,
        message: None,
        notify,
        request_id: Some(work.request_id.clone()),
    });
    Ok(())
}

const fn change_kind(event: &OrderEventKind) -> ChangeKind {
    match event {
        OrderEventKind::Registered { .. } => ChangeKind::Registered,
        OrderEventKind::LocationChanged { .. } | OrderEventKind::StatusChanged { .. } => ChangeKind::Moved,
        OrderEventKind::Canceled { .. } => ChangeKind::Canceled,
        OrderEventKind::Completed { .. } => ChangeKind::Completed,
        OrderEventKind::Deleted { .. } => ChangeKind::Deleted,
        OrderEventKind::Undone { .. } => ChangeKind::Undone,
    }
}

impl StoredOrder {
    /// Whether the guard lets the write pass: nobody else loaded the order for edit since this session did.
    fn lets_pass(&self, guard: Guard, work: &OrderWork) -> bool {
        match guard {
            Guard::None => true,
            Guard::Fence(_) if planted!("store.fence_unchecked") => true,
            Guard::Fence(fence) => self.fence == fence && self.fence_session == Some(work.session),
            Guard::Unmoved(fence) => self.fence == fence,
        }
    }

    /// After a write under the lock nobody is at work on the order any more. A write that had no token of its own makes the tokens of other
    /// sessions worthless; what else the session has begun on the order, an editor or a second command, goes on.
    fn stamp(&mut self, guard: Guard, work: &OrderWork) {
        match guard {
            Guard::None => {}
            Guard::Fence(_) => self.fence_session = None,
            Guard::Unmoved(_) if planted!("store.short_command_unstamped") => {}
            Guard::Unmoved(_) if self.fence_session == Some(work.session) => {}
            Guard::Unmoved(_) => {
                self.fence += 1;
                self.fence_session = Some(work.session);
            }
        }
    }
}
