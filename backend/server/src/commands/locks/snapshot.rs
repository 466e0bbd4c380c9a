//! `locks.snapshot`: every lock held for editing, for a desktop that comes or comes back.

use postoffice_protocol::{locks::LockSnapshot, problem::Problem, session::Nothing};

use crate::context::Context;

/// Gives every lock held for editing.
///
/// # Errors
/// `locks_unavailable`.
pub async fn handle(context: &Context, _: Nothing) -> Result<LockSnapshot, Problem> {
    let locks = context.services.locks.snapshot().await.map_err(|error| error.to_problem())?;
    Ok(LockSnapshot { locks })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use postoffice_protocol::{
        events::{LockNews, ServerNotice},
        locks::{AcquireLock, LockPurpose, ReleaseLock},
    };

    use super::*;
    use crate::{
        commands::locks::{acquire, release},
        locks::watch,
        test_office::{Desk, TestOffice},
    };

    async fn news(desk: &mut Desk) -> LockNews {
        match desk.notice().await {
            ServerNotice::Locks(news) => news,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn everyone_sees_who_edits_from_the_snapshot_and_from_the_news() {
        let office = TestOffice::open().await;
        let (editor, onlooker) = (office.clerk("1"), office.clerk("2"));
        let ttn = office.register(&editor).await.ttn;
        let mut desk = office.desk(&onlooker);
        office.run(watch(Arc::clone(&office.services)));
        assert_eq!(news(&mut desk).await, LockNews { snapshot: true, held: Vec::new(), freed: Vec::new() });
        acquire::handle(&editor, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        let taken = news(&mut desk).await;
        assert_eq!((taken.held[0].ttn, taken.held[0].holder.session), (ttn, editor.session));
        let snapshot = handle(&onlooker, Nothing {}).await.unwrap().locks;
        assert_eq!(snapshot[0].holder, taken.held[0].holder);
        release::handle(&editor, ReleaseLock { ttn }).await.unwrap();
        assert_eq!(news(&mut desk).await.freed, [ttn]);
        assert_eq!(handle(&onlooker, Nothing {}).await.unwrap().locks, []);
        office.stop().await;
    }

    #[tokio::test]
    async fn after_redis_was_away_everyone_gets_the_snapshot() {
        let mut office = TestOffice::open().await;
        let editor = office.clerk("1");
        let ttn = office.register(&editor).await.ttn;
        let mut desk = office.desk(&editor);
        office.run(watch(Arc::clone(&office.services)));
        assert!(news(&mut desk).await.snapshot);
        acquire::handle(&editor, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        assert_eq!(news(&mut desk).await.held.len(), 1);
        office.redis.kill_and_restart(false).await;
        assert_eq!(news(&mut desk).await, LockNews { snapshot: true, held: Vec::new(), freed: Vec::new() });
        office.stop().await;
    }
}
