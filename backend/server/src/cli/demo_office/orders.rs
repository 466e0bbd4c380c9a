//! Plausible orders: the same for the same number, so that every demo looks alike.

use postoffice_domain::{
    cargo::{CargoItemDraft, Quantity},
    language::Language,
    location::Location,
    order::{OrderCommand, OrderDraft, Payer},
    party::PartyDraft,
    people::Branch,
    phone::{Phone, PhoneUse},
    refusal::Refusal,
    ttn::Ttn,
};

const THINGS: [&str; 24] = [
    "Документи",
    "Кераміка, крихке",
    "Зимове пальто",
    "Книги, 2 коробки",
    "Ноутбук",
    "Швейна машинка",
    "Мед, 3 банки",
    "Вишиванка",
    "Велосипедне колесо",
    "Чохол для телефону",
    "Дитяче взуття",
    "Кава в зернах",
    "Насіння",
    "Тонер для принтера",
    "Настільна гра",
    "Іграшки",
    "Настільна лампа",
    "Запчастини",
    "Ліки",
    "Посуд, крихке",
    "Саджанці",
    "Гітара",
    "Фарби й пензлі",
    "Фотоальбом",
];
const NAMES: [&str; 16] = [
    "Оксана Коваль",
    "Марко Дячук",
    "Тетяна Яремко",
    "Ірина Ґалаґан",
    "Петро Савчук",
    "Наталя Бойко",
    "Андрій Мельник",
    "Софія Кравець",
    "Юрій Ткач",
    "Леся Олійник",
    "Богдан Іваненко",
    "Галина Шевчук",
    "Остап Лисенко",
    "Дарина Мороз",
    "Роман Поліщук",
    "Зоряна Гнатюк",
];
const PLACES: [(&str, &str); 14] = [
    ("Одеса", "Відділення 12"),
    ("Київ", "вул. Хрещатик, 22"),
    ("Харків", "просп. Науки, 38"),
    ("Івано-Франківськ", "пл. Міцкевича, 8"),
    ("Суми", "Відділення 4"),
    ("Ужгород", "вул. Корзо, 6"),
    ("Луцьк", "просп. Волі, 9"),
    ("Полтава", "вул. Соборна, 17"),
    ("Чернівці", "вул. Головна, 41"),
    ("Дніпро", "просп. Яворницького, 65"),
    ("Рівне", "вул. Соборна, 17"),
    ("Житомир", "вул. Київська, 77"),
    ("Кам’янець-Подільський", "вул. Соборна, 3"),
    ("Вінниця", "вул. Пирогова, 104"),
];
const ON_THE_WAY: [(&str, &str); 4] = [
    ("Вінниця", "Сортувальний центр"),
    ("Київ", "Сортувальний центр"),
    ("Рівне", "Сортувальний центр"),
    ("Тернопіль", "вул. Руська, 30"),
];
/// Length, width, height in millimetres and weight in grams.
const BOXES: [(i64, i64, i64, i64); 6] = [
    (320, 240, 10, 240),
    (170, 120, 90, 620),
    (230, 160, 100, 1_550),
    (300, 200, 150, 1_850),
    (400, 300, 200, 5_400),
    (600, 350, 300, 11_200),
];

fn pick<T: Copy>(list: &[T], number: u32, salt: u32) -> T {
    // A multiplicative hash spreads neighbours over the list.
    let spread = number.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 8;
    list[spread as usize % list.len()]
}

/// Order `number`, registered at `branch`, and where it goes.
pub(super) fn draft(number: u32, branch: &Branch) -> (OrderDraft, Location) {
    let (city, street) = pick(&PLACES, number, 1);
    let party = |salt: u32, city: &str, street: &str| PartyDraft {
        phone: format!("+38067{:07}", 1_000 + (number * 37 + salt * 4_001) % 9_000),
        name: pick(&NAMES, number, salt).to_owned(),
        city: city.to_owned(),
        street: street.to_owned(),
    };
    let items = 1 + number % 3 / 2;
    let cargo = (0..items)
        .map(|item| {
            let (length, width, height, weight) = pick(&BOXES, number, 7 + item);
            CargoItemDraft {
                length_mm: Quantity::Whole(length),
                width_mm: Quantity::Whole(width),
                height_mm: Quantity::Whole(height),
                weight_g: Quantity::Whole(weight + i64::from(number % 13) * 20),
                declared_minor: Quantity::Whole(i64::from(1 + number % 20) * 10_000),
            }
        })
        .collect();
    let draft = OrderDraft {
        sender: party(2, &branch.location.city, &branch.location.street),
        recipient: party(3, city, street),
        description: pick(&THINGS, number, 4).to_owned(),
        payer: if number.is_multiple_of(4) { Payer::Recipient } else { Payer::Sender },
        language: if number.is_multiple_of(11) { Language::En } else { Language::Uk },
        cargo,
    };
    (draft, Location { city: city.to_owned(), street: street.to_owned() })
}

/// The number that the recipient of an order turned out to have.
pub(super) fn other_phone(ttn: &Ttn) -> Result<Phone, Refusal> {
    let digits = ttn.to_string();
    Phone::parse(&format!("+38050000{}", digits.get(12..).unwrap_or_default()), PhoneUse::SmsRecipient)
}

/// Minutes since the last change of order `number`, which is `age` minutes old. Every third was changed in this shift, whatever its age, so
/// that the top of the list looks like a working day.
pub(super) fn idle_minutes(number: u32, age: i64) -> i64 {
    let rested = age / 2;
    if number.is_multiple_of(3) { (i64::from(number) * 37 % 480 + 2).min(rested) } else { rested }
}

/// What happened to order `number` of `of` since. The last tenth is new.
pub(super) fn life(number: u32, of: u32, to: &Location) -> Vec<OrderCommand> {
    let moved = |place: Location| OrderCommand::ChangeLocation { to: place, note: None };
    let (city, street) = pick(&ON_THE_WAY, number, 5);
    let stop = Location { city: city.to_owned(), street: street.to_owned() };
    let share = number * 100 / of.max(1);
    match share {
        90.. => Vec::new(),
        _ if number % 47 == 11 => {
            vec![OrderCommand::Cancel { reason: Some("Відправник передумав".to_owned()) }]
        }
        60..90 => vec![moved(stop)],
        45..60 => vec![moved(stop), moved(to.clone())],
        _ => vec![moved(stop), moved(to.clone()), OrderCommand::Complete],
    }
}
