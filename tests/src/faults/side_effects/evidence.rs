//! What can be seen from outside when all is quiet: what clerks were told, the database, the stream, and what the gateway took.

use std::collections::{HashMap, HashSet};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::stream::{EVENT_FIELD, IntegrationEvent, OUTBOX_STREAM};
use postoffice_runtime::{redis_link::RedisLink, stream::Tail};

use super::{clerk::Told, network::Taken, world::World};
use crate::faults::database::Database;

const OPEN: &str = "SELECT (SELECT count(*) FROM integration_events WHERE status NOT IN ('confirmed', 'dead'))
                         + (SELECT count(*) FROM messages WHERE state = 0)";
const ORDERS: &str =
    "SELECT description, ttn, CAST(status AS BIGINT) FROM orders WHERE description LIKE 'Кераміка, крихке %'";
const EVENTS: &str = "SELECT event.ttn, CAST(event.seq AS BIGINT) AS seq, event.event_id, publish_seq, status, phone, notice,
            CAST(messages.state AS BIGINT) AS state,
            EXISTS (SELECT 1 FROM message_attempts AS attempt WHERE attempt.event_id = event.event_id AND attempt.state = 4) AS was_unknown
     FROM integration_events AS event LEFT JOIN messages USING (event_id) ORDER BY publish_seq";
const EARLIER: &str = "SELECT publish_seq, event_id FROM earlier_numbers";

/// An event of the outbox, with its message where it tells a customer something.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Event {
    /// The order.
    pub ttn: String,
    /// Which event of the order.
    pub seq: i64,
    /// Its id.
    pub event_id: String,
    /// Publish number.
    pub publish_seq: Option<i64>,
    /// `confirmed` is the end.
    pub status: String,
    /// Number of the phone.
    pub phone: Option<String>,
    /// What it tells.
    pub notice: Option<String>,
    /// State of the message: queued, accepted, delivered, failed, unknown.
    pub state: Option<i64>,
    /// Whether its state was `unknown` at any time: a proof that comes later moves it on.
    pub was_unknown: bool,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What clerks were told, by number of the order.
    pub told: HashMap<u32, (Ttn, Told)>,
    /// Commands that were refused although they had to be done.
    pub refused: Vec<String>,
    /// Orders in the database: number in the description, TTN, status.
    pub orders: Vec<(u32, String, i64)>,
    /// The outbox.
    pub events: Vec<Event>,
    /// Numbers that events had before they went again.
    pub earlier: Vec<(i64, String)>,
    /// The stream: publish number and event id.
    pub stream: Vec<(i64, String)>,
    /// What the gateway took.
    pub taken: Vec<Taken>,
    /// Messages whose call was under way when a sender was killed.
    pub unanswered: HashSet<String>,
    /// Commands that were answered.
    pub operations: u64,
}

/// Events that something has still to happen to.
pub async fn open_events(database: &Database) -> i64 {
    let asked = async {
        let mut connected = database.open().await?;
        let open: Vec<(i64,)> = connected.ask([OPEN; 2]).await?;
        connected.close().await?;
        open.first().map(|(open,)| *open).ok_or(sqlx::Error::RowNotFound)
    };
    // A database that cannot be read now is not quiet.
    asked.await.unwrap_or(1)
}

/// Gathers it.
///
/// # Panics
/// The database or Redis cannot be read.
pub async fn gather(world: &World) -> Evidence {
    let mut database = world.database.open().await.expect("the database opens");
    let orders: Vec<(String, String, i64)> = database.ask([ORDERS; 2]).await.expect("the orders can be read");
    let number = |text: &str| text.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let events = database.ask([EVENTS; 2]).await.expect("the outbox can be read");
    let earlier = database.ask([EARLIER; 2]).await.expect("the earlier numbers can be read");
    Evidence {
        told: world.shift.told(),
        refused: world.shift.refused(),
        orders: orders.into_iter().map(|(text, ttn, status)| (number(&text), ttn, status)).collect(),
        events,
        earlier,
        stream: stream(&world.redis.url()).await,
        taken: world.network.taken(),
        unanswered: world.unanswered.clone(),
        operations: world.shift.answered(),
    }
}

async fn stream(redis: &str) -> Vec<(i64, String)> {
    let redis = RedisLink::parse(redis).expect("an address of ours");
    let entries = Tail::open(&redis, OUTBOX_STREAM).await.expect("Redis answers").next("0-0", 1_000_000).await;
    let entries = entries.expect("Redis answers");
    let number = |id: &str| id.split('-').next().and_then(|head| head.parse().ok()).unwrap_or(0);
    let event_id = |bytes: &[u8]| {
        serde_json::from_slice::<IntegrationEvent>(bytes)
            .map_or_else(|_| String::new(), |event| event.event_id.to_string())
    };
    entries
        .iter()
        .map(|entry| (number(&entry.id), event_id(entry.fields.get(EVENT_FIELD).map_or(&[][..], Vec::as_slice))))
        .collect()
}
