//! Employees, their roles and where they work.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    location::Location,
    refusal::{Refusal, RefusalCode, RefusalDetail},
    text::clean_text,
};

/// What an employee may do. Each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Role {
    /// Registers, moves and completes parcels.
    Clerk,
    /// Moves parcels of every branch.
    Dispatcher,
    /// Cancels late, undoes, takes locks over.
    Supervisor,
    /// Runs the office.
    Admin,
}

/// Id of an employee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct EmployeeId(pub Uuid);

/// Id of a branch: a short slug such as `lviv-3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct BranchId(pub String);

impl BranchId {
    /// Reads a slug: 1 to 40 of `a-z 0-9 -`.
    ///
    /// # Errors
    /// `bad_text`.
    pub fn parse(input: &str) -> Result<Self, Refusal> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if input.is_empty() || input.len() > 40 || !input.bytes().all(good) {
            return Err(Refusal::new(RefusalCode::BadText));
        }
        Ok(Self(input.to_owned()))
    }
}

/// A branch of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Branch {
    /// Id.
    pub id: BranchId,
    /// Name as shown, for example "Lviv 3".
    pub name: String,
    /// Where it is.
    pub location: Location,
}

/// A login: 3 to 40 characters of one script, folded to lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Login(String);

impl Login {
    /// Reads a login. Letters of two scripts are refused: a Cyrillic "а" in a Latin login looks the same and is another person.
    ///
    /// # Errors
    /// `bad_text`, `empty` or `too_long`.
    pub fn parse(input: &str) -> Result<Self, Refusal> {
        let text = clean_text(input, 40)?.to_lowercase();
        let latin = text.chars().any(|c| c.is_ascii_alphabetic());
        let other = text.chars().any(|c| c.is_alphabetic() && !c.is_ascii_alphabetic());
        let good = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
        if let Some(position) = text.chars().position(|c| !good(c)) {
            let position = u32::try_from(position + 1).ok();
            return Err(Refusal {
                code: RefusalCode::BadText,
                detail: RefusalDetail { position, ..RefusalDetail::default() },
            });
        }
        if (latin && other) || text.chars().count() < 3 {
            return Err(Refusal {
                code: RefusalCode::BadText,
                detail: RefusalDetail { min: Some(3), max: Some(40), ..RefusalDetail::default() },
            });
        }
        Ok(Self(text))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who acts, and from where. Comes from the session, never from a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The employee.
    pub employee: EmployeeId,
    /// Full name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Branch worked at.
    pub branch: BranchId,
    /// Workstation.
    pub station: String,
}

/// Reads the name of a workstation: 1 to 20 characters.
///
/// # Errors
/// `empty`, `bad_text`, `too_long`.
pub fn station_name(input: &str) -> Result<String, Refusal> {
    clean_text(input, 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_one_script_and_folded() {
        assert_eq!(Login::parse(" Olena.K ").unwrap().as_str(), "olena.k");
        assert_eq!(Login::parse("олена").unwrap().as_str(), "олена");
        assert_eq!(Login::parse("аdmin").map_err(|r| r.code), Err(RefusalCode::BadText), "Cyrillic а in a Latin login");
        assert_eq!(Login::parse("a/b").map_err(|r| r.code), Err(RefusalCode::BadText));
        assert_eq!(Login::parse("ab").map_err(|r| r.code), Err(RefusalCode::BadText));
    }

    #[test]
    fn roles_are_ordered() {
        assert!(
            Role::Clerk < Role::Dispatcher && Role::Dispatcher < Role::Supervisor && Role::Supervisor < Role::Admin
        );
    }
}
