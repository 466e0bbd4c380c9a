//! A place: city and street. Compared by meaning, never as raw text.

use serde::{Deserialize, Serialize};

use crate::{
    refusal::FieldRefusal,
    text::{clean_text, fold_for_search},
};

/// Longest city in characters.
pub const MAX_CITY: usize = 60;
/// Longest street in characters.
pub const MAX_STREET: usize = 120;

/// A place of the post.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Location {
    /// City.
    pub city: String,
    /// Street and house, or a branch: "Відділення 12".
    pub street: String,
}

impl Location {
    /// Reads a place as typed; `field` is the path of the place in the form, its parts are `field.city` and `field.street`
    /// (`city` and `street` when `field` is empty).
    ///
    /// # Errors
    /// Every field that is empty, too long or holds a forbidden character.
    pub fn read(field: &str, city: &str, street: &str) -> Result<Self, Vec<FieldRefusal>> {
        let path = |part: &str| if field.is_empty() { part.to_owned() } else { format!("{field}.{part}") };
        let city = clean_text(city, MAX_CITY).map_err(|refusal| refusal.at(path("city")));
        let street = clean_text(street, MAX_STREET).map_err(|refusal| refusal.at(path("street")));
        match (city, street) {
            (Ok(city), Ok(street)) => Ok(Self { city, street }),
            (city, street) => Err([city.err(), street.err()].into_iter().flatten().collect()),
        }
    }

    /// Whether two places are the same after NFKC, case, apostrophe, punctuation and white-space folding.
    pub fn same_place(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }

    fn folded(&self) -> [String; 2] {
        [&self.city, &self.street].map(|part| {
            let spaced: String = part.chars().map(|c| if matches!(c, '.' | ',') { ' ' } else { c }).collect();
            fold_for_search(&spaced)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(city: &str, street: &str) -> Location {
        Location::read("", city, street).unwrap()
    }

    #[test]
    fn places_are_compared_by_meaning() {
        let typed = place("Кам'янець-Подільський", "вул. Соборна,  12");
        assert!(typed.same_place(&place("КАМ’ЯНЕЦЬ-ПОДІЛЬСЬКИЙ", "вул Соборна 12")));
        assert!(!typed.same_place(&place("Кам'янець-Подільський", "вул. Соборна, 120")));
    }

    #[test]
    fn all_bad_parts_are_named() {
        let refused = Location::read("sender", "", "a\u{202e}b").unwrap_err();
        let fields: Vec<&str> = refused.iter().map(|refusal| refusal.field.as_str()).collect();
        assert_eq!(fields, ["sender.city", "sender.street"]);
    }
}
