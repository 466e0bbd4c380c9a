//! Why a run of several senders does not hold: who lives, what Redis has of each, whose calls the gateway got, and what was logged last.

use postoffice_protocol::stream::{OUTBOX_STREAM, OUTCOME_STREAM, SENDER_GROUP, SERVER_GROUP};
use postoffice_runtime::redis_link::RedisLink;

use super::{evidence::Evidence, world::World};

/// Lines of a log that are told, the last ones.
const LINES: usize = 30;
/// What Redis is asked, with a word for it.
const QUESTIONS: [(&str, &[&str]); 5] = [
    ("senders by name: in hand, idle", &["XINFO", "CONSUMERS", OUTBOX_STREAM, SENDER_GROUP]),
    ("in the hands of senders", &["XPENDING", OUTBOX_STREAM, SENDER_GROUP]),
    ("entries of outcomes on their way", &["XLEN", OUTCOME_STREAM]),
    ("entries of outcomes in the server's hands", &["XPENDING", OUTCOME_STREAM, SERVER_GROUP]),
    ("commands so far", &["INFO", "commandstats"]),
];

/// Prints it. `slots`: the senders' names, and whether each lives.
pub async fn print(world: &World, left: &Evidence, slots: &[(String, bool)]) {
    let open = left.events.iter().filter(|event| event.status != "confirmed");
    let (called, silent): (Vec<_>, Vec<_>) =
        open.partition(|event| left.taken.iter().any(|taken| taken.event_id == event.event_id));
    println!("  without an outcome: {} that the gateway has, {} that it never got", called.len(), silent.len());
    for (slot, lives) in slots {
        let lease = ask(world, &["GET", &format!("{{po}}:sms:slot:{slot}")]).await;
        println!("  sender {slot} {}, lease: {lease}", if *lives { "lives" } else { "has ended by itself" });
    }
    for (word, question) in QUESTIONS {
        println!("  {word}: {}", ask(world, question).await);
    }
    for of in ["sender", "server"] {
        let log = world.office.log(of);
        let lines: Vec<&str> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            println!("  {of}: {line}");
        }
    }
}

async fn ask(world: &World, question: &[&str]) -> String {
    let asked = async {
        let mut redis = RedisLink::parse(&world.redis.url()).ok()?.connection().ok()?;
        let answer = redis::cmd(question[0]).arg(&question[1..]).query_async::<redis::Value>(&mut redis).await;
        Some(answer.map_or_else(|error| error.to_string(), |answer| format!("{answer:?}")))
    };
    asked.await.unwrap_or_else(|| "no address".to_owned())
}
