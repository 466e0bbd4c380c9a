//! Reading Redis streams.
//!
//! A stream is an append-only list. Every entry has an id `a-b` that only grows, and a few fields. Two ways to read one:
//!
//! - **Tail** ([`Tail`]): "everything after id X, and wait for more". Nobody remembers where we were but us. For telling every desktop.
//! - **Group** ([`Group`]): readers share the work. Redis hands each entry to one consumer of the group and keeps it in that consumer's
//!   *pending* list until it says `XACK`. A consumer that died leaves its pending list behind: itself, come back under the same name, reads
//!   it first; others may claim (`XAUTOCLAIM`) what has been idle for long. So an entry is delivered at least once.
//!
//! Blocking reads hold a connection for themselves: both kinds open their own, at the server that has the stream. After any error, open the
//! reader again: that follows a failover. A read is never repeated by itself: its answer may be lost, and then its entries are pending.

use std::{collections::HashMap, time::Duration};

use redis::{
    RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
    streams::{StreamAutoClaimReply, StreamId, StreamPendingCountReply, StreamReadReply},
};

use crate::redis_link::RedisLink;

/// Longest wait of a blocking read; also bounds how late a stop is noticed by a reader that is not cancelled.
const BLOCK: Duration = Duration::from_secs(2);

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id, `a-b`.
    pub id: String,
    /// Its fields. Values are bytes: an entry may hold anything.
    pub fields: HashMap<String, Vec<u8>>,
}

impl Entry {
    /// The first part of the id as a number.
    pub fn sequence(&self) -> Option<u64> {
        self.id.split_once('-').and_then(|(head, _)| head.parse().ok())
    }
}

impl From<StreamId> for Entry {
    fn from(entry: StreamId) -> Self {
        let bytes = |value| match value {
            Value::BulkString(bytes) => bytes,
            Value::SimpleString(text) => text.into_bytes(),
            Value::Int(number) => number.to_string().into_bytes(),
            _ => Vec::new(),
        };
        Self { id: entry.id, fields: entry.map.into_iter().map(|(name, value)| (name, bytes(value))).collect() }
    }
}

fn entries(reply: Option<StreamReadReply>) -> Vec<Entry> {
    let keys = reply.map(|reply| reply.keys).unwrap_or_default();
    keys.into_iter().flat_map(|key| key.ids).map(Entry::from).collect()
}

/// Reads everything after a position.
pub struct Tail {
    connection: MultiplexedConnection,
    stream: String,
}

impl Tail {
    /// A reader on a connection of its own.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn open(redis: &RedisLink, stream: &str) -> RedisResult<Self> {
        Ok(Self { connection: redis.blocking(stream, BLOCK).await?, stream: stream.to_owned() })
    }

    /// At most `count` entries after `after` (an id such as `17-0`); waits up to two seconds for the first. Empty: nothing came.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn next(&mut self, after: &str, count: usize) -> RedisResult<Vec<Entry>> {
        let reply: Option<StreamReadReply> = redis::cmd("XREAD")
            .arg("COUNT")
            .arg(count)
            .arg("BLOCK")
            .arg(millis(BLOCK))
            .arg("STREAMS")
            .arg(&self.stream)
            .arg(after)
            .query_async(&mut self.connection)
            .await?;
        Ok(entries(reply))
    }

    /// Id of the last entry that was ever added (`0-0` for none). Smaller than a position we have read: Redis lost its tail.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn last_id(&mut self) -> RedisResult<String> {
        last_generated_id(&mut self.connection, &self.stream).await
    }
}

/// Id of the last entry that was ever added to `stream`, `0-0` when there is no such stream.
///
/// # Errors
/// Redis is away or the key is no stream.
pub async fn last_generated_id(connection: &mut impl redis::aio::ConnectionLike, stream: &str) -> RedisResult<String> {
    let info: RedisResult<redis::streams::StreamInfoStreamReply> =
        redis::cmd("XINFO").arg("STREAM").arg(stream).query_async(connection).await;
    match info {
        Ok(info) => Ok(info.last_generated_id),
        Err(error) if error.detail().is_some_and(|detail| detail.contains("no such key")) => Ok("0-0".to_owned()),
        Err(error) => Err(error),
    }
}

/// One consumer of a consumer group.
pub struct Group {
    connection: MultiplexedConnection,
    stream: String,
    name: String,
    consumer: String,
}

/// What [`Group::claim_idle`] found.
#[derive(Debug)]
pub struct Claimed {
    /// Where to go on; `0-0` when the whole pending list was walked.
    pub cursor: String,
    /// Entries that are ours now.
    pub entries: Vec<Entry>,
}

impl Group {
    /// A consumer on a connection of its own. Makes stream and group when missing; a new group begins with the oldest entry there is.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn open(redis: &RedisLink, stream: &str, group: &str, consumer: &str) -> RedisResult<Self> {
        let mut reader = Self {
            connection: redis.blocking(stream, BLOCK).await?,
            stream: stream.to_owned(),
            name: group.to_owned(),
            consumer: consumer.to_owned(),
        };
        reader.ensure().await?;
        Ok(reader)
    }

    async fn ensure(&mut self) -> RedisResult<()> {
        let made: RedisResult<()> = redis::cmd("XGROUP")
            .arg("CREATE")
            .arg(&self.stream)
            .arg(&self.name)
            .arg("0")
            .arg("MKSTREAM")
            .query_async(&mut self.connection)
            .await;
        match made {
            Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
            made => made,
        }
    }

    /// Entries handed to this consumer before and not acknowledged, after id `after` (`0` for the first). Entries that were deleted from
    /// the stream meanwhile come with no fields: acknowledge them.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn own_pending(&mut self, after: &str, count: usize) -> RedisResult<Vec<Entry>> {
        self.read(after, count, None).await
    }

    /// New entries, handed to this consumer; waits up to two seconds for the first. Empty: nothing came.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn next(&mut self, count: usize) -> RedisResult<Vec<Entry>> {
        self.read(">", count, Some(BLOCK)).await
    }

    async fn read(&mut self, after: &str, count: usize, block: Option<Duration>) -> RedisResult<Vec<Entry>> {
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(&self.name).arg(&self.consumer).arg("COUNT").arg(count);
        if let Some(block) = block {
            command.arg("BLOCK").arg(millis(block));
        }
        command.arg("STREAMS").arg(&self.stream).arg(after);
        let first: RedisResult<Option<StreamReadReply>> = command.query_async(&mut self.connection).await;
        match first {
            // The group went with its Redis (FLUSHALL, an empty restart): make it again, from the oldest entry.
            Err(error) if is_no_group(&error) => {
                tracing::warn!(stream = self.stream, group = self.name, "the consumer group is gone; making it again");
                self.ensure().await?;
                Ok(entries(command.query_async(&mut self.connection).await?))
            }
            reply => Ok(entries(reply?)),
        }
    }

    /// Takes over entries that other consumers hold and have not touched for `idle`. Follow the cursor until it is `0-0`: one call looks
    /// at a bounded part of the pending list only.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn claim_idle(&mut self, idle: Duration, cursor: &str, count: usize) -> RedisResult<Claimed> {
        let mut command = redis::cmd("XAUTOCLAIM");
        command
            .arg(&self.stream)
            .arg(&self.name)
            .arg(&self.consumer)
            .arg(millis(idle))
            .arg(cursor)
            .arg("COUNT")
            .arg(count);
        let reply: RedisResult<StreamAutoClaimReply> = command.query_async(&mut self.connection).await;
        match reply {
            Ok(reply) => Ok(Claimed {
                cursor: reply.next_stream_id,
                entries: reply.claimed.into_iter().map(Entry::from).collect(),
            }),
            Err(error) if is_no_group(&error) => {
                self.ensure().await?;
                Ok(Claimed { cursor: "0-0".to_owned(), entries: Vec::new() })
            }
            Err(error) => Err(error),
        }
    }

    /// How often each of these entries, pending here and in order, was handed to somebody.
    ///
    /// # Errors
    /// Redis is away or the key is no stream.
    pub async fn times_read(&mut self, entries: &[Entry]) -> RedisResult<HashMap<String, u64>> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(HashMap::new()) };
        let pending: RedisResult<StreamPendingCountReply> = redis::cmd("XPENDING")
            .arg(&self.stream)
            .arg(&self.name)
            .arg(&first.id)
            .arg(&last.id)
            .arg(entries.len())
            .arg(&self.consumer)
            .query_async(&mut self.connection)
            .await;
        match pending {
            Ok(pending) => Ok(pending
                .ids
                .into_iter()
                .map(|entry| (entry.id, u64::try_from(entry.times_delivered).unwrap_or(u64::MAX)))
                .collect()),
            Err(error) if is_no_group(&error) => Ok(HashMap::new()),
            Err(error) => Err(error),
        }
    }

    /// Says that these entries are done.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn ack(&mut self, ids: &[String]) -> RedisResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        redis::cmd("XACK").arg(&self.stream).arg(&self.name).arg(ids).query_async(&mut self.connection).await
    }
}

fn is_no_group(error: &RedisError) -> bool {
    error.code() == Some("NOGROUP")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_redis::PrivateRedis;

    async fn add(connection: &mut MultiplexedConnection, id: &str) {
        redis::cmd("XADD").arg("s").arg(id).arg("f").arg(id).query_async::<()>(connection).await.unwrap();
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[tokio::test]
    async fn a_group_loses_nothing_over_death_claim_and_flush() {
        let folder = tempfile::tempdir().unwrap();
        let redis = PrivateRedis::start(folder.path()).await.unwrap();
        let link = RedisLink::parse(&redis.url()).unwrap();
        let mut plain = link.blocking("s", BLOCK).await.unwrap();
        for id in ["1-0", "2-0", "3-0"] {
            add(&mut plain, id).await;
        }
        let mut one = Group::open(&link, "s", "g", "one").await.unwrap();
        assert_eq!(ids(&one.next(2).await.unwrap()), ["1-0", "2-0"]);
        one.ack(&["1-0".to_owned()]).await.unwrap();

        // The same consumer, come back: its own pending first.
        let mut back = Group::open(&link, "s", "g", "one").await.unwrap();
        assert_eq!(ids(&back.own_pending("0", 10).await.unwrap()), ["2-0"]);

        // Another consumer takes over what is idle, following the cursor, and reads on.
        let mut two = Group::open(&link, "s", "g", "two").await.unwrap();
        let claimed = two.claim_idle(Duration::ZERO, "0-0", 1).await.unwrap();
        assert_eq!(ids(&claimed.entries), ["2-0"]);
        assert_eq!(ids(&two.next(10).await.unwrap()), ["3-0"]);

        redis::cmd("FLUSHALL").query_async::<()>(&mut plain).await.unwrap();
        add(&mut plain, "9-0").await;
        assert_eq!(ids(&two.next(10).await.unwrap()), ["9-0"], "the group is made again from the oldest entry");
        assert_eq!(two.claim_idle(Duration::ZERO, "0-0", 10).await.unwrap().cursor, "0-0");
    }

    #[tokio::test]
    async fn a_tail_goes_on_where_it_was_and_sees_a_lost_tail() {
        let folder = tempfile::tempdir().unwrap();
        let redis = PrivateRedis::start(folder.path()).await.unwrap();
        let link = RedisLink::parse(&redis.url()).unwrap();
        let mut plain = link.blocking("s", BLOCK).await.unwrap();
        let mut tail = Tail::open(&link, "s").await.unwrap();
        assert_eq!(tail.last_id().await.unwrap(), "0-0");
        add(&mut plain, "5-0").await;
        add(&mut plain, "6-0").await;
        let read = tail.next("5-0", 10).await.unwrap();
        assert_eq!((ids(&read), read[0].sequence()), (vec!["6-0"], Some(6)));
        assert_eq!(read[0].fields["f"], b"6-0");
        assert_eq!(tail.last_id().await.unwrap(), "6-0");
        redis::cmd("FLUSHALL").query_async::<()>(&mut plain).await.unwrap();
        assert_eq!(tail.last_id().await.unwrap(), "0-0");
    }
}
