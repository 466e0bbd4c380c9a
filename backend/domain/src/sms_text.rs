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

use crate::{
    language::Language,
    order::CustomerNotice,
    refusal::{Refusal, RefusalCode, RefusalDetail},
    text::clean_text,
};

/// Alphabet of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum SmsEncoding {
    /// The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038).
    Gsm7,
    /// 16 bits a character.
    Ucs2,
}

/// How much of SMS a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
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

/// Stands for the TTN in a template.
pub const TTN: &str = "{ttn}";
/// Stands for the address of the tracking page in a template.
pub const URL: &str = "{url}";
/// Longest template in characters, whatever its segments.
pub const MAX_TEMPLATE: usize = 480;
/// A TTN as it stands in texts: what a template is measured with.
pub const SAMPLE_TTN: &str = "8123 4567 8901 2345";

/// The template that tells a customer about a parcel until an admin writes another one.
pub const fn default_template(notice: CustomerNotice, language: Language) -> &'static str {
    match (language, notice) {
        (Language::Uk, CustomerNotice::Accepted) => "Посилку {ttn} прийнято. Стежити: {url}",
        (Language::Uk, CustomerNotice::Arrived) => "Посилка {ttn} прибула. Деталі: {url}",
        (Language::Uk, CustomerNotice::Completed) => "Посилку {ttn} вручено. Дякуємо! {url}",
        (Language::En, CustomerNotice::Accepted) => "Parcel {ttn} accepted. Track it: {url}",
        (Language::En, CustomerNotice::Arrived) => "Parcel {ttn} has arrived. Details: {url}",
        (Language::En, CustomerNotice::Completed) => "Parcel {ttn} handed over. Thank you! {url}",
    }
}

/// Every text there is.
pub fn texts() -> impl Iterator<Item = (CustomerNotice, Language)> {
    [Language::Uk, Language::En].into_iter().flat_map(|language| {
        [CustomerNotice::Accepted, CustomerNotice::Arrived, CustomerNotice::Completed].map(|notice| (notice, language))
    })
}

/// The text of a template. `ttn` in its groups as a person reads it; they stand apart by ordinary spaces in the text, because a no-break
/// space is not in the GSM alphabet and would halve the room. `tracking_url` without a scheme.
pub fn render(template: &str, ttn: &str, tracking_url: &str) -> String {
    template.replace(TTN, &ttn.replace('\u{a0}', " ")).replace(URL, tracking_url)
}

/// Reads a template as an admin typed it, and says what a text of it takes.
///
/// # Errors
/// - as [`clean_text`]: `empty`, `bad_text`, `too_long`
/// - `unknown_placeholder` with `position`: a brace that is no part of [`TTN`] or [`URL`]
/// - `ttn_missing`: a customer who does not have the parcel yet must get its number
/// - `too_many_segments` with `actual` and `max`: over-long is refused, never cut
pub fn read_template(
    notice: CustomerNotice,
    template: &str,
    tracking_url: &str,
    max_segments: usize,
) -> Result<(String, SmsSize), Refusal> {
    let template = clean_text(template, MAX_TEMPLATE)?;
    // Placeholders of the same length, so that positions stay those of what was typed.
    let bare = template.replace(TTN, "     ").replace(URL, "     ");
    if let Some(position) = bare.chars().position(|character| matches!(character, '{' | '}')) {
        let detail = RefusalDetail { position: u32::try_from(position + 1).ok(), ..RefusalDetail::default() };
        return Err(Refusal { code: RefusalCode::UnknownPlaceholder, detail });
    }
    if notice != CustomerNotice::Completed && !template.contains(TTN) {
        return Err(Refusal::new(RefusalCode::TtnMissing));
    }
    let size = measure(&render(&template, SAMPLE_TTN, tracking_url));
    if size.segments > max_segments {
        let detail = RefusalDetail {
            max: i64::try_from(max_segments).ok(),
            actual: i64::try_from(size.segments).ok(),
            ..RefusalDetail::default()
        };
        return Err(Refusal { code: RefusalCode::TooManySegments, detail });
    }
    Ok((template, size))
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
        for (notice, language) in texts() {
            let template = default_template(notice, language);
            let text = render(template, "8123\u{a0}4567\u{a0}8901\u{a0}2345", "post.example");
            let (read, size) = read_template(notice, template, "post.example", 1).unwrap();
            assert_eq!((read.as_str(), size), (template, measure(&text)));
            assert_eq!(size.segments, 1, "{text}");
            assert!(text.contains("8123 4567 8901 2345") && text.contains("post.example"), "{text}");
            let expected = if language == Language::Uk { SmsEncoding::Ucs2 } else { SmsEncoding::Gsm7 };
            assert_eq!(size.encoding, expected, "{text}");
        }
        let template = default_template(CustomerNotice::Accepted, Language::Uk);
        let text = render(template, SAMPLE_TTN, "post.example");
        assert_eq!(text, "Посилку 8123 4567 8901 2345 прийнято. Стежити: post.example");
        assert_eq!(size(&text), (SmsEncoding::Ucs2, 59, 70, 1));
    }

    #[test]
    fn a_template_that_would_mislead_or_not_fit_is_refused() {
        let read = |notice, template: &str| {
            read_template(notice, template, "post.example", 1).map_err(|refusal| (refusal.code, refusal.detail))
        };
        let position = |position| RefusalDetail { position: Some(position), ..RefusalDetail::default() };
        let accepted = CustomerNotice::Accepted;
        for (template, at) in [("{ttn} {name}", 7), ("{ttn} }", 7), ("{TTN}", 1), ("{{ttn}}", 1), ("Ой {ttn", 4)] {
            assert_eq!(read(accepted, template), Err((RefusalCode::UnknownPlaceholder, position(at))), "{template}");
        }
        for notice in [accepted, CustomerNotice::Arrived] {
            assert_eq!(read(notice, "Стежити: {url}").unwrap_err().0, RefusalCode::TtnMissing);
        }
        assert!(read(CustomerNotice::Completed, " Дякуємо! ").is_ok_and(|(text, _)| text == "Дякуємо!"));
        assert_eq!(read(accepted, " ").unwrap_err().0, RefusalCode::Empty);
        assert_eq!(read(accepted, "{ttn}\u{202e}").unwrap_err().0, RefusalCode::BadText);
        assert_eq!(read(accepted, &"a".repeat(MAX_TEMPLATE + 1)).unwrap_err().0, RefusalCode::TooLong);
        // 19 of the TTN and 51 others are exactly one segment.
        assert_eq!(read(accepted, &format!("{{ttn}}{}", "є".repeat(51))).unwrap().1.used, 70);
        let (code, detail) = read(accepted, &format!("{{ttn}}{}", "є".repeat(52))).unwrap_err();
        assert_eq!((code, detail.actual, detail.max), (RefusalCode::TooManySegments, Some(2), Some(1)));
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
