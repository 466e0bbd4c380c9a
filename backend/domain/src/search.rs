//! What somebody types to find orders, and whether an order fits: words by how they begin, in any order; digits also as a part of a TTN or the tail of
//! a phone. The same on the server and without one.

use crate::text::fold_for_search;

/// Fewest digits that are looked for as a part of a TTN or a tail of a phone.
pub const FEWEST_DIGITS: usize = 4;
/// Digits of a national number without its zero.
pub const NATIONAL_DIGITS: usize = 9;

/// A search as it was understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Search {
    /// All of these.
    Parts(Vec<Part>),
    /// No letter and no digit in it: exactly this.
    Signs(String),
}

/// One thing that is looked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Begin of a word, folded.
    Word(String),
    /// Part of a TTN, tail of a phone, or begin of a word.
    Digits(String),
}

/// An order, as far as it is known.
#[derive(Debug)]
pub struct Searched<'t> {
    /// Its TTN.
    pub ttn: &'t str,
    /// Phones of those it concerns, in E.164.
    pub phones: Vec<&'t str>,
    /// Everything else that it is found by, folded for search.
    pub text: &'t str,
}

/// Runs of letters and digits.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

impl Search {
    /// Reads what somebody typed; `None` when it is empty. Digits in any spacing belong together.
    pub fn read(typed: &str) -> Option<Self> {
        let bare: String = typed.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '+')).collect();
        if !bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit()) {
            return Some(Self::Parts(vec![Part::of(&bare)]));
        }
        let folded = fold_for_search(typed);
        let parts: Vec<Part> = words(&folded).map(Part::of).collect();
        match (parts.is_empty(), folded.is_empty()) {
            (false, _) => Some(Self::Parts(parts)),
            (true, false) => Some(Self::Signs(folded)),
            (true, true) => None,
        }
    }

    /// Whether an order is one of those that are looked for.
    pub fn fits(&self, order: &Searched<'_>) -> bool {
        match self {
            Self::Signs(signs) => order.text.contains(signs),
            Self::Parts(parts) => parts.iter().all(|part| part.fits(order)),
        }
    }
}

impl Part {
    fn of(word: &str) -> Self {
        if word.len() >= FEWEST_DIGITS && word.chars().all(|c| c.is_ascii_digit()) {
            Self::Digits(word.to_owned())
        } else {
            Self::Word(word.to_owned())
        }
    }

    fn fits(&self, order: &Searched<'_>) -> bool {
        let begins = |wanted: &str| words(order.text).any(|word| word.starts_with(wanted));
        match self {
            Self::Word(word) => begins(word),
            Self::Digits(digits) => {
                order.ttn.contains(digits)
                    || order.phones.iter().any(|phone| phone.ends_with(national(digits)))
                    || begins(digits)
            }
        }
    }
}

/// Digits of a phone without the zero that stands before them inside the country.
pub fn national(digits: &str) -> &str {
    if digits.len() == NATIONAL_DIGITS + 1 { digits.strip_prefix('0').unwrap_or(digits) } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(typed: &str) -> bool {
        let order = Searched {
            ttn: "1234567890123456",
            phones: vec!["+380671234567", "+380509876543"],
            text: "кам'яна сіль 25 кг олена ковальчук київ львів",
        };
        Search::read(typed).unwrap().fits(&order)
    }

    #[test]
    fn words_are_found_by_how_they_begin_in_any_order() {
        for typed in ["київ", "Ки", "к", "ЛЬВІВ київ", "ковальч олена", "сіль 25", "25", "'", "кам"]
        {
            assert!(fits(typed), "{typed}");
        }
        for typed in ["иїв", "київський", "київ одеса", "26", "%", "5"] {
            assert!(!fits(typed), "{typed}");
        }
        assert_eq!(Search::read(" \u{a0}"), None);
    }

    #[test]
    fn numbers_are_found_by_a_part_of_the_ttn_or_a_tail_of_a_phone() {
        for typed in
            ["1234 5678", "8901-2345", "567890", "3456", "4567", "067 123-45-67", "+38 050 987 65 43", "олена 6543"]
        {
            assert!(fits(typed), "{typed}");
        }
        for typed in ["2346", "06712345", "олена 6544"] {
            assert!(!fits(typed), "{typed}");
        }
    }
}
