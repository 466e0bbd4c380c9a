//! Every socket is an open file, and the usual limit of a process is 1 024 of them: an office of a thousand desktops would not fit.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files besides the sockets of desktops: database, Redis, log.
const OTHERS: u64 = 200;

/// Raises the limit of this process as far as the system allows it, and says when that is too little for `connections`.
pub fn allow_as_many_as_the_system(connections: usize) {
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let allowed = match raised {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files cannot be raised");
            limit.current
        }
    };
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    if let Some(allowed) = allowed.filter(|allowed| *allowed < wanted) {
        tracing::warn!(allowed, wanted, "fewer open files are allowed than limits.connections may need (LimitNOFILE=)");
    }
}
