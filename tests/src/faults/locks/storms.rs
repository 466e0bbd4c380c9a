//! The storms of the suite, each with what must come out.

use super::{harm::Harm, judge::Demands, shift::Habits, storm::Storm};

const SAFE: Demands = Demands { polite: false, in_turn: false };
const POLITE: Demands = Demands { polite: true, in_turn: false };
const ORDINARY: Habits = Habits::ORDINARY;

/// A storm against the clerks leaves Redis and the server alone.
const fn at_clerks(name: &'static str, expected: &'static str, harm: Harm, faults: (u64, u64)) -> Storm {
    Storm { name, expected, harm, clerks: (3, 4), habits: ORDINARY, demands: POLITE, faults }
}

/// A storm against what they all use.
const fn at_office(name: &'static str, expected: &'static str, harm: Harm, faults: (u64, u64)) -> Storm {
    Storm { name, expected, harm, clerks: (6, 0), habits: ORDINARY, demands: SAFE, faults }
}

/// All of them.
pub const ALL: [Storm; 15] = [
    Storm { demands: POLITE, ..at_office("no fault", "one holder at a time", Harm::Nothing, (25, 8)) },
    Storm {
        habits: Habits { sleeps: 35, ..ORDINARY },
        demands: POLITE,
        ..at_office(
            "computers asleep past the lease",
            "the save is refused once another has loaded",
            Harm::Sleeping,
            (60, 8),
        )
    },
    at_clerks("clerk stopped past its lease", "the save is refused once another has loaded", Harm::StopClerk, (60, 6)),
    at_clerks(
        "clerk killed",
        "its lock is free after the lease; its save is whole or not there",
        Harm::KillClerk,
        (40, 6),
    ),
    at_office(
        "server stopped past the leases",
        "late loads are safe: the newest token wins",
        Harm::StopServer,
        (15, 3),
    ),
    at_office("server killed", "sessions resume, commands sent again are done once", Harm::KillServer, (20, 3)),
    at_office(
        "Redis killed, back with its file",
        "locks keep their time to live",
        Harm::KillRedis { keep: true },
        (25, 4),
    ),
    at_office(
        "Redis killed, back empty",
        "holders re-assert or lose; nobody saves under another",
        Harm::KillRedis { keep: false },
        (25, 4),
    ),
    at_office("FLUSHALL", "holders re-assert or lose; nobody saves under another", Harm::Flush, (50, 8)),
    at_office(
        "Redis frozen past the leases",
        "no new edit; who lost the lock cannot save once another has loaded",
        Harm::FreezeRedis,
        (12, 3),
    ),
    at_office("server's clock moved by an hour", "leases do not care; sessions may end", Harm::MoveClock, (24, 5)),
    at_office(
        "Redis' clock moved",
        "leases end early or late; who lost the lock cannot save once another has loaded",
        Harm::MoveRedisClock,
        (48, 8),
    ),
    at_office(
        "server and Redis killed, Redis back empty",
        "for one lease only the session that SQL has stamped gets the order",
        Harm::PowerCut,
        (15, 3),
    ),
    Storm {
        demands: SAFE,
        habits: Habits { sleeps: 10, ..ORDINARY },
        ..at_clerks("all of it by chance", "safety alone", Harm::Any, (30, 5))
    },
    at_office(
        "network cut, replica promoted, old primary back",
        "locks of the cut-off side are worth nothing; the token decides",
        Harm::CutNetwork,
        (6, 2),
    ),
];
