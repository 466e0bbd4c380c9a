//! Which passwords are taken: long ones, not the common ones, not made of the office's own words. No composition rules.

use postoffice_domain::refusal::{FieldRefusal, Refusal, RefusalCode, RefusalDetail};
use postoffice_protocol::session::Password;
use unicode_normalization::UnicodeNormalization;

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 15;
/// Most characters of a password.
pub const MAX_CHARS: usize = 256;
/// Characters that must be left when the office's own words are taken out.
const MIN_CHARS_OF_OWN: usize = 8;
/// Fewest different characters.
const MIN_DIFFERENT: usize = 5;

/// Common passwords of 15 characters or more, folded, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// Checks a new password. `own_words`: login, name, office and branch, which must not make up most of it.
///
/// # Errors
/// A refusal of the field `password`; `detail.reason` is `too_short`, `too_long`, `repetitive`, `common` or `own_words`.
pub fn check(password: &Password, own_words: &[&str]) -> Result<(), FieldRefusal> {
    let folded = fold(&password.0);
    let chars = folded.chars().count();
    let reason = if chars < MIN_CHARS {
        "too_short"
    } else if chars > MAX_CHARS {
        "too_long"
    } else if is_repetitive(&folded) {
        "repetitive"
    } else if COMMON.lines().any(|common| common == folded) {
        "common"
    } else if without_own_words(&folded, own_words).chars().count() < MIN_CHARS_OF_OWN {
        "own_words"
    } else {
        return Ok(());
    };
    let detail = RefusalDetail {
        min: i64::try_from(MIN_CHARS).ok(),
        max: i64::try_from(MAX_CHARS).ok(),
        reason: Some(reason.to_owned()),
        ..RefusalDetail::default()
    };
    Err(Refusal { code: RefusalCode::BadText, detail }.at("password"))
}

fn fold(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase()
}

/// Few different characters, or a short piece over and over.
fn is_repetitive(folded: &str) -> bool {
    let chars: Vec<char> = folded.chars().collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let repeats = |period: usize| chars.iter().skip(period).zip(&chars).all(|(later, earlier)| later == earlier);
    different.len() < MIN_DIFFERENT || (1..=chars.len() / 2).any(repeats)
}

fn without_own_words(folded: &str, own_words: &[&str]) -> String {
    let mut rest = folded.to_owned();
    let words = own_words
        .iter()
        .flat_map(|words| fold(words).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>());
    for word in words.chain(["postoffice".to_owned(), "пошта".to_owned(), "password".to_owned(), "пароль".to_owned()])
    {
        if word.chars().count() >= 4 {
            rest = rest.replace(&word, "");
        }
    }
    rest.retain(char::is_alphanumeric);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(password: &str) -> Option<String> {
        check(&Password(password.to_owned()), &["olena.k", "Олена Ковальчук", "Львів 3"])
            .err()
            .and_then(|refusal| refusal.detail.reason)
    }

    #[test]
    fn long_and_own_is_good() {
        assert_eq!(reason("correct horse battery staple"), None);
        assert_eq!(reason("три кити під мостом"), None);
        assert_eq!(
            reason(&"пів слова і ще половина ".repeat(10).chars().rev().skip(7).collect::<String>()[..]),
            Some("repetitive".to_owned())
        );
        assert_eq!(
            reason("Zq7-vlt3 mkk0 pwe9 xx41 nniu 8s2a bhet 0q9c ppzd 77fy lowu 3kd0 a"),
            None,
            "64 and more are welcome"
        );
    }

    #[test]
    fn what_is_refused_and_why() {
        assert_eq!(reason("short").as_deref(), Some("too_short"));
        assert_eq!(reason("чотирнадцять1!").as_deref(), Some("too_short"));
        assert_eq!(reason(&"x7 ".repeat(100)).as_deref(), Some("too_long"));
        assert_eq!(reason("aaaaaaaaaaaaaaaaaaaa").as_deref(), Some("repetitive"));
        assert_eq!(reason("abcdefgabcdefgabcdefg").as_deref(), Some("repetitive"));
        assert_eq!(reason("QWERTYUIOPASDFGHJKL").as_deref(), Some("common"));
        assert_eq!(reason("Олена Ковальчук 1985").as_deref(), Some("own_words"));
        assert_eq!(reason("PostOffice Password 1").as_deref(), Some("own_words"));
    }
}
