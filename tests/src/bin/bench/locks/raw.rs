//! The limit of a lock in Redis: one script takes it, one gives it back, both compare the owner, and nothing else happens.

use std::sync::Arc;

use postoffice_runtime::testing::TestRedis;
use redis::{Client, Script, aio::MultiplexedConnection};

/// The client library alone, as others use it.
///
/// # Panics
/// Never: the address is ours.
pub fn client(redis: &TestRedis) -> Client {
    Client::open(redis.url()).expect("our own address is good")
}

/// Both scripts, through one multiplexed connection.
#[derive(Clone)]
pub struct RawLocks {
    redis: MultiplexedConnection,
    scripts: Arc<(Script, Script)>,
}

impl RawLocks {
    /// On this Redis.
    ///
    /// # Panics
    /// It does not answer.
    pub async fn open(client: &Client) -> Self {
        let redis = client.get_multiplexed_async_connection().await.expect("Redis answers");
        let take = Script::new("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])");
        let give_back = Script::new(
            "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
             return 0",
        );
        Self { redis, scripts: Arc::new((take, give_back)) }
    }

    /// Takes the lock.
    ///
    /// # Panics
    /// Somebody has it.
    pub async fn take(&mut self, key: &str, owner: &str) {
        let taken: Option<String> = self
            .scripts
            .0
            .key(key)
            .arg(owner)
            .arg(super::LEASE_MS)
            .invoke_async(&mut self.redis)
            .await
            .expect("Redis answers");
        assert!(taken.is_some(), "{key} is free");
    }

    /// Gives it back.
    ///
    /// # Panics
    /// It is not ours.
    pub async fn give_back(&mut self, key: &str, owner: &str) {
        let freed: u8 = self.scripts.1.key(key).arg(owner).invoke_async(&mut self.redis).await.expect("Redis answers");
        assert_eq!(freed, 1, "{key} is ours");
    }
}
