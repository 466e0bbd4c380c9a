//! Every method, once: its name, its parameters, its result. [`Call`], its reader and the TypeScript map all come from this list.

use serde::{Deserialize, Serialize};

use crate::{locks, messages, orders, session, templates};

macro_rules! calls {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $params:ty => $result:ty;)+) => {
        /// One call of a method with its parameters.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "method", content = "params", deny_unknown_fields)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub enum Call {
            $($(#[$doc])* #[serde(rename = $name)] $variant($params),)+
        }

        /// Names of all methods, in the order of declaration.
        pub const METHODS: &[&str] = &[$($name),+];

        impl Call {
            /// Reads the parameters of `method`; `None` when there is no such method (names are case-sensitive).
            pub fn read(method: &str, params: &str) -> Option<Result<Self, serde_json::Error>> {
                match method {
                    $($name => Some(serde_json::from_str::<$params>(params).map(Self::$variant)),)+
                    _ => None,
                }
            }

            /// Name of the method.
            pub const fn method(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)+ }
            }
        }

        /// Name, parameters type and result type of every method, for the TypeScript generator.
        #[cfg(feature = "ts")]
        pub fn for_each_method(cfg: &ts_rs::Config, mut visit: impl FnMut(&str, String, String)) {
            $(visit($name, <$params as ts_rs::TS>::name(cfg), <$result as ts_rs::TS>::name(cfg));)+
        }

        /// Visits every type that a method takes or gives.
        #[cfg(feature = "ts")]
        pub fn visit_types(visitor: &mut impl ts_rs::TypeVisitor) {
            $(visitor.visit::<$params>(); visitor.visit::<$result>();)+
        }
    };
}

calls! {
    /// What anyone on the LAN may know.
    Describe = "session.describe", session::Nothing => session::Office;
    /// Makes the first employee.
    SetUp = "session.set_up", session::SetUp => session::Nothing;
    /// Begins a session.
    SignIn = "session.sign_in", session::SignIn => session::SignedIn;
    /// The same session on a new socket.
    Resume = "session.resume", session::Resume => session::Resumed;
    /// Ends the session and frees its locks.
    SignOut = "session.sign_out", session::Nothing => session::Nothing;
    /// Registers an order.
    CreateOrder = "orders.create", orders::CreateOrder => orders::OrderCreated;
    /// One page of the list.
    ListOrders = "orders.list", orders::ListOrders => orders::OrderPage;
    /// One order with its timeline.
    GetOrder = "orders.get", orders::GetOrder => orders::OrderDetails;
    /// The last five of this station.
    RecentOrders = "orders.recent", session::Nothing => orders::RecentOrders;
    /// Changes the place under a held lock.
    ChangeLocation = "orders.change_location", orders::ChangeLocation => orders::Accepted;
    /// Cancels.
    CancelOrder = "orders.cancel", orders::WithReason => orders::Accepted;
    /// Completes.
    CompleteOrder = "orders.complete", orders::CompleteOrder => orders::Accepted;
    /// Deletes softly.
    DeleteOrder = "orders.delete", orders::WithReason => orders::Accepted;
    /// Undoes a final state.
    UndoOrder = "orders.undo", orders::WithReason => orders::Accepted;
    /// One place for many orders.
    SetPlaces = "orders.set_places", orders::SetPlaces => orders::AllAccepted;
    /// Takes a lock and loads the order under it.
    AcquireLock = "locks.acquire", locks::AcquireLock => locks::LockGranted;
    /// Keeps locks.
    RenewLocks = "locks.renew", locks::RenewLocks => locks::LocksRenewed;
    /// Gives a lock back.
    ReleaseLock = "locks.release", locks::ReleaseLock => session::Nothing;
    /// Waits in line for a lock.
    WaitForLock = "locks.wait", locks::WaitForLock => locks::InLine;
    /// Asks the holder to hand a lock over, and waits in line.
    AskForLock = "locks.ask", locks::AskForLock => locks::InLine;
    /// Leaves the line.
    LeaveLine = "locks.leave", locks::LeaveLine => session::Nothing;
    /// Answers a colleague who asks.
    AnswerAsk = "locks.answer", locks::AnswerAsk => locks::AskAnswered;
    /// Takes a lock from its holder.
    TakeOverLock = "locks.take_over", locks::TakeOverLock => locks::LockGranted;
    /// All locks held now.
    LockSnapshot = "locks.snapshot", session::Nothing => locks::LockSnapshot;
    /// One page of the messages.
    ListMessages = "messages.list", messages::ListMessages => messages::MessagePage;
    /// One message with its attempts.
    GetMessage = "messages.get", messages::GetMessage => messages::MessageDetails;
    /// How many messages are where.
    CountMessages = "messages.counts", messages::CountMessages => messages::MessagesCounted;
    /// Sends a message that did not arrive once more.
    ResendMessage = "messages.resend", messages::OnMessage => messages::MessageDone;
    /// Sends it to another number.
    CorrectNumber = "messages.correct_number", messages::CorrectNumber => messages::MessageDone;
    /// Writes down that the customer was told by voice.
    MarkTold = "messages.mark_told", messages::OnMessage => messages::MessageDone;
    /// The texts that customers get.
    GetTemplates = "templates.get", session::Nothing => templates::Templates;
    /// Changes one of them.
    SetTemplate = "templates.set", templates::SetTemplate => templates::Templates;
    /// Takes a change back.
    ResetTemplate = "templates.reset", templates::ResetTemplate => templates::Templates;
}
