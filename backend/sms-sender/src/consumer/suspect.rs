//! A message that was read again and again without coming to its end may be what brings the sender down: or it only waited while something
//! else did. So such messages are tried one at a time, each with a mark in its journal that goes away when it did no harm. One whose mark stays
//! is put aside, and no innocent one with it.

use postoffice_runtime::fail_point;

use super::{dead_letter, delivery::Work, entry::Known};

/// How often a message may be tried alone and bring the sender down. A sender that something else kills again and again may be hit while it tries an
/// innocent one; so often in a row it is not.
const TRIALS: u32 = 8;

impl Work<'_> {
    /// Tries a suspect message. True: it has brought the sender down too often and is in the dead letters now.
    pub(super) async fn is_put_aside(&self) -> Option<bool> {
        let crew = self.crew;
        // The semaphore is never closed.
        let _alone = crew.unless_stopping(crew.one_suspect.acquire()).await?.ok();
        let standing = self.claim(true).await?;
        if standing.takes > TRIALS {
            let it = self.delivery;
            let known = Known { event_id: it.event_id, ttn: it.ttn };
            let now = self.now();
            let put = || dead_letter::put_aside(&crew.redis, &it.entry, "too_many_takes", b"", Some(known), now);
            crew.persist("dead letter", &crew.soft, put).await?;
            return Some(true);
        }
        // Everything that looks at the content and is done before the intent. What comes after it is not done twice.
        if let Err(error) = self.fitted() {
            tracing::debug!(%error, "a suspect message is too long");
        }
        fail_point!("sender.suspect_tried");
        crew.persist("acquittal", &crew.soft, || crew.journal.acquit(self.delivery.event_id)).await?;
        Some(false)
    }
}
