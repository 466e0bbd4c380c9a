//! What storms do: to the server, to the network before it, to its Redis.

use std::time::Duration;

use tokio::time::sleep;

use super::world::World;
use crate::{
    faults::dice::Dice,
    proxy::{Blow, Weather},
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
    /// Any of these, on a slow network, and a reset into the middle of the return.
    Any,
}

/// All of them with the number of storms in a full run and in a short one.
pub const ALL: [(Harm, u64, u64); 9] = [
    (Harm::KillServer, 24, 3),
    (Harm::Restart, 10, 2),
    (Harm::Reset, 20, 3),
    (Harm::HalfOpen, 12, 2),
    (Harm::Blackhole, 8, 1),
    (Harm::SlowReaders, 10, 2),
    (Harm::Cut, 16, 4),
    (Harm::RedisEmpty, 8, 2),
    (Harm::Any, 12, 3),
];

const ANY: [Harm; 6] = [Harm::KillServer, Harm::Restart, Harm::Reset, Harm::HalfOpen, Harm::Cut, Harm::RedisEmpty];

/// How long a blackhole lasts.
const NOTHING_PASSES: Duration = Duration::from_secs(5);

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
            Self::Any => "all of it on a slow network",
        }
    }

    /// Injects so many storms; each begins when everybody is back from the one before.
    ///
    /// # Panics
    /// A process does not start again.
    pub async fn inject(self, world: &mut World, storms: u64, dice: &mut Dice) -> u64 {
        for done in 0..storms {
            // At any moment of the work.
            sleep(Duration::from_millis(dice.between(200, 900))).await;
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
                world.office.server().kill();
                world.office.start_server().await;
            }
            Self::Restart => {
                world.office.stop_server();
                world.office.start_server().await;
            }
            Self::Reset => world.proxy.strike(Blow::Reset, dice.between(40, 101)),
            Self::HalfOpen => world.proxy.strike(Blow::HalfOpen, dice.between(40, 101)),
            Self::Blackhole => {
                world.proxy.set(Weather::Blackhole);
                sleep(NOTHING_PASSES).await;
                world.proxy.set(Weather::Clear);
            }
            Self::SlowReaders => {
                let how_long = Duration::from_millis(dice.between(7_000, 9_000));
                let pause = world.shift.hurry(MUCH_TO_READ * world.count);
                world.proxy.strike(Blow::Slow(how_long), dice.between(30, 70));
                sleep(how_long).await;
                world.shift.hurry(pause);
            }
            Self::Cut => world.proxy.strike(Blow::CutAfter(dice.between(1, 3_000)), 100),
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
            Self::Any => {
                world.proxy.set(Weather::Delayed(Duration::from_millis(dice.between(5, 60))));
                Box::pin(dice.one_of(&ANY).once(world, dice)).await;
                // Some are on their way back in this moment.
                sleep(Duration::from_millis(dice.between(50, 600))).await;
                world.proxy.strike(Blow::Reset, 30);
                world.proxy.set(Weather::Clear);
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
