//! Loads for edit of one group commit: every order is stamped with its next fencing token and the session that loads, in one statement.
//!
//! A statement each would cost more in hand-overs to the database thread than the disk does, and would cut the group's commands into pieces.

use std::collections::HashMap;

use postoffice_domain::{order::Order, ttn::Ttn};
use postoffice_protocol::session::SessionId;
use sqlx::SqliteConnection;

use super::{error::StoreError, orders, writer::Reply};

/// Who wants to load which order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub ttn: Ttn,
    pub session: SessionId,
}

/// An order as loaded, with the token it was stamped with.
pub(super) type Loaded = (Order, u64);

/// What became of a load: `None` when there is no such order in the lists.
type Answered = (Result<Option<Loaded>, StoreError>, Reply<Option<Loaded>>);

/// Loads all of them. Two who want the same order load it one after the other, as they came.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    mut waiting: Vec<(Load, Reply<Option<Loaded>>)>,
) -> Vec<Answered> {
    let mut answered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let mut now: HashMap<Ttn, SessionId> = HashMap::with_capacity(waiting.len());
        let (these, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(load, _)| {
            let first = !now.contains_key(&load.ttn);
            if first {
                now.insert(load.ttn, load.session);
            }
            first
        });
        waiting = later;
        match orders::load_for_edit(connection, &now).await {
            Ok(mut loaded) => {
                answered.extend(these.into_iter().map(|(load, reply)| (loaded.remove(&load.ttn).transpose(), reply)));
            }
            Err(error) => answered.extend(these.into_iter().map(|(_, reply)| (Err(error.clone()), reply))),
        }
    }
    answered
}
