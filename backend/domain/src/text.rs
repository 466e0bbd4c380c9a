//! Text from outside: what is refused, and how texts are compared. Source of the rules: "Fields" in docs/BAD-INPUT.md.

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick, is_nfkc_quick};
use unicode_segmentation::UnicodeSegmentation;

use crate::refusal::{Refusal, RefusalCode, RefusalDetail};

/// Longest single-line text in bytes, whatever its limit in characters.
pub const MAX_TEXT_BYTES: usize = 1024;
/// Most combining marks on one base character. Real scripts need at most 4.
const MAX_MARKS: usize = 4;
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// Reads a single-line text: NFC, outer white space cut off.
///
/// # Errors
/// - `too_long` with `max`, in grapheme clusters
/// - `bad_text` with `position` (characters, from 1): control, bidi or tag characters, zero-width characters outside emoji, line breaks, NUL,
///   more than four combining marks on one base, private use and unassigned plane ends
/// - `empty`
pub fn clean_text(input: &str, max_graphemes: usize) -> Result<String, Refusal> {
    let too_long = || Refusal {
        code: RefusalCode::TooLong,
        detail: RefusalDetail { max: i64::try_from(max_graphemes).ok(), ..RefusalDetail::default() },
    };
    // Before any walk over it: a text of 10 MB costs one comparison. Outer spaces count, nobody types 4 KiB of them.
    if input.len() > 4 * MAX_TEXT_BYTES {
        return Err(too_long());
    }
    if let Some(position) = first_forbidden(input) {
        return Err(Refusal {
            code: RefusalCode::BadText,
            detail: RefusalDetail { position: u32::try_from(position + 1).ok(), ..RefusalDetail::default() },
        });
    }
    let text: String = input.trim().nfc().collect();
    if text.is_empty() {
        return Err(Refusal::new(RefusalCode::Empty));
    }
    if text.len() > MAX_TEXT_BYTES || text.graphemes(true).count() > max_graphemes {
        return Err(too_long());
    }
    Ok(text)
}

/// Position (in characters, from 0) of the first character that has no place in a text of ours.
fn first_forbidden(input: &str) -> Option<usize> {
    let mut marks = 0;
    let mut before = None;
    for (position, character) in input.chars().enumerate() {
        if is_combining_mark(character) {
            marks += 1;
            if marks > MAX_MARKS {
                return Some(position);
            }
        } else {
            marks = 0;
        }
        let joins_emoji = character == ZERO_WIDTH_JOINER && before.is_some_and(is_emoji_like);
        if is_forbidden(character) && !joins_emoji {
            return Some(position);
        }
        before = Some(character);
    }
    None
}

/// What may stand before a zero-width joiner: emoji, their variation selector and their skin tones.
fn is_emoji_like(character: char) -> bool {
    matches!(u32::from(character), 0x2190..=0x2bff | 0xfe0f | 0x1f000..=0x1faff)
}

fn is_forbidden(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0x00ad                              // soft hyphen
            | 0x034f | 0x061c | 0x180e          // joiners and marks without a shape
            | 0x200b..=0x200f                   // zero-width and direction marks
            | 0x2028..=0x202e                   // line and paragraph separators, bidi embedding
            | 0x2060..=0x206f                   // invisible operators, bidi isolates
            | 0x3164 | 0x115f | 0x1160 | 0xffa0 // Hangul fillers: letters that show nothing
            | 0xfeff | 0xfff9..=0xffff          // byte order mark, interlinear marks, replacement and non-characters
            | 0xe000..=0xf8ff                   // private use
            | 0xe0000..=0x0010_ffff) // tags, variation supplements, private planes
}

/// The form in which texts are searched and compared: NFKC, lower case, one kind of apostrophe, single spaces.
pub fn fold_for_search(text: &str) -> String {
    let lower = lower_case(text);
    let mut folded = String::with_capacity(lower.len());
    for word in lower.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().map(|character| match character {
            '’' | 'ʼ' | '‘' | '`' | '´' | '′' => '\'',
            other => other,
        }));
    }
    folded
}

/// Letters that are a whole in themselves in every normal form, and whose small letters are too: ASCII, and the Cyrillic of Ukrainian and its
/// neighbours. A text of these needs no look at the tables.
const fn is_plain(character: char) -> bool {
    character.is_ascii()
        || matches!(character, 'Ё' | 'Є' | 'І' | 'Ї' | 'Ў' | 'А'..='я' | 'ё' | 'є' | 'і' | 'ї' | 'ў' | 'Ґ' | 'ґ')
}

/// Lower case in NFKC. Nearly every text is in that form already, and telling so costs a tenth of making it so.
fn lower_case(text: &str) -> String {
    if text.chars().all(is_plain) {
        return text.chars().flat_map(char::to_lowercase).collect();
    }
    let lower: String = if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().flat_map(char::to_lowercase).collect()
    } else {
        text.nfkc().flat_map(char::to_lowercase).collect()
    };
    // A letter may fall into two when it becomes small.
    if is_nfc_quick(lower.chars()) == IsNormalized::Yes { lower } else { lower.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_letters_are_whole_in_every_form_and_so_are_their_small_ones() {
        for letter in ('\0'..=char::MAX).filter(|letter| is_plain(*letter)) {
            let small: String = letter.to_lowercase().collect();
            assert_eq!(small.nfkc().collect::<String>(), small, "{letter:?}");
            assert_eq!(
                letter.to_string().nfkc().flat_map(char::to_lowercase).nfc().collect::<String>(),
                small,
                "{letter:?}"
            );
            // Nothing before it joins with it.
            assert!(is_nfkc_quick(['а', letter].into_iter()) == IsNormalized::Yes, "{letter:?}");
        }
    }

    fn position(input: &str) -> Option<u32> {
        clean_text(input, 200).unwrap_err().detail.position
    }

    #[test]
    fn forbidden_characters_are_refused_with_their_position() {
        for bad in [
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{200d}",
            "\u{e0041}",
            "\0",
            "\u{1b}",
            "\u{85}",
            "\r",
            "\n ERROR",
            "\u{feff}",
        ] {
            assert_eq!(position(&format!("аб{bad}в")), Some(3), "{bad:?}");
        }
    }

    #[test]
    fn marks_are_bounded_and_emoji_pass() {
        assert_eq!(position(&format!("a{}", "\u{301}".repeat(500))), Some(6));
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(clean_text(family, 200).as_deref(), Ok(family));
        assert_eq!(clean_text(&family.repeat(200), 200).map_err(|r| r.code), Err(RefusalCode::TooLong));
    }

    #[test]
    fn length_is_counted_in_graphemes_after_trimming() {
        assert_eq!(clean_text("  Мед  ", 3).as_deref(), Ok("Мед"));
        assert_eq!(clean_text("Меди", 3).map_err(|r| r.detail.max), Err(Some(3)));
        assert_eq!(clean_text(&"x".repeat(10_000_000), 200).map_err(|r| r.code), Err(RefusalCode::TooLong));
        assert_eq!(clean_text("   ", 3).map_err(|r| r.code), Err(RefusalCode::Empty));
    }

    #[test]
    fn stored_composed_and_found_in_any_form() {
        let decomposed = "Хар\u{43a}\u{456}\u{308}в";
        assert_eq!(clean_text(decomposed, 200).unwrap(), "Харкїв");
        assert_eq!(fold_for_search("  КАМ’ЯНЕЦЬ \u{a0} ２ "), "кам'янець 2");
    }

    proptest::proptest! {
        /// Ukrainian and Latin letters, signs that are not normal, and anything.
        #[test]
        fn the_short_way_leads_where_the_long_one_does(text in "[а-яА-ЯіїєґІЇЄҐA-Za-z ’\u{301}\u{306}\u{308}İŁĳ２ﬁÅ]{0,20}|.{0,20}") {
            let long: String = text.nfkc().flat_map(char::to_lowercase).nfc().collect();
            proptest::prop_assert_eq!(lower_case(&text), long);
        }
    }

    #[test]
    fn markup_and_sql_are_plain_text() {
        for text in ["'; DROP TABLE orders; --", "<script>alert(1)</script>", "{{7*7}}", "javascript:alert(1)", "=1+1"]
        {
            assert_eq!(clean_text(text, 200).as_deref(), Ok(text));
        }
    }
}
