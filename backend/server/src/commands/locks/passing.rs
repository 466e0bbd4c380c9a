//! Writing down that a lock was handed over. It has happened in Redis already: a store that fails now costs a line on the timeline, nothing else.

use postoffice_domain::{people::Actor, ttn::Ttn};
use postoffice_protocol::locks::{LockHolder, LockPassed};

use crate::{context::Context, store::Passing};

/// Writes a line of the one who asks for it.
pub(super) async fn write(context: &Context, ttn: Ttn, event: LockPassed) {
    written(context, context.actor.clone(), ttn, event).await;
}

/// Writes a line of somebody else: a holder who was silent.
pub(super) async fn write_for(context: &Context, holder: &LockHolder, ttn: Ttn, event: LockPassed) {
    // The branch of a holder is not in its lock; whoever is overruled sits in the same office.
    let actor = Actor {
        employee: holder.employee,
        name: holder.name.clone(),
        station: holder.station.clone(),
        ..context.actor.clone()
    };
    written(context, actor, ttn, event).await;
}

async fn written(context: &Context, actor: Actor, ttn: Ttn, event: LockPassed) {
    let passing =
        Passing { ttn, actor, now: context.now(), request_id: context.request_id.clone(), event, taken: None };
    if let Err(error) = context.services.store.write_passing(passing).await {
        tracing::error!(%error, %ttn, "a hand-over does not stand on the timeline");
    }
}
