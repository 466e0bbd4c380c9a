//! An order as typed, and what it becomes when every field is good.

use serde::{Deserialize, Serialize};

use super::Payer;
use crate::{
    cargo::{CargoItem, CargoItemDraft, MAX_ITEMS},
    language::Language,
    party::{Party, PartyDraft},
    phone::PhoneUse,
    refusal::{FieldRefusal, Refusal, RefusalCode, RefusalDetail},
    text::clean_text,
};

/// Longest description in characters.
pub const MAX_DESCRIPTION: usize = 200;

/// An order as the clerk typed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct OrderDraft {
    /// Who sends.
    pub sender: PartyDraft,
    /// Who receives.
    pub recipient: PartyDraft,
    /// What is inside.
    pub description: String,
    /// Who pays.
    pub payer: Payer,
    /// Language of the recipient's messages.
    pub language: Language,
    /// The boxes.
    pub cargo: Vec<CargoItemDraft>,
}

/// An order of which every field is good. Only [`OrderDraft::validate`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidOrder {
    pub(super) sender: Party,
    pub(super) recipient: Party,
    pub(super) description: String,
    pub(super) payer: Payer,
    pub(super) language: Language,
    pub(super) cargo: Vec<CargoItem>,
}

impl OrderDraft {
    /// Reads the whole order.
    ///
    /// # Errors
    /// Every field that is refused, so that the clerk corrects them in one go.
    pub fn validate(&self) -> Result<ValidOrder, Vec<FieldRefusal>> {
        match (self.read_parties(), self.read_cargo()) {
            (Ok((sender, recipient, description)), Ok(cargo)) => {
                Ok(ValidOrder { sender, recipient, description, payer: self.payer, language: self.language, cargo })
            }
            (parties, cargo) => {
                Err(parties.err().unwrap_or_default().into_iter().chain(cargo.err().unwrap_or_default()).collect())
            }
        }
    }

    /// What is wrong with step 1: order and parties.
    pub fn check_parties(&self) -> Vec<FieldRefusal> {
        self.read_parties().err().unwrap_or_default()
    }

    /// What is wrong with step 2: cargo items.
    pub fn check_cargo(&self) -> Vec<FieldRefusal> {
        self.read_cargo().err().unwrap_or_default()
    }

    fn read_parties(&self) -> Result<(Party, Party, String), Vec<FieldRefusal>> {
        let sender = self.sender.read("sender", PhoneUse::Contact);
        let recipient = self.recipient.read("recipient", PhoneUse::SmsRecipient);
        let description = clean_text(&self.description, MAX_DESCRIPTION).map_err(|refusal| refusal.at("description"));
        match (sender, recipient, description) {
            (Ok(sender), Ok(recipient), Ok(description)) => Ok((sender, recipient, description)),
            (sender, recipient, description) => {
                let sender = sender.err().unwrap_or_default();
                let recipient = recipient.err().unwrap_or_default();
                Err(sender.into_iter().chain(recipient).chain(description.err()).collect())
            }
        }
    }

    fn read_cargo(&self) -> Result<Vec<CargoItem>, Vec<FieldRefusal>> {
        if self.cargo.is_empty() {
            return Err(vec![Refusal::new(RefusalCode::NoCargo).at("cargo")]);
        }
        if self.cargo.len() > MAX_ITEMS {
            let max = i64::try_from(MAX_ITEMS).ok();
            let detail = RefusalDetail { max, ..RefusalDetail::default() };
            return Err(vec![FieldRefusal { field: "cargo".to_owned(), code: RefusalCode::TooMany, detail }]);
        }
        let mut items = Vec::with_capacity(self.cargo.len());
        let mut refused = Vec::new();
        for (draft, number) in self.cargo.iter().zip(1_u16..) {
            match draft.read(number) {
                Ok(item) => items.push(item),
                Err(fields) => refused.extend(fields),
            }
        }
        if refused.is_empty() { Ok(items) } else { Err(refused) }
    }
}
