//! Health and metrics of a real process.

use postoffice_protocol::messages::MessageState;
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway, get};

use crate::office::{Office, PATIENCE, SenderProcess, TTNS, free_port, settings};

#[tokio::test]
async fn health_follows_the_gateway_and_metrics_count() {
    let mut office = Office::open().await;
    let refused = Reaction::Answer("403 Forbidden", "", String::new());
    let gateway =
        ScriptedGateway::start(move |number, _| if number == 0 { refused.clone() } else { Reaction::Take }).await;
    let mut config = settings(&office, &gateway);
    config.admin_listen = free_port();
    config.retry.pause_ms = 2_000;
    let mut sender = SenderProcess::start(&config, None);
    let page = |path: &str| format!("http://{}{path}", config.admin_listen);
    let until = async |path: &str, words: &str| {
        let waiting = async {
            while !get(&page(path)).await.contains(words) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{path} never says {words}"));
    };
    until("/health/ready", "HTTP/1.1 200").await;
    let event = office.publish(TTNS[0], 1).await;
    until("/health/ready", r#""ready":false,"redis":true,"gateway":"kannel","paused":"channel_paused""#).await;
    assert!(get(&page("/health/live")).await.contains("HTTP/1.1 200"), "paused is not stuck");
    office.ends(event.event_id, MessageState::Accepted).await;
    until("/health/ready", "HTTP/1.1 200").await;
    let metrics = get(&page("/metrics")).await;
    for line in ["sms_accepted_total 1", "sms_waiting 0", "sms_pending 0", "sms_channel_paused 0", "sms_lag 0"] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    sender.kill().await;
}
