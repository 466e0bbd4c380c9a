//! The orders of a company of forty branches over years, the same in every run: number by number, made of sums and not of chance.

use std::sync::atomic::{AtomicU64, Ordering};

use postoffice_domain::{entropy::Entropy, ttn::Ttn};

/// The branch whose clerk asks.
pub const BRANCH: &str = "branch-07";
const BRANCHES: u64 = 40;
/// Begin of the history, and what lies between two orders, in milliseconds.
const BEGIN: i64 = 1_600_000_000_000;
const APART: i64 = 15_000;

/// A third of all orders go to the first; the last is nearly nobody's.
const CITIES: [&str; 24] = [
    "Київ",
    "Харків",
    "Одеса",
    "Дніпро",
    "Львів",
    "Запоріжжя",
    "Вінниця",
    "Полтава",
    "Чернігів",
    "Черкаси",
    "Житомир",
    "Суми",
    "Хмельницький",
    "Рівне",
    "Чернівці",
    "Тернопіль",
    "Луцьк",
    "Ужгород",
    "Івано-Франківськ",
    "Кам'янець-Подільський",
    "Біла Церква",
    "Мукачево",
    "Яремче",
    "Славутич",
];
const GOODS: [&str; 20] = [
    "Книжки",
    "Чашки",
    "Взуття",
    "Одяг",
    "Запчастини",
    "Іграшки",
    "Посуд",
    "Ліки",
    "Насіння",
    "Інструменти",
    "Телефон",
    "Документи",
    "Вишиванка",
    "Кава",
    "Мед",
    "Ялинкові прикраси",
    "Велосипед",
    "Гітара",
    "Ліхтар",
    "Ґудзики",
];
const KINDS: [&str; 10] =
    ["нові", "уживані", "дитячі", "крихкі", "подарунок", "для дому", "зимові", "шкільні", "на ремонт", "зразки"];
const NAMES: [&str; 12] = [
    "Олена Ковальчук",
    "Іван Шевченко",
    "Марія Бондар",
    "Петро Мельник",
    "Оксана Ткачук",
    "Андрій Коваль",
    "Наталія Савчук",
    "Юрій Лисенко",
    "Ірина Поліщук",
    "Сергій Мороз",
    "Тетяна Гнатюк",
    "Василь Кравець",
];

/// An order as it stands in the table.
pub struct Row {
    pub ttn: String,
    pub status: u8,
    pub description: String,
    pub city: &'static str,
    pub street: String,
    pub recipient_city: &'static str,
    pub branch: String,
    pub registered_at: i64,
    pub updated_at: i64,
    pub sms_state: u8,
    /// National, without the leading zero.
    pub phones: [u64; 2],
    pub names: [&'static str; 2],
}

/// Bits that have nothing to do with each other (splitmix64).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

struct Numbered(AtomicU64);

impl Entropy for Numbered {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = mixed(self.0.fetch_add(1, Ordering::Relaxed)).to_le_bytes()[0];
        }
    }
}

fn one_of<T: Copy>(all: &[T], bits: u64) -> T {
    let count = u64::try_from(all.len()).expect("few");
    all[usize::try_from(bits % count).expect("few")]
}

/// A low place more often than a high one.
fn rather_early(all: &[&'static str], bits: u64) -> &'static str {
    let count = u64::try_from(all.len()).expect("few");
    let (one, other) = (bits % count, (bits >> 16) % count);
    all[usize::try_from(one * other * ((bits >> 32) % count) / count / count).expect("few")]
}

/// Order `number` of a history of `total`: the last thirty thousand or, of a small history, a tenth are on their way, the others are done.
pub fn row(number: u64, total: u64) -> Row {
    let bits = mixed(number);
    let open = total - number <= (total / 10).min(30_000);
    let status = match bits % 100 {
        0..=3 => 4,
        _ if !open => 3,
        4..=19 => 0,
        20..=79 => 1,
        _ => 2,
    };
    let registered_at = BEGIN + APART * i64::try_from(number).expect("a count");
    let city = rather_early(&CITIES, mixed(bits));
    let phone =
        |bits: u64| [67, 50, 63, 97, 93][usize::try_from(bits % 5).expect("few")] * 10_000_000 + bits / 5 % 10_000_000;
    Row {
        // Nine digits of a number of its own are enough to be unique, and the drawing is the product's.
        ttn: Ttn::draw(&Numbered(AtomicU64::new(number * 64))).to_string(),
        status,
        description: format!("{} {} {}", one_of(&GOODS, bits >> 8), one_of(&KINDS, bits >> 16), bits >> 24 & 0xff),
        city: if open { rather_early(&CITIES, mixed(bits + 1)) } else { city },
        street: format!("Відділення № {}", bits >> 32 & 0x3f),
        recipient_city: city,
        branch: format!("branch-{:02}", mixed(bits + 2) % BRANCHES),
        registered_at,
        updated_at: registered_at + i64::try_from(mixed(bits + 3) % 400_000_000).expect("days"),
        // Of the open ones a hundredth failed or is unknown; waiting are the newest.
        sms_state: match mixed(bits + 4) % 100 {
            0 => 3,
            1 => 4,
            2 if open => 0,
            _ => 2,
        },
        phones: [phone(mixed(bits + 5)), phone(mixed(bits + 6))],
        names: [one_of(&NAMES, bits >> 40), one_of(&NAMES, bits >> 44)],
    }
}

impl Row {
    /// The columns that the table of orders cannot do without, in the order of [`COLUMNS`].
    pub fn values(&self) -> [String; 17] {
        let place = format!("{}\u{1}{}", self.city.to_lowercase(), self.street.to_lowercase());
        let description = self.description.to_lowercase();
        let search = format!(
            "{} +380{} +380{} {description} {} {} {} {}",
            self.ttn, self.phones[0], self.phones[1], self.names[0], self.names[1], self.city, self.recipient_city
        );
        [
            self.ttn.clone(),
            "{}".to_owned(),
            self.status.to_string(),
            self.description.clone(),
            description,
            self.city.to_owned(),
            self.street.clone(),
            place,
            self.recipient_city.to_owned(),
            self.branch.clone(),
            "2".to_owned(),
            self.registered_at.to_string(),
            self.updated_at.to_string(),
            self.sms_state.to_string(),
            "1".to_owned(),
            "1".to_owned(),
            search.to_lowercase(),
        ]
    }
}

/// See [`Row::values`]. `body` is left empty: no list reads it.
pub const COLUMNS: &str =
    "ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch, station,
    registered_at, updated_at, sms_state, timeline_seq, event_seq, search_text";

/// What a clerk types, by kind: words that a third of all orders have, words of few, and what only one has, all through the history.
pub fn typed(total: u64) -> [(&'static str, Vec<String>); 8] {
    let some = || (0..20).map(move |step| row(step * total / 20, total));
    let digits = |row: &Row, from: usize, to: usize| row.ttn.get(from..to).unwrap_or_default().to_owned();
    let each = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    [
        (
            "part of a TTN, four to sixteen digits",
            some()
                .zip([4, 5, 6, 8, 16].into_iter().cycle())
                .map(|(row, length)| digits(&row, 16 - length, 16))
                .collect(),
        ),
        (
            "part of a TTN, in the middle of it",
            some().zip([4, 5, 6, 7].into_iter().cycle()).map(|(row, length)| digits(&row, 5, 5 + length)).collect(),
        ),
        (
            "tail of a phone, four to nine digits",
            some()
                .zip([4, 5, 7, 9].into_iter().cycle())
                .map(|(row, length)| row.phones[0].to_string().split_off(9 - length))
                .collect(),
        ),
        ("city", each(&["київ", "Львів", "тернопіль", "Івано-Франківськ", "яремче", "славутич"])),
        ("beginning of a city", each(&["ки", "льв", "терн", "кам'ян", "с", "біла ц"])),
        ("words of a description", each(&["книжки дитячі", "ґудзики", "гітара на ремонт", "ліхтар 17", "кава для"])),
        ("city and description", each(&["київ книжки", "львів ялинкові 200", "яремче мед", "славутич гітара 7"])),
        ("nothing that there is", each(&["ніде", "київ ніде", "9999999999", "книжки чашки", "%"])),
    ]
}
