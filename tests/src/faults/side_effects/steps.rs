//! The eighteen steps from a clerk's frame to the acknowledged stream entry, and what kills a process at each.

use super::judge::Doubt;

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The server, at a fail point.
    Server,
    /// The server, when half of what it wrote has reached the desktop.
    ServerHalfway,
    /// The SMS sender, at a fail point.
    Sender,
}

/// A step.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Its number and name in the report.
    pub name: &'static str,
    /// The fail point; none where the desktop's end of the socket decides.
    pub point: &'static str,
    /// Who dies there.
    pub who: Who,
    /// It dies at one of the first so many passes.
    pub passes: u64,
    /// Which messages may end `unknown`: the call of one may have reached the gateway, as far as anybody can know afterwards.
    pub in_doubt: Doubt,
}

const fn server(name: &'static str, point: &'static str, passes: u64) -> Step {
    Step { name, point, who: Who::Server, passes, in_doubt: Doubt::None }
}

const fn sender(name: &'static str, point: &'static str, passes: u64) -> Step {
    Step { name, point, who: Who::Sender, passes, in_doubt: Doubt::OfCalls }
}

/// All of them. 16, 17 and 18: state, acknowledgement and outcome are written by one script in Redis, so there is nothing between them; 16 is
/// just before that script, 17 and 18 are just after it.
pub const ALL: [Step; 18] = [
    server("1 frame received", "ws.frame_received", 20),
    server("2 transaction begun", "store.begun", 10),
    server("3 order row", "store.order_row", 8),
    server("4 outbox row", "store.outbox_row", 8),
    server("5 before commit", "store.before_commit", 10),
    server("6 after commit, before reply", "store.after_commit", 10),
    Step { name: "7 reply half written", point: "", who: Who::ServerHalfway, passes: 30, in_doubt: Doubt::None },
    server("8 relay read", "relay.after_claim", 4),
    server("9 after XADD, before mark", "relay.after_append", 4),
    server("10 after mark", "relay.after_mark", 4),
    // Sixteen messages are on their way at once: while one is at the step, the call of another may be under way, and that one is in doubt. The books of
    // calls say which, and no other may be.
    sender("11 sender read", "sender.after_read", 4),
    sender("12 intent persisted", "sender.after_intent", 6),
    sender("13 before the call", "sender.before_call", 6),
    sender("14 sent, answer not read", "sender.after_send", 6),
    sender("15 answer read", "sender.after_answer", 6),
    sender("16 before the result is persisted", "sender.before_ack", 6),
    sender("17 result persisted, XACK", "sender.after_journal", 6),
    sender("18 after XACK", "sender.after_ack", 6),
];
