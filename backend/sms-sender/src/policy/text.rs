//! The text of a message, measured before it is sent.

use postoffice_domain::{
    language::Language,
    order::CustomerNotice,
    sms_text::{measure, text_of},
    ttn::Ttn,
};
use postoffice_protocol::stream::Notify;

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

/// Writes the text of a message.
///
/// # Errors
/// It is too long.
pub fn compose(notify: &Notify, ttn: &Ttn, tracking_url: &str, max_segments: usize) -> Result<FitText, TooLong> {
    let text = wording(notify.notice, notify.language, &ttn.grouped(), tracking_url);
    let size = measure(&text);
    let too_long = TooLong { segments: size.segments, allowed: max_segments };
    if size.segments > max_segments {
        return Err(too_long);
    }
    let segments = u16::try_from(size.segments).map_err(|_| too_long)?;
    Ok(FitText { text, is_ucs2: size.encoding == postoffice_domain::sms_text::SmsEncoding::Ucs2, segments })
}

/// The words. The TTN's groups stand apart by ordinary spaces: a no-break space is not in the GSM alphabet.
pub(crate) fn wording(notice: CustomerNotice, language: Language, grouped_ttn: &str, tracking_url: &str) -> String {
    text_of(notice, language, &grouped_ttn.replace('\u{a0}', " "), tracking_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notify(language: Language) -> Notify {
        let phone = serde_json::from_str("\"+380671234567\"").unwrap();
        Notify { phone, language, notice: CustomerNotice::Accepted }
    }

    #[test]
    fn english_stays_in_the_small_alphabet() {
        let ttn = Ttn::parse(crate::samples::TTN).unwrap();
        let fit = compose(&notify(Language::En), &ttn, "post.example", 1).unwrap();
        assert!(!fit.is_ucs2 && fit.segments == 1, "{fit:?}");
        let fit = compose(&notify(Language::Uk), &ttn, "post.example", 1).unwrap();
        assert!(fit.is_ucs2 && fit.segments == 1, "{fit:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let ttn = Ttn::parse(crate::samples::TTN).unwrap();
        let refused = compose(&notify(Language::Uk), &ttn, &"x".repeat(60), 1);
        assert_eq!(refused, Err(TooLong { segments: 2, allowed: 1 }));
        assert_eq!(compose(&notify(Language::Uk), &ttn, &"x".repeat(60), 2).unwrap().segments, 2);
    }
}
