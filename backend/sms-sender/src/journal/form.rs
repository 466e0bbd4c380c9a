//! The form of the records, marked in Redis. Senders of different forms do not find each other's records and would send again what the other one has under way.
//! So a sender that finds the mark of a later form does not begin, or stops; one that finds an earlier mark, or none, puts its own there.
//!
//! A Redis that lost its data lost the records with the mark; it is put there again within a third of a lease.

use std::{sync::LazyLock, time::Duration};

use postoffice_runtime::redis_link::RedisConnection;
use redis::{RedisResult, Script};
use tokio_util::sync::CancellationToken;

/// The mark.
const KEY: &str = "{po}:sms:journal:form";
/// 1, which was never marked: a key for each message. 2: a hash for each stretch of time (`record.lua`). Raise it with whatever an older sender would misread.
const FORM: u64 = 2;

/// What is no number counts as nothing.
static MARK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local there = tonumber(redis.call('GET', KEYS[1]) or 0) or 0
         if there < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
         return there",
    )
});

/// A newer sender works on this Redis, or did.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the journal in this Redis is of a newer SMS sender (form {theirs}, ours is {FORM}), and beside it this one would send again what it has under way; update this sender"
)]
pub struct NewerJournal {
    /// The form that is marked.
    pub theirs: u64,
}

/// Puts our mark there, unless there is a later one.
///
/// # Errors
/// Redis is away.
pub async fn mark(redis: &RedisConnection) -> RedisResult<Result<(), NewerJournal>> {
    let theirs: u64 = MARK.key(KEY).arg(FORM).invoke_async(&mut redis.clone()).await?;
    Ok(if theirs > FORM { Err(NewerJournal { theirs }) } else { Ok(()) })
}

/// Looks after the mark until `over`.
///
/// # Errors
/// A newer sender has put its own there.
pub async fn keep(redis: RedisConnection, every: Duration, over: CancellationToken) -> Result<(), NewerJournal> {
    while over.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
        match mark(&redis).await {
            Ok(ours) => ours?,
            Err(error) => tracing::debug!(%error, "cannot look after the journal's form"),
        }
    }
    Ok(())
}
