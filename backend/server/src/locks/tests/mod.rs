//! Each against a real Redis of its own.

mod line;
mod lock;
mod loss;

use std::time::Duration;

use postoffice_domain::people::EmployeeId;
use postoffice_runtime::testing::TestRedis;
use uuid::Uuid;

use super::*;
use crate::test_office::until;

/// A good number.
fn ttn() -> Ttn {
    numbered("736757258556387")
}

/// The good number that begins with these 15 digits.
pub(super) fn numbered(start: &str) -> Ttn {
    (0..10).find_map(|digit| Ttn::parse(&format!("{start}{digit}")).ok()).unwrap()
}

pub(super) fn holder(session: u128) -> LockHolder {
    LockHolder {
        session: SessionId(Uuid::from_u128(session)),
        employee: EmployeeId(Uuid::from_u128(session)),
        name: format!("Оператор \"{session}\" \"since\":0"),
        station: "3".to_owned(),
        since: Timestamp::from_millis(0),
        purpose: LockPurpose::EditPlace,
    }
}

fn command(session: u128) -> LockHolder {
    LockHolder { purpose: LockPurpose::Command, ..holder(session) }
}

fn session(number: u128) -> SessionId {
    holder(number).session
}

fn settings(lease_ms: u64) -> LockSettings {
    LockSettings { lease_ms, renew_every_ms: lease_ms / 3, ..LockSettings::default() }
}

/// The locks of a server that nobody tells any news.
fn locks(redis: &TestRedis, lease_ms: u64) -> Locks {
    Locks::new(redis.connection(), &settings(lease_ms))
}

/// What a server sees that comes new.
async fn seen(redis: &TestRedis) -> Vec<LockView> {
    let newcomer = locks(redis, 30_000);
    newcomer.look_around("an epoch").await.unwrap();
    newcomer.memory().snapshot(Instant::now())
}

/// Any command on Redis.
async fn redis_cmd(redis: &TestRedis, words: &[&str]) {
    let (name, arguments) = words.split_first().unwrap();
    redis::cmd(name).arg(arguments).query_async::<()>(&mut redis.connection()).await.unwrap();
}

/// Every key there is, but for the epoch.
async fn keys(redis: &TestRedis) -> Vec<String> {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("po:lock:*").query_async(&mut redis.connection()).await.unwrap();
    keys.sort();
    keys
}

/// Ours, as it was taken.
fn ours(acquired: Acquired) -> LockHolder {
    match acquired {
        Acquired::Ours { holder, .. } => holder,
        Acquired::Busy(holder) => panic!("{holder:?} has it"),
    }
}
