//! Sender and recipient.

use serde::{Deserialize, Serialize};

use crate::{
    location::Location,
    phone::{Phone, PhoneUse},
    refusal::FieldRefusal,
    text::clean_text,
};

/// Longest name in characters.
pub const MAX_NAME: usize = 100;

/// A party as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PartyDraft {
    /// Phone in any usual notation.
    pub phone: String,
    /// Name.
    pub name: String,
    /// City.
    pub city: String,
    /// Street and house, or branch.
    pub street: String,
}

/// A party of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Party {
    /// Phone.
    pub phone: Phone,
    /// Name.
    pub name: String,
    /// Address.
    pub location: Location,
}

impl PartyDraft {
    /// Reads the party; `field` is `sender` or `recipient`.
    ///
    /// # Errors
    /// Every field that is refused.
    pub fn read(&self, field: &str, phone_use: PhoneUse) -> Result<Party, Vec<FieldRefusal>> {
        let phone = Phone::parse(&self.phone, phone_use).map_err(|refusal| refusal.at(format!("{field}.phone")));
        let name = clean_text(&self.name, MAX_NAME).map_err(|refusal| refusal.at(format!("{field}.name")));
        let location = Location::read(field, &self.city, &self.street);
        match (phone, name, location) {
            (Ok(phone), Ok(name), Ok(location)) => Ok(Party { phone, name, location }),
            (phone, name, location) => {
                Err([phone.err(), name.err()].into_iter().flatten().chain(location.err().unwrap_or_default()).collect())
            }
        }
    }
}
