//! The TTN: the number printed on every parcel. 16 digits, always a string: 10^16 is beyond what JavaScript and spreadsheets keep exactly.
//!
//! First digit 1, 7 or 8; 14 random digits; a Damm check digit, which catches every single wrong digit and every swap of neighbours.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization;

use crate::{
    entropy::Entropy,
    refusal::{Refusal, RefusalCode},
};

/// Number of digits.
pub const TTN_DIGITS: usize = 16;
const FIRST_DIGITS: [u8; 3] = [1, 7, 8];

/// The quasigroup of H. M. Damm's dissertation (2004), the table commonly published.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// A valid TTN.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
pub struct Ttn([u8; TTN_DIGITS]);

fn damm(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |interim, digit| DAMM[usize::from(interim)][usize::from(*digit)])
}

/// One unbiased number below `bound`: bytes that would favour small numbers are thrown away.
fn draw_below(entropy: &dyn Entropy, bound: u8) -> u8 {
    let limit = 255 - (255 % bound);
    loop {
        let mut byte = [0_u8];
        entropy.fill(&mut byte);
        if byte[0] < limit {
            return byte[0] % bound;
        }
    }
}

impl Ttn {
    /// A new TTN. Uniqueness is the store's business: it draws again when the number is taken.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut digits = [0_u8; TTN_DIGITS];
        digits[0] = FIRST_DIGITS[usize::from(draw_below(entropy, 3))];
        for digit in &mut digits[1..TTN_DIGITS - 1] {
            *digit = draw_below(entropy, 10);
        }
        digits[TTN_DIGITS - 1] = damm(&digits[..TTN_DIGITS - 1]);
        Self(digits)
    }

    /// Reads a TTN as a person or scanner gives it: any spacing or hyphens between the digits.
    ///
    /// # Errors
    /// `bad_ttn`: not 16 digits of ours, wrong first digit, wrong check digit, or digits of another script.
    pub fn parse(input: &str) -> Result<Self, Refusal> {
        let refuse = || Refusal::new(RefusalCode::BadTtn);
        let mut digits = [0_u8; TTN_DIGITS];
        let mut count = 0;
        // NFKC folds full-width digits to ASCII; digits of other scripts stay what they are and are refused below.
        for character in input.nfkc() {
            match character {
                '0'..='9' if count < TTN_DIGITS => {
                    digits[count] = u8::try_from(u32::from(character) - u32::from('0')).map_err(|_| refuse())?;
                    count += 1;
                }
                '-' => {}
                other if other.is_whitespace() => {}
                _ => return Err(refuse()),
            }
        }
        if count != TTN_DIGITS || !FIRST_DIGITS.contains(&digits[0]) || damm(&digits) != 0 {
            return Err(refuse());
        }
        Ok(Self(digits))
    }

    /// In groups of four with no-break spaces, for people.
    pub fn grouped(&self) -> String {
        let text = self.to_string();
        [&text[0..4], &text[4..8], &text[8..12], &text[12..16]].join("\u{a0}")
    }
}

impl fmt::Display for Ttn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece: a TTN is written more often than anything else.
        let letters = self.0.map(|digit| b'0' + digit);
        f.write_str(str::from_utf8(&letters).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Ttn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ttn({self})")
    }
}

impl Serialize for Ttn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ttn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() != TTN_DIGITS {
            return Err(de::Error::custom("not a TTN"));
        }
        Self::parse(&text).map_err(|_| de::Error::custom("not a TTN"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use proptest::prelude::*;

    use super::*;

    struct Counting(AtomicU64);
    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                *byte = next.to_be_bytes()[0];
            }
        }
    }

    fn drawn(seed: u64) -> Ttn {
        Ttn::draw(&Counting(AtomicU64::new(seed)))
    }

    #[test]
    fn the_published_example_of_damm() {
        assert_eq!(damm(&[5, 7, 2]), 4);
    }

    #[test]
    fn refuses_what_is_not_a_ttn() {
        let good = drawn(7).to_string();
        let arabic: String =
            good.chars().map(|c| char::from_u32(0x660 + u32::from(c) - u32::from('0')).unwrap()).collect();
        for bad in ["", "1", &good[1..], &format!("{good}0"), "../../etc/passwd", &arabic, "2000000000000000"] {
            assert_eq!(Ttn::parse(bad).map_err(|r| r.code), Err(RefusalCode::BadTtn), "{bad}");
        }
    }

    #[test]
    fn reads_any_spacing_and_full_width_digits() {
        let ttn = drawn(42);
        let wide: String =
            ttn.to_string().chars().map(|c| char::from_u32(0xFF10 + u32::from(c) - u32::from('0')).unwrap()).collect();
        let spaced = format!(" {}\t", ttn.grouped());
        for text in [spaced, wide, ttn.grouped().replace('\u{a0}', "-")] {
            assert_eq!(Ttn::parse(&text), Ok(ttn), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_drawn_ttn_reads_back(seed: u64) {
            let ttn = drawn(seed);
            prop_assert_eq!(Ttn::parse(&ttn.to_string()), Ok(ttn));
            let json = serde_json::to_string(&ttn).unwrap();
            prop_assert_eq!(serde_json::from_str::<Ttn>(&json).unwrap(), ttn);
        }

        #[test]
        fn one_wrong_digit_or_a_swap_of_neighbours_is_caught(seed: u64, at in 0_usize..16, wrong in 0_u8..10) {
            let ttn = drawn(seed);
            let mut one = ttn.0;
            one[at] = wrong;
            prop_assert!(one == ttn.0 || damm(&one) != 0);
            let mut swapped = ttn.0;
            swapped.swap(at, (at + 1) % 15);
            prop_assert!(swapped == ttn.0 || at + 1 >= 15 || damm(&swapped) != 0);
        }
    }
}
