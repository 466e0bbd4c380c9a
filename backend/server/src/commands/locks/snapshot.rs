//! `locks.snapshot`: every lock held for editing, for a desktop that comes or comes back.

use postoffice_protocol::locks::LockSnapshot;
use tokio::time::Instant;

use crate::context::Context;

/// Gives every lock held for editing, as this server has heard of them.
pub fn handle(context: &Context) -> LockSnapshot {
    LockSnapshot { locks: context.services.locks.memory().snapshot(Instant::now()) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use postoffice_protocol::{
        events::{LockNews, ServerNotice},
        locks::{AcquireLock, LockPurpose, ReleaseLock, RenewLocks},
    };

    use super::*;
    use crate::{
        commands::locks::{acquire, release, renew},
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
        let snapshot = handle(&onlooker).locks;
        assert_eq!(snapshot[0].holder, taken.held[0].holder);
        release::handle(&editor, ReleaseLock { ttn }).await.unwrap();
        assert_eq!(news(&mut desk).await.freed, [ttn]);
        assert_eq!(handle(&onlooker).locks, []);
        office.stop().await;
    }

    #[tokio::test]
    async fn after_redis_was_away_everyone_gets_the_snapshot_also_of_what_it_lost() {
        let mut office = TestOffice::open().await;
        let editor = office.clerk("1");
        let ttn = office.register(&editor).await.ttn;
        let mut desk = office.desk(&editor);
        office.run(watch(Arc::clone(&office.services)));
        assert!(news(&mut desk).await.snapshot);
        acquire::handle(&editor, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        let taken = news(&mut desk).await.held.remove(0);
        office.redis.kill_and_restart(false).await;
        let snapshot = news(&mut desk).await;
        assert!(snapshot.snapshot);
        assert_eq!((snapshot.held[0].ttn, &snapshot.held[0].holder), (ttn, &taken.holder));
        // The heartbeat puts it back, and says so.
        let renewed = renew::handle(&editor, RenewLocks { ttns: vec![ttn] }).await.unwrap();
        assert_eq!(renewed.renewed, [ttn]);
        assert_eq!(news(&mut desk).await.held[0].holder, taken.holder);
        office.stop().await;
    }
}
