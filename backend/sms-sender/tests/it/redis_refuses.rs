//! Redis refuses in the middle of the work, in every way it can: all messages come to their end, none is sent twice.

use std::{collections::HashSet, net::SocketAddr, process::Command};

use postoffice_domain::order::CustomerNotice;
use postoffice_protocol::{
    messages::MessageState,
    stream::{OUTBOX_STREAM, OUTCOME_STREAM, SENDER_GROUP},
};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway, get};
use redis::{FromRedisValue, aio::MultiplexedConnection};

use crate::office::{Office, PATIENCE, Sender, TTNS, event, free_port, settings, ttn};

const MESSAGES: usize = 20;
/// Where outcomes wait while something else lies under their key.
const AWAY: &str = "{po}:sms:outcomes:away";

/// A connection that was there before the trouble and is not refused.
struct Admin(MultiplexedConnection);

impl Admin {
    async fn of(office: &Office) -> Self {
        Self(office.redis.link().blocking(OUTBOX_STREAM, PATIENCE).await.unwrap())
    }

    async fn ask<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut self.0).await.unwrap()
    }

    async fn begin(&mut self, code: &str) {
        match code {
            "OOM" => self.ask(&["CONFIG", "SET", "maxmemory", "1"]).await,
            "READONLY" => self.ask(&["REPLICAOF", "127.0.0.1", "1"]).await,
            "NOAUTH" => {
                self.ask::<()>(&["CONFIG", "SET", "requirepass", "canary"]).await;
                self.ask::<u64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
            }
            "MISCONF" => {
                let folder: Vec<String> = self.ask(&["CONFIG", "GET", "dir"]).await;
                // A folder stands where the snapshot should go.
                std::fs::create_dir_all(format!("{}/dump.rdb/in the way", folder[1])).unwrap();
                self.ask::<()>(&["CONFIG", "SET", "save", "3600 1"]).await;
                self.ask::<redis::Value>(&["BGSAVE"]).await;
                while !self.ask::<String>(&["INFO", "persistence"]).await.contains("rdb_last_bgsave_status:err") {}
            }
            "WRONGTYPE" => {
                // At once: what came between the two would be lost with the stream it makes.
                let mut swap = redis::pipe();
                swap.atomic().cmd("RENAME").arg(OUTCOME_STREAM).arg(AWAY).ignore();
                swap.cmd("SET").arg(OUTCOME_STREAM).arg("no stream").ignore();
                swap.query_async::<()>(&mut self.0).await.unwrap();
            }
            "NOGROUP" => self.ask(&["XGROUP", "DESTROY", OUTBOX_STREAM, SENDER_GROUP]).await,
            other => panic!("{other}"),
        }
    }

    /// Waits until the sender has been refused.
    async fn met(&mut self, code: &str) {
        let met = async {
            while !self.ask::<String>(&["INFO", "errorstats"]).await.contains(&format!("errorstat_{code}:")) {}
        };
        tokio::time::timeout(PATIENCE, met).await.expect("the sender meets it");
    }

    async fn end(&mut self, code: &str) {
        match code {
            "OOM" => self.ask(&["CONFIG", "SET", "maxmemory", "0"]).await,
            "READONLY" => self.ask(&["REPLICAOF", "NO", "ONE"]).await,
            "NOAUTH" => self.ask(&["CONFIG", "SET", "requirepass", ""]).await,
            "MISCONF" => self.ask(&["CONFIG", "SET", "save", ""]).await,
            "WRONGTYPE" => self.ask(&["RENAME", AWAY, OUTCOME_STREAM]).await,
            "NOGROUP" => {}
            other => panic!("{other}"),
        }
    }
}

fn different(gateway: &ScriptedGateway) -> usize {
    gateway.received().iter().map(|one| one.event_id().to_owned()).collect::<HashSet<_>>().len()
}

/// Waits until `/health/ready` says it.
async fn says(admin_listen: SocketAddr, words: &str) {
    let ready = format!("http://{admin_listen}/health/ready");
    let said = async {
        while !get(&ready).await.contains(words) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, said).await.unwrap_or_else(|_| panic!("the sender never says {words}"));
}

/// `why`: what the sender says meanwhile, where it lasts.
async fn under_trouble(code: &str, why: Option<&str>) {
    let mut office = Office::open().await;
    let mut admin = Admin::of(&office).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let ids = office.publish_many(MESSAGES).await;
    let mut config = settings(&office, &gateway);
    // Slowly, so that the trouble comes in the middle.
    config.pace.per_second = 40.0;
    let admin_listen = free_port();
    config.admin_listen = admin_listen;
    let sender = Sender::start(config).await;
    gateway.wait_for(3).await;
    if code == "WRONGTYPE" {
        office.wait_for(&ids[..1], &[MessageState::Accepted]).await;
    }
    admin.begin(code).await;
    admin.met(code).await;
    if let Some(why) = why {
        says(admin_listen, &format!(r#""ready":false,"redis":false,"redis_why":"{why}""#)).await;
    }
    admin.end(code).await;
    says(admin_listen, r#""ready":true,"redis":true,"gateway""#).await;
    office.connection = office.redis.connection();
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert_eq!((gateway.received().len(), different(&gateway)), (MESSAGES, MESSAGES), "{code}: each once");
    // And it goes on.
    office.publish_again_from(u64::try_from(MESSAGES).unwrap() + 1);
    let more = office.publish(&ttn(MESSAGES), 1).await;
    office.ends(more.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_full_redis() {
    under_trouble("OOM", Some("redis_full")).await;
}

#[tokio::test]
async fn a_redis_that_became_a_replica() {
    under_trouble("READONLY", Some("redis_read_only")).await;
}

#[tokio::test]
async fn a_redis_that_asks_for_a_password() {
    under_trouble("NOAUTH", Some("redis_refuses_us")).await;
}

#[tokio::test]
async fn a_redis_that_cannot_save() {
    under_trouble("MISCONF", Some("redis_read_only")).await;
}

#[tokio::test]
async fn something_else_under_the_key_of_the_outcomes() {
    under_trouble("WRONGTYPE", Some("redis_foreign_key")).await;
}

#[tokio::test]
async fn the_group_is_deleted() {
    under_trouble("NOGROUP", None).await;
}

#[tokio::test]
async fn something_else_under_the_key_of_a_journal_holds_up_that_message_alone() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let held_up = event(TTNS[0], 1, Some(CustomerNotice::Accepted));
    // Where senders before this one kept it, and where it is looked for when there is no record.
    let key = format!("{{po}}:sms:message:{}", held_up.event_id);
    let mut admin = Admin::of(&office).await;
    admin.ask::<()>(&["RPUSH", &key, "no journal"]).await;
    office.publish_event(&held_up).await;
    let other = office.publish(TTNS[1], 1).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    office.ends(other.event_id, MessageState::Accepted).await;
    admin.met("WRONGTYPE").await;
    assert_eq!(gateway.received().len(), 1);
    admin.ask::<()>(&["DEL", &key]).await;
    office.ends(held_up.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 2);
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_frozen_redis() {
    let mut office = Office::open().await;
    let mut admin = Admin::of(&office).await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let ids = office.publish_many(MESSAGES).await;
    let mut config = settings(&office, &gateway);
    config.pace.per_second = 40.0;
    let admin_listen = free_port();
    config.admin_listen = admin_listen;
    let sender = Sender::start(config).await;
    gateway.wait_for(3).await;
    let info: String = admin.ask(&["INFO", "server"]).await;
    let pid = info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().to_owned();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    signal("-STOP");
    says(admin_listen, r#""redis":false,"redis_why":"redis_unreachable""#).await;
    signal("-CONT");
    says(admin_listen, r#""redis":true"#).await;
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert_eq!((gateway.received().len(), different(&gateway)), (MESSAGES, MESSAGES), "each once");
    office.nothing_pending().await;
    assert!(sender.stop().await);
}
