//! What must be true afterwards, whoever died.

use postoffice_domain::ttn::Ttn;
use postoffice_sms_sender::testing::{Received, ScriptedGateway};
use postoffice_tests::{office::Office, wait::until};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

/// What went wrong with a history, if anything did.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// An order that was acknowledged has no row, or more than one.
    Orders { ttn: Ttn, rows: usize },
    /// An order whose customer was told so many times instead of once (or not at all, and it is not known to be in doubt).
    Told { ttn: Ttn, times: usize },
    /// A publish number that did not grow from one order to the next.
    Numbers,
}

/// An order as the database has it: number, publish number and id of its first event, state of its message.
pub type Row = (String, i64, String, i64);

/// State of a message of which nobody can say whether the gateway took it; it is shown as such and never sent again.
const UNKNOWN: i64 = 4;

/// Checks acknowledged orders, in the order of their answers, against the database and the gateway.
pub fn check(acknowledged: &[Ttn], rows: &[Row], received: &[Received]) -> Result<(), Wrong> {
    let mut last = 0;
    for ttn in acknowledged {
        let found: Vec<&Row> = rows.iter().filter(|(number, ..)| *number == ttn.to_string()).collect();
        let &[(_, publish_seq, event_id, state)] = found.as_slice() else {
            return Err(Wrong::Orders { ttn: *ttn, rows: found.len() });
        };
        if *publish_seq <= last {
            return Err(Wrong::Numbers);
        }
        last = *publish_seq;
        let times = received.iter().filter(|message| message.event_id() == event_id).count();
        if times > 1 || (times == 0 && *state != UNKNOWN) {
            return Err(Wrong::Told { ttn: *ttn, times });
        }
    }
    Ok(())
}

/// Waits until every integration event has its outcome, then checks.
pub async fn settle(office: &Office, gateway: &ScriptedGateway, acknowledged: &[Ttn]) {
    let options = SqliteConnectOptions::new().filename(office.database()).read_only(true);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    until("every event to be confirmed", || {
        let options = options.clone();
        async move {
            let mut database = SqliteConnection::connect_with(&options).await.ok()?;
            let open = "SELECT count(*) FROM integration_events WHERE status <> 'confirmed'";
            let open: i64 = sqlx::query_scalar(open).fetch_one(&mut database).await.ok()?;
            (open == 0).then_some(())
        }
    })
    .await;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT orders.ttn, integration_events.publish_seq, integration_events.event_id, messages.state FROM orders
         JOIN integration_events ON integration_events.ttn = orders.ttn AND integration_events.seq = 1
         JOIN messages ON messages.event_id = integration_events.event_id",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    assert_eq!(check(acknowledged, &rows, &gateway.received()), Ok(()));
}

mod tests {
    use std::collections::HashMap;

    use super::*;

    fn ttn(number: usize) -> Ttn {
        Ttn::parse(&postoffice_sms_sender::testing::ttn(number)).unwrap()
    }

    fn row(ttn: Ttn, publish_seq: i64) -> Row {
        (ttn.to_string(), publish_seq, format!("event-{ttn}"), 1)
    }

    fn told(ttn: Ttn) -> Received {
        let url = format!("http://127.0.0.1/report?id=event-{ttn}&type=%d");
        Received { headers: HashMap::from([("x-kannel-dlr-url".to_owned(), url)]), text: String::new() }
    }

    #[test]
    fn a_bad_history_is_seen() {
        let (one, two) = (ttn(1), ttn(2));
        let rows = [row(one, 1), row(two, 2)];
        assert_eq!(check(&[one, two], &rows, &[told(one), told(two)]), Ok(()));
        let lost = check(&[one, two], &rows[..1], &[told(one), told(two)]);
        assert_eq!(lost, Err(Wrong::Orders { ttn: two, rows: 0 }));
        assert_eq!(check(&[two, one], &rows, &[told(one), told(two)]), Err(Wrong::Numbers));
        assert_eq!(check(&[one, two], &rows, &[told(one)]), Err(Wrong::Told { ttn: two, times: 0 }));
        let mut in_doubt = rows.clone();
        in_doubt[1].3 = UNKNOWN;
        assert_eq!(check(&[one, two], &in_doubt, &[told(one)]), Ok(()));
        let twice = [told(one), told(two), told(two)];
        assert_eq!(check(&[one, two], &rows, &twice), Err(Wrong::Told { ttn: two, times: 2 }));
    }
}
