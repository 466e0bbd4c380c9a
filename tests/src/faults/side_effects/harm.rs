//! What is done by chance: kills at any moment, a Redis that dies, comes back empty, is emptied or freezes, and a gateway that lies.

use std::time::Duration;

use postoffice_protocol::stream::{OUTBOX_STREAM, SENDER_GROUP};
use postoffice_runtime::testing::AppendOnlyFiles;

use super::{
    judge::{Allowed, Doubt},
    network::Manners,
    world::{Plan, World},
};
use crate::faults::{dice::Dice, moment::Moment};

/// Longer than any injection takes on a busy machine.
const LONGEST: Duration = Duration::from_mins(4);

/// Enough for clerks to be answered and for the relay to publish.
const UNREAD: Duration = Duration::from_millis(500);
/// Longer than a sender needs for what it has read, so that only what is forgotten is silent.
const SILENT_AFTER_MS: u64 = 1_500;

/// A harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// SIGKILL of the server.
    KillServer,
    /// SIGKILL of the sender.
    KillSender,
    /// SIGKILL of Redis, which comes back with its append-only file.
    KillRedis,
    /// SIGKILL of Redis, which comes back as it had been a moment ago: its machine had not brought the end of the file to the disk.
    RewindRedis,
    /// SIGKILL of Redis, which comes back empty.
    KillRedisEmpty,
    /// FLUSHALL.
    Flush,
    /// The sender is down, events wait for it in Redis, and Redis comes back empty.
    EmptiedUnread,
    /// The sender is down, events wait for it in Redis, and Redis forgets everything without a word: no connection breaks.
    FlushedUnread,
    /// The senders' group is moved past events that nobody has read: neither they nor the end of the stream show that they are forgotten.
    Forgotten,
    /// Redis answers nobody for a while.
    FreezeRedis,
    /// Server, sender and Redis die at once, and Redis comes back empty: the hole that docs/SMS.md names.
    PowerCutEmpty,
    /// Any of these.
    Any,
    /// Half of the gateway's answers are bad: refused, late, never, half, too long, or contradicted by reports.
    BadAnswers,
}

/// All of them with the number of faults in a full run and in a short one.
pub const ALL: [(Harm, u64, u64); 13] = [
    (Harm::KillServer, 100, 6),
    (Harm::KillSender, 100, 6),
    (Harm::KillRedis, 40, 3),
    (Harm::RewindRedis, 40, 3),
    (Harm::KillRedisEmpty, 40, 3),
    (Harm::Flush, 60, 4),
    (Harm::EmptiedUnread, 20, 2),
    (Harm::FlushedUnread, 20, 2),
    (Harm::Forgotten, 10, 1),
    (Harm::FreezeRedis, 10, 2),
    (Harm::PowerCutEmpty, 40, 3),
    (Harm::Any, 80, 6),
    (Harm::BadAnswers, 400, 40),
];

/// What may happen to an office by chance.
const ANY: [Harm; 8] = [
    Harm::KillServer,
    Harm::KillSender,
    Harm::KillRedis,
    Harm::RewindRedis,
    Harm::KillRedisEmpty,
    Harm::Flush,
    Harm::FreezeRedis,
    Harm::PowerCutEmpty,
];

impl Harm {
    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillServer => "server killed at any moment",
            Self::KillSender => "sender killed at any moment",
            Self::KillRedis => "Redis killed, back with its file",
            Self::RewindRedis => "Redis killed, back as it was",
            Self::KillRedisEmpty => "Redis killed, back empty",
            Self::Flush => "FLUSHALL",
            Self::EmptiedUnread => "Redis emptied before it was read",
            Self::FlushedUnread => "FLUSHALL before it was read",
            Self::Forgotten => "events skipped by the group",
            Self::FreezeRedis => "Redis frozen",
            Self::PowerCutEmpty => "all killed, Redis back empty",
            Self::Any => "all of it by chance",
            Self::BadAnswers => "bad answers of the gateway",
        }
    }

    /// What is done to.
    pub const fn plan(self) -> Plan {
        match self {
            Self::BadAnswers => Plan { manners: Manners::Bad, ..Plan::USUAL },
            Self::Forgotten => Plan { silent_after_ms: Some(SILENT_AFTER_MS), ..Plan::USUAL },
            _ => Plan::USUAL,
        }
    }

    /// What may come of it.
    pub const fn allows(self) -> Allowed {
        let forgets_all = matches!(
            self,
            Self::KillRedisEmpty
                | Self::Flush
                | Self::EmptiedUnread
                | Self::FlushedUnread
                | Self::PowerCutEmpty
                | Self::Any
        );
        Allowed {
            unknown: match self {
                Self::KillServer | Self::KillRedis | Self::RewindRedis => Doubt::None,
                Self::KillSender => Doubt::OfCalls,
                _ => Doubt::Any,
            },
            again: matches!(self, Self::Forgotten),
            redis_lost: forgets_all || matches!(self, Self::RewindRedis),
            called_again: forgets_all,
        }
    }

    /// Does it so many times, each time when clerks are answered; how often it was done.
    ///
    /// # Panics
    /// A process does not start again.
    pub async fn inject(self, world: &mut World, faults: u64, dice: &mut Dice) -> u64 {
        let longest = Moment::now().after(LONGEST);
        let mut done = 0;
        while done < faults && Moment::now() < longest {
            // A kill of what is still starting after the last one would meet no work.
            world.work_until_answered().await;
            world.work(Duration::from_millis(dice.between(40, 260))).await;
            let now = if self == Self::Any { *dice.one_of(&ANY) } else { self };
            now.once(world, dice).await;
            done = if self == Self::BadAnswers { world.network.faults() } else { done + 1 };
        }
        world.work(Duration::from_millis(300)).await;
        done
    }

    async fn once(self, world: &mut World, dice: &mut Dice) {
        match self {
            Self::KillServer => {
                world.office.server().kill();
                world.start_server(None);
            }
            Self::KillSender => {
                world.office.sender().kill();
                world.start_sender(None);
            }
            Self::KillRedis | Self::KillRedisEmpty => {
                world.redis.kill(self == Self::KillRedis);
                world.redis.start_again().await;
            }
            Self::RewindRedis => {
                let files = AppendOnlyFiles::of(&world.redis.data());
                // Something must have happened that it forgets.
                world.work_until_answered().await;
                world.work(Duration::from_millis(dice.between(50, 600))).await;
                world.redis.kill(true);
                files.put_back();
                world.redis.start_again().await;
            }
            Self::Flush => {
                world.redis.ask(&["FLUSHALL"]).await;
            }
            Self::EmptiedUnread => {
                world.office.sender().kill();
                world.work(UNREAD).await;
                world.redis.kill(false);
                world.redis.start_again().await;
                world.start_sender(None);
            }
            Self::FlushedUnread => {
                world.office.sender().kill();
                world.work(UNREAD).await;
                world.redis.ask(&["FLUSHALL"]).await;
                world.start_sender(None);
            }
            Self::Forgotten => {
                world.office.sender().kill();
                world.work(UNREAD).await;
                let moved = world.redis.ask(&["XGROUP", "SETID", OUTBOX_STREAM, SENDER_GROUP, "$"]).await;
                assert!(moved, "the group can be moved");
                world.start_sender(None);
                // An event that is forgotten again and again is set aside in the end, as docs/OUTBOX.md says: not this time.
                world.catch_up().await;
            }
            Self::FreezeRedis => {
                let seconds = Duration::from_millis(dice.between(500, 2_500)).as_secs_f64().to_string();
                world.redis.ask(&["DEBUG", "SLEEP", &seconds]).await;
            }
            Self::PowerCutEmpty => {
                world.office.server().kill();
                world.office.sender().kill();
                world.redis.kill(false);
                world.redis.start_again().await;
                world.start_server(None);
                world.start_sender(None);
            }
            Self::Any | Self::BadAnswers => {}
        }
    }
}
