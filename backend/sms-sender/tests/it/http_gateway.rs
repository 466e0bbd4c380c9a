//! Providers over HTTP, in the form of both presets, over real sockets: requests, every class of answer, reports in every order, look-up.

use std::sync::Arc;

use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_runtime::config::Secret;
use postoffice_sms_sender::{
    config::{Config, GatewayKind, HttpPreset},
    testing::{Reaction, Received, ScriptedGateway, post},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::office::{Office, Sender, TTNS, settings};

fn http(office: &Office, gateway: &ScriptedGateway, preset: HttpPreset) -> Config {
    let mut config = settings(office, gateway);
    config.gateway.kind = GatewayKind::Http;
    config.gateway.http.preset = preset;
    config.gateway.http.base_url = Some(format!("http://{}", gateway.address()));
    config.gateway.http.account = "AC7".to_owned();
    config.gateway.http.secret = Secret::new("canary");
    config.gateway.http.answer_timeout_ms = 500;
    config
}

fn turbosms_took(id: &str) -> String {
    json!({ "response_code": 800, "response_status": "SUCCESS_MESSAGE_ACCEPTED", "response_result": [{ "response_code": 0, "message_id": id, "response_status": "OK" }] }).to_string()
}

fn turbosms_says(id: &str, word: &str) -> String {
    json!({ "response_result": [{ "message_id": id, "status": word }] }).to_string()
}

fn twilio_took(id: &str) -> Reaction {
    Reaction::Answer("201 Created", "", json!({ "sid": id, "status": "queued", "error_code": null }).to_string())
}

/// Where a Twilio-shaped request wants its reports.
fn callback(received: &Received) -> String {
    let encoded = received.text.split('&').find_map(|pair| pair.strip_prefix("StatusCallback=")).unwrap();
    encoded.replace("%3A", ":").replace("%2F", "/").replace("%3F", "?").replace("%3D", "=").replace("%26", "&")
}

#[tokio::test]
async fn turbosms_gets_json_and_its_reports_are_known_by_its_own_id() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Answer("200 OK", "", turbosms_took("m-1"))).await;
    let mut config = http(&office, &gateway, HttpPreset::Turbosms);
    config.gateway.http.report_key = Secret::new("key of the reports");
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    let received = &gateway.received()[0];
    assert_eq!(received.target, "POST /message/send.json");
    assert_eq!(received.headers["authorization"], "Bearer canary");
    assert_eq!(
        serde_json::from_str::<Value>(&received.text).unwrap(),
        json!({ "recipients": ["380671234567"], "sms": { "sender": "PostOffice", "text": "Посилку 8123 4567 8901 2348 прийнято. Стежити: post.example" } })
    );
    let reports = format!("http://{}/dlr", sender.started.reports);
    assert!(post(&reports, &turbosms_says("m-1", "Delivered")).await.contains("400"), "without the key");
    let reports = format!("{reports}?key=key+of%20the+reports");
    // Out of order, twice, and a contradiction that is too late.
    for word in ["Delivered", "Sent", "Delivered", "Undelivered"] {
        assert!(post(&reports, &turbosms_says("m-1", word)).await.contains("200"), "{word}");
    }
    let marker = office.publish(TTNS[0], 2).await;
    let news = office.wait_for(&[event.event_id, marker.event_id], &[MessageState::Accepted]).await;
    let states: Vec<_> = news[&event.event_id].iter().map(|one| one.state).collect();
    assert_eq!(states, [MessageState::Accepted, MessageState::Delivered]);
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_report_that_comes_before_the_answer_that_names_it_is_kept() {
    let mut office = Office::open().await;
    let told = Arc::new(Notify::new());
    let reaction = Reaction::AnswerWhen(Arc::clone(&told), "200 OK", turbosms_took("m-2"));
    let gateway = ScriptedGateway::start(move |_, _| reaction.clone()).await;
    let mut config = http(&office, &gateway, HttpPreset::Turbosms);
    config.gateway.http.answer_timeout_ms = 20_000;
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    gateway.wait_for(1).await;
    let reports = format!("http://{}/dlr", sender.started.reports);
    assert!(post(&reports, &turbosms_says("m-2", "Undeliverable")).await.contains("200"));
    told.notify_one();
    assert_eq!(office.ends(event.event_id, MessageState::Failed).await, Some(MessageReason::Undelivered));
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn twilio_gets_a_form_and_reports_to_the_address_in_it() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| twilio_took("SM1")).await;
    let sender = Sender::start(http(&office, &gateway, HttpPreset::Twilio)).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    let received = &gateway.received()[0];
    assert_eq!(received.target, "POST /2010-04-01/Accounts/AC7/Messages.json");
    assert_eq!(received.headers["authorization"], "Basic QUM3OmNhbmFyeQ==");
    assert!(
        received.text.contains("To=%2B380671234567") && received.text.contains("From=PostOffice"),
        "{}",
        received.text
    );
    let url = callback(received);
    assert!(url.contains(&event.event_id.to_string()), "{url}");
    for word in ["queued", "sent", "delivered", "delivered", "failed"] {
        assert!(post(&url, &format!("MessageSid=SM1&MessageStatus={word}")).await.contains("200"), "{word}");
    }
    let marker = office.publish(TTNS[0], 2).await;
    let news = office.wait_for(&[event.event_id, marker.event_id], &[MessageState::Accepted]).await;
    let states: Vec<_> = news[&event.event_id].iter().map(|one| one.state).collect();
    assert_eq!(states, [MessageState::Accepted, MessageState::Delivered]);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn every_class_of_answer() {
    use MessageState::{Accepted, Failed, Unknown};
    let json = |status, body: Value| Reaction::Answer(status, "", body.to_string());
    let huge = format!("{{\"sid\":\"{}\"}}", "x".repeat(10_000_000));
    for (preset, first, expected, reason, calls) in [
        (HttpPreset::Turbosms, json("200 OK", json!({ "response_status": "INVALID_TOKEN" })), Accepted, None, 2),
        (
            HttpPreset::Turbosms,
            json("200 OK", json!({ "response_status": "SOMETHING_NEW" })),
            Unknown,
            Some(MessageReason::AnswerLost),
            1,
        ),
        (HttpPreset::Turbosms, Reaction::Answer("200 OK", "", huge), Unknown, Some(MessageReason::AnswerLost), 1),
        (HttpPreset::Turbosms, Reaction::HalfAnswer, Unknown, Some(MessageReason::AnswerLost), 1),
        (HttpPreset::Turbosms, Reaction::Silence, Unknown, Some(MessageReason::AnswerLost), 1),
        (
            HttpPreset::Turbosms,
            json("500 Internal Server Error", json!({})),
            Unknown,
            Some(MessageReason::AnswerLost),
            1,
        ),
        (
            HttpPreset::Twilio,
            json("400 Bad Request", json!({ "code": 21211 })),
            Failed,
            Some(MessageReason::BadNumber),
            1,
        ),
        (HttpPreset::Twilio, json("401 Unauthorized", json!({ "code": 20003 })), Accepted, None, 2),
        (
            HttpPreset::Twilio,
            Reaction::Answer("429 Too Many Requests", "Retry-After: 0\r\n", String::new()),
            Accepted,
            None,
            2,
        ),
    ] {
        let mut office = Office::open().await;
        let said = format!("{preset:?} {first:?}").chars().take(90).collect::<String>();
        let gateway = ScriptedGateway::start(move |number, _| match (number, preset) {
            (0, _) => first.clone(),
            (_, HttpPreset::Twilio) => twilio_took("SM1"),
            _ => Reaction::Answer("200 OK", "", turbosms_took("m-1")),
        })
        .await;
        let mut config = http(&office, &gateway, preset);
        config.journal.proof_within_ms = 900;
        let sender = Sender::start(config).await;
        let event = office.publish(TTNS[0], 1).await;
        assert_eq!(office.ends(event.event_id, expected).await, reason, "{said}");
        assert_eq!(gateway.received().len(), calls, "{said}");
        office.nothing_pending().await;
        assert!(sender.stop().await);
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_never_sent_again() {
    let mut office = Office::open().await;
    let text = "Посилку 8123 4567 8901 2348 прийнято. Стежити: post.example";
    let listed = move |sid: &str, body: &str, status: &str| json!({ "sid": sid, "to": "+380671234567", "body": body, "status": status });
    let gateway = ScriptedGateway::start(move |number, received| {
        let list = |messages: Value| Reaction::Answer("200 OK", "", json!({ "messages": messages }).to_string());
        match (number, received.target.starts_with("GET")) {
            (0, _) => Reaction::Cut,
            // Not there yet, and a message of somebody else's with another text.
            (1, true) => list(json!([listed("SM0", "another text", "delivered")])),
            (_, true) => list(json!([listed("SM0", "another text", "delivered"), listed("SM1", text, "sending")])),
            (_, false) => twilio_took("SM2"),
        }
    })
    .await;
    // No report comes and the deadline is far: only the look-up can end this.
    let sender = Sender::start(http(&office, &gateway, HttpPreset::Twilio)).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    let received = gateway.received();
    let targets: Vec<_> = received.iter().map(|one| one.target.split('?').next().unwrap_or_default()).collect();
    let path = "/2010-04-01/Accounts/AC7/Messages.json";
    assert_eq!(targets, [format!("POST {path}"), format!("GET {path}"), format!("GET {path}")]);
    assert!(received[1].target.contains("To=%2B380671234567"), "{}", received[1].target);
    // What was found is linked: a report by the provider's id alone counts.
    let reports = format!("http://{}/dlr", sender.started.reports);
    assert!(post(&reports, "MessageSid=SM1&MessageStatus=delivered").await.contains("200"));
    office.ends(event.event_id, MessageState::Delivered).await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn what_is_found_under_the_id_of_another_message_is_not_taken_for_this_one() {
    let mut office = Office::open().await;
    let text = "Посилку 8123 4567 8901 2348 прийнято. Стежити: post.example";
    let gateway = ScriptedGateway::start(move |number, received| {
        if received.target.starts_with("GET") {
            let one = json!({ "sid": "SM1", "to": "+380671234567", "body": text, "status": "delivered" });
            return Reaction::Answer("200 OK", "", json!({ "messages": [one] }).to_string());
        }
        if number == 0 { twilio_took("SM1") } else { Reaction::Cut }
    })
    .await;
    let mut config = http(&office, &gateway, HttpPreset::Twilio);
    config.journal.proof_within_ms = 900;
    let sender = Sender::start(config).await;
    let first = office.publish(TTNS[0], 1).await;
    office.ends(first.event_id, MessageState::Accepted).await;
    // The same text to the same number, as after a clerk's "send again".
    let second = office.publish(TTNS[0], 2).await;
    assert_eq!(office.ends(second.event_id, MessageState::Unknown).await, Some(MessageReason::AnswerLost));
    let sent = gateway.received().iter().filter(|one| one.target.starts_with("POST")).count();
    assert_eq!(sent, 2, "none again");
    assert!(sender.stop().await);
}
