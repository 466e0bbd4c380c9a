//! Kannel's smsbox, `sendsms` over HTTP.
//!
//! - Credentials, number and coding go in headers, the text as the body: nothing of it stands in a URL that a proxy would log.
//! - Kannel returns no message id, takes the same request twice as two messages, and forgets who asked. So our event id rides in the
//!   delivery-report URL and is the only thing that ties a report to a message.
//! - `X-Kannel-Coding: 2` without `charset=UTF-8` sends mojibake, Cyrillic without it sends question marks.
//! - Connections are kept alive and shared; the client repeats a request by itself only when not a byte of it was written.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{HeaderValue, Request, Uri, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use postoffice_runtime::fail_point;

use super::{Answer, Gateway, Message, Report, ReportRequest, body, kannel_answer, kannel_report};
use crate::config::KannelSettings;

/// Everything Kannel can report: delivered 1, not delivered 2, queued 4, taken by the SMSC 8, refused by it 16.
const EVERY_REPORT: &str = "31";
/// An answer is a line of text; what is longer is not read.
const LONGEST_ANSWER: usize = 4 * 1024;
/// Shorter than any keep-alive of Kannel's, so that it is we who close and no request runs into a closing connection.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// Kannel behind its smsbox.
pub struct KannelGateway {
    client: Client<HttpConnector, Full<Bytes>>,
    url: Uri,
    headers: [(&'static str, HeaderValue); 3],
    reports_url: String,
    answer_timeout: Duration,
}

/// A setting cannot stand in a request; [`crate::config_check`] says the same with the key before.
#[derive(Debug, thiserror::Error)]
pub enum KannelSettingsError {
    /// The address.
    #[error("gateway.kannel.url: {0}")]
    Url(#[from] http::uri::InvalidUri),
    /// Credentials or sender.
    #[error("gateway.kannel: {0}")]
    Header(#[from] http::header::InvalidHeaderValue),
}

impl KannelGateway {
    /// A gateway. `reports_url` is where Kannel reaches our listener for delivery reports, without a path.
    ///
    /// # Errors
    /// A setting cannot stand in a request.
    pub fn new(settings: &KannelSettings, reports_url: &str) -> Result<Self, KannelSettingsError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_millis(settings.connect_timeout_ms)));
        connector.set_nodelay(true);
        let mut password = HeaderValue::from_str(settings.password.expose())?;
        password.set_sensitive(true);
        Ok(Self {
            client: Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_CONNECTION)
                .build(connector),
            url: settings.url.parse()?,
            headers: [
                ("X-Kannel-Username", HeaderValue::from_str(&settings.username)?),
                ("X-Kannel-Password", password),
                ("X-Kannel-From", HeaderValue::from_str(&settings.from)?),
            ],
            reports_url: reports_url.trim_end_matches('/').to_owned(),
            answer_timeout: Duration::from_millis(settings.answer_timeout_ms),
        })
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, http::Error> {
        // %d: what happened, %A: the operator's words, %F: its id. Kannel fills them in.
        let reports = format!(
            "{}/dlr?id={}&ttn={}&type=%d&reply=%A&fid=%F",
            self.reports_url,
            message.event_id.hyphenated(),
            message.ttn
        );
        let mut request = Request::post(self.url.clone())
            .header(CONTENT_TYPE, "text/plain; charset=UTF-8")
            .header("X-Kannel-To", message.phone.as_e164())
            .header("X-Kannel-Coding", if message.text.is_ucs2 { "2" } else { "0" })
            .header("X-Kannel-DLR-Mask", EVERY_REPORT)
            .header("X-Kannel-DLR-Url", reports);
        for (name, value) in &self.headers {
            request = request.header(*name, value.clone());
        }
        request.body(Full::new(Bytes::from(message.text.text.clone())))
    }

    async fn call(&self, message: &Message) -> Answer {
        let request = match self.request(message) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(%error, "the request cannot be written down");
                return Answer::PauseChannel;
            }
        };
        // Connecting has a shorter limit of its own, so what runs out here was, or may have been, written.
        let answered = tokio::time::timeout(self.answer_timeout, self.client.request(request)).await;
        let response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return unanswered(&error),
            Err(_) => {
                tracing::warn!(limit = ?self.answer_timeout, "no answer in time");
                return Answer::Lost;
            }
        };
        fail_point!("sender.after_send");
        let (head, body) = response.into_parts();
        let words = tokio::time::timeout(self.answer_timeout, body::whole(body, LONGEST_ANSWER)).await.ok().flatten();
        // The status decides; the words only refine it.
        let words = String::from_utf8_lossy(words.as_deref().unwrap_or_default());
        let answer = kannel_answer::of(head.status, &head.headers, &words);
        if !matches!(answer, Answer::Accepted(_)) {
            tracing::warn!(status = head.status.as_u16(), answer = ?answer, "not taken");
        }
        answer
    }
}

fn unanswered(error: &Error) -> Answer {
    let error_chain = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if error.is_connect() {
        tracing::warn!(%error, cause = error_chain, "no connection");
        return Answer::Retry { after: None };
    }
    tracing::warn!(%error, cause = error_chain, "the connection broke before the answer");
    Answer::Lost
}

impl Gateway for KannelGateway {
    fn name(&self) -> &'static str {
        "kannel"
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer> {
        self.call(message).boxed()
    }

    fn read_reports(&self, request: &ReportRequest) -> Vec<Report> {
        kannel_report::read(request).into_iter().collect()
    }
}
