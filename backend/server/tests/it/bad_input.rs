//! The rows of docs/BAD-INPUT.md about fields, over a real socket: a named code under the request's id, the socket kept, nothing stored.

use std::path::Path;

use postoffice_domain::{
    cargo::{MAX_DECLARED_MINOR, MAX_EDGE_MM, MAX_ITEMS, MAX_WEIGHT_G},
    refusal::{FieldRefusal, RefusalCode},
};
use postoffice_protocol::{
    locks::{AcquireLock, LockGranted, LockPurpose},
    orders::{Accepted, ChangeLocation, CommandId, CreateOrder, GetOrder, OrderCreated, OrderDetails, OrderPage},
    problem::ProblemCode,
    session::{Nothing, Office as Described},
};
use serde_json::{Value, json};

use crate::{
    desk::Desk,
    office::Office,
    orders::{command_id, draft, list, outcome_of, register},
    past::Past,
};

/// Everything an order leaves behind.
const TABLES: [&str; 5] = ["orders", "order_events", "commands", "integration_events", "messages"];

/// Rows in all tables of orders, read past the server.
async fn stored_rows(folder: &Path) -> i64 {
    let mut past = Past::the_server_of(folder).await;
    let mut rows = 0;
    for table in TABLES {
        rows += past.number(&format!("SELECT count(*) FROM {table}")).await;
    }
    rows
}

/// Parameters of `orders.create` in which the field at `pointer` (of the order) has another value.
fn with(pointer: &str, value: Value) -> Value {
    let mut params = serde_json::to_value(CreateOrder { command_id: command_id(), order: draft("Кераміка") }).unwrap();
    *params.pointer_mut(&format!("/order{pointer}")).unwrap() = value;
    params
}

/// The one field for which these parameters of `orders.create` are refused.
async fn refused_field(desk: &mut Desk, params: &Value) -> FieldRefusal {
    let problem = desk.ask::<_, OrderCreated>("orders.create", params).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::InvalidFields, "{params}: {problem}");
    assert!(problem.request_id.is_some());
    let [field] = problem.fields.try_into().expect("one bad field, one refusal");
    field
}

#[tokio::test]
async fn a_text_with_a_character_that_has_no_place_in_it_is_refused_at_its_position() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let texts = [
        ("bidirectional override", "ab\u{202e}cd", 3),
        ("bidirectional isolate", "\u{2066}ab", 1),
        ("zero width space", "ab\u{200b}", 3),
        ("zero width joiner without emoji", "а\u{200d}б", 2),
        ("tag character", "ab\u{e0041}", 3),
        ("NUL", "ab\0", 3),
        ("C0", "a\u{1b}[31m", 2),
        ("C1", "a\u{85}b", 2),
        ("lone carriage return", "a\rb", 2),
        ("a line for the log", "a\n ERROR the disk is full", 2),
        ("byte order mark", "\u{feff}a", 1),
        ("private use", "a\u{e000}", 2),
        ("soft hyphen", "a\u{ad}b", 2),
        ("marks without end", &format!("a{}", "\u{301}".repeat(500)), 6),
    ];
    let fields = [
        ("/description", "description"),
        ("/sender/name", "sender.name"),
        ("/sender/street", "sender.street"),
        ("/recipient/name", "recipient.name"),
        ("/recipient/city", "recipient.city"),
    ];
    for (what, text, position) in texts {
        for (pointer, field) in fields {
            let refused = refused_field(&mut desk, &with(pointer, json!(text))).await;
            assert_eq!((refused.field.as_str(), refused.code), (field, RefusalCode::BadText), "{what}");
            assert_eq!(refused.detail.position, Some(position), "{what}");
        }
    }
    assert_eq!(stored_rows(office.folder.path()).await, 0);
    register(&mut desk, "Кераміка").await;
    office.stop().await;
}

#[tokio::test]
async fn a_text_is_measured_as_people_count_and_never_cut() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let family = "👨‍👩‍👧‍👦";
    let rows = [
        ("/description", "я".repeat(201), RefusalCode::TooLong),
        ("/description", "я".repeat(30_000), RefusalCode::TooLong),
        ("/description", family.repeat(200), RefusalCode::TooLong),
        ("/recipient/name", "я".repeat(101), RefusalCode::TooLong),
        ("/sender/city", "я".repeat(61), RefusalCode::TooLong),
        ("/sender/street", "я".repeat(121), RefusalCode::TooLong),
        ("/description", String::new(), RefusalCode::Empty),
        ("/description", " \u{a0}\u{3000} ".to_owned(), RefusalCode::Empty),
        ("/recipient/phone", String::new(), RefusalCode::Empty),
    ];
    for (pointer, text, code) in rows {
        let start: String = text.chars().take(10).collect();
        let refused = refused_field(&mut desk, &with(pointer, json!(text))).await;
        assert_eq!(refused.code, code, "{pointer} {start}");
        assert_eq!(refused.detail.max.is_some(), code == RefusalCode::TooLong);
    }
    assert_eq!(stored_rows(office.folder.path()).await, 0);
    for text in ["я".repeat(200), family.repeat(20)] {
        let created: OrderCreated = desk.ask("orders.create", &with("/description", json!(text))).await.unwrap();
        assert_eq!(created.order.description, text);
    }
    office.stop().await;
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn text_that_is_code_elsewhere_is_stored_and_shown_as_text() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let texts = [
        "'); DROP TABLE orders; --",
        "\" OR \"\"=\"",
        "<img src=x onerror=alert(1)>",
        "{{constructor.constructor('return 1')()}} ${7*7} %s%n",
        "javascript:alert(1)",
        "=HYPERLINK(\"http://evil.example\")",
        "../../etc/passwd",
        "^XA^FDevil^XZ",
        "\\",
        "%",
        "_",
    ];
    for text in texts {
        let mut params = with("/description", json!(text));
        for pointer in ["/sender/name", "/recipient/name", "/sender/street"] {
            *params.pointer_mut(&format!("/order{pointer}")).unwrap() = json!(text);
        }
        let created: OrderCreated = desk.ask("orders.create", &params).await.unwrap();
        let ttn = created.order.ttn;
        let details: OrderDetails = desk.ask("orders.get", &GetOrder { ttn }).await.unwrap();
        assert_eq!(details.order.description, text);
        assert_eq!(details.order.sender.name, text);
        assert_eq!(details.order.sender.location.street, text);
        // And found by itself and by nothing else: no sign in a search is a wildcard or an operator.
        let page: OrderPage = desk.ask("orders.list", &list(Some(text))).await.unwrap();
        assert!(page.rows.iter().any(|row| row.ttn == ttn), "{text}");
        let wanted = words(text);
        let begins = |has: &[String], wanted: &String| has.iter().any(|word| word.starts_with(wanted));
        let fits = |description: &str| {
            let has = words(description);
            if wanted.is_empty() { description.contains(text) } else { wanted.iter().all(|word| begins(&has, word)) }
        };
        assert!(page.rows.iter().all(|row| fits(&row.description)), "{text} finds only what has its words");
    }
    office.stop().await;
}

#[tokio::test]
async fn two_spellings_of_a_text_are_stored_as_one_and_found_by_both() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let (composed, decomposed) = ("Йогурт для Ївги", "И\u{306}огурт для І\u{308}вги");
    assert_ne!(composed, decomposed);
    let created = register(&mut desk, decomposed).await;
    assert_eq!(created.order.description, composed);
    let ttn = created.order.ttn.to_string();
    let full_width: String =
        ttn.chars().map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + 0xff10).unwrap()).collect();
    for search in [composed, decomposed, "ЙОГУРТ", &ttn, &ttn[4..10], &created.order.ttn.grouped(), &full_width] {
        let page: OrderPage = desk.ask("orders.list", &list(Some(search))).await.unwrap();
        assert_eq!(page.rows.len(), 1, "{search}");
    }
    office.stop().await;
}

#[tokio::test]
async fn a_number_is_whole_and_between_its_bounds() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let bounds = [
        ("length_mm", 1, MAX_EDGE_MM),
        ("width_mm", 1, MAX_EDGE_MM),
        ("height_mm", 1, MAX_EDGE_MM),
        ("weight_g", 1, MAX_WEIGHT_G),
        ("declared_minor", 0, MAX_DECLARED_MINOR),
    ];
    for (name, min, max) in bounds {
        let bad = [
            json!(min - 1),
            json!(max + 1),
            json!(-0.0),
            json!(1.5),
            json!(1e308),
            json!(9_007_199_254_740_993_i64),
            json!(u64::MAX),
            json!("12,5"),
            json!("100"),
            json!(null),
            json!(true),
            json!([100]),
            json!({"value": 100}),
        ];
        for number in bad {
            let refused = refused_field(&mut desk, &with(&format!("/cargo/0/{name}"), number.clone())).await;
            assert_eq!((refused.field, refused.code), (format!("cargo[0].{name}"), RefusalCode::BadNumber), "{number}");
            assert_eq!((refused.detail.min, refused.detail.max), (Some(min), Some(max)));
        }
    }
    let boxes = |count: usize| {
        let one = serde_json::to_value(&draft("Кераміка").cargo[0]).unwrap();
        with("/cargo", Value::from(vec![one; count]))
    };
    assert_eq!(refused_field(&mut desk, &boxes(0)).await.code, RefusalCode::NoCargo);
    assert_eq!(refused_field(&mut desk, &boxes(MAX_ITEMS + 1)).await.code, RefusalCode::TooMany);
    assert_eq!(stored_rows(office.folder.path()).await, 0);
    office.stop().await;
}

#[tokio::test]
async fn a_phone_is_refused_with_its_reason() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let rows = [
        ("+", "not_a_number"),
        ("()- ", "not_a_number"),
        ("067", "too_short"),
        (&"1".repeat(40), "too_long"),
        ("067 CALL ME", "bad_characters"),
        ("٠٦٧١٢٣٤٥٦٧", "bad_characters"),
        ("0671234567, 0937654321", "bad_characters"),
        ("+380671234567\r\nX-Evil: 1", "bad_characters"),
        ("+380671234567\0", "bad_characters"),
        ("+380 00 000 00 00", "invalid"),
        ("044 123 45 67", "landline"),
        ("0 800 123 456", "service_number"),
    ];
    for (phone, reason) in rows {
        let refused = refused_field(&mut desk, &with("/recipient/phone", json!(phone))).await;
        assert_eq!((refused.field.as_str(), refused.code), ("recipient.phone", RefusalCode::BadPhone), "{phone:?}");
        assert_eq!(refused.detail.reason.as_deref(), Some(reason), "{phone:?}");
    }
    assert_eq!(stored_rows(office.folder.path()).await, 0);
    for phone in ["80671234567", "380671234567", "(067) 123-45-67", "+380 67 123 45 67", "０６７１２３４５６７"]
    {
        let created: OrderCreated = desk.ask("orders.create", &with("/recipient/phone", json!(phone))).await.unwrap();
        assert_eq!(created.order.recipient.phone.as_e164(), "+380671234567", "{phone}");
    }
    office.stop().await;
}

#[tokio::test]
async fn a_ttn_that_is_none_is_refused_and_one_that_nobody_drew_is_not_found() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let ttn = register(&mut desk, "Кераміка").await.order.ttn;
    let good = ttn.to_string();
    let before = stored_rows(office.folder.path()).await;
    let wrong_check = format!("{}{}", &good[..15], (good[15..].parse::<u8>().unwrap() + 1) % 10);
    // Spaces are a matter of what people type; on the wire a TTN has one spelling.
    let spaced = format!("{} {}", &good[..8], &good[8..]);
    let arabic = good.replace(|_: char| true, "٧");
    let too_long = format!("{good}0");
    for bad in
        ["", "1", &good[..15], &too_long, &wrong_check, &spaced, &arabic, "../../etc/passwd", "' OR 1=1 --", "\0"]
    {
        for (method, params) in [
            ("orders.get", json!({"ttn": bad})),
            ("locks.acquire", json!({"ttn": bad, "purpose": "edit_place"})),
            ("orders.delete", json!({"command_id": command_id(), "ttn": bad, "reason": "помилка"})),
        ] {
            let problem = desk.ask::<_, Value>(method, &params).await.unwrap_err();
            assert_eq!(problem.code, ProblemCode::BadRequest, "{method} {bad:?}");
            assert!(bad.len() < 2 || !problem.message.contains(bad), "{problem}");
        }
    }
    let problem = desk.ask::<_, Value>("orders.get", &json!({"ttn": 8_123_475_609_142_831_u64})).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::BadRequest, "a TTN is never a number");
    let nobodys = json!({"ttn": "8123475609142831"});
    let problem = desk.ask::<_, Value>("orders.get", &nobodys).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::NotFound);
    assert_eq!(desk.ask::<_, OrderDetails>("orders.get", &json!({"ttn": good})).await.unwrap().order.ttn, ttn);
    assert_eq!(stored_rows(office.folder.path()).await, before);
    office.stop().await;
}

#[tokio::test]
async fn a_list_is_asked_for_in_the_words_of_the_protocol_and_within_bounds() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    register(&mut desk, "Кераміка").await;
    let with = |name: &str, value: Value| {
        let mut params = serde_json::to_value(list(None)).unwrap();
        params[name] = value;
        params
    };
    let unreadable = [
        with("sort", json!("phone")),
        with("sort", json!("updated DESC; DROP TABLE orders")),
        with("direction", json!("Ascending")),
        with("tab", json!("deleted")),
        with("scope", json!(["my_branch"])),
        with("limit", json!(-1)),
        with("limit", json!(65_536)),
        with("offset", json!(1)),
        with("after", json!("not one of ours")),
    ];
    for params in unreadable {
        let problem = desk.ask::<_, OrderPage>("orders.list", &params).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::BadRequest, "{params}");
    }
    let out_of_bounds = [
        (with("limit", json!(0)), "limit", RefusalCode::BadNumber),
        (with("limit", json!(201)), "limit", RefusalCode::BadNumber),
        (with("search", json!("я".repeat(101))), "search", RefusalCode::TooLong),
        (with("search", json!("я".repeat(10_000))), "search", RefusalCode::TooLong),
    ];
    for (params, field, code) in out_of_bounds {
        let problem = desk.ask::<_, OrderPage>("orders.list", &params).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::InvalidFields, "{field}");
        assert_eq!((problem.fields[0].field.as_str(), problem.fields[0].code), (field, code));
    }
    for search in ["\u{202e}", "\0", "\u{301}", "%", "_", "*", "[a-z]", "\\", "' --"] {
        let page: OrderPage = desk.ask("orders.list", &list(Some(search))).await.unwrap();
        assert!(page.rows.is_empty(), "{search:?} is looked for as it is, and nothing holds it");
    }
    office.stop().await;
}

#[tokio::test]
async fn a_change_with_bad_words_or_a_lock_that_is_not_held_changes_nothing() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let ttn = register(&mut desk, "Кераміка").await.order.ttn;
    let purpose = LockPurpose::EditPlace;
    let granted: LockGranted = desk.ask("locks.acquire", &AcquireLock { ttn, purpose }).await.unwrap();
    let fence = granted.lease.fence;
    let change = |fence: u64, city: &str, note: Option<&str>| ChangeLocation {
        command_id: command_id(),
        ttn,
        fence,
        city: city.to_owned(),
        street: "Відділення 12".to_owned(),
        note: note.map(str::to_owned),
    };
    let before = stored_rows(office.folder.path()).await;
    for (params, field) in [
        (change(fence, "Оде\u{202e}са", None), "city"),
        (change(fence, "", None), "city"),
        (change(fence, "Одеса", Some("a\nb")), "note"),
        (change(fence, "Одеса", Some(&"я".repeat(201))), "note"),
    ] {
        let problem = desk.ask::<_, Accepted>("orders.change_location", &params).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (ProblemCode::InvalidFields, field));
    }
    for reason in ["a\u{200b}", "a\nb", &"я".repeat(201)] {
        for method in ["orders.cancel", "orders.delete", "orders.undo"] {
            let params = json!({"command_id": command_id(), "ttn": ttn, "reason": reason});
            let problem = desk.ask::<_, Accepted>(method, &params).await.unwrap_err();
            assert_eq!((problem.code, problem.fields[0].field.as_str()), (ProblemCode::InvalidFields, "reason"));
        }
    }
    assert_eq!(stored_rows(office.folder.path()).await, before);
    for zero_or_foreign in [0, fence - 1, fence + 1, u64::from(u32::MAX)] {
        let params = change(zero_or_foreign, "Одеса", None);
        let _: Accepted = desk.ask("orders.change_location", &params).await.unwrap();
        let problem = outcome_of(&mut desk, params.command_id).await.problem.unwrap();
        assert_eq!(problem.code, ProblemCode::LockLost, "{zero_or_foreign}");
    }
    let details: OrderDetails = desk.ask("orders.get", &GetOrder { ttn }).await.unwrap();
    assert_eq!((details.order.version, details.order.location.city.as_str()), (1, "Львів"));
    office.stop().await;
}

#[tokio::test]
async fn one_id_is_one_command_whatever_its_method() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let id: CommandId = command_id();
    let created: OrderCreated =
        desk.ask("orders.create", &CreateOrder { command_id: id, order: draft("Кераміка") }).await.unwrap();
    let params = json!({"command_id": id, "ttn": created.order.ttn, "reason": "помилка"});
    let _: Accepted = desk.ask("orders.delete", &params).await.unwrap();
    let problem = outcome_of(&mut desk, id).await.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::IdReused);
    for bad in [json!(null), json!(1), json!(""), json!("not-a-uuid"), json!([])] {
        let mut params = serde_json::to_value(CreateOrder { command_id: id, order: draft("Ноутбук") }).unwrap();
        params["command_id"] = bad;
        let problem = desk.ask::<_, OrderCreated>("orders.create", &params).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::BadRequest);
    }
    let page: OrderPage = desk.ask("orders.list", &list(None)).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    office.stop().await;
}

/// Damaged JSON inside a form: nothing of it is stored, and the same form, whole, is taken.
#[tokio::test]
async fn a_damaged_form_is_answered_under_its_id_and_the_next_one_is_read() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let params = serde_json::to_string(&CreateOrder { command_id: command_id(), order: draft("Кераміка") }).unwrap();
    let frame = |params: &str| format!(r#"{{"jsonrpc":"2.0","id":"form","method":"orders.create","params":{params}}}"#);
    let rows = [
        (params.replace("Кераміка", r"\ud83d"), ProblemCode::BadJson, None),
        (params.replace("1850", "NaN"), ProblemCode::BadJson, None),
        (params.replace("1850", "1e999"), ProblemCode::BadJson, None),
        (params.replace("\"payer\"", "\"payer\":\"sender\",\"payer\""), ProblemCode::BadJson, Some("form")),
        (params.replace("\"payer\"", "\"paid\":true,\"payer\""), ProblemCode::BadRequest, Some("form")),
        (params.replace("\"payer\":\"sender\"", "\"payer\":\"nobody\""), ProblemCode::BadRequest, Some("form")),
        (params.replace("\"uk\"", "\"Uk\""), ProblemCode::BadRequest, Some("form")),
        (params.replace("\"Кераміка\"", "null"), ProblemCode::BadRequest, Some("form")),
        (format!("[{params}]"), ProblemCode::BadRequest, Some("form")),
    ];
    for (bad, code, id) in rows {
        assert_ne!(bad, params);
        let (echoed, problem) = desk.refusal_of(frame(&bad)).await;
        assert_eq!(problem.code, code, "{bad}: {problem}");
        if id.is_some() {
            assert_eq!(echoed.as_deref(), id);
        }
        assert!(!problem.message.contains("Кераміка") && !problem.message.contains("nobody"));
    }
    assert_eq!(stored_rows(office.folder.path()).await, 0);
    desk.send_text(frame(&params)).await;
    desk.answer_to::<OrderCreated>("form").await.unwrap();
    assert!(stored_rows(office.folder.path()).await > 0, "the count sees what is stored");
    office.stop().await;
}

/// Others notice nothing of somebody's bad frames.
#[tokio::test]
async fn five_hundred_bad_frames_are_forgiven_then_the_socket_is_closed_and_the_others_go_on() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let mut colleague = office.signed_in().await;
    for _ in 0..500 {
        assert_eq!(desk.refusal_of("{").await.1.code, ProblemCode::BadJson);
    }
    desk.send_text("{").await;
    assert_eq!(desk.close_code().await, Some(1008));
    colleague.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    register(&mut colleague, "Кераміка").await;
    office.stop().await;
}
