//! What storms do: to the servers, to the network before them, to their database and their Redis.

use std::{sync::atomic::Ordering, time::Duration};

use postoffice_runtime::testing::AppendOnlyFiles;
use tokio::time::sleep;

use super::world::World;
use crate::{
    faults::{database::Engine, dice::Dice},
    programs::signal,
    proxy::{Blow, Way, Weather},
    wait::until,
};

/// A harm. One injection of it is a storm over all desktops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// SIGKILL of the server, which is started again.
    KillServer,
    /// The server is stopped as for an upgrade: it says goodbye, and is started again.
    Restart,
    /// Connections get a reset.
    Reset,
    /// The server's side of connections is gone and nobody tells the desktops.
    HalfOpen,
    /// Nothing passes for five seconds, and then what was held back.
    Blackhole,
    /// Some read a kilobyte a second.
    SlowReaders,
    /// Connections are cut in the middle of a frame.
    Cut,
    /// Redis dies and comes back empty: the stream has holes, and SQL has to fill them.
    RedisEmpty,
    /// Redis dies and comes back as it had been a moment ago: desktops have heard what its stream does not have any more.
    RedisRewound,
    /// Any of these, on a slow network, and a reset into the middle of the return.
    Any,
    /// PostgreSQL ends every connection to it.
    ConnectionsEnded,
    /// PostgreSQL stops as in a power cut and comes back.
    PostgresStopped,
    /// PostgreSQL stands still for some seconds.
    PostgresFrozen,
    /// The machine of PostgreSQL is gone without a word, longer than an answer is waited for.
    PostgresGone,
    /// The connection of a server breaks at COMMIT: before it has arrived, or before its answer has.
    CommitCut,
    /// One of two servers is killed; its desktops go to the other one. It comes back when they are there.
    NodeKilled,
    /// One of two servers stands still for longer than it may lead the relay.
    NodeFrozen,
}

/// A harm, the number of its storms in a full run, and in a short one.
pub type Dose = (Harm, u64, u64);

/// What is done on SQLite.
pub const ON_SQLITE: [Dose; 10] = [
    (Harm::KillServer, 24, 3),
    (Harm::Restart, 10, 2),
    (Harm::Reset, 20, 3),
    (Harm::HalfOpen, 12, 2),
    (Harm::Blackhole, 8, 1),
    (Harm::SlowReaders, 10, 2),
    (Harm::Cut, 16, 4),
    (Harm::RedisEmpty, 8, 2),
    (Harm::RedisRewound, 8, 1),
    (Harm::Any, 12, 3),
];

/// What is done on PostgreSQL. What only meets the network before the server is short here: it is the same on both.
pub const ON_POSTGRES: [Dose; 14] = [
    (Harm::KillServer, 12, 1),
    (Harm::Restart, 4, 0),
    (Harm::Reset, 10, 0),
    (Harm::HalfOpen, 5, 0),
    (Harm::SlowReaders, 4, 0),
    (Harm::RedisEmpty, 6, 0),
    (Harm::RedisRewound, 6, 1),
    (Harm::ConnectionsEnded, 16, 2),
    (Harm::PostgresStopped, 10, 1),
    (Harm::PostgresFrozen, 6, 1),
    (Harm::PostgresGone, 3, 0),
    (Harm::CommitCut, 20, 4),
    (Harm::NodeKilled, 12, 1),
    (Harm::NodeFrozen, 4, 0),
];

/// What is done on an engine.
pub const fn on(engine: Engine) -> &'static [Dose] {
    match engine {
        Engine::Sqlite => &ON_SQLITE,
        Engine::Postgres => &ON_POSTGRES,
    }
}

const ANY: [Harm; 7] =
    [Harm::KillServer, Harm::Restart, Harm::Reset, Harm::HalfOpen, Harm::Cut, Harm::RedisEmpty, Harm::RedisRewound];

/// How long a blackhole lasts.
const NOTHING_PASSES: Duration = Duration::from_secs(5);

/// How long some read slowly, at least and at most, in milliseconds.
const SLOW_MS: (u64, u64) = (5_000, 6_500);
/// How long PostgreSQL stands still, at least and at most, in milliseconds: some commands are waited for, none is given up.
const FROZEN_MS: (u64, u64) = (2_000, 5_000);
/// How long its machine is gone: longer than anything of the server waits for it.
const GONE: Duration = Duration::from_secs(16);
/// How long a server stands still: it may lead the relay for 3 s after its last word.
const NODE_FROZEN: Duration = Duration::from_secs(5);

/// With this pause of each desktop for each that there is, all of them together make some 100 changes a second and more: more than a slow reader takes.
const MUCH_TO_READ: Duration = Duration::from_millis(8);

impl Harm {
    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillServer => "server killed",
            Self::Restart => "server restarted with goodbye",
            Self::Reset => "connections reset",
            Self::HalfOpen => "connections half open",
            Self::Blackhole => "blackhole of 5 s",
            Self::SlowReaders => "slow readers",
            Self::Cut => "connections cut in a frame",
            Self::RedisEmpty => "Redis killed, back empty",
            Self::RedisRewound => "Redis killed, back as it was",
            Self::Any => "all of it on a slow network",
            Self::ConnectionsEnded => "connections ended by PostgreSQL",
            Self::PostgresStopped => "PostgreSQL stopped at once, back",
            Self::PostgresFrozen => "PostgreSQL frozen",
            Self::PostgresGone => "PostgreSQL gone without a word",
            Self::CommitCut => "cut at COMMIT",
            Self::NodeKilled => "one of two servers killed",
            Self::NodeFrozen => "one of two servers frozen",
        }
    }

    /// How many servers it takes.
    pub const fn servers(self) -> usize {
        match self {
            Self::NodeKilled | Self::NodeFrozen => 2,
            _ => 1,
        }
    }

    /// Injects so many storms; each begins when everybody is back from the one before and has got something done: a hundred desktops that only ever
    /// come back would put nothing to the test.
    ///
    /// # Panics
    /// A process does not start again.
    pub async fn inject(self, world: &mut World, storms: u64, dice: &mut Dice) -> u64 {
        for done in 0..storms {
            let ended = world.shift.ended.load(Ordering::SeqCst);
            // At any moment of the work.
            sleep(Duration::from_millis(dice.between(200, 900))).await;
            let shift = &world.shift;
            let works = || async { (shift.ended.load(Ordering::SeqCst) > ended).then_some(()) };
            until("a command to come to its end", works).await;
            self.once(world, dice).await;
            world.shift.is_reachable();
            if !world.all_back().await {
                return done + 1;
            }
        }
        storms
    }

    async fn once(self, world: &mut World, dice: &mut Dice) {
        match self {
            Self::KillServer => {
                world.nodes[0].office.server().kill();
                world.nodes[0].office.start_server().await;
            }
            Self::Restart => {
                world.nodes[0].office.stop_server();
                world.nodes[0].office.start_server().await;
            }
            Self::Reset => world.strike(Blow::Reset, dice.between(40, 101)),
            Self::HalfOpen => world.strike(Blow::HalfOpen, dice.between(40, 101)),
            Self::Blackhole => {
                world.set_weather(Weather::Blackhole);
                sleep(NOTHING_PASSES).await;
                world.set_weather(Weather::Clear);
            }
            Self::SlowReaders => {
                let how_long = Duration::from_millis(dice.between(SLOW_MS.0, SLOW_MS.1));
                let pause = world.shift.hurry(MUCH_TO_READ * world.count);
                // A frame takes seconds on such a link: it is the server that is to lose patience.
                let patience = world.shift.be_patient(how_long * 2);
                world.strike(Blow::Slow(how_long), dice.between(30, 70));
                sleep(how_long).await;
                world.shift.hurry(pause);
                world.shift.is_reachable();
                world.all_back().await;
                world.shift.be_patient(patience);
            }
            Self::Cut => world.strike(Blow::CutAfter(dice.between(1, 3_000)), 100),
            Self::RedisEmpty => {
                let pause = world.shift.hurry(MUCH_TO_READ * world.count);
                sleep(Duration::from_millis(dice.between(300, 600))).await;
                // While the server finds its way back to the stream, changes are published that it will never read there.
                cut_reader(&world.redis.url()).await;
                sleep(Duration::from_millis(dice.between(120, 260))).await;
                world.redis.kill(false);
                world.redis.start_again().await;
                world.shift.hurry(pause);
            }
            Self::RedisRewound => {
                let files = AppendOnlyFiles::of(&world.redis.data());
                // What desktops hear of now it will not have any more.
                world.until_published(dice.between(5, 60)).await;
                world.redis.kill(true);
                files.put_back();
                world.redis.start_again().await;
            }
            Self::Any => {
                world.set_weather(Weather::Delayed(Duration::from_millis(dice.between(5, 60))));
                Box::pin(dice.one_of(&ANY).once(world, dice)).await;
                // Some are on their way back in this moment.
                sleep(Duration::from_millis(dice.between(50, 600))).await;
                world.strike(Blow::Reset, 30);
                world.set_weather(Weather::Clear);
            }
            Self::ConnectionsEnded => world.postgres().end_connections().await,
            Self::PostgresStopped => world.postgres().die_and_come_back().await,
            Self::PostgresFrozen => {
                let how_long = Duration::from_millis(dice.between(FROZEN_MS.0, FROZEN_MS.1));
                world.postgres().freeze(how_long).await;
            }
            Self::PostgresGone => {
                world.postgres().vanish();
                sleep(GONE).await;
                world.postgres().come_back();
            }
            Self::CommitCut => world.postgres().cut_at_commit(*dice.one_of(&[Way::Up, Way::Down])),
            Self::NodeKilled => {
                let node = *dice.one_of(&[0, 1]);
                world.nodes[node].office.server().kill();
                // At the other one.
                world.shift.is_reachable();
                world.all_back().await;
                world.nodes[node].office.start_server().await;
            }
            Self::NodeFrozen => {
                let pid = world.nodes[*dice.one_of(&[0, 1])].office.server().pid();
                signal(pid, "STOP");
                world.shift.is_reachable();
                sleep(NODE_FROZEN).await;
                signal(pid, "CONT");
            }
        }
    }
}

/// Cuts the connection over which the server reads the stream, and no other.
async fn cut_reader(redis: &str) {
    let cut = async {
        let mut connection = redis::Client::open(redis)?.get_multiplexed_async_connection().await?;
        let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut connection).await?;
        let readers = clients.lines().filter(|client| client.contains(" cmd=xread "));
        for id in readers.filter_map(|client| client.strip_prefix("id=")?.split(' ').next()) {
            redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).exec_async(&mut connection).await?;
        }
        Ok::<(), redis::RedisError>(())
    };
    cut.await.expect("Redis answers");
}
