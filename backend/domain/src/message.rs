//! A message to a customer: where it can be on its way, and what an employee may do when it did not arrive.
//!
//! ```text
//!   queued ──▶ accepted ──▶ delivered
//!     │           │
//!     └───────────┴──▶ failed | unknown ──┬─ resend, other number ─▶ replaced by a new message
//!                                         └─ told by voice ────────▶ told
//! ```
//! A resend is a new message, because a person decided it: the gateway must not take it for a repetition of the first one. A message that
//! was replaced or told is no problem any more and can be dealt with no further.

use serde::{Deserialize, Serialize};

use crate::{
    order::Order,
    people::{Actor, Branch, Role},
    phone::Phone,
    refusal::{Refusal, RefusalCode, RefusalDetail},
};

/// Where a message is on its way. Only moves forward; drawn in docs/SMS.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum MessageState {
    /// In the outbox or the stream, or waiting for the next attempt.
    Queued,
    /// The gateway took it.
    Accepted,
    /// Final: the network reported delivery.
    Delivered,
    /// Final: it will not arrive; see the reason.
    Failed,
    /// Final until a person decides: the gateway's answer was lost and no report came.
    Unknown,
}

impl MessageState {
    /// Whether a message may go from this state to another: forward only. `unknown` may still be settled by a late delivery report, nothing
    /// else leaves a final state.
    pub const fn may_become(self, to: Self) -> bool {
        match self {
            Self::Queued => !matches!(to, Self::Queued),
            Self::Accepted => matches!(to, Self::Delivered | Self::Failed | Self::Unknown),
            Self::Unknown => matches!(to, Self::Delivered | Self::Failed),
            Self::Delivered | Self::Failed => false,
        }
    }

    /// Whether nothing more is expected by itself.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Unknown)
    }

    /// Whether the customer does not know, or may not know, and somebody has to do something.
    pub const fn is_problem(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown)
    }
}

/// What a decision about a message needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageStanding {
    /// Where it is.
    pub state: MessageState,
    /// To whom it went.
    pub phone: Phone,
    /// Whether a newer message took its place.
    pub replaced: bool,
    /// Whether the customer was told by voice.
    pub told: bool,
}

/// Something an employee may want to do with a message that did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum MessageAction {
    /// Send the same once more.
    Resend,
    /// Send it to another number; the order's recipient gets that number.
    CorrectNumber,
    /// The customer was told by voice.
    MarkTold,
}

/// An action with the answer whether it is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct MessageActionState {
    /// Which action.
    pub action: MessageAction,
    /// Whether it is allowed now.
    pub allowed: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalCode>,
    /// Values for the sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<RefusalDetail>,
}

/// What an employee wants of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum MessageCommand {
    /// Send the same once more.
    Resend,
    /// Send it to another number.
    CorrectNumber {
        /// The number.
        phone: Phone,
    },
    /// The customer was told by voice.
    MarkTold,
}

impl MessageCommand {
    /// The action that it is.
    pub const fn action(&self) -> MessageAction {
        match self {
            Self::Resend => MessageAction::Resend,
            Self::CorrectNumber { .. } => MessageAction::CorrectNumber,
            Self::MarkTold => MessageAction::MarkTold,
        }
    }
}

/// What follows from a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageDecided {
    /// A new message goes to this number.
    Replace {
        /// To whom.
        phone: Phone,
    },
    /// The customer knows.
    Told,
}

/// What the command does, or why it may not. `branch` is where the employee works.
///
/// # Errors
/// The first rule that says no.
pub fn decide(
    message: &MessageStanding,
    order: &Order,
    command: &MessageCommand,
    actor: &Actor,
    branch: &Branch,
) -> Result<MessageDecided, Refusal> {
    may(message, order, command.action(), actor, branch)?;
    match command {
        MessageCommand::Resend => Ok(MessageDecided::Replace { phone: message.phone.clone() }),
        MessageCommand::CorrectNumber { phone } if *phone == message.phone => Err(Refusal::new(RefusalCode::SamePhone)),
        MessageCommand::CorrectNumber { phone } => Ok(MessageDecided::Replace { phone: phone.clone() }),
        MessageCommand::MarkTold => Ok(MessageDecided::Told),
    }
}

/// Every action with its answer, in the order they are shown.
pub fn actions(message: &MessageStanding, order: &Order, actor: &Actor, branch: &Branch) -> Vec<MessageActionState> {
    let state = |action| {
        let refused = may(message, order, action, actor, branch).err();
        MessageActionState {
            action,
            allowed: refused.is_none(),
            refusal: refused.as_ref().map(|refusal| refusal.code),
            detail: refused.map(|refusal| refusal.detail),
        }
    };
    [MessageAction::Resend, MessageAction::CorrectNumber, MessageAction::MarkTold].map(state).into()
}

fn may(
    message: &MessageStanding,
    order: &Order,
    action: MessageAction,
    actor: &Actor,
    branch: &Branch,
) -> Result<(), Refusal> {
    if order.deleted_at.is_some() && action != MessageAction::MarkTold {
        return Err(Refusal::new(RefusalCode::Deleted));
    }
    // A clerk deals with the customers of the branch: parcels that were registered there and parcels that are there.
    let theirs = actor.branch == order.branch || order.location.same_place(&branch.location);
    if actor.role < Role::Dispatcher && !theirs {
        return Err(Refusal::new(RefusalCode::NotYourBranch));
    }
    if message.replaced {
        return Err(Refusal::new(RefusalCode::MessageReplaced));
    }
    if message.told {
        return Err(Refusal::new(RefusalCode::MessageTold));
    }
    if !message.state.is_problem() {
        let detail = RefusalDetail { message: Some(message.state), ..RefusalDetail::default() };
        return Err(Refusal { code: RefusalCode::MessageNotAProblem, detail });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{MessageState::*, *};
    use crate::{
        cargo::{CargoItemDraft, Quantity},
        clock::Timestamp,
        entropy::Entropy,
        language::Language,
        location::Location,
        order::{OrderDraft, Payer, register},
        party::PartyDraft,
        people::{BranchId, EmployeeId},
        phone::PhoneUse,
        tariff::Tariff,
        ttn::Ttn,
    };

    struct Zeros;
    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    /// A fresh order, a clerk of its branch, and the branch.
    fn at_the_branch() -> (Order, Actor, Branch) {
        let party = |phone: &str, city: &str| PartyDraft {
            phone: phone.to_owned(),
            name: "Оксана Коваль".to_owned(),
            city: city.to_owned(),
            street: "Зелена 5".to_owned(),
        };
        let item = CargoItemDraft {
            length_mm: Quantity::Whole(300),
            width_mm: Quantity::Whole(200),
            height_mm: Quantity::Whole(150),
            weight_g: Quantity::Whole(1_850),
            declared_minor: Quantity::Whole(0),
        };
        let draft = OrderDraft {
            sender: party("0670001241", "Львів"),
            recipient: party("0930005508", "Одеса"),
            description: "Кераміка".to_owned(),
            payer: Payer::Sender,
            language: Language::Uk,
            cargo: vec![item],
        };
        let location = Location { city: "Львів".to_owned(), street: "Городоцька 12".to_owned() };
        let branch = Branch { id: BranchId("lviv-3".to_owned()), name: "Львів 3".to_owned(), location };
        let actor = Actor {
            employee: EmployeeId(Uuid::from_u128(1)),
            name: "Оператор 1".to_owned(),
            role: Role::Clerk,
            branch: branch.id.clone(),
            station: "1".to_owned(),
        };
        let now = Timestamp::from_millis(1_790_000_000_000);
        let (order, _) =
            register(draft.validate().unwrap(), Ttn::draw(&Zeros), &branch, &Tariff::current(), &actor, now);
        (order, actor, branch)
    }

    #[test]
    fn states_only_move_forward() {
        let all = [Queued, Accepted, Delivered, Failed, Unknown];
        for from in all {
            assert!(!from.may_become(from), "{from:?}");
            assert!(!from.may_become(Queued), "{from:?}");
            if from.is_final() && from != Unknown {
                assert!(all.iter().all(|to| !from.may_become(*to)), "{from:?}");
            }
        }
        assert!(Unknown.may_become(Delivered) && Unknown.may_become(Failed) && !Unknown.may_become(Accepted));
    }

    #[test]
    fn only_a_message_that_did_not_arrive_and_was_not_dealt_with() {
        let (order, actor, branch) = at_the_branch();
        let other = Phone::parse("050 111 22 33", PhoneUse::SmsRecipient).unwrap();
        let commands =
            [MessageCommand::Resend, MessageCommand::CorrectNumber { phone: other }, MessageCommand::MarkTold];
        for state in [Queued, Accepted, Delivered, Failed, Unknown] {
            for (replaced, told) in [(false, false), (true, false), (false, true)] {
                let message = MessageStanding { state, phone: order.recipient.phone.clone(), replaced, told };
                let expected = match (replaced, told) {
                    (true, _) => Some(RefusalCode::MessageReplaced),
                    (_, true) => Some(RefusalCode::MessageTold),
                    _ => (!state.is_problem()).then_some(RefusalCode::MessageNotAProblem),
                };
                for command in &commands {
                    let refused = decide(&message, &order, command, &actor, &branch).err();
                    assert_eq!(refused.as_ref().map(|refusal| refusal.code), expected, "{message:?} {command:?}");
                    if expected == Some(RefusalCode::MessageNotAProblem) {
                        assert_eq!(refused.unwrap().detail.message, Some(state));
                    }
                }
                let offered = actions(&message, &order, &actor, &branch);
                assert!(offered.iter().all(|offer| offer.refusal == expected && offer.allowed == expected.is_none()));
            }
        }
    }

    #[test]
    fn clerks_deal_with_their_branch_and_with_what_is_there() {
        let (mut order, mut actor, mut branch) = at_the_branch();
        let message =
            MessageStanding { state: Failed, phone: order.recipient.phone.clone(), replaced: false, told: false };
        let resend = |order: &Order, actor: &Actor, branch: &Branch| {
            decide(&message, order, &MessageCommand::Resend, actor, branch).map_err(|refusal| refusal.code)
        };
        let phone = order.recipient.phone.clone();
        assert_eq!(resend(&order, &actor, &branch), Ok(MessageDecided::Replace { phone: phone.clone() }));
        actor.branch = BranchId("elsewhere".to_owned());
        branch.id = actor.branch.clone();
        branch.location.street = "Інша 1".to_owned();
        assert_eq!(resend(&order, &actor, &branch), Err(RefusalCode::NotYourBranch));
        order.location = branch.location.clone();
        assert_eq!(resend(&order, &actor, &branch), Ok(MessageDecided::Replace { phone: phone.clone() }));
        order.location = order.origin.clone();
        actor.role = Role::Dispatcher;
        assert_eq!(resend(&order, &actor, &branch), Ok(MessageDecided::Replace { phone: phone.clone() }));
        order.deleted_at = Some(order.registered_at);
        assert_eq!(resend(&order, &actor, &branch), Err(RefusalCode::Deleted));
        let told = decide(&message, &order, &MessageCommand::MarkTold, &actor, &branch);
        assert_eq!(told, Ok(MessageDecided::Told));
        order.deleted_at = None;
        let same = decide(&message, &order, &MessageCommand::CorrectNumber { phone }, &actor, &branch);
        assert_eq!(same.map_err(|refusal| refusal.code), Err(RefusalCode::SamePhone));
    }
}
