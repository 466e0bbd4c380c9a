//! Names of what is counted.

use postoffice_protocol::messages::{MessageReason, MessageState};

/// Counts a message that came to a new state.
pub fn moved(state: MessageState, reason: Option<MessageReason>) {
    match state {
        MessageState::Queued => {}
        MessageState::Accepted => metrics::counter!("sms_accepted_total").increment(1),
        MessageState::Delivered => metrics::counter!("sms_delivered_total").increment(1),
        MessageState::Failed => {
            let reason = reason.map_or_else(String::new, |reason| format!("{reason:?}"));
            metrics::counter!("sms_failed_total", "reason" => reason).increment(1);
        }
        MessageState::Unknown => metrics::counter!("sms_unknown_total").increment(1),
    }
}

/// Counts a call of the gateway: how long it took and what it came to.
pub fn called(gateway: &'static str, answer: &'static str, took: std::time::Duration) {
    metrics::histogram!("sms_gateway_seconds", "gateway" => gateway, "answer" => answer).record(took.as_secs_f64());
}

/// Counts a question to the gateway about a message whose answer was lost.
pub fn looked_up(gateway: &'static str, answer: &'static str) {
    metrics::counter!("sms_look_ups_total", "gateway" => gateway, "answer" => answer).increment(1);
}

/// Counts an entry that was put aside.
pub fn put_aside(why: &'static str) {
    metrics::counter!("sms_dead_letters_total", "why" => why).increment(1);
}

/// Counts a delivery report.
pub fn reported(kind: &'static str) {
    metrics::counter!("sms_reports_total", "kind" => kind).increment(1);
}

/// How much there is to do. `lag`: entries of the stream that no sender has read yet, where Redis can tell.
pub fn backlog(lag: Option<usize>, pending: usize, held: usize, is_paused: bool) {
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point; a backlog is far below 2^52")]
    let number = |count: usize| count as f64;
    if let Some(lag) = lag {
        metrics::gauge!("sms_lag").set(number(lag));
    }
    metrics::gauge!("sms_pending").set(number(pending));
    metrics::gauge!("sms_waiting").set(number(held));
    metrics::gauge!("sms_channel_paused").set(if is_paused { 1.0 } else { 0.0 });
}
