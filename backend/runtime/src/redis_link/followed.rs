//! A connection that follows the primary: opened when it is needed, dropped when it proves to lead nowhere or to the wrong one, opened again
//! a few times a second at most. Whoever asks in between is told at once that Redis is away.
//!
//! A command that failed is not repeated here: its caller knows whether it may be.

use std::{sync::Arc, time::Duration};

use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use tokio::{sync::Mutex, time::Instant};

use super::{RESPONSE_TIMEOUT, away, sentinel::Sentinels, within};

/// Pause between two attempts to open it.
const PAUSE: Duration = Duration::from_millis(250);
/// How often the sentinels are asked although everything works: a primary that is cut off from them still answers us.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) enum Target {
    Sentinel(Sentinels),
    Cluster(Box<ClusterClient>),
}

#[derive(Clone)]
pub(super) enum Live {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

struct Open {
    live: Live,
    address: String,
    generation: u64,
}

struct State {
    open: Option<Open>,
    generation: u64,
    not_before: Instant,
    why: RedisError,
    looked: Instant,
}

pub(super) struct Followed {
    target: Arc<Target>,
    state: Arc<Mutex<State>>,
}

impl Followed {
    pub(super) fn new(target: Target) -> Self {
        let now = Instant::now();
        let state = State { open: None, generation: 0, not_before: now, why: away("not connected yet"), looked: now };
        Self { target: Arc::new(target), state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(*self.target, Target::Cluster(_))
    }

    pub(super) async fn command(&self, command: &Cmd) -> RedisResult<Value> {
        self.run(async |live| match live {
            Live::Server(server) => server.req_packed_command(command).await,
            Live::Cluster(cluster) => cluster.req_packed_command(command).await,
        })
        .await
    }

    pub(super) async fn commands(&self, pipeline: &Pipeline, offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        let (mut live, generation) = self.live().await?;
        let answer = match &mut live {
            Live::Server(server) => server.req_packed_commands(pipeline, offset, count).await,
            Live::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count).await,
        };
        let is_lost = match &answer {
            Ok(values) => values.iter().any(is_read_only),
            Err(error) => leads_nowhere(error),
        };
        if is_lost {
            self.drop_generation(generation).await;
        }
        answer
    }

    /// Does something on the connection, and drops it if it leads nowhere.
    pub(super) async fn run(&self, work: impl AsyncFnOnce(&mut Live) -> RedisResult<Value>) -> RedisResult<Value> {
        let (mut live, generation) = self.live().await?;
        let answer = work(&mut live).await;
        let is_lost = match &answer {
            Ok(value) => is_read_only(value),
            Err(error) => leads_nowhere(error),
        };
        if is_lost {
            self.drop_generation(generation).await;
        }
        answer
    }

    /// The open connection; opens one if it is time. Others who ask meanwhile wait for the same attempt, which is bounded.
    async fn live(&self) -> RedisResult<(Live, u64)> {
        let mut state = self.state.lock().await;
        if state.open.is_some() {
            self.look_now_and_then(&mut state);
        } else {
            if Instant::now() < state.not_before {
                return Err(state.why.clone());
            }
            match open(&self.target).await {
                Ok((live, address)) => {
                    tracing::info!(address, "connected to Redis");
                    state.generation += 1;
                    state.looked = Instant::now();
                    state.open = Some(Open { live, address, generation: state.generation });
                }
                Err(error) => {
                    state.not_before = Instant::now() + PAUSE;
                    state.why = error;
                }
            }
        }
        match &state.open {
            Some(open) => Ok((open.live.clone(), open.generation)),
            None => Err(state.why.clone()),
        }
    }

    async fn drop_generation(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.open.as_ref().is_some_and(|open| open.generation == generation) {
            state.open = None;
            state.not_before = Instant::now() + PAUSE / 10;
        }
    }

    /// Asks the sentinels beside the commands, and drops the connection when they name another primary that agrees.
    fn look_now_and_then(&self, state: &mut State) {
        if self.is_cluster() || state.looked.elapsed() < LOOK_EVERY {
            return;
        }
        state.looked = Instant::now();
        let (target, shared) = (Arc::clone(&self.target), Arc::clone(&self.state));
        tokio::spawn(async move {
            let Ok((live, address)) = open(&target).await else { return };
            let mut state = shared.lock().await;
            if state.open.as_ref().is_some_and(|open| open.address != address) {
                tracing::warn!(address, "the sentinels name another primary");
                state.generation += 1;
                state.open = Some(Open { live, address, generation: state.generation });
            }
        });
    }
}

async fn open(target: &Target) -> RedisResult<(Live, String)> {
    match target {
        Target::Sentinel(sentinels) => {
            let primary = sentinels.connect(RESPONSE_TIMEOUT).await?;
            Ok((Live::Server(primary.connection), primary.info.addr().to_string()))
        }
        Target::Cluster(client) => {
            let cluster = within(RESPONSE_TIMEOUT, client.get_async_connection()).await?;
            Ok((Live::Cluster(cluster), "a cluster".to_owned()))
        }
    }
}

/// Whether this connection is of no more use: gone, silent, or to one that is no primary any more.
fn leads_nowhere(error: &RedisError) -> bool {
    error.is_io_error()
        || error.kind() == ErrorKind::ClusterConnectionNotFound
        || matches!(error.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

fn is_read_only(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::ReadOnly))
}
