//! Writing orders: the row with the columns that lists sort by, and the terms that the search finds it by.

use postoffice_domain::{location::Location, order::Order, text::fold_for_search, ttn::Ttn};

use super::{
    connection::Connection,
    error::{StoreError, unexpected},
    message_state,
    orders::{StoredOrder, status_rank},
    search, search_terms,
    statement::{Each, query},
    together::Together,
};

fn location_key(location: &Location) -> String {
    format!("{}\u{1}{}", fold_for_search(&location.city), fold_for_search(&location.street))
}

/// Everything an order is found by, folded, in one line. Phones in E.164: a national number is a part of it.
fn search_text(order: &Order) -> String {
    let parts = [
        &order.description,
        &order.sender.name,
        &order.recipient.name,
        &order.location.city,
        &order.recipient.location.city,
        &order.sender.location.city,
    ];
    let words: Vec<String> = parts.into_iter().map(|part| fold_for_search(part)).collect();
    format!("{} {} {} {}", order.ttn, order.sender.phone.as_e164(), order.recipient.phone.as_e164(), words.join(" "))
}

/// Adds new orders.
pub(super) async fn insert(writes: &mut Together<'_, '_>, orders: &[&StoredOrder]) -> Result<(), StoreError> {
    if orders.is_empty() {
        return Ok(());
    }
    let orders = with_texts(orders);
    let rows = orders.iter().map(columns).collect::<Result<Vec<_>, _>>()?;
    let insert = query(Each {
        sqlite: "INSERT INTO orders (ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch,
                             station, registered_at, updated_at, deleted_at, sms_state, timeline_seq, event_seq, search_text)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8,
                value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
                value ->> 17
         FROM json_each($1)",
        postgres: "INSERT INTO orders (ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch,
                             station, registered_at, updated_at, deleted_at, sms_state, timeline_seq, event_seq, search_text)
         SELECT value ->> 0, value ->> 1, (value ->> 2)::smallint, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
                value ->> 8, value ->> 9, value ->> 10, (value ->> 11)::bigint, (value ->> 12)::bigint, (value ->> 13)::bigint,
                (value ->> 14)::smallint, (value ->> 15)::integer, (value ->> 16)::integer, value ->> 17
         FROM jsonb_array_elements($1::jsonb) RETURNING number, ttn",
    });
    writes.add_as(search::NEW_ORDERS, insert.bind(serde_json::to_string(&rows)?)).await?;
    match search::putting_new(orders.iter().map(found_by))? {
        Some(put) => writes.add(put).await,
        None => Ok(()),
    }
}

/// Writes what is new about orders that exist; `$sqlite` and `$postgres` begin the list of columns.
macro_rules! update {
    ($sqlite:literal, $postgres:literal) => {
        Each {
            sqlite: concat!(
                "UPDATE orders SET ",
                $sqlite,
                "body = fresh.value ->> 1, city = fresh.value ->> 5, street = fresh.value ->> 6, location_key = fresh.value ->> 7,
                 updated_at = fresh.value ->> 12, timeline_seq = fresh.value ->> 15, event_seq = fresh.value ->> 16,
                 search_text = fresh.value ->> 17, fence = fresh.value ->> 18, fence_session = fresh.value ->> 19
                 FROM json_each($1) AS fresh WHERE orders.ttn = fresh.value ->> 0"
            ),
            postgres: concat!(
                "UPDATE orders SET ",
                $postgres,
                "body = value ->> 1, city = value ->> 5, street = value ->> 6, location_key = value ->> 7,
                 updated_at = (value ->> 12)::bigint, timeline_seq = (value ->> 15)::integer, event_seq = (value ->> 16)::integer,
                 search_text = value ->> 17, fence = (value ->> 18)::bigint, fence_session = value ->> 19
                 FROM jsonb_array_elements($1::jsonb) WHERE orders.ttn = value ->> 0"
            ),
        }
    };
}

/// Writes what changed of orders that exist.
pub(super) async fn update(connection: &mut Connection<'_>, orders: &[&StoredOrder]) -> Result<(), StoreError> {
    // SQLite writes every index anew that has a column which a statement names, whether its value changes or not, and all lists begin with the
    // status. Most changes leave an order in its lists.
    let orders = with_texts(orders);
    let (moved, stayed): (Vec<&Written<'_>>, Vec<&Written<'_>>) =
        orders.iter().partition(|(stored, _)| stored.before.as_ref().is_none_or(|(lists, _)| *lists != stored.lists()));
    let in_other_lists = update!(
        "status = fresh.value ->> 2, deleted_at = fresh.value ->> 13, sms_state = fresh.value ->> 14, sms_told = fresh.value ->> 20, ",
        "status = (value ->> 2)::smallint, deleted_at = (value ->> 13)::bigint, sms_state = (value ->> 14)::smallint,
         sms_told = (value ->> 20)::boolean, "
    );
    for (orders, statement) in [(moved, in_other_lists), (stayed, update!("", ""))] {
        if orders.is_empty() {
            continue;
        }
        let rows = orders.iter().copied().map(columns).collect::<Result<Vec<_>, _>>()?;
        let updated = query(statement).bind(serde_json::to_string(&rows)?).run(connection).await?;
        if usize::try_from(updated) != Ok(orders.len()) {
            return Err(unexpected("number of updated orders"));
        }
    }
    let (gone, there): (Vec<&Written<'_>>, Vec<&Written<'_>>) =
        orders.iter().partition(|(stored, _)| stored.order.deleted_at.is_some());
    let gone: Vec<Ttn> = gone.iter().map(|(stored, _)| stored.order.ttn).collect();
    search::take_out(connection, &gone).await?;
    // Most changes change nothing that an order is found by.
    let is_same = |stored: &StoredOrder, text: &str| {
        stored.before.as_ref().is_some_and(|(_, before)| search_terms::are_same(before, text))
    };
    let found_anew = there.into_iter().filter(|(stored, text)| !is_same(stored, text));
    search::put(connection, found_anew.map(found_by)).await
}

/// An order with the text that it is found by.
type Written<'o> = (&'o StoredOrder, String);

fn with_texts<'o>(orders: &[&'o StoredOrder]) -> Vec<Written<'o>> {
    orders.iter().map(|stored| (*stored, search_text(&stored.order))).collect()
}

fn found_by<'w>((stored, text): &'w Written<'_>) -> (&'w Ttn, &'w str, &'w str) {
    (&stored.order.ttn, text, &stored.order.branch.0)
}

fn columns((stored, text): &Written<'_>) -> Result<serde_json::Value, StoreError> {
    let order = &stored.order;
    Ok(serde_json::json!([
        order.ttn,
        serde_json::to_string(order)?,
        status_rank(order.status),
        order.description,
        fold_for_search(&order.description),
        order.location.city,
        order.location.street,
        location_key(&order.location),
        order.recipient.location.city,
        order.branch,
        stored.station,
        order.registered_at,
        order.updated_at,
        order.deleted_at,
        stored.sms_state.map(message_state::rank),
        stored.timeline_seq,
        stored.event_seq,
        text,
        stored.fence,
        stored.fence_session,
        i32::from(stored.sms_told),
    ]))
}
