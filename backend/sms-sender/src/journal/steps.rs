//! The steps that many messages take in one call: what each hands to the script, and what the script's word means.

use postoffice_protocol::stream::OutcomeEntry;
use redis::RedisResult;

use super::{Begun, Intent, Settlement, key, record, together::Step};

pub(super) fn begin_step(intent: &Intent<'_>) -> Step {
    let (event_id, charge) = (intent.message.event_id, intent.charge);
    let mut keys = vec![key(event_id)];
    let mut money = String::new();
    if charge.cap > 0 {
        keys.push(charge.key.clone());
        money = format!("{} {} {}", charge.cost, charge.cap, charge.key);
    }
    Step { keys, line: money, args: vec![event_id.to_string(), record::of_intent(intent)] }
}

pub(super) fn begun(word: &str) -> Begun {
    match word {
        "begun" => Begun::Yes,
        "no_slot" => Begun::NoSlot,
        "spend_cap" => Begun::SpendCap,
        _ => Begun::Elsewhere,
    }
}

pub(super) fn settle_step(settlement: &Settlement<'_>) -> RedisResult<Step> {
    let Settlement { outcome, entry, again } = settlement;
    Ok(Step {
        keys: vec![key(outcome.event_id)],
        args: vec![outcome.event_id.to_string(), entry.unwrap_or_default().to_owned(), record::end_of(outcome, *again)],
        line: json(outcome)?,
    })
}

pub(super) fn moved(word: &str) -> bool {
    word == "1"
}

/// What the servers are told, as it stands in their stream.
///
/// # Errors
/// It cannot be written as JSON.
pub(super) fn json(outcome: &OutcomeEntry) -> RedisResult<String> {
    serde_json::to_string(outcome).map_err(|error| (redis::ErrorKind::Client, "outcome", error.to_string()).into())
}
