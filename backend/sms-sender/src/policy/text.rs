//! The text of a message, measured before it is sent. It was written where the order is.

use postoffice_domain::sms_text::{SmsEncoding, measure};

/// A text that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FitText {
    /// The text.
    pub text: String,
    /// Whether it has characters outside the GSM alphabet.
    pub is_ucs2: bool,
    /// Segments it takes.
    pub segments: u16,
}

/// The text takes more segments than allowed: not sent, never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text takes {segments} segments, {allowed} are allowed")]
pub struct TooLong {
    /// What it takes.
    pub segments: usize,
    /// What is allowed.
    pub allowed: usize,
}

/// Measures the text of a message.
///
/// # Errors
/// It is too long.
pub fn fit(text: &str, max_segments: usize) -> Result<FitText, TooLong> {
    let size = measure(text);
    let too_long = TooLong { segments: size.segments, allowed: max_segments };
    if size.segments > max_segments {
        return Err(too_long);
    }
    let segments = u16::try_from(size.segments).map_err(|_| too_long)?;
    Ok(FitText { text: text.to_owned(), is_ucs2: size.encoding == SmsEncoding::Ucs2, segments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_the_smallest_that_holds_the_text() {
        let english = fit("Parcel 8123 4567 8901 2345 accepted. Track it: post.example", 1).unwrap();
        assert!(!english.is_ucs2 && english.segments == 1, "{english:?}");
        let ukrainian = fit("Посилку 8123 4567 8901 2345 прийнято. Стежити: post.example", 1).unwrap();
        assert!(ukrainian.is_ucs2 && ukrainian.segments == 1, "{ukrainian:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let long = "ї".repeat(71);
        assert_eq!(fit(&long, 1), Err(TooLong { segments: 2, allowed: 1 }));
        let whole = fit(&long, 2).unwrap();
        assert_eq!((whole.segments, whole.text), (2, long));
    }
}
