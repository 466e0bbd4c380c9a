//! Presets against answers of their providers' form, without a socket. Sockets are in `tests/it/http_gateway.rs`.

use http::HeaderMap;
use postoffice_protocol::messages::MessageReason::{BadNumber, Expired, Rejected, TooLong, Undelivered};
use postoffice_runtime::config::Secret;
use serde_json::json;

use super::*;
use crate::config::HttpPreset;

fn settings(preset: HttpPreset) -> HttpSettings {
    HttpSettings {
        preset,
        account: "AC1".to_owned(),
        secret: Secret::new("canary"),
        from: "Post".to_owned(),
        ..HttpSettings::default()
    }
}

fn gateway(preset: HttpPreset) -> HttpGateway {
    HttpGateway::new(&settings(preset), "https://office.example/").unwrap()
}

fn classes(preset: HttpPreset, cases: &[(u16, Value, Answer)]) {
    let mapping = presets::mapping_of(&settings(preset)).unwrap().answer;
    for (status, body, expected) in cases {
        let status = StatusCode::from_u16(*status).unwrap();
        assert_eq!(answer::of(&mapping, status, &HeaderMap::new(), Some(body)), *expected, "{status} {body}");
    }
    for (status, expected) in [
        (500, Answer::Lost),
        (502, Answer::Lost),
        (503, Answer::Retry { after: None }),
        (429, Answer::Retry { after: None }),
        (401, Answer::PauseChannel),
        (403, Answer::PauseChannel),
        (301, Answer::PauseChannel),
        (413, Answer::Permanent(TooLong)),
        (422, Answer::Permanent(Rejected)),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(answer::of(&mapping, status, &HeaderMap::new(), None), expected, "{status} without a body");
    }
}

#[test]
fn turbosms_classes() {
    let of_recipient = |status: &str, word: &str| json!({ "response_code": 800, "response_status": status, "response_result": [{ "response_status": word, "message_id": "m-1" }] });
    classes(
        HttpPreset::Turbosms,
        &[
            (200, of_recipient("SUCCESS_MESSAGE_ACCEPTED", "OK"), Answer::Accepted(Some("m-1".to_owned()))),
            (200, of_recipient("SUCCESS_MESSAGE_PARTIAL_ACCEPTED", "INVALID_PHONE"), Answer::Permanent(BadNumber)),
            (
                200,
                json!({ "response_code": 103, "response_status": "REQUIRED_TOKEN", "response_result": null }),
                Answer::PauseChannel,
            ),
            (200, json!({ "response_status": "NOT_ENOUGH_CREDITS" }), Answer::PauseChannel),
            (200, json!({ "response_status": "A_WORD_OF_TOMORROW" }), Answer::Lost),
            (200, json!({}), Answer::Lost),
            (500, of_recipient("SUCCESS_MESSAGE_ACCEPTED", "OK"), Answer::Lost),
        ],
    );
    let mapping = presets::mapping_of(&settings(HttpPreset::Turbosms)).unwrap().answer;
    assert_eq!(answer::of(&mapping, StatusCode::OK, &HeaderMap::new(), None), Answer::Lost, "half an answer");
}

#[test]
fn twilio_classes() {
    classes(
        HttpPreset::Twilio,
        &[
            (
                201,
                json!({ "sid": "SM1", "status": "queued", "error_code": null }),
                Answer::Accepted(Some("SM1".to_owned())),
            ),
            (400, json!({ "code": 21211, "message": "Invalid 'To' Phone Number" }), Answer::Permanent(BadNumber)),
            (400, json!({ "code": 21617 }), Answer::Permanent(TooLong)),
            (400, json!({ "code": 21610 }), Answer::Permanent(Rejected)),
            (400, json!({ "code": 21606 }), Answer::PauseChannel),
            (401, json!({ "code": 20003 }), Answer::PauseChannel),
            (429, json!({ "code": 20429 }), Answer::Retry { after: None }),
            (400, json!({ "code": 1 }), Answer::Permanent(Rejected)),
        ],
    );
}

#[test]
fn reports_of_both_shapes() {
    let report = |query: &str, body: Value| ReportRequest {
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect(),
        body,
    };
    let id = "id=0198c0de-0000-7000-8000-000000000001&ttn=8123456789012348";
    let twilio = gateway(HttpPreset::Twilio);
    let said = |word: &str| {
        let read = twilio.read_reports(&report(id, json!({ "MessageSid": "SM1", "MessageStatus": word })));
        assert!(read[0].event_id.is_some() && read[0].ttn.is_some(), "{read:?}");
        read[0].said
    };
    assert_eq!(said("delivered"), Some((MessageState::Delivered, None)));
    assert_eq!(said("undelivered"), Some((MessageState::Failed, Some(Undelivered))));
    assert_eq!(said("sent"), Some((MessageState::Accepted, None)));
    assert_eq!(said("sending"), None);
    assert!(twilio.read_reports(&report(id, json!({ "MessageSid": "SM1" }))).is_empty());

    let turbosms = gateway(HttpPreset::Turbosms);
    let body = json!({ "response_result": [{ "message_id": "a", "status": "Delivered" }, { "message_id": "b", "status": "Expired" }, { "status": "Sent" }] });
    let read = turbosms.read_reports(&report("", body));
    let ids: Vec<_> = read.iter().map(|one| one.gateway_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["a", "b"], "one without an id is nobody's");
    assert_eq!(read[1].said, Some((MessageState::Failed, Some(Expired))));
    assert!(turbosms.read_reports(&report("", Value::Null)).is_empty());
}

#[test]
fn a_report_without_the_key_is_none() {
    let keyed = HttpSettings { report_key: Secret::new("k"), ..settings(HttpPreset::Turbosms) };
    let gateway = HttpGateway::new(&keyed, "").unwrap();
    let body = json!({ "message_id": "a", "status": "Delivered" });
    let with = |query: &[(&str, &str)]| ReportRequest {
        query: query.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        body: body.clone(),
    };
    assert!(gateway.read_reports(&with(&[])).is_empty() && gateway.read_reports(&with(&[("key", "K")])).is_empty());
    assert_eq!(gateway.read_reports(&with(&[("key", "k")])).len(), 1);
}

#[test]
fn mappings_that_cannot_work_are_refused() {
    use presets::{UnfitMapping, mapping_of};
    assert_eq!(mapping_of(&settings(HttpPreset::Custom)), Err(UnfitMapping::Missing));
    let custom = |text: &str| {
        let mapping = Some(toml::from_str(text).unwrap());
        mapping_of(&HttpSettings { mapping, ..settings(HttpPreset::Custom) }).map(|_| ())
    };
    assert_eq!(
        custom("send = { url = \"http://far.example/\" }\nanswer = {}"),
        Err(UnfitMapping::Address("mapping.send.url"))
    );
    assert_eq!(
        custom("send = { url = \"https://far.example/{sekret}\" }\nanswer = {}"),
        Err(UnfitMapping::Placeholder("sekret".to_owned()))
    );
    assert_eq!(
        custom("send = { url = \"https://far.example/{account}\", body = { t = [\"{text}\"] } }\nanswer = {}"),
        Ok(())
    );
    assert_eq!(custom("send = { url = \"http://127.0.0.1:1/\" }\nanswer = {}"), Ok(()));
    let both = HttpSettings {
        mapping: Some(mapping_of(&settings(HttpPreset::Twilio)).unwrap()),
        ..settings(HttpPreset::Twilio)
    };
    assert_eq!(mapping_of(&both), Err(UnfitMapping::TwoMappings));
}
