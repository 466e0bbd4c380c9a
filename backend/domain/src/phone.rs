//! Phone numbers: E.164 inside, masked wherever they are printed.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization;

use crate::refusal::{Refusal, RefusalCode, RefusalDetail};

/// Longest input worth looking at: an E.164 number with generous punctuation.
const MAX_INPUT: usize = 64;

/// What a number is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneUse {
    /// Somebody may call it: any valid number.
    Contact,
    /// It gets an SMS: must be able to.
    SmsRecipient,
}

/// A valid phone number. Debug and Display show `+38067*****67`; [`Phone::as_e164`] gives the number itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct Phone(String);

/// Finer reasons of `bad_phone`, as they stand in `detail.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneRefusal {
    /// Nothing but punctuation.
    NotANumber,
    /// Letters, digits of another script, two numbers, a line break.
    BadCharacters,
    /// Too few digits.
    TooShort,
    /// Too many digits.
    TooLong,
    /// Well-formed, but no such number can exist.
    Invalid,
    /// A landline: calls yes, SMS no.
    Landline,
    /// A free-of-charge, premium or other service number: no SMS.
    ServiceNumber,
}

impl PhoneRefusal {
    const fn code(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::BadCharacters => "bad_characters",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Invalid => "invalid",
            Self::Landline => "landline",
            Self::ServiceNumber => "service_number",
        }
    }
}

impl From<PhoneRefusal> for Refusal {
    fn from(refusal: PhoneRefusal) -> Self {
        let reason = Some(refusal.code().to_owned());
        Self { code: RefusalCode::BadPhone, detail: RefusalDetail { reason, ..RefusalDetail::default() } }
    }
}

impl Phone {
    /// Reads a number in any usual notation; without a country code it is Ukrainian.
    ///
    /// # Errors
    /// `empty`, or `bad_phone` with one of [`PhoneRefusal`] as its reason.
    pub fn parse(input: &str, phone_use: PhoneUse) -> Result<Self, Refusal> {
        let digits = dialled(input)?;
        let number = PHONE_NUMBER_UTIL.parse(&digits, Some(Region::UA)).map_err(|error| match error {
            ParseError::TooShortNsn | ParseError::TooShortAfterIdd => PhoneRefusal::TooShort,
            ParseError::TooLongNsn => PhoneRefusal::TooLong,
            ParseError::InvalidCountryCode => PhoneRefusal::Invalid,
            ParseError::NotANumber(_) => PhoneRefusal::NotANumber,
        })?;
        check_length(&number)?;
        if !number.is_valid() {
            return Err(PhoneRefusal::Invalid.into());
        }
        if phone_use == PhoneUse::SmsRecipient {
            can_receive_sms(&number)?;
        }
        Ok(Self(number.format_as(PhoneNumberFormat::E164).into_owned()))
    }

    /// The number in E.164, for the gateway, the store and the employee who needs it; never for a log.
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// The last four digits, for search and for asking back.
    pub fn last4(&self) -> &str {
        &self.0[self.0.len().saturating_sub(4)..]
    }
}

/// Only what is dialled, `+` and digits; everything that is not punctuation of a phone number is refused.
fn dialled(input: &str) -> Result<String, Refusal> {
    if input.trim().is_empty() {
        return Err(Refusal::new(RefusalCode::Empty));
    }
    if input.len() > MAX_INPUT {
        return Err(PhoneRefusal::TooLong.into());
    }
    let mut digits = String::with_capacity(input.len());
    // NFKC folds full-width digits; digits of other scripts stay and are refused.
    for character in input.trim().nfkc() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if digits.is_empty() => digits.push('+'),
            ' ' | '\u{a0}' | '\u{202f}' | '-' | '‐' | '‑' | '–' | '(' | ')' | '.' | '/' => {}
            _ => return Err(PhoneRefusal::BadCharacters.into()),
        }
    }
    // Ukrainians also dial and write "8 067 …", and a country code without its plus.
    if digits.len() == 11 && digits.starts_with("80") {
        digits.remove(0);
    } else if digits.len() == 12 && digits.starts_with("380") {
        digits.insert(0, '+');
    }
    if digits.trim_start_matches('+').is_empty() {
        return Err(PhoneRefusal::NotANumber.into());
    }
    Ok(digits)
}

fn check_length(number: &PhoneNumber) -> Result<(), PhoneRefusal> {
    let digits = number.get_national_significant_number().len();
    match (number.country_code, digits) {
        (380, ..=8) => Err(PhoneRefusal::TooShort),
        (380, 11..) => Err(PhoneRefusal::TooLong),
        _ => Ok(()),
    }
}

fn can_receive_sms(number: &PhoneNumber) -> Result<(), PhoneRefusal> {
    match number.get_type() {
        PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => Ok(()),
        PhoneNumberType::FixedLine => Err(PhoneRefusal::Landline),
        _ => Err(PhoneRefusal::ServiceNumber),
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Country and operator, then the last two: enough to recognise in a log, too little to call.
        let (head, tail) = (self.0.len().min(6), self.0.len().saturating_sub(2).max(6).min(self.0.len()));
        write!(f, "{}*****{}", &self.0[..head], &self.0[tail..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Numbering plans change: what we once accepted must stay readable, so only the shape of E.164 is checked here.
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix('+').unwrap_or_default();
        if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(de::Error::custom("not an E.164 phone number"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(input: &str) -> Option<String> {
        let refusal = Phone::parse(input, PhoneUse::SmsRecipient).unwrap_err();
        refusal.detail.reason.or(Some(format!("{:?}", refusal.code)))
    }

    #[test]
    fn usual_notations_are_one_number() {
        for input in [
            "+380671234567",
            "380671234567",
            "80671234567",
            "067 123-45-67",
            "(067) 123 45 67",
            "０６７１２３４５６７",
            " +380 67 123 4567 ",
        ] {
            assert_eq!(Phone::parse(input, PhoneUse::SmsRecipient).unwrap().as_e164(), "+380671234567", "{input}");
        }
    }

    #[test]
    fn each_refusal_has_its_reason() {
        for (input, expected) in [
            ("", "Empty"),
            ("+", "not_a_number"),
            ("067", "too_short"),
            ("0671234567890123456789012345678901234567", "too_long"),
            ("+380 67 CALL ME", "bad_characters"),
            ("٠٦٧١٢٣٤٥٦٧", "bad_characters"),
            ("0671234567, 0631234567", "bad_characters"),
            ("0671234567\nX-Kannel-To: 1", "bad_characters"),
            ("044 234 56 78", "landline"),
            ("0800 123 456", "service_number"),
        ] {
            assert_eq!(reason(input).as_deref(), Some(expected), "{input}");
        }
    }

    #[test]
    fn a_landline_is_a_good_contact() {
        assert!(Phone::parse("044 234 56 78", PhoneUse::Contact).is_ok());
    }

    #[test]
    fn it_never_prints_itself() {
        let phone = Phone::parse("0671234567", PhoneUse::Contact).unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "+38067*****67 Phone(+38067*****67)");
        assert_eq!(phone.last4(), "4567");
    }
}
