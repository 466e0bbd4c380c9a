//! Lists of messages: problems first, keyset-paged, searched, counted. The order stands in the index `messages_in_list`.
//!
//! Every rank is asked for by itself, one after the other until the page is full: each walks its own stretch of the index and stops where
//! the page or the day ends, however many messages the office has sent in its life.

use postoffice_domain::{clock::Timestamp, text::fold_for_search};
use postoffice_protocol::messages::{
    CountMessages, ListMessages, MessageCounts, MessagePage, MessageState, MessageTab, MessagesCounted,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    connection::Connection,
    cursor,
    error::{StoreError, unexpected},
    integration_events,
    list::MAX_LIMIT,
    message_state,
    messages::{row_columns, row_of},
    row::Row,
    statement::{Each, Parts, Sql, at_most},
};

/// Ranks up to this one are shown whatever their age: they wait, or are problems that nobody dealt with.
const LAST_OPEN: i64 = 2;

/// The ranks of a tab in the order they are shown (`migrations/sqlite/0008_messages.sql` says what they are).
const fn ranks(tab: MessageTab) -> &'static [i64] {
    match tab {
        MessageTab::All => &[0, 1, 2, 3, 4, 5, 6],
        MessageTab::Problems => &[0, 1],
        MessageTab::Waiting => &[2],
        MessageTab::Accepted => &[3],
        MessageTab::Delivered => &[4],
        MessageTab::Failed => &[1, 5],
        MessageTab::Unknown => &[0, 6],
    }
}

/// Where a page ended; names its list, so that it cannot be used on another.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cursor {
    tab: MessageTab,
    since: Option<Timestamp>,
    rank: i64,
    place: i64,
    event_id: Uuid,
}

/// One page.
pub(super) async fn page(
    connection: &mut Connection<'_>,
    list: &ListMessages,
    now: Timestamp,
) -> Result<MessagePage, StoreError> {
    let after = list.after.as_deref().map(cursor::read::<Cursor>).transpose()?;
    if after.as_ref().is_some_and(|cursor| (cursor.tab, cursor.since) != (list.tab, list.since)) {
        return Err(cursor::foreign());
    }
    let limit = usize::from(list.limit.clamp(1, MAX_LIMIT));
    let needle = list.search.as_deref().and_then(needle);
    let mut found: Vec<Row> = Vec::with_capacity(limit + 1);
    for rank in ranks(list.tab).iter().copied() {
        let after = after.as_ref().filter(|cursor| cursor.rank >= rank);
        if found.len() > limit || after.is_some_and(|cursor| cursor.rank > rank) {
            continue;
        }
        let wanted = limit + 1 - found.len();
        let query = of_rank(rank, list.since, needle.as_deref(), after, wanted);
        found.extend(query.query().all(connection).await?);
    }
    let next = if found.len() > limit {
        let end = found.get(limit - 1).ok_or_else(|| unexpected("empty page"))?;
        let cursor = Cursor {
            tab: list.tab,
            since: list.since,
            rank: end.number("rank")?,
            place: end.number("place")?,
            event_id: row_of(end)?.message.event_id,
        };
        Some(cursor::write(&cursor)?)
    } else {
        None
    };
    let rows = found.iter().take(limit).map(row_of).collect::<Result<Vec<_>, _>>()?;
    let counts = match list.after {
        None => Some(counts(connection, list.since, needle.as_deref()).await?),
        Some(_) => None,
    };
    let sequence = integration_events::last_numbered(connection).await?;
    Ok(MessagePage { rows, next, counts, sequence, as_of: now })
}

fn of_rank(rank: i64, since: Option<Timestamp>, needle: Option<&str>, after: Option<&Cursor>, wanted: usize) -> Parts {
    // CROSS JOIN: SQLite walks the left table first, which is the one whose index has the order.
    let mut query = Parts::new(Each {
        sqlite: concat!(
            "SELECT ",
            row_columns!(sqlite),
            ", rank, place FROM messages CROSS JOIN orders ON orders.ttn = messages.ttn WHERE rank = "
        ),
        postgres: concat!(
            "SELECT ",
            row_columns!(postgres),
            ", rank, place FROM messages JOIN orders ON orders.ttn = messages.ttn WHERE rank = "
        ),
    });
    query.bind(rank);
    if let Some(cursor) = after {
        query.push(" AND (place, messages.event_id) > (").bind(cursor.place);
        query.push(", ").bind(cursor.event_id).push(")");
    }
    if let Some(since) = since
        && rank > LAST_OPEN
    {
        query.push(" AND place <= ").bind(-since.millis());
    }
    search(&mut query, needle);
    query.push(" ORDER BY place, messages.event_id LIMIT ");
    query.bind(at_most(wanted));
    query
}

/// What to look for in `search_text`: digits in any spacing as digits, everything else folded.
fn needle(search: &str) -> Option<String> {
    let bare: String = search.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '+')).collect();
    if !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit()) {
        return Some(bare);
    }
    Some(fold_for_search(search)).filter(|folded| !folded.is_empty())
}

fn search(query: &mut Parts, needle: Option<&str>) {
    if let Some(needle) = needle {
        // The order's text has the recipient's number of today; the message may have gone to another one.
        query.push(Each { sqlite: " AND (instr(search_text, ", postgres: " AND (strpos(search_text, " }).bind(needle);
        query.push(Each { sqlite: ") > 0 OR instr(phone, ", postgres: ") > 0 OR strpos(phone, " }).bind(needle);
        query.push(") > 0)");
    }
}

/// The counts alone.
pub(super) async fn counted(
    connection: &mut Connection<'_>,
    asked: &CountMessages,
    now: Timestamp,
) -> Result<MessagesCounted, StoreError> {
    let counts = counts(connection, asked.since, None).await?;
    let sequence = integration_events::last_numbered(connection).await?;
    Ok(MessagesCounted { counts, sequence, as_of: now })
}

macro_rules! counted_of {
    () => {
        "SELECT rank, min(state), count(*), min(place) FROM messages "
    };
}

async fn counts(
    connection: &mut Connection<'_>,
    since: Option<Timestamp>,
    needle: Option<&str>,
) -> Result<MessageCounts, StoreError> {
    let from: Sql = if needle.is_some() {
        let sqlite = concat!(counted_of!(), "CROSS JOIN orders ON orders.ttn = messages.ttn WHERE rank ");
        let postgres = concat!(counted_of!(), "JOIN orders ON orders.ttn = messages.ttn WHERE rank ");
        Each { sqlite, postgres }.into()
    } else {
        concat!(counted_of!(), "WHERE rank ").into()
    };
    let mut query = Parts::new(from.clone());
    query.push("IN (0, 1, 2)");
    search(&mut query, needle);
    query.push(" GROUP BY rank UNION ALL ").push(from).push("IN (3, 4, 5, 6)");
    if let Some(since) = since {
        query.push(" AND place <= ").bind(-since.millis());
    }
    search(&mut query, needle);
    query.push(" GROUP BY rank");
    let mut counts = MessageCounts::default();
    for row in query.query().all(connection).await? {
        let count = row.count(2)?;
        counts.all += count;
        match message_state::from_rank(row.number(1)?)? {
            MessageState::Queued => {
                counts.waiting += count;
                counts.oldest_waiting_at = Some(row.at(3)?);
            }
            MessageState::Accepted => counts.accepted += count,
            MessageState::Delivered => counts.delivered += count,
            MessageState::Failed => counts.failed += count,
            MessageState::Unknown => counts.unknown += count,
        }
        if row.number(0)? < LAST_OPEN {
            counts.problems += count;
        }
    }
    Ok(counts)
}
