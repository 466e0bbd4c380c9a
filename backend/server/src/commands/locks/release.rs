//! `locks.release`: on save, Esc, sign-out, window close.

use postoffice_protocol::{locks::ReleaseLock, problem::Problem, session::Nothing};

use crate::context::Context;

/// Frees the lock if it is this session's.
///
/// # Errors
/// `locks_unavailable`: the lease will end by itself.
pub async fn handle(context: &Context, params: ReleaseLock) -> Result<Nothing, Problem> {
    let freed = context.services.locks.release(&params.ttn, context.session).await;
    freed.map(|_| Nothing {}).map_err(|error| error.to_problem())
}

#[cfg(test)]
mod tests {
    use postoffice_protocol::locks::{AcquireLock, LockPurpose};

    use super::*;
    use crate::{commands::locks::acquire, test_office::TestOffice};

    #[tokio::test]
    async fn ours_is_freed_somebody_elses_is_not() {
        let office = TestOffice::open().await;
        let (clerk, other) = (office.clerk("1"), office.clerk("2"));
        let ttn = office.register(&clerk).await.ttn;
        acquire::handle(&clerk, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await.unwrap();
        handle(&other, ReleaseLock { ttn }).await.unwrap();
        assert!(office.services.locks.holder(&ttn).await.unwrap().is_some());
        handle(&clerk, ReleaseLock { ttn }).await.unwrap();
        assert_eq!(office.services.locks.holder(&ttn).await.unwrap(), None);
    }
}
