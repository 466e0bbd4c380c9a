//! What a command has at hand: the services of the process, and who asks.

use std::sync::Arc;

use postoffice_domain::{
    clock::{Clock, Timestamp},
    entropy::{Entropy, uuid_v7},
    people::{Actor, Branch},
};
use postoffice_protocol::session::SessionId;
use postoffice_runtime::redis_link::{RedisConnection, RedisLink};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    auth::Passwords,
    config::Config,
    fan_out::{Recent, Replays},
    flow::Flow,
    hub::Hub,
    locks::Locks,
    store::Store,
};

/// Everything that lives as long as the process. Shared by all sessions behind one `Arc`.
pub struct Services {
    /// The truth.
    pub store: Store,
    /// Who edits what.
    pub locks: Locks,
    /// The open sockets.
    pub hub: Hub,
    /// What desktops were told last.
    pub recent: Recent,
    /// What desktops that come back are being told.
    pub replays: Replays,
    /// Redis for short commands: multiplexed, reconnects and follows a failover by itself. Never block on it (`XREAD BLOCK` needs a
    /// connection of its own).
    pub redis: RedisConnection,
    /// For connections of one's own: blocking reads and pub/sub.
    pub redis_link: RedisLink,
    /// Hashes and checks passwords, a bounded number at once.
    pub passwords: Passwords,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What holds messages up on their way to the SMS sender.
    pub flow: Flow,
    /// The settings.
    pub config: Arc<Config>,
    /// Work that goes on after its caller was answered (accepted commands). Shutdown waits for it.
    pub tasks: TaskTracker,
    /// Cancelled when the process was told to stop: it is not ready any more, everything else goes on.
    pub draining: CancellationToken,
    /// Cancelled when the process begins to stop.
    pub stopping: CancellationToken,
}

impl Services {
    /// Server time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new time-ordered id.
    pub fn new_id(&self) -> Uuid {
        uuid_v7(self.clock.as_ref(), self.entropy.as_ref())
    }
}

/// One request of a signed-in employee. Cheap to clone; an accepted command takes a clone along.
#[derive(Clone)]
pub struct Context {
    /// The services of the process.
    pub services: Arc<Services>,
    /// The session it came through.
    pub session: SessionId,
    /// Who asks, from the session, never from the message.
    pub actor: Actor,
    /// Where the employee works, with its place.
    pub branch: Branch,
    /// The id that every log line about this request carries, from window to SMS.
    pub request_id: String,
}

impl Context {
    /// Server time.
    pub fn now(&self) -> Timestamp {
        self.services.now()
    }
}
