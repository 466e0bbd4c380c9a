//! Redis refuses, freezes, or goes away, under a relay that runs: orders are accepted throughout, and everything is in the stream once and in
//! order when Redis is well again. What holds messages up is said by name meanwhile.

use std::{io::Write, path::PathBuf, process::Command};

use postoffice_runtime::testing::TestRedis;

use super::*;
use crate::flow::Hindrance;

/// A Redis in trouble: how it gets there, and how it gets out again.
struct Trouble {
    name: &'static str,
    said: Hindrance,
}

/// Commands to Redis on a connection that was there before the trouble.
struct Admin(redis::aio::MultiplexedConnection);

impl Admin {
    async fn of(office: &TestOffice) -> Self {
        Self(office.redis.link().blocking(OUTBOX_STREAM, Duration::from_mins(1)).await.unwrap())
    }

    async fn ask<T: redis::FromRedisValue>(&mut self, words: &[&str]) -> T {
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut self.0).await.unwrap()
    }

    async fn pid(&mut self) -> String {
        let info: String = self.ask(&["INFO", "server"]).await;
        info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().to_owned()
    }

    async fn begin(&mut self, trouble: &str) {
        match trouble {
            "full" => self.ask(&["CONFIG", "SET", "maxmemory", "1"]).await,
            "a replica" => self.ask(&["REPLICAOF", "127.0.0.1", "1"]).await,
            "asks for a password" => {
                self.ask::<()>(&["CONFIG", "SET", "requirepass", "canary"]).await;
                self.ask::<u64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
            }
            "cannot save" => {
                let folder: Vec<String> = self.ask(&["CONFIG", "GET", "dir"]).await;
                // A folder stands where the snapshot should go.
                std::fs::create_dir_all(format!("{}/dump.rdb/in the way", folder[1])).unwrap();
                self.ask::<()>(&["CONFIG", "SET", "save", "3600 1"]).await;
                self.ask::<redis::Value>(&["BGSAVE"]).await;
                loop {
                    let info: String = self.ask(&["INFO", "persistence"]).await;
                    if info.contains("rdb_last_bgsave_status:err") {
                        break;
                    }
                }
            }
            "a foreign key" => self.ask(&["SET", OUTBOX_STREAM, "no stream"]).await,
            other => panic!("{other}"),
        }
    }

    async fn end(&mut self, trouble: &str) {
        match trouble {
            "full" => self.ask(&["CONFIG", "SET", "maxmemory", "0"]).await,
            "a replica" => self.ask(&["REPLICAOF", "NO", "ONE"]).await,
            "asks for a password" => self.ask(&["CONFIG", "SET", "requirepass", ""]).await,
            "cannot save" => self.ask(&["CONFIG", "SET", "save", ""]).await,
            "a foreign key" => self.ask(&["DEL", OUTBOX_STREAM]).await,
            other => panic!("{other}"),
        }
    }
}

fn held_up(office: &TestOffice) -> Option<Hindrance> {
    office.services.flow.held_up().map(|held_up| held_up.why)
}

async fn all_in_order(office: &TestOffice, ids: &[Uuid], what: &str) {
    until(what, async || {
        let length: Result<usize, _> = office.redis.connection().xlen(OUTBOX_STREAM).await;
        length.is_ok_and(|length| length >= ids.len())
    })
    .await;
    let published = stream(office).await;
    let expected: Vec<_> = (1..).zip(ids.iter().copied()).collect();
    assert_eq!(published, expected, "{what}");
    until(what, async || office.services.store.outbox_depth().await.unwrap() == 0).await;
    until(what, async || held_up(office).is_none()).await;
}

#[tokio::test]
async fn a_redis_that_refuses_costs_nothing_and_is_called_by_its_name() {
    let office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut admin = Admin::of(&office).await;
    let mut ids = Vec::new();
    for trouble in [
        Trouble { name: "full", said: Hindrance::RedisFull },
        Trouble { name: "a replica", said: Hindrance::RedisReadOnly },
        Trouble { name: "asks for a password", said: Hindrance::RedisRefusesUs },
        Trouble { name: "cannot save", said: Hindrance::RedisReadOnly },
        Trouble { name: "a foreign key", said: Hindrance::RedisForeignKey },
    ] {
        ids.push(registered(&office, &clerk).await.0);
        all_in_order(&office, &ids, trouble.name).await;
        admin.begin(trouble.name).await;
        for _ in 0..3 {
            ids.push(registered(&office, &clerk).await.0);
        }
        until(trouble.name, async || held_up(&office) == Some(trouble.said)).await;
        assert_eq!(office.services.store.outbox_dead().await.unwrap(), 0, "{}", trouble.name);
        admin.end(trouble.name).await;
        all_in_order(&office, &ids, trouble.name).await;
    }
    office.stop().await;
}

#[tokio::test]
async fn a_frozen_redis_holds_up_messages_and_no_orders() {
    let office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut ids = vec![registered(&office, &clerk).await.0];
    all_in_order(&office, &ids, "before").await;
    let pid = Admin::of(&office).await.pid().await;
    let signal = |name: &str| assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    signal("-STOP");
    for _ in 0..3 {
        ids.push(registered(&office, &clerk).await.0);
    }
    // No answer within the two seconds that a short command may take.
    until("frozen", async || held_up(&office) == Some(Hindrance::RedisUnreachable)).await;
    ids.push(registered(&office, &clerk).await.0);
    signal("-CONT");
    // What was written into the frozen one's socket may be carried out after all: still nothing is there twice.
    all_in_order(&office, &ids, "thawed").await;
    office.stop().await;
}

#[tokio::test]
async fn a_redis_that_is_gone_for_long_gets_everything() {
    let mut office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut ids = vec![registered(&office, &clerk).await.0];
    all_in_order(&office, &ids, "before").await;
    office.redis.kill().await;
    for _ in 0..40 {
        ids.push(registered(&office, &clerk).await.0);
    }
    until("gone", async || held_up(&office) == Some(Hindrance::RedisUnreachable)).await;
    let since = office.services.flow.held_up().unwrap().since;
    // An hour later it is still the same trouble.
    office.clock.advance(3_600_000);
    ids.push(registered(&office, &clerk).await.0);
    assert_eq!(office.services.flow.held_up().unwrap().since, since);
    office.redis.start_again().await;
    all_in_order(&office, &ids, "back").await;
    office.stop().await;
}

fn append_only_file(redis: &TestRedis) -> PathBuf {
    let files = std::fs::read_dir(redis.append_only_folder()).unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|path| path.to_string_lossy().ends_with(".incr.aof")).unwrap()
}

/// Appends commands to the append-only file that take Redis seconds to load, and change nothing.
fn make_it_load_slowly(redis: &TestRedis) {
    let script = "local sum = 0 for i = 1, 100000 do sum = sum + i end";
    let command = format!("*3\r\n$4\r\nEVAL\r\n${}\r\n{script}\r\n$1\r\n0\r\n", script.len());
    let mut file = std::fs::File::options().append(true).open(append_only_file(redis)).unwrap();
    // Between two thousand commands it answers whoever asks.
    file.write_all(command.repeat(6_000).as_bytes()).unwrap();
}

#[tokio::test]
async fn a_redis_that_loads_its_data_is_waited_for() {
    let mut office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut ids = vec![registered(&office, &clerk).await.0];
    all_in_order(&office, &ids, "before").await;
    office.redis.kill().await;
    make_it_load_slowly(&office.redis);
    for _ in 0..3 {
        ids.push(registered(&office, &clerk).await.0);
    }
    let services = Arc::clone(&office.services);
    let loading = until("loading", async || {
        services.flow.held_up().is_some_and(|held_up| held_up.why == Hindrance::RedisLoading)
    });
    tokio::join!(office.redis.start_again(), loading);
    assert_eq!(office.services.store.outbox_dead().await.unwrap(), 0);
    all_in_order(&office, &ids, "loaded").await;
    office.stop().await;
}

#[tokio::test]
async fn a_redis_that_is_busy_with_a_script_is_waited_for() {
    let office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut ids = vec![registered(&office, &clerk).await.0];
    all_in_order(&office, &ids, "before").await;
    let mut admin = Admin::of(&office).await;
    let mut runner = Admin::of(&office).await;
    admin.ask::<()>(&["CONFIG", "SET", "busy-reply-threshold", "1"]).await;
    let script = tokio::spawn(async move {
        let ended: redis::RedisResult<redis::Value> =
            redis::cmd("EVAL").arg("while true do end").arg(0).query_async(&mut runner.0).await;
        ended.is_err()
    });
    for _ in 0..3 {
        ids.push(registered(&office, &clerk).await.0);
    }
    until("busy", async || held_up(&office) == Some(Hindrance::RedisLoading)).await;
    assert_eq!(office.services.store.outbox_dead().await.unwrap(), 0);
    admin.ask::<()>(&["SCRIPT", "KILL"]).await;
    assert!(script.await.unwrap(), "killed");
    all_in_order(&office, &ids, "ready").await;
    office.stop().await;
}

#[tokio::test]
async fn a_redis_whose_file_lost_its_end_gets_it_again() {
    let mut office = TestOffice::open().await;
    office.run(run(Arc::clone(&office.services)));
    let clerk = office.clerk("1");
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(registered(&office, &clerk).await.0);
        all_in_order(&office, &ids, "one by one").await;
    }
    let file = append_only_file(&office.redis);
    // Written once a second; then it has all of them.
    let mut admin = Admin::of(&office).await;
    until("written", async || {
        let info: String = admin.ask(&["INFO", "persistence"]).await;
        info.contains("aof_pending_bio_fsync:0") && std::fs::read(&file).unwrap().windows(3).any(|id| id == b"8-0")
    })
    .await;
    office.redis.kill().await;
    let bytes = std::fs::read(&file).unwrap();
    let cut = bytes.windows(3).position(|id| id == b"5-0").expect("entry 5 is in the file");
    std::fs::write(&file, &bytes[..cut]).unwrap();
    office.redis.start_again().await;
    ids.push(registered(&office, &clerk).await.0);
    all_in_order(&office, &ids, "rolled back").await;
    office.stop().await;
}
