//! What a search asks for, what orders are found by, and whether the two fit. Pure; where the terms are kept is [`super::search`]'s business.
//!
//! A term is a letter for its kind and letters or digits: the first letters of a word (`wльв`), a tail of a phone (`p2233`), four digits in a row
//! of a TTN (`t0417`), a branch (`b…`). So no engine needs to look for the beginning or the middle of anything: it looks for whole terms,
//! newest order first, and stops when it has enough.

use postoffice_domain::text::fold_for_search;

/// Digits of a part of a TTN, and the shortest part that is looked for.
const PART: usize = 4;
/// Digits of the longest tail of a phone that is kept: a national number without its zero.
const TAIL: usize = 9;
/// Letters of the beginnings of words that are kept. A single letter is in nearly every order.
const BEGINNINGS: std::ops::RangeInclusive<usize> = 2..=6;
/// Most words of a search that the index is asked about.
const MOST_PARTS: usize = 8;

/// A search as it was understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// All of these.
    Parts(Vec<Part>),
    /// No letter and no digit in it: exactly this.
    Signs(String),
}

/// One thing that is looked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Begin of a word.
    Word(String),
    /// Part of a TTN, tail of a phone, or begin of a word.
    Digits(String),
}

/// The text by which an order is found (`orders.search_text`): TTN, phones, words.
struct Text<'t> {
    ttn: &'t str,
    phones: Vec<&'t str>,
    words: Vec<&'t str>,
}

impl<'t> Text<'t> {
    fn of(text: &'t str) -> Self {
        let mut fields = text.splitn(4, ' ');
        let ttn = fields.next().unwrap_or_default();
        let phones = fields.by_ref().take(2).map(|phone| phone.trim_start_matches('+')).collect();
        Self { ttn, phones, words: words(fields.next().unwrap_or_default()).collect() }
    }

    /// Its words, each once, sorted.
    fn different_words(&self) -> Vec<&'t str> {
        let mut words = self.words.clone();
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// Runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The first letters of a word, as many as there are.
fn beginning(word: &str, letters: usize) -> &str {
    word.char_indices().nth(letters).map_or(word, |(end, _)| &word[..end])
}

fn tail(digits: &str, length: usize) -> &str {
    digits.get(digits.len().saturating_sub(length)..).unwrap_or(digits)
}

/// The term of a branch.
fn of_branch(branch: &str) -> String {
    format!("b{}", super::hex::hex(branch.as_bytes()))
}

/// The terms of an order, with a space between them.
pub(super) fn of_order(search_text: &str, branch: &str) -> String {
    let text = Text::of(search_text);
    let mut terms = of_branch(branch);
    let mut add = |kind: char, rest: &str| {
        terms.push(' ');
        terms.push(kind);
        terms.push_str(rest);
    };
    for part in parts(text.ttn) {
        add('t', part);
    }
    for phone in &text.phones {
        for length in PART..=TAIL.min(phone.len()) {
            add('p', tail(phone, length));
        }
    }
    for word in text.different_words() {
        let letters = word.chars().count();
        for length in BEGINNINGS.take_while(|length| *length <= letters) {
            add('w', beginning(word, length));
        }
    }
    terms
}

/// Whether an order is found by the same terms as before.
pub(super) fn are_same(before: &str, now: &str) -> bool {
    let (one, other) = (Text::of(before), Text::of(now));
    before == now
        || (one.ttn, &one.phones) == (other.ttn, &other.phones) && one.different_words() == other.different_words()
}

/// Every four digits in a row.
fn parts(digits: &str) -> impl Iterator<Item = &str> {
    (0..=digits.len().saturating_sub(PART)).filter_map(|at| digits.get(at..at + PART))
}

impl Search {
    /// Reads what somebody typed; `None` when it is empty. Digits in any spacing belong together.
    pub(super) fn read(typed: &str) -> Option<Self> {
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

    /// Whether the order with this text is one of those.
    pub(super) fn fits(&self, search_text: &str) -> bool {
        match self {
            Self::Signs(signs) => search_text.contains(signs),
            Self::Parts(parts) => {
                let text = Text::of(search_text);
                parts.iter().all(|part| part.fits(&text))
            }
        }
    }

    /// The terms that every order that fits has, as the index is asked for them; `None` when there are none, which is asked of every order.
    /// More orders than those may have them. With a `branch`, only those of its orders.
    pub(super) fn terms(&self, branch: Option<&str>, words: &Words) -> Option<String> {
        let branch = branch.map(|branch| words.quoted(&of_branch(branch)));
        let parts = match self {
            Self::Parts(parts) => parts.iter().take(MOST_PARTS).filter_map(|part| part.terms(words)).collect(),
            Self::Signs(_) => Vec::new(),
        };
        let all: Vec<String> = branch.into_iter().chain(parts).collect();
        (!all.is_empty()).then(|| all.join(words.and))
    }
}

impl Part {
    fn of(word: &str) -> Self {
        if word.len() >= PART && word.chars().all(|c| c.is_ascii_digit()) {
            Self::Digits(word.to_owned())
        } else {
            Self::Word(word.to_owned())
        }
    }

    fn fits(&self, text: &Text<'_>) -> bool {
        let begins = |wanted: &str| text.words.iter().any(|word| word.starts_with(wanted));
        match self {
            Self::Word(word) => begins(word),
            Self::Digits(digits) => {
                text.ttn.contains(digits)
                    || text.phones.iter().any(|phone| phone.ends_with(national(digits)))
                    || begins(digits)
            }
        }
    }

    fn terms(&self, words: &Words) -> Option<String> {
        let word = |word: &str| words.quoted(&format!("w{}", beginning(word, *BEGINNINGS.end())));
        match self {
            Self::Word(typed) => (typed.chars().count() >= *BEGINNINGS.start()).then(|| word(typed)),
            Self::Digits(digits) => {
                let of_ttn: Vec<String> = parts(digits).map(|part| words.quoted(&format!("t{part}"))).collect();
                let of_phone = words.quoted(&format!("p{}", tail(national(digits), TAIL)));
                Some(format!("({of_phone}{or}{}{or}({}))", word(digits), of_ttn.join(words.and), or = words.or))
            }
        }
    }
}

/// Digits of a phone without the zero that stands before them inside the country.
fn national(digits: &str) -> &str {
    if digits.len() == TAIL + 1 { digits.strip_prefix('0').unwrap_or(digits) } else { digits }
}

/// How an engine writes what it is asked for.
pub(super) struct Words {
    pub and: &'static str,
    pub or: &'static str,
    pub quote: char,
}

impl Words {
    /// Terms are letters and digits: there is nothing in them that ends a quotation.
    fn quoted(&self, term: &str) -> String {
        format!("{quote}{term}{quote}", quote = self.quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1234567890123456 +380671234567 +380509876543 кам'яна сіль 25 кг олена ковальчук київ львів";
    const FTS: Words = Words { and: " AND ", or: " OR ", quote: '"' };

    fn fits(typed: &str) -> bool {
        Search::read(typed).unwrap().fits(TEXT)
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

    #[test]
    fn a_change_that_changes_no_term_is_known() {
        assert!(are_same(TEXT, TEXT));
        assert!(are_same(TEXT, &TEXT.replace("київ львів", "львів київ київ")));
        assert!(!are_same(TEXT, &TEXT.replace("львів", "яремче")));
        assert!(!are_same(TEXT, &TEXT.replace("+38050", "+38051")));
    }

    #[test]
    fn an_index_is_asked_for_terms_that_what_fits_has() {
        let has = of_order(TEXT, "lviv-3");
        let has: Vec<&str> = has.split(' ').collect();
        assert!(has.len() < 80, "{} terms", has.len());
        let asked = |typed: &str, branch| Search::read(typed).unwrap().terms(branch, &FTS);
        assert_eq!(asked("к", None), None);
        assert_eq!(asked("%", None), None);
        assert_eq!(asked("Ковальчук Ки", None).as_deref(), Some("\"wковаль\" AND \"wки\""));
        assert_eq!(asked("45 678", None).as_deref(), Some("(\"p45678\" OR \"w45678\" OR (\"t4567\" AND \"t5678\"))"));
        assert_eq!(asked("25", Some("lviv-3")).as_deref(), Some("\"b6c7669762d33\" AND \"w25\""));
        assert!(asked("0671234567", None).unwrap().starts_with("(\"p671234567\" OR"));
        for term in ["wковаль", "wки", "p34567", "p671234567", "p4567", "t4567", "t5678", "w25", "b6c7669762d33"]
        {
            assert!(has.contains(&term), "{term}");
        }
    }
}
