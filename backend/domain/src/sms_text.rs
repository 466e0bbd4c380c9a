//! Texts of SMS messages, and how many SMS segments a text takes.
//!
//! A text whose every character is in the GSM 7-bit alphabet goes out in that; one other character and the whole text goes out in UCS-2:
//!
//! | encoding | counted in | one segment | each of several |
//! |---|---|---|---|
//! | GSM-7 | septets; `^{}\[~]\|€` and form feed take two | 160 | 153 |
//! | UCS-2 | UTF-16 units; emoji and other rare characters take two | 70 | 67 |
//!
//! A character of two units is never cut: where it does not fit at the end of a segment, it begins the next one.

use serde::{Deserialize, Serialize};

use crate::{language::Language, order::CustomerNotice};

/// Alphabet of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsEncoding {
    /// The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038).
    Gsm7,
    /// 16 bits a character.
    Ucs2,
}

/// How much of SMS a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsSize {
    /// Alphabet.
    pub encoding: SmsEncoding,
    /// Units used: septets or UTF-16 units.
    pub used: usize,
    /// Units that `segments` segments hold.
    pub limit: usize,
    /// Number of segments, from 1.
    pub segments: usize,
}

/// The text that tells a customer about a parcel. `ttn` as it is to be read, in groups with ordinary spaces (a no-break space is not in
/// the GSM alphabet and would halve the room); `tracking_url` without a scheme.
pub fn text_of(notice: CustomerNotice, language: Language, ttn: &str, tracking_url: &str) -> String {
    match (language, notice) {
        (Language::Uk, CustomerNotice::Accepted) => format!("Посилку {ttn} прийнято. Стежити: {tracking_url}"),
        (Language::Uk, CustomerNotice::Arrived) => format!("Посилка {ttn} прибула. Деталі: {tracking_url}"),
        (Language::Uk, CustomerNotice::Completed) => format!("Посилку {ttn} вручено. Дякуємо! {tracking_url}"),
        (Language::En, CustomerNotice::Accepted) => format!("Parcel {ttn} accepted. Track it: {tracking_url}"),
        (Language::En, CustomerNotice::Arrived) => format!("Parcel {ttn} has arrived. Details: {tracking_url}"),
        (Language::En, CustomerNotice::Completed) => format!("Parcel {ttn} handed over. Thank you! {tracking_url}"),
    }
}

/// Measures a text as it would be sent.
pub fn measure(text: &str) -> SmsSize {
    if let Some(widths) = text.chars().map(septets).collect::<Option<Vec<_>>>() {
        pack(SmsEncoding::Gsm7, &widths, 160, 153)
    } else {
        let widths: Vec<usize> = text.chars().map(char::len_utf16).collect();
        pack(SmsEncoding::Ucs2, &widths, 70, 67)
    }
}

/// Septets of a character; `None`: not in the alphabet.
fn septets(character: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
    const EXTENSION: &str = "\u{c}^{}\\[~]|€";
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

fn pack(encoding: SmsEncoding, widths: &[usize], alone: usize, in_several: usize) -> SmsSize {
    let used = widths.iter().sum();
    if used <= alone {
        return SmsSize { encoding, used, limit: alone, segments: 1 };
    }
    let (mut segments, mut in_segment) = (1, 0);
    for width in widths {
        if in_segment + width > in_several {
            segments += 1;
            in_segment = 0;
        }
        in_segment += width;
    }
    SmsSize { encoding, used, limit: segments * in_several, segments }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> (SmsEncoding, usize, usize, usize) {
        let size = measure(text);
        (size.encoding, size.used, size.limit, size.segments)
    }

    #[test]
    fn every_default_text_is_one_segment() {
        for language in [Language::Uk, Language::En] {
            for notice in [CustomerNotice::Accepted, CustomerNotice::Arrived, CustomerNotice::Completed] {
                let text = text_of(notice, language, "8123 4567 8901 2345", "post.example");
                let size = measure(&text);
                assert_eq!(size.segments, 1, "{text}");
                assert!(text.contains("8123 4567 8901 2345") && text.contains("post.example"), "{text}");
                let expected = if language == Language::Uk { SmsEncoding::Ucs2 } else { SmsEncoding::Gsm7 };
                assert_eq!(size.encoding, expected, "{text}");
            }
        }
        let text = text_of(CustomerNotice::Accepted, Language::Uk, "8123 4567 8901 2345", "post.example");
        assert_eq!(text, "Посилку 8123 4567 8901 2345 прийнято. Стежити: post.example");
        assert_eq!(size(&text), (SmsEncoding::Ucs2, 59, 70, 1));
    }

    #[test]
    fn limits_are_exact() {
        use SmsEncoding::{Gsm7, Ucs2};
        for (text, expected) in [
            (String::new(), (Gsm7, 0, 160, 1)),
            ("a".repeat(160), (Gsm7, 160, 160, 1)),
            ("a".repeat(161), (Gsm7, 161, 306, 2)),
            ("a".repeat(306), (Gsm7, 306, 306, 2)),
            ("a".repeat(307), (Gsm7, 307, 459, 3)),
            ("є".repeat(70), (Ucs2, 70, 70, 1)),
            ("є".repeat(71), (Ucs2, 71, 134, 2)),
            ("є".repeat(135), (Ucs2, 135, 201, 3)),
        ] {
            assert_eq!(size(&text), expected, "{} characters", text.chars().count());
        }
    }

    #[test]
    fn the_extension_table_takes_two_and_is_not_cut() {
        assert_eq!(size("€^{}\\[~]|\u{c}"), (SmsEncoding::Gsm7, 20, 160, 1));
        assert_eq!(size(&"€".repeat(80)), (SmsEncoding::Gsm7, 160, 160, 1));
        // 153 is odd: 76 pairs a segment, one septet stays empty.
        assert_eq!(size(&"€".repeat(153)), (SmsEncoding::Gsm7, 306, 459, 3));
        assert_eq!(size(&format!("{}€", "a".repeat(159))), (SmsEncoding::Gsm7, 161, 306, 2));
    }

    #[test]
    fn one_foreign_character_changes_the_alphabet() {
        assert_eq!(size("Parcel 8123\u{a0}4567").0, SmsEncoding::Ucs2);
        assert_eq!(size("naïve").0, SmsEncoding::Ucs2);
        assert_eq!(size("à la carte, Ñandú"), (SmsEncoding::Ucs2, 17, 70, 1));
        assert_eq!(size("à la carte, Ñandu").0, SmsEncoding::Gsm7);
    }

    #[test]
    fn surrogate_pairs_take_two_and_are_not_cut() {
        assert_eq!(size("📦"), (SmsEncoding::Ucs2, 2, 70, 1));
        assert_eq!(size(&"📦".repeat(35)), (SmsEncoding::Ucs2, 70, 70, 1));
        // 67 is odd: 33 pairs a segment.
        assert_eq!(size(&"📦".repeat(67)), (SmsEncoding::Ucs2, 134, 201, 3));
    }

    #[test]
    fn the_whole_gsm_alphabet_is_known() {
        let alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                        abcdefghijklmnopqrstuvwxyzäöñüà";
        assert_eq!(alphabet.chars().count(), 127, "128 without the escape");
        assert_eq!(size(alphabet), (SmsEncoding::Gsm7, 127, 160, 1));
    }
}
