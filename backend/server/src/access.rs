//! Who may call what: one table, method × role. What is not in it is denied.
//!
//! This is the coarse gate. Which orders an employee may change is the domain's business (`postoffice_domain::order`).

use postoffice_domain::people::Role;
use postoffice_protocol::{
    call::Call,
    problem::{Problem, ProblemCode},
};

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Anyone who reaches the server, signed in or not.
    Anyone,
    /// Only a socket on which nobody is signed in yet.
    BeforeSignIn,
    /// Employees with at least this role.
    AtLeast(Role),
}

/// The table. Exhaustive on purpose: a new method does not compile until it stands here.
const fn rule(call: &Call) -> Rule {
    match call {
        Call::Describe(_) => Rule::Anyone,
        Call::SetUp(_) | Call::SignIn(_) | Call::Resume(_) => Rule::BeforeSignIn,
        Call::SignOut(_)
        | Call::CreateOrder(_)
        | Call::ListOrders(_)
        | Call::GetOrder(_)
        | Call::RecentOrders(_)
        | Call::ChangeLocation(_)
        | Call::CancelOrder(_)
        | Call::CompleteOrder(_)
        | Call::DeleteOrder(_)
        | Call::SetPlaces(_)
        | Call::AcquireLock(_)
        | Call::WaitForLock(_)
        | Call::AskForLock(_)
        | Call::LeaveLine(_)
        | Call::AnswerAsk(_)
        | Call::RenewLocks(_)
        | Call::ReleaseLock(_)
        | Call::LockSnapshot(_)
        | Call::ListMessages(_)
        | Call::GetMessage(_)
        | Call::CountMessages(_)
        | Call::ResendMessage(_)
        | Call::CorrectNumber(_)
        | Call::MarkTold(_)
        | Call::GetTemplates(_) => Rule::AtLeast(Role::Clerk),
        Call::UndoOrder(_) | Call::TakeOverLock(_) => Rule::AtLeast(Role::Supervisor),
        Call::SetTemplate(_) | Call::ResetTemplate(_) => Rule::AtLeast(Role::Admin),
    }
}

/// Why a call is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is signed in.
    NotSignedIn,
    /// Somebody is signed in already.
    SignedInAlready,
    /// The role does not allow it.
    Role,
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotSignedIn => Self::new(ProblemCode::Unauthenticated, "not signed in"),
            Denied::SignedInAlready => {
                Self::new(ProblemCode::Forbidden, "this socket is signed in already: sign out first")
            }
            Denied::Role => Self::new(ProblemCode::Forbidden, "the role does not allow this method"),
        }
    }
}

/// Whether `role` may make this call; `None` is a socket on which nobody is signed in.
///
/// # Errors
/// See [`Denied`].
pub fn check(call: &Call, role: Option<Role>) -> Result<(), Denied> {
    match (rule(call), role) {
        (Rule::Anyone, _) | (Rule::BeforeSignIn, None) => Ok(()),
        (Rule::AtLeast(least), Some(role)) if role >= least => Ok(()),
        (Rule::AtLeast(_), None) => Err(Denied::NotSignedIn),
        (Rule::BeforeSignIn, Some(_)) => Err(Denied::SignedInAlready),
        (Rule::AtLeast(_), Some(_)) => Err(Denied::Role),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use postoffice_protocol::call::METHODS;

    use super::*;

    const ROLES: [(&str, Option<Role>); 5] = [
        ("nobody", None),
        ("clerk", Some(Role::Clerk)),
        ("dispatcher", Some(Role::Dispatcher)),
        ("supervisor", Some(Role::Supervisor)),
        ("admin", Some(Role::Admin)),
    ];

    /// Parameters that can be read for every method.
    fn example(method: &str) -> Call {
        let id = r#""command_id":"01900000-0000-7000-8000-000000000000""#;
        let ttn = r#""ttn":"8000000000000000""#;
        let ttn = &good_ttn(ttn);
        let message = r#""event_id":"01900000-0000-7000-8000-000000000001""#;
        let party = r#"{"phone":"","name":"","city":"","street":""}"#;
        let params = match method {
            "session.describe" | "session.sign_out" | "orders.recent" | "locks.snapshot" | "messages.counts"
            | "templates.get" => "{}".to_owned(),
            "session.set_up" => {
                r#"{"code":"","branch_name":"","branch_city":"","branch_street":"","name":"","login":"","password":""}"#
                    .to_owned()
            }
            "session.sign_in" => r#"{"login":"","password":"","branch":"a","station":"1","language":"uk"}"#.to_owned(),
            "session.resume" => r#"{"token":"","since":0}"#.to_owned(),
            "orders.create" => format!(
                r#"{{{id},"order":{{"sender":{party},"recipient":{party},"description":"","payer":"sender","language":"uk","cargo":[]}}}}"#
            ),
            "orders.list" => {
                r#"{"tab":"all","scope":"my_branch","sort":"ttn","direction":"ascending","limit":1}"#.to_owned()
            }
            "orders.get" | "locks.release" | "locks.wait" | "locks.ask" | "locks.leave" => format!("{{{ttn}}}"),
            "orders.change_location" => format!(r#"{{{id},{ttn},"fence":1,"city":"","street":""}}"#),
            "orders.cancel" | "orders.delete" | "orders.undo" | "locks.take_over" => {
                format!(r#"{{{id},{ttn},"reason":""}}"#)
            }
            "orders.complete" => format!("{{{id},{ttn}}}"),
            "locks.acquire" => format!(r#"{{{ttn},"purpose":"edit_place"}}"#),
            "orders.set_places" => r#"{"items":[],"city":"","street":""}"#.to_owned(),
            "locks.answer" => format!(r#"{{{ttn},"answer":"keep","by_silence":false}}"#),
            "locks.renew" => r#"{"ttns":[]}"#.to_owned(),
            "messages.list" => r#"{"tab":"all","limit":1}"#.to_owned(),
            "messages.get" => format!("{{{message}}}"),
            "messages.resend" | "messages.mark_told" => format!("{{{id},{message}}}"),
            "messages.correct_number" => format!(r#"{{{id},{message},"phone":""}}"#),
            "templates.set" => format!(r#"{{{id},"notice":"accepted","language":"uk","text":""}}"#),
            "templates.reset" => format!(r#"{{{id},"notice":"accepted","language":"uk"}}"#),
            other => panic!("give an example for {other}"),
        };
        Call::read(method, &params).expect("a method of METHODS").unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The same text with a TTN whose check digit is right.
    fn good_ttn(text: &str) -> String {
        (0..10)
            .map(|digit| text.replace("8000000000000000", &format!("800000000000000{digit}")))
            .find(|text| text.split('"').nth(3).is_some_and(|ttn| postoffice_domain::ttn::Ttn::parse(ttn).is_ok()))
            .expect("one of ten check digits is right")
    }

    #[test]
    fn the_whole_matrix_is_as_agreed() {
        let mut matrix = format!("{:<24}", "method");
        for (name, _) in ROLES {
            write!(matrix, "{name:<12}").unwrap();
        }
        for method in METHODS {
            let call = example(method);
            write!(matrix, "\n{method:<24}").unwrap();
            for (_, role) in ROLES {
                let answer = match check(&call, role) {
                    Ok(()) => "yes",
                    Err(Denied::NotSignedIn) => "sign in",
                    Err(_) => "no",
                };
                write!(matrix, "{answer:<12}").unwrap();
            }
        }
        let lines: Vec<&str> = matrix.lines().map(str::trim_end).collect();
        let agreed = include_str!("access_matrix.txt");
        assert_eq!(
            lines.join("\n"),
            agreed.trim_end(),
            "changed on purpose? Then change access_matrix.txt too, and have it reviewed"
        );
    }
}
