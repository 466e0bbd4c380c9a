//! Messages of one read that nothing holds up go together: their intents in one step, their calls, their settlements in one step. So what Redis
//! and the tasks cost is shared by many. A message that has to wait for anything leaves the others at that point and goes on alone
//! (`delivery.rs`): a gateway that takes its time delays nobody else.

use std::{collections::VecDeque, sync::Arc};

use futures_util::FutureExt;
use postoffice_protocol::stream::OutcomeEntry;
use postoffice_runtime::{fail_point, planted};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout},
};
use tracing::Instrument;

use super::{
    admission::SOON,
    attempt::Attempt,
    crew::Crew,
    delivery::{InHand, Reached, Work, deliver},
    ending::end_of,
};
use crate::{
    gateway::Answer,
    journal::{Begun, Intent, Settlement, Standing},
};

/// Most messages that go together: their intents are one call of a script.
const MOST: usize = 128;

/// A message that may be sent now.
type Permitted = (InHand, Box<Attempt>);

/// Begins with messages that were read.
pub(super) fn begin(crew: &Arc<Crew>, in_hand: Vec<InHand>) {
    let mut together = Vec::with_capacity(in_hand.len().min(MOST));
    let go = |together: Vec<InHand>| {
        crew.tasks.spawn(go_together(Arc::clone(crew), together.into()));
    };
    for message in in_hand {
        // Whether the ones before it are finished is seen here, so those of one order do not go together.
        if !message.waits_for_nobody() {
            alone(crew, message, Reached::Nothing);
            continue;
        }
        together.push(message);
        if together.len() == MOST {
            go(std::mem::take(&mut together));
        }
    }
    if !together.is_empty() {
        go(together);
    }
}

fn alone(crew: &Arc<Crew>, in_hand: InHand, reached: Reached) {
    crew.tasks.spawn(deliver(Arc::clone(crew), in_hand, reached));
}

/// Sends them as places among the calls become free.
async fn go_together(crew: Arc<Crew>, mut waiting: VecDeque<InHand>) {
    while !waiting.is_empty() {
        let Ok(place) = timeout(SOON, crew.place_among_the_calls()).await else {
            for in_hand in waiting {
                alone(&crew, in_hand, Reached::Nothing);
            }
            return;
        };
        // Stopping: left for the next start.
        let Some(place) = place else { return };
        let mut free = Some(place);
        let mut permitted = Vec::with_capacity(waiting.len());
        while !waiting.is_empty()
            && let Some(place) = free.take().or_else(|| crew.free_place_among_the_calls())
            && let Some(in_hand) = waiting.pop_front()
        {
            match Work::on(&crew, &in_hand).attempt_now(place) {
                Some(attempt) => permitted.push((in_hand, attempt)),
                None => alone(&crew, in_hand, Reached::Nothing),
            }
        }
        round(&crew, permitted).await;
    }
}

/// Writes the intents, makes the calls, settles what they come to.
async fn round(crew: &Arc<Crew>, permitted: Vec<Permitted>) {
    let asked = Instant::now();
    let begun = begin_all(crew, &permitted).await;
    let mut answered = Vec::with_capacity(permitted.len());
    for ((in_hand, attempt), is_begun) in permitted.into_iter().zip(begun) {
        if !is_begun {
            alone(crew, in_hand, Reached::Permission(attempt));
            continue;
        }
        fail_point!("sender.after_intent");
        if !Work::on(crew, &in_hand).may_still_call(asked) {
            alone(crew, in_hand, Reached::Intent(attempt));
            continue;
        }
        let mut call = attempt.made(Arc::clone(crew)).instrument(in_hand.span.clone()).boxed();
        match call.as_mut().now_or_never() {
            // It takes its time.
            None => alone(crew, in_hand, Reached::Call(call)),
            Some((attempt, Some(answer))) => answered.push((in_hand, attempt, answer)),
            Some((_, None)) => tracing::debug!("left for the next start"),
        }
    }
    settle_all(crew, answered).await;
}

/// Whether the intent of each is written down. Where it is not, or nobody knows, the message finds out alone: the same intent is written once.
async fn begin_all(crew: &Crew, permitted: &[Permitted]) -> Vec<bool> {
    if planted!("sender.no_intent") {
        return vec![true; permitted.len()];
    }
    let intents: Vec<Intent<'_>> =
        permitted.iter().map(|(in_hand, attempt)| attempt.intent(in_hand.named(), &in_hand.hand)).collect();
    let begun = crew.journal.begin_all(&intents).await;
    let is_begun = |number| matches!(begun.get(number), Some(Ok(Begun::Yes)));
    (0..permitted.len()).map(is_begun).collect()
}

async fn settle_all(crew: &Arc<Crew>, answered: Vec<(InHand, Box<Attempt>, Answer)>) {
    let mut ended: Vec<(InHand, Box<Attempt>, Answer, OutcomeEntry)> = Vec::with_capacity(answered.len());
    for (in_hand, attempt, answer) in answered {
        let Some((state, reason)) = end_of(&answer) else {
            alone(crew, in_hand, Reached::Answer(attempt, answer));
            continue;
        };
        crew.channel.works();
        let news = Work::on(crew, &in_hand).news(state, reason, &attempt.standing());
        fail_point!("sender.before_ack");
        ended.push((in_hand, attempt, answer, news));
    }
    let settlements: Vec<Settlement<'_>> = ended
        .iter()
        .map(|(in_hand, .., news)| Settlement { outcome: news, entry: Some(&in_hand.delivery.entry), again: false })
        .collect();
    let mut settled = crew.journal.settle_all(&settlements).await.unwrap_or_default().into_iter();
    for (in_hand, attempt, answer, news) in ended {
        match settled.next() {
            Some(Ok(moved)) => {
                // One script persists the result, acknowledges the entry and tells the servers: these two steps are one.
                fail_point!("sender.after_journal");
                fail_point!("sender.after_ack");
                in_hand.span.in_scope(|| Work::log_settled(moved, &news));
            }
            Some(Err(_)) | None => alone(crew, in_hand, Reached::Answer(attempt, answer)),
        }
    }
}

impl Work<'_> {
    /// A call that is permitted now. `None`: something holds the message up.
    fn attempt_now(&self, place: OwnedSemaphorePermit) -> Option<Box<Attempt>> {
        if self.crew.book.remembers(self.delivery.event_id).is_some() {
            return None;
        }
        let text = self.fitted().ok()?;
        let admitted = self.admit_now(place)?;
        Some(self.attempt_of(text, admitted, &Standing::of_a_new(self.now())))
    }
}
