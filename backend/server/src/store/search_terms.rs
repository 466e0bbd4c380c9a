//! What orders are found by in an index, and what it is asked for. Pure; where the terms are kept is [`super::search`]'s business, and whether an
//! order that has them fits indeed [`postoffice_domain::search`]'s.
//!
//! A term is a letter for its kind and letters or digits: the first letters of a word (`wльв`), a tail of a phone (`p2233`), four digits in a row
//! of a TTN (`t0417`), a branch (`b…`). So no engine needs to look for the beginning or the middle of anything: it looks for whole terms,
//! newest order first, and stops when it has enough.

use postoffice_domain::search::{FEWEST_DIGITS, NATIONAL_DIGITS, Part, Search, Searched, national, words};

/// Letters of the beginnings of words that are kept. A single letter is in nearly every order; long ones tell `Олександрія` from everybody whose
/// name is Олександр, of whom there are more than a search looks at.
const BEGINNINGS: [usize; 7] = [2, 3, 4, 5, 6, 8, 10];
/// Most words of a search that the index is asked about.
const MOST_PARTS: usize = 8;

/// An order as its line in `orders.search_text` says it: TTN, two phones, words.
pub(super) fn searched(search_text: &str) -> Searched<'_> {
    let mut fields = search_text.splitn(4, ' ');
    let ttn = fields.next().unwrap_or_default();
    let phones = fields.by_ref().take(2).collect();
    Searched { ttn, phones, text: fields.next().unwrap_or_default() }
}

/// Its words, each once, sorted.
fn different_words<'t>(order: &Searched<'t>) -> Vec<&'t str> {
    let mut words: Vec<&str> = words(order.text).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The first letters of a word, as many as there are.
fn beginning(word: &str, letters: usize) -> &str {
    word.char_indices().nth(letters).map_or(word, |(end, _)| &word[..end])
}

/// The beginnings of a word that are kept, the longest last.
fn kept_beginnings(word: &str) -> impl Iterator<Item = &str> {
    let letters = word.chars().count();
    BEGINNINGS.into_iter().take_while(move |length| *length <= letters).map(|length| beginning(word, length))
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
    let order = searched(search_text);
    let mut terms = of_branch(branch);
    let mut add = |kind: char, rest: &str| {
        terms.push(' ');
        terms.push(kind);
        terms.push_str(rest);
    };
    for part in parts(order.ttn) {
        add('t', part);
    }
    for phone in order.phones.iter().map(|phone| phone.trim_start_matches('+')) {
        for length in FEWEST_DIGITS..=NATIONAL_DIGITS.min(phone.len()) {
            add('p', tail(phone, length));
        }
    }
    for word in different_words(&order) {
        for kept in kept_beginnings(word) {
            add('w', kept);
        }
    }
    terms
}

/// Whether an order is found by the same terms as before.
pub(super) fn are_same(before: &str, now: &str) -> bool {
    let (one, other) = (searched(before), searched(now));
    before == now
        || (one.ttn, &one.phones) == (other.ttn, &other.phones) && different_words(&one) == different_words(&other)
}

/// Every four digits in a row.
fn parts(digits: &str) -> impl Iterator<Item = &str> {
    (0..=digits.len().saturating_sub(FEWEST_DIGITS)).filter_map(|at| digits.get(at..at + FEWEST_DIGITS))
}

/// Four digits in a row from four to four, and the last four: as few as have all digits among them. Each more is looked up once more in every piece of
/// an index, and what it would keep out is a TTN that has the same fours and not the whole.
fn covering(digits: &str) -> impl Iterator<Item = &str> {
    let last = digits.len().saturating_sub(FEWEST_DIGITS);
    (0..last).step_by(FEWEST_DIGITS).chain([last]).filter_map(|at| digits.get(at..at + FEWEST_DIGITS))
}

/// One thing that is looked for.
pub(super) struct Wanted {
    /// The terms that every order that fits has, as the index is asked for them. More orders than those may have them.
    pub terms: String,
    /// What every order that fits shows by itself.
    pub shown: Shown,
}

/// What an order itself shows, where the index is not asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Its branch is this.
    Branch(String),
    /// This is somewhere in its `search_text`.
    Text(String),
}

/// What an index is asked for. Nothing, when every order has what is looked for. With a `branch`, only those of its orders.
pub(super) fn of_search(search: &Search, branch: Option<&str>, words: &Words) -> Vec<Wanted> {
    let branch = branch
        .map(|branch| Wanted { terms: words.quoted(&of_branch(branch)), shown: Shown::Branch(branch.to_owned()) });
    let parts = match search {
        Search::Parts(parts) => parts.iter().take(MOST_PARTS).filter_map(|part| of_part(part, words)).collect(),
        Search::Signs(_) => Vec::new(),
    };
    branch.into_iter().chain(parts).collect()
}

fn of_part(part: &Part, words: &Words) -> Option<Wanted> {
    let of_word = |word: &str| kept_beginnings(word).last().map(|kept| words.quoted(&format!("w{kept}")));
    match part {
        Part::Word(word) => of_word(word).map(|terms| Wanted { terms, shown: Shown::Text(word.clone()) }),
        Part::Digits(digits) => {
            let of_phone = words.quoted(&format!("p{}", tail(national(digits), NATIONAL_DIGITS)));
            let of_ttn: Vec<String> = covering(digits).map(|part| words.quoted(&format!("t{part}"))).collect();
            let of_ttn = format!("({})", of_ttn.join(words.and));
            let any: Vec<String> = std::iter::once(of_phone).chain(of_word(digits)).chain([of_ttn]).collect();
            let terms = format!("({})", any.join(words.or));
            Some(Wanted { terms, shown: Shown::Text(national(digits).to_owned()) })
        }
    }
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
        let asked = |typed: &str, branch| {
            let wanted = of_search(&Search::read(typed).unwrap(), branch, &FTS);
            wanted.into_iter().map(|wanted| wanted.terms).collect::<Vec<_>>()
        };
        assert_eq!(asked("к", None), [""; 0]);
        assert_eq!(asked("%", None), [""; 0]);
        assert_eq!(asked("Ковальчук Ки", None), ["\"wковальчу\"", "\"wки\""]);
        assert_eq!(asked("Олександрія", None), ["\"wолександрі\""]);
        assert_eq!(asked("45 678", None), ["(\"p45678\" OR \"w45678\" OR (\"t4567\" AND \"t5678\"))"]);
        assert_eq!(asked("25", Some("lviv-3")), ["\"b6c7669762d33\"", "\"w25\""]);
        assert!(asked("0671234567", None)[0].starts_with("(\"p671234567\" OR"));
        assert!(asked("12345678", None)[0].ends_with("(\"t1234\" AND \"t5678\"))"));
        assert!(asked("1234567890", None)[0].ends_with("(\"t1234\" AND \"t5678\" AND \"t7890\"))"));
        for term in
            ["wковаль", "wковальчу", "wки", "p34567", "p671234567", "p4567", "t4567", "t5678", "w25", "b6c7669762d33"]
        {
            assert!(has.contains(&term), "{term}");
        }
    }

    #[test]
    fn what_fits_shows_what_was_looked_for() {
        for typed in ["Ковальчук Ки", "кам'яна", "25", "1234 5678", "067 123-45-67", "+38 050 987 65 43", "олена 6543"]
        {
            let search = Search::read(typed).unwrap();
            assert!(search.fits(&searched(TEXT)), "{typed}");
            for Wanted { shown, .. } in of_search(&search, None, &FTS) {
                assert!(matches!(&shown, Shown::Text(text) if TEXT.contains(text)), "{typed}: {shown:?}");
            }
        }
        let branch = of_search(&Search::read("25").unwrap(), Some("lviv-3"), &FTS).remove(0).shown;
        assert_eq!(branch, Shown::Branch("lviv-3".to_owned()));
    }
}
