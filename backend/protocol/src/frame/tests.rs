//! The rows of docs/BAD-INPUT.md about one frame: which code, which id is answered, and what the message may say.

use postoffice_domain::cargo::Quantity;
use proptest::prelude::*;

use super::*;
use crate::{
    call::METHODS,
    events::{Change, ChangeBatch},
};

const DESCRIBE: &str = r#"{"jsonrpc":"2.0","id":"d-1","method":"session.describe"}"#;
const CREATE: &str = r#"{"jsonrpc":"2.0","id":"c-1","method":"orders.create","params":{"command_id":"0198c0de-0000-7000-8000-000000000001","order":{"sender":{"phone":"0671234567","name":"Марія","city":"Львів","street":"Соборна, 1"},"recipient":{"phone":"0937654321","name":"Тарас","city":"Одеса","street":"Відділення 12"},"description":"Кераміка","payer":"sender","language":"uk","cargo":[{"length_mm":300,"width_mm":200,"height_mm":150,"weight_g":1850,"declared_minor":100000}]}}}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":"l-1","method":"orders.list","params":{"tab":"all","scope":"my_branch","sort":"updated","direction":"descending","limit":50}}"#;

/// A good frame with one thing changed.
fn with(frame: &str, good: &str, bad: &str) -> String {
    assert_eq!(frame.matches(good).count(), 1, "{good}");
    frame.replace(good, bad)
}

/// Code and echoed id of a frame that is refused.
fn refused(frame: &str) -> (ProblemCode, Option<String>, Problem) {
    let unreadable = Request::read(frame).expect_err(&frame.chars().take(200).collect::<String>());
    (unreadable.problem.code, unreadable.id, *unreadable.problem)
}

#[test]
fn good_frames_are_read() {
    for frame in [DESCRIBE, CREATE, LIST] {
        Request::read(frame).unwrap();
    }
    let spaced = " {\n \"params\" : {} ,\r\n \"method\":\"session.describe\",\t\"id\" : \"\\u0061\", \"jsonrpc\":\"2\\u002e0\" } ";
    assert_eq!(Request::read(spaced).unwrap().id, "a", "white space, order of keys and escapes do not matter");
    let longest = with(DESCRIBE, "d-1", &"ї".repeat(MAX_ID_CHARS));
    assert_eq!(Request::read(&longest).unwrap().id.chars().count(), MAX_ID_CHARS);
}

#[test]
fn what_is_not_one_json_value_is_bad_json_with_a_column() {
    let long_number = "9".repeat(400);
    let rows = [
        ("nothing", String::new()),
        ("white space", " \n ".to_owned()),
        ("a word", "hello".to_owned()),
        ("cut off", DESCRIBE[..DESCRIBE.len() - 1].to_owned()),
        ("cut off in a text", DESCRIBE[..30].to_owned()),
        ("two values", format!("{DESCRIBE}{DESCRIBE}")),
        ("something after it", format!("{DESCRIBE}x")),
        ("byte order mark", format!("\u{feff}{DESCRIBE}")),
        ("a comma too many", with(DESCRIBE, "describe\"}", "describe\",}")),
        ("a comma missing", with(DESCRIBE, ",\"id\"", " \"id\"")),
        ("a comment", format!("/* hello */{DESCRIBE}")),
        ("apostrophes", DESCRIBE.replace('"', "'")),
        ("NaN", with(CREATE, "1850", "NaN")),
        ("Infinity", with(CREATE, "1850", "-Infinity")),
        ("hexadecimal", with(CREATE, "1850", "0x10")),
        ("leading zero", with(CREATE, "1850", "01850")),
        ("a number that no float holds", with(CREATE, "1850", "1e999")),
        ("a number of 400 digits", with(CREATE, "1850", &long_number)),
        ("a line break in a text", with(CREATE, "Кераміка", "Кера\nміка")),
        ("NUL in a text", with(CREATE, "Кераміка", "Кера\0міка")),
        ("lone leading surrogate", with(CREATE, "Кераміка", r"\ud83d")),
        ("lone trailing surrogate", with(CREATE, "Кераміка", r"\udc00")),
        ("surrogates the wrong way round", with(CREATE, "Кераміка", r"\udc00\ud83d")),
        ("half an escape", with(CREATE, "Кераміка", r"\u12")),
        ("escape that is none", with(CREATE, "Кераміка", r"\x41")),
        ("nested deeply", "[".repeat(10_000)),
        ("nested deeply in parameters", with(DESCRIBE, "\"}", &format!("\",\"params\":{}", "{\"a\":".repeat(10_000)))),
        ("nested deeply in an id", with(DESCRIBE, "\"d-1\"", &format!("{}{}", "[".repeat(33), "]".repeat(33)))),
    ];
    for (what, frame) in rows {
        let (code, _, problem) = refused(&frame);
        assert_eq!(code, ProblemCode::BadJson, "{what}: {problem}");
        let column = usize::try_from(problem.column.unwrap()).unwrap();
        assert!((1..=frame.len().max(1) + 1).contains(&column), "{what}: column {column} of {}", frame.len());
    }
}

#[test]
fn a_key_that_stands_twice_is_bad_json_wherever_it_stands() {
    let rows = [
        (with(DESCRIBE, "\"id\"", "\"id\":\"d-0\",\"id\""), None),
        (with(DESCRIBE, "\"id\"", "\"id\":\"d-1\",\"\\u0069d\""), None),
        (with(DESCRIBE, "\"method\"", "\"method\":\"orders.list\",\"method\""), Some("d-1")),
        (with(DESCRIBE, "\"jsonrpc\"", "\"jsonrpc\":\"2.0\",\"jsonrpc\""), Some("d-1")),
        (with(CREATE, "\"params\"", "\"params\":{},\"params\""), Some("c-1")),
        (with(CREATE, "\"payer\"", "\"payer\":\"recipient\",\"payer\""), Some("c-1")),
        (with(CREATE, "\"weight_g\"", "\"weight_g\":1,\"weight_g\""), Some("c-1")),
    ];
    for (frame, id) in rows {
        let (code, echoed, problem) = refused(&frame);
        assert_eq!((code, echoed.as_deref()), (ProblemCode::BadJson, id), "{frame}");
        assert!(problem.message.starts_with("duplicate field `"), "{problem}");
    }
}

#[test]
fn the_column_is_counted_in_the_whole_frame() {
    let frame = with(CREATE, "1850", "18x50");
    let at = frame.find("18x50").unwrap() + 3;
    assert_eq!(refused(&frame).2.column, u32::try_from(at).ok());
    let in_lines = frame.replace(",\"", ",\n\"");
    let at = in_lines.find("18x50").unwrap() + 3;
    assert_eq!(refused(&in_lines).2.column, u32::try_from(at).ok());
    let twice = with(CREATE, "\"payer\":\"sender\"", "\"payer\":\"sender\",\n\"payer\":\"sender\"");
    let second = twice.rfind("\"payer\"").unwrap() + "\"payer\"".len();
    assert_eq!(refused(&twice).2.column, u32::try_from(second).ok());
    assert_eq!(refused(&"[".repeat(40)).2.column, u32::try_from(MAX_DEPTH + 1).ok());
}

#[test]
fn nesting_up_to_the_limit_is_no_matter_of_json() {
    let nested =
        |depth: usize| with(DESCRIBE, "\"}", &format!("\",\"params\":{}1{}}}", "[".repeat(depth), "]".repeat(depth)));
    assert_eq!(refused(&nested(MAX_DEPTH - 1)).0, ProblemCode::BadRequest);
    assert_eq!(refused(&nested(MAX_DEPTH)).0, ProblemCode::BadJson);
    let in_text = with(CREATE, "Кераміка", &format!("{}\\\"{}", "[{".repeat(50), "[".repeat(50)));
    Request::read(&in_text).expect("brackets in a text are text");
}

#[test]
fn an_id_is_a_string_of_1_to_64_characters() {
    let too_long = format!("\"{}\"", "x".repeat(MAX_ID_CHARS + 1));
    let huge = format!("\"{}\"", "x".repeat(1_000_000));
    for id in [
        "null",
        "1",
        "1.5",
        "true",
        "[]",
        "[\"d-1\"]",
        "{}",
        "{\"a\":1,\"a\":2}",
        "\"\"",
        "\"\\ud800\"",
        &too_long,
        &huge,
    ] {
        let (code, echoed, problem) = refused(&with(DESCRIBE, "\"d-1\"", id));
        assert_eq!((code, echoed), (ProblemCode::BadRequest, None), "{}", &id[..id.len().min(40)]);
        assert_eq!(problem.message, "id must be a string of 1 to 64 characters");
    }
    assert_eq!(refused(&with(DESCRIBE, "\"id\":\"d-1\",", "")).0, ProblemCode::BadRequest, "no id at all");
}

#[test]
fn the_wrong_shape_is_a_bad_request_under_its_id() {
    let rows = [
        ("version", with(DESCRIBE, "2.0", "1.0"), "jsonrpc must be \"2.0\""),
        ("version as a number", with(DESCRIBE, "\"2.0\"", "2.0"), "wrong shape"),
        ("no version", with(DESCRIBE, "\"jsonrpc\":\"2.0\",", ""), "missing field `jsonrpc`"),
        ("no method", with(DESCRIBE, ",\"method\":\"session.describe\"", ""), "missing field `method`"),
        ("method as a number", with(DESCRIBE, "\"session.describe\"", "7"), "wrong shape"),
        ("one field more", with(DESCRIBE, "\"}", "\",\"auth\":\"x\"}"), "unknown field `auth`"),
        ("an answer", with(DESCRIBE, "\"method\":\"session.describe\"", "\"result\":{}"), "unknown field `result`"),
        ("parameters nobody asked for", with(DESCRIBE, "\"}", "\",\"params\":{\"a\":1}}"), "unknown field `a`"),
        ("parameters as a text", with(DESCRIBE, "\"}", "\",\"params\":\"{}\"}"), "params must be an object"),
        ("parameters in a list", with(DESCRIBE, "\"}", "\",\"params\":[]}"), "params must be an object"),
        (
            "no parameters",
            with(LIST, &LIST[LIST.find(",\"params\"").unwrap()..LIST.len() - 1], ""),
            "missing field `tab`",
        ),
        ("a parameter more", with(LIST, "\"limit\"", "\"page\":2,\"limit\""), "unknown field `page`"),
        ("a parameter less", with(LIST, ",\"limit\":50", ""), "missing field `limit`"),
        ("a parameter in another case", with(LIST, "\"limit\"", "\"Limit\""), "unknown field `Limit`"),
        ("a sort that is none", with(LIST, "\"updated\"", "\"phone; DROP TABLE orders\""), "unknown value"),
        ("a sort in a list", with(LIST, "\"updated\"", "[\"updated\"]"), "wrong shape"),
        ("a sort in an object", with(LIST, "\"updated\"", "{\"updated\":1}"), "wrong shape"),
        ("a sort that is a number", with(LIST, "\"updated\"", "4"), "wrong shape"),
        ("a number as a text", with(LIST, "50", "\"50\""), "wrong shape"),
        ("a number too large", with(LIST, "50", "70000"), "wrong shape"),
        ("a number below zero", with(LIST, "50", "-1"), "wrong shape"),
        ("a fraction", with(LIST, "50", "50.5"), "wrong shape"),
        ("a text as a number", with(CREATE, "\"Марія\"", "7"), "wrong shape"),
        ("a text as a list", with(CREATE, "\"Кераміка\"", "[\"Кераміка\"]"), "wrong shape"),
        ("a text that is null", with(CREATE, "\"Кераміка\"", "null"), "wrong shape"),
        (
            "a list as an object",
            with(CREATE, "\"cargo\":[{", "\"cargo\":{\"0\":{").replace("}]}}}", "}}}}}"),
            "wrong shape",
        ),
        ("a command id that is none", with(CREATE, "0198c0de-0000-7000-8000-000000000001", "1"), "wrong shape"),
        (
            "one field more, deep inside",
            with(CREATE, "\"weight_g\"", "\"colour\":1,\"weight_g\""),
            "unknown field `colour`",
        ),
        ("price from the desktop", with(CREATE, "\"payer\"", "\"price\":1,\"payer\""), "unknown field `price`"),
        ("prototype", with(CREATE, "\"payer\"", "\"__proto__\":{},\"payer\""), "unknown field `__proto__`"),
    ];
    for (what, frame, says) in rows {
        let (code, id, problem) = refused(&frame);
        assert_eq!(code, ProblemCode::BadRequest, "{what}: {problem}");
        assert!(id.is_some_and(|id| frame.contains(&id)), "{what}: answered under its id");
        assert!(problem.message.starts_with(says), "{what}: {problem}");
        assert_eq!(problem.column, None);
    }
}

#[test]
fn arrays_and_bare_values_are_no_frames_and_batches_do_not_exist() {
    for frame in [
        "null",
        "1",
        "\"text\"",
        "true",
        "[]",
        "{}",
        "[\"d-1\"]",
        &format!("[{DESCRIBE}]"),
        &format!("[{DESCRIBE},{LIST}]"),
    ] {
        let (code, id, _) = refused(frame);
        assert_eq!((code, id), (ProblemCode::BadRequest, None), "{frame}");
    }
    // serde reads a struct from a list as well, in the order of its fields; a frame is an object.
    let (code, ..) = refused(r#"["2.0","d-1","session.describe",{}]"#);
    assert_eq!(code, ProblemCode::BadRequest);
}

#[test]
fn methods_are_known_by_their_exact_name() {
    for method in [
        "",
        "session",
        "session.Describe",
        "SESSION.DESCRIBE",
        "session.describe ",
        "session.describe\\u0000",
        "rpc.discover",
        "orders.create.x",
    ] {
        let (code, id, problem) = refused(&with(DESCRIBE, "session.describe", method));
        assert_eq!((code, id.as_deref()), (ProblemCode::UnknownMethod, Some("d-1")), "{method}");
        assert_eq!(problem.message, "no such method", "the name is content");
    }
    for method in METHODS {
        match Request::read(&with(DESCRIBE, "session.describe", method)) {
            Ok(request) => assert_eq!(request.call.method(), *method),
            Err(unreadable) => {
                assert_eq!(unreadable.problem.code, ProblemCode::BadRequest, "{method} wants parameters");
            }
        }
    }
}

#[test]
fn numbers_of_a_form_are_kept_for_a_sentence_about_the_field() {
    for number in [
        "-1",
        "-0",
        "0",
        "12.5",
        "1e308",
        "9007199254740993",
        "18446744073709551615",
        "\"12,5\"",
        "null",
        "[]",
        "{\"a\":1}",
    ] {
        let request =
            Request::read(&with(CREATE, "1850", number)).unwrap_or_else(|error| panic!("{number}: {error:?}"));
        let Call::CreateOrder(create) = request.call else { panic!("{request:?}") };
        let read = create.order.cargo[0].weight_g;
        let whole = number.parse::<i64>().ok().filter(|_| number != "-0");
        assert_eq!(read, whole.map_or(Quantity::NotWhole, Quantity::Whole), "{number}");
    }
}

/// Whoever sends a frame must not write into our logs: neither what was typed nor lines of their own.
#[test]
fn messages_hold_nothing_of_the_content() {
    let evil = "0671234567\\n ERROR disk on fire";
    let rows = [
        with(CREATE, "\"payer\":\"sender\"", &format!("\"payer\":\"{evil}\"")),
        with(CREATE, "\"payer\":\"sender\"", "\"payer\":\"0671234567, expected x`, expected y\""),
        with(CREATE, "\"payer\"", &format!("\"{evil}\":1,\"payer\"")),
        with(CREATE, "\"payer\"", &format!("\"{}\":1,\"payer\"", "0671234567".repeat(10))),
        with(CREATE, "\"cargo\":[{", &format!("\"cargo\":[\"{evil}\",{{")),
        with(CREATE, "orders.create", evil),
        with(CREATE, "0198c0de-0000-7000-8000-000000000001", evil),
        with(CREATE, "\"2.0\"", &format!("\"{evil}\"")),
    ];
    for frame in rows {
        let (_, id, problem) = refused(&frame);
        assert_eq!(id.as_deref(), Some("c-1"));
        assert!(!problem.message.contains("0671234567") && !problem.message.contains("ERROR"), "{problem}");
        assert!(problem.message.len() < 200 && !problem.message.contains('\n'), "{problem}");
    }
}

#[test]
fn a_refusal_is_written_with_its_number_and_read_again() {
    for (frame, number) in [("{", -32700), ("{}", -32600), (r#"{"jsonrpc":"2.0","id":"u","method":"x"}"#, -32601)] {
        let unreadable = Request::read(frame).unwrap_err();
        let written = write_problem(unreadable.id.as_deref(), &unreadable.problem);
        assert!(written.contains(&format!("\"error\":{{\"code\":{number},")), "{written}");
        assert!(unreadable.id.is_some() || written.contains("\"id\":null"), "{written}");
        let Ok(ServerFrame::Problem { id, problem }) = ServerFrame::read(&written) else { panic!("{written}") };
        assert_eq!((id, problem), (unreadable.id, unreadable.problem));
    }
}

#[test]
fn the_desktop_reads_answers_and_nothing_else() {
    let written = write_result("r-1", &serde_json::json!({"n": 1}));
    assert!(matches!(ServerFrame::read(&written), Ok(ServerFrame::Result { id, .. }) if id == "r-1"));
    let newer = with(&written, "\"id\"", "\"server_load\":0.5,\"id\"");
    assert!(matches!(ServerFrame::read(&newer), Ok(ServerFrame::Result { .. })), "a newer server may say more");
    for frame in
        ["", "{}", "[]", r#"{"id":"r-1"}"#, r#"{"result":{}}"#, r#"{"method":"events.unheard_of","params":{}}"#]
    {
        assert!(ServerFrame::read(frame).is_err(), "{frame}");
    }
}

#[test]
fn changes_that_are_encoded_already_are_written_as_a_notice_is() {
    let change = r#"{"sequence":7,"event_id":"0198c0de-0000-7000-8000-000000000001","ttn":"8123475609142831","kind":"deleted","at":1764000000000}"#;
    let changes = vec![serde_json::from_str(change).unwrap(); 2];
    let encoded: Vec<Box<RawValue>> =
        changes.iter().map(|change: &Change| serde_json::value::to_raw_value(change).unwrap()).collect();
    let parts: Vec<&RawValue> = encoded.iter().map(AsRef::as_ref).collect();
    assert_eq!(write_changes(&parts), write_notice(&ServerNotice::Changes(ChangeBatch { changes })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// A good frame with something cut out and something put in: read or refused by name, under its own id or none.
    #[test]
    fn any_damage_has_a_name(
        frame in prop::sample::select(vec![DESCRIBE, LIST, CREATE]),
        from in any::<prop::sample::Index>(),
        cut in 0_usize..20,
        put in prop_oneof!["[\\[\\]{}\":,0-9eE.+-]{0,4}", ".{0,4}", Just("\"id\":\"z\",".to_owned())],
    ) {
        let whole: Vec<char> = frame.chars().collect();
        let from = from.index(whole.len());
        let rest = &whole[(from + cut).min(whole.len())..];
        let damaged: String = whole[..from].iter().copied().chain(put.chars()).chain(rest.iter().copied()).collect();
        match Request::read(&damaged) {
            Ok(request) => {
                let again = Request::read(&request.write()).expect("what was read can be written and read");
                prop_assert_eq!(again, request);
            }
            Err(Unreadable { id, problem }) => {
                let code = problem.code;
                prop_assert!(matches!(code, ProblemCode::BadJson | ProblemCode::BadRequest | ProblemCode::UnknownMethod), "{}", code as u8);
                prop_assert_eq!(problem.column.is_some(), code == ProblemCode::BadJson);
                prop_assert!(!problem.message.is_empty() && problem.message.len() < 300);
                if let Some(id) = id {
                    prop_assert!(!id.is_empty() && id.chars().count() <= MAX_ID_CHARS);
                }
            }
        }
    }

    #[test]
    fn any_text_has_a_name(text in "\\PC{0,60}") {
        prop_assert!(Request::read(&text).is_err());
    }
}
