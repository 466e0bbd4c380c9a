//! What ten thousand held locks take in Redis, by its own `used_memory`, and what is left of them after their release.

use futures_util::{StreamExt, stream};
use postoffice_runtime::testing::TestRedis;
use postoffice_server::{config::LockSettings, locks::Locks};

use super::{
    LEASE_MS, holder,
    raw::{RawLocks, client},
    ttn,
};
use crate::figure::{Figure, Target};

const LOCKS: u32 = 10_000;
/// Asked for at the same time.
const AT_ONCE: usize = 50;

/// Measures ours and the bare key.
pub async fn measure() -> Vec<Figure> {
    let redis = TestRedis::start().await;
    // Ten thousand are taken one after another; none may end meanwhile.
    let settings = LockSettings { lease_ms: LEASE_MS * 10, ..LockSettings::default() };
    let locks = Locks::new(redis.connection(), &settings);
    warm_up(&locks).await;
    let (keys_before, empty) = (keys(&redis).await, used(&redis).await);
    each(|number| {
        let locks = &locks;
        async move {
            locks.acquire(&ttn(number), &holder(number)).await.expect("Redis answers");
        }
    })
    .await;
    let ours = (used(&redis).await - empty) / f64::from(LOCKS);
    each(|number| {
        let locks = &locks;
        async move {
            assert!(locks.release(&ttn(number), holder(number).session).await.expect("Redis answers"), "it is ours");
        }
    })
    .await;
    let left = keys(&redis).await - keys_before;

    let other = TestRedis::start().await;
    let bare = RawLocks::open(&client(&other)).await;
    let empty = used(&other).await;
    each(|number| {
        let mut bare = bare.clone();
        async move { bare.take(&format!("raw:{}", ttn(number)), &format!("{number:036}")).await }
    })
    .await;
    let raw = (used(&other).await - empty) / f64::from(LOCKS);
    vec![
        Figure::of("Redis memory per held lock, 10 000 held", "bytes", ours).beside("raw key with an owner", &[raw]),
        Figure::of("  keys left after their release", "keys", left).holding(Target::AtMost(0.0)),
    ]
}

/// The scripts are loaded and the connection has its buffers.
async fn warm_up(locks: &Locks) {
    let (ttn, holder) = (ttn(0), holder(0));
    locks.acquire(&ttn, &holder).await.expect("Redis answers");
    locks.release(&ttn, holder.session).await.expect("Redis answers");
}

async fn each<F: Future<Output = ()>>(deed: impl Fn(usize) -> F) {
    stream::iter(0..LOCKS as usize).map(deed).buffer_unordered(AT_ONCE).collect::<()>().await;
}

async fn used(redis: &TestRedis) -> f64 {
    let info: String =
        redis::cmd("INFO").arg("memory").query_async(&mut redis.connection()).await.expect("Redis answers");
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("INFO has it");
    line.parse().expect("a number")
}

async fn keys(redis: &TestRedis) -> f64 {
    redis::cmd("DBSIZE").query_async(&mut redis.connection()).await.expect("Redis answers")
}
