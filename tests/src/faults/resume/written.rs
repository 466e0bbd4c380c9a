//! What an office wrote down about a shift.

use crate::faults::database::Database;

const PUBLISHED: &str =
    "SELECT count(*) FILTER (WHERE publish_seq IS NULL), coalesce(max(publish_seq), 0) FROM integration_events";
const ORDERS: &str = "SELECT description, ttn FROM orders WHERE description LIKE 'Кераміка, крихке %'";
const MOVES_ON_SQLITE: &str =
    "SELECT ttn, fact ->> '$.event.to.street' FROM order_events WHERE fact ->> '$.event.type' = 'location_changed'";
const MOVES_ON_POSTGRES: &str = "SELECT ttn, fact::jsonb #>> '{event,to,street}' FROM order_events
     WHERE fact::jsonb #>> '{event,type}' = 'location_changed'";

/// What there is about the commands of a shift.
pub struct Written {
    /// The last publish number.
    pub last: u64,
    /// Orders: number in the description, TTN.
    pub orders: Vec<(u32, String)>,
    /// Changes of place: TTN, number of the street.
    pub moves: Vec<(String, u32)>,
}

/// Events that have no number yet, and the last number.
pub async fn published(database: &Database) -> (i64, u64) {
    let asked = async {
        let mut connected = database.open().await?;
        let numbers: Vec<(i64, i64)> = connected.ask([PUBLISHED; 2]).await?;
        connected.close().await?;
        numbers.first().copied().ok_or(sqlx::Error::RowNotFound)
    };
    // A database that cannot be read now is not quiet.
    let (unpublished, last) = asked.await.unwrap_or((1, 0));
    (unpublished, u64::try_from(last).unwrap_or(0))
}

/// Everything that the judge wants to know.
///
/// # Errors
/// It cannot be read.
pub async fn written(database: &Database) -> Result<Written, sqlx::Error> {
    let mut connected = database.open().await?;
    let numbers: Vec<(i64, i64)> = connected.ask([PUBLISHED; 2]).await?;
    let orders: Vec<(String, String)> = connected.ask([ORDERS; 2]).await?;
    let moves: Vec<(String, String)> = connected.ask([MOVES_ON_SQLITE, MOVES_ON_POSTGRES]).await?;
    connected.close().await?;
    let number = |text: &str| text.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok(Written {
        last: numbers.first().and_then(|(_, last)| u64::try_from(*last).ok()).unwrap_or(0),
        orders: orders.into_iter().map(|(text, ttn)| (number(&text), ttn)).collect(),
        moves: moves.into_iter().map(|(ttn, street)| (ttn, number(&street))).collect(),
    })
}
