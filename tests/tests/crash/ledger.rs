//! What must be true afterwards, whoever died: what clerks were told, against the database, the stream and the gateway.

use std::collections::HashMap;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::stream::{EVENT_FIELD, IntegrationEvent, OUTBOX_STREAM};
use postoffice_runtime::{private_redis, redis_link::RedisLink, stream::Tail};
use postoffice_sms_sender::testing::{Received, ScriptedGateway};
use postoffice_tests::{office::Office, wait::until};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// What went wrong with a history, if anything did.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// An order that was acknowledged is not there.
    Lost(Ttn),
    /// There are orders that nobody was told of: a command had its effect twice.
    Extra(usize),
    /// An order whose number is not above those of the orders that were answered before it was asked for.
    Number(Ttn),
    /// The status of its event took these steps.
    Walked(Ttn, Vec<String>),
    /// Its event stands so often in the stream, or not under its number.
    Streamed(Ttn, Vec<i64>),
    /// Its customer was told so many times instead of once (or not at all, and it is not known to be in doubt).
    Told(Ttn, usize),
}

/// An order as the database has it, with its first event.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Row {
    ttn: String,
    publish_seq: i64,
    event_id: String,
    /// State of its message.
    message: i64,
}

/// State of a message of which nobody can say whether the gateway took it; it is shown as such and never sent again.
const UNKNOWN: i64 = 4;

/// What can be seen from outside when all is quiet.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Every order that a clerk of the test registered.
    rows: Vec<Row>,
    /// Every status that the event had, in order.
    walks: HashMap<String, Vec<String>>,
    /// The stream: publish number and event id of every entry.
    stream: Vec<(i64, String)>,
    /// What the gateway took.
    received: Vec<Received>,
}

impl Evidence {
    /// Checks acknowledged orders. What is in one round was asked for together, after the rounds before it were answered.
    pub fn check(&self, rounds: &[Vec<Ttn>]) -> Result<(), Wrong> {
        let mut before = 0;
        for round in rounds {
            let mut highest = before;
            for ttn in round {
                let row = self.rows.iter().find(|row| row.ttn == ttn.to_string()).ok_or(Wrong::Lost(*ttn))?;
                if row.publish_seq <= before {
                    return Err(Wrong::Number(*ttn));
                }
                highest = highest.max(row.publish_seq);
                self.check_event(*ttn, row)?;
            }
            before = highest;
        }
        let acknowledged: usize = rounds.iter().map(Vec::len).sum();
        match self.rows.len() - acknowledged {
            0 => Ok(()),
            extra => Err(Wrong::Extra(extra)),
        }
    }

    fn check_event(&self, ttn: Ttn, row: &Row) -> Result<(), Wrong> {
        let walk: Vec<&str> = self.walks.get(&row.event_id).into_iter().flatten().map(String::as_str).collect();
        // The outcome may come back before the relay, killed in between, marked the event.
        if walk != ["in_progress", "published", "confirmed"] && walk != ["in_progress", "confirmed"] {
            return Err(Wrong::Walked(ttn, walk.into_iter().map(ToOwned::to_owned).collect()));
        }
        let entries = self.stream.iter().filter(|(_, event_id)| *event_id == row.event_id);
        let entries: Vec<i64> = entries.map(|(number, _)| *number).collect();
        if entries != [row.publish_seq] {
            return Err(Wrong::Streamed(ttn, entries));
        }
        let told = self.received.iter().filter(|message| message.event_id() == row.event_id).count();
        if told > 1 || (told == 0 && row.message != UNKNOWN) {
            return Err(Wrong::Told(ttn, told));
        }
        Ok(())
    }
}

/// Lets the database write down every status that an event comes to, in the transaction in which it does.
pub async fn watch(office: &Office) {
    let mut database = SqliteConnection::connect_with(&options(office)).await.unwrap();
    let watch = "CREATE TABLE walked (number INTEGER PRIMARY KEY, event_id TEXT NOT NULL, status TEXT NOT NULL) STRICT;
        CREATE TRIGGER walk_begins AFTER INSERT ON integration_events
            BEGIN INSERT INTO walked (event_id, status) VALUES (new.event_id, new.status); END;
        CREATE TRIGGER walk_goes_on AFTER UPDATE OF status ON integration_events
            BEGIN INSERT INTO walked (event_id, status) VALUES (new.event_id, new.status); END;";
    sqlx::raw_sql(watch).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

/// Waits until every integration event has its outcome, then checks.
pub async fn settle(office: &Office, gateway: &ScriptedGateway, rounds: &[Vec<Ttn>]) {
    let mut database = SqliteConnection::connect_with(&options(office)).await.unwrap();
    until("every event to be confirmed", || {
        let options = options(office);
        async move {
            let mut database = SqliteConnection::connect_with(&options).await.ok()?;
            let open = "SELECT count(*) FROM integration_events WHERE status <> 'confirmed'";
            let open: i64 = sqlx::query_scalar(open).fetch_one(&mut database).await.ok()?;
            (open == 0).then_some(())
        }
    })
    .await;
    let rows: Vec<Row> = sqlx::query_as(
        // Registered by `desk::draft`, not by the demo office.
        "SELECT orders.ttn, integration_events.publish_seq, integration_events.event_id, messages.state AS message FROM orders
         JOIN integration_events ON integration_events.ttn = orders.ttn AND integration_events.seq = 1
         JOIN messages ON messages.event_id = integration_events.event_id
         WHERE orders.description GLOB 'Кераміка, крихке [0-9]*'",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let mut walks: HashMap<String, Vec<String>> = HashMap::new();
    let steps: Vec<(String, String)> =
        sqlx::query_as("SELECT event_id, status FROM walked ORDER BY number").fetch_all(&mut database).await.unwrap();
    for (event_id, status) in steps {
        walks.entry(event_id).or_default().push(status);
    }
    let evidence = Evidence { rows, walks, stream: stream(office).await, received: gateway.received() };
    assert_eq!(evidence.check(rounds), Ok(()), "{evidence:?}");
}

fn options(office: &Office) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(office.database())
}

async fn stream(office: &Office) -> Vec<(i64, String)> {
    let redis = RedisLink::parse(&private_redis::address_in(&office.redis_folder()).unwrap()).unwrap();
    let entries = Tail::open(&redis, OUTBOX_STREAM).await.unwrap().next("0-0", 100_000).await.unwrap();
    let number = |id: &str| id.strip_suffix("-0").unwrap().parse().unwrap();
    let event_id = |bytes: &[u8]| serde_json::from_slice::<IntegrationEvent>(bytes).unwrap().event_id.to_string();
    entries.iter().map(|entry| (number(&entry.id), event_id(&entry.fields[EVENT_FIELD]))).collect()
}

mod tests {
    use super::*;

    fn ttn(number: usize) -> Ttn {
        Ttn::parse(&postoffice_sms_sender::testing::ttn(number)).unwrap()
    }

    fn told(ttn: Ttn) -> Received {
        let url = format!("http://127.0.0.1/report?id=event-{ttn}&type=%d");
        Received {
            headers: HashMap::from([("x-kannel-dlr-url".to_owned(), url)]),
            text: String::new(),
            target: String::new(),
        }
    }

    fn good(ttns: &[Ttn]) -> Evidence {
        let event_id = |ttn: &Ttn| format!("event-{ttn}");
        let row = |(publish_seq, ttn): (i64, &Ttn)| Row {
            ttn: ttn.to_string(),
            publish_seq,
            event_id: event_id(ttn),
            message: 1,
        };
        let steps = ["in_progress", "published", "confirmed"].map(ToOwned::to_owned);
        Evidence {
            rows: (1..).zip(ttns).map(row).collect(),
            walks: ttns.iter().map(|ttn| (event_id(ttn), steps.to_vec())).collect(),
            stream: (1..).zip(ttns.iter().map(event_id)).collect(),
            received: ttns.iter().copied().map(told).collect(),
        }
    }

    #[test]
    fn a_bad_history_is_seen() {
        let (one, two) = (ttn(1), ttn(2));
        let rounds = [vec![one], vec![two]];
        let with = |spoil: fn(&mut Evidence)| {
            let mut evidence = good(&[one, two]);
            spoil(&mut evidence);
            evidence.check(&rounds)
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert_eq!(with(|seen| drop(seen.rows.pop())), Err(Wrong::Lost(two)));
        assert_eq!(
            with(|seen| seen.rows.push(Row { ttn: ttn(3).to_string(), ..seen.rows[0].clone() })),
            Err(Wrong::Extra(1))
        );
        assert_eq!(good(&[one, two]).check(&[vec![two], vec![one]]), Err(Wrong::Number(one)));
        assert_eq!(good(&[one, two]).check(&[vec![two, one]]), Ok(()), "asked for together");
        let backward = ["in_progress", "published", "in_progress", "published", "confirmed"].map(ToOwned::to_owned);
        let mut evidence = good(&[one, two]);
        evidence.walks.insert(format!("event-{two}"), backward.to_vec());
        assert_eq!(evidence.check(&rounds), Err(Wrong::Walked(two, backward.to_vec())));
        assert_eq!(with(|seen| drop(seen.stream.pop())), Err(Wrong::Streamed(two, vec![])));
        assert_eq!(with(|seen| seen.stream.push((3, seen.stream[1].1.clone()))), Err(Wrong::Streamed(two, vec![2, 3])));
        assert_eq!(with(|seen| seen.stream[1].0 = 7), Err(Wrong::Streamed(two, vec![7])));
        assert_eq!(with(|seen| drop(seen.received.pop())), Err(Wrong::Told(two, 0)));
        assert_eq!(with(|seen| seen.received.push(seen.received[1].clone())), Err(Wrong::Told(two, 2)));
    }

    #[test]
    fn a_message_in_doubt_is_no_lost_one_and_may_not_be_repeated() {
        let mut evidence = good(&[ttn(1)]);
        evidence.received.clear();
        evidence.rows[0].message = UNKNOWN;
        assert_eq!(evidence.check(&[vec![ttn(1)]]), Ok(()));
        evidence.received = vec![told(ttn(1)), told(ttn(1))];
        assert_eq!(evidence.check(&[vec![ttn(1)]]), Err(Wrong::Told(ttn(1), 2)));
    }
}
