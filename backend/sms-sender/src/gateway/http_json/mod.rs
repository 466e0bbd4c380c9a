//! A provider with an HTTP interface that takes JSON or a form. What it wants and what it says is a [`mapping::HttpMapping`]: a preset, or the
//! admin's own.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::messages::MessageState;
use postoffice_runtime::fail_point;
use serde_json::Value;

use self::{
    mapping::{Encoding, HttpMapping, RequestMapping, is_one_of, word_at},
    render::Words,
};
use super::{Answer, Fate, Gateway, Message, Report, ReportRequest, body, form};
use crate::config::HttpSettings;

mod answer;
pub mod authority;
pub mod mapping;
pub mod presets;
mod render;
#[cfg(test)]
mod tests;

/// An answer is a few hundred bytes, a look-up some kilobytes; what is longer is not read.
const LONGEST_ANSWER: usize = 256 * 1024;
/// Shorter than any keep-alive of a provider's, so that it is we who close and no request runs into a closing connection.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// A provider.
pub struct HttpGateway {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    mapping: HttpMapping,
    account: String,
    secret: String,
    from: String,
    report_key: String,
    reports_url: String,
    answer_timeout: Duration,
}

/// The provider cannot be called with these settings.
#[derive(Debug, thiserror::Error)]
pub enum HttpSettingsError {
    /// The mapping.
    #[error("gateway.http: {0}")]
    Mapping(#[from] presets::UnfitMapping),
    /// The authority that the settings name.
    #[error("gateway.http.{0}")]
    Authority(#[from] authority::UnfitAuthority),
    /// The authorities that this machine trusts.
    #[error("gateway.http: this machine has no certificates of authorities to check the provider by: {0}")]
    Authorities(#[from] std::io::Error),
}

/// Why a request cannot be written down.
#[derive(Debug, thiserror::Error)]
enum Unwritable {
    #[error("the address: {0}")]
    Address(#[from] http::uri::InvalidUri),
    #[error("the method: {0}")]
    Method(#[from] http::method::InvalidMethod),
    #[error("a header's name: {0}")]
    Name(#[from] http::header::InvalidHeaderName),
    #[error("a header's value: {0}")]
    Value(#[from] http::header::InvalidHeaderValue),
    #[error("the request: {0}")]
    Request(#[from] http::Error),
}

impl HttpGateway {
    /// A gateway. `reports_url` is where the provider reaches our listener for delivery reports, without a path.
    ///
    /// # Errors
    /// The mapping is missing or not good, the authority cannot be read, or the machine trusts nobody.
    pub fn new(settings: &HttpSettings, reports_url: &str) -> Result<Self, HttpSettingsError> {
        let mapping = presets::mapping_of(settings)?;
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_millis(settings.connect_timeout_ms)));
        connector.set_nodelay(true);
        connector.enforce_http(false);
        let trusting = hyper_rustls::HttpsConnectorBuilder::new();
        let trusting = match &settings.ca_file {
            Some(file) => trusting.with_tls_config(authority::only(file)?),
            None => trusting.with_native_roots()?,
        };
        let connector = trusting.https_or_http().enable_http1().wrap_connector(connector);
        Ok(Self {
            client: Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_CONNECTION)
                .build(connector),
            mapping,
            account: settings.account.clone(),
            secret: settings.secret.expose().to_owned(),
            from: settings.from.clone(),
            report_key: settings.report_key.expose().to_owned(),
            reports_url: reports_url.trim_end_matches('/').to_owned(),
            answer_timeout: Duration::from_millis(settings.answer_timeout_ms),
        })
    }

    fn words(&self, message: &Message) -> Words<'static> {
        let phone = message.phone.as_e164();
        let reference = message.event_id.hyphenated().to_string();
        let key = if self.report_key.is_empty() {
            String::new()
        } else {
            format!("&key={}", form::encoded(&self.report_key))
        };
        Words(vec![
            ("account", self.account.clone()),
            ("secret", self.secret.clone()),
            ("basic", STANDARD.encode(format!("{}:{}", self.account, self.secret))),
            ("from", self.from.clone()),
            ("phone", phone.to_owned()),
            ("phone_digits", phone.trim_start_matches('+').to_owned()),
            ("text", message.text.text.clone()),
            ("ttn", message.ttn.to_string()),
            ("reports_url", format!("{}/dlr?id={reference}&ttn={}{key}", self.reports_url, message.ttn)),
            ("reference", reference),
        ])
    }

    fn request(mapping: &RequestMapping, words: &Words<'_>) -> Result<Request<Full<Bytes>>, Unwritable> {
        let url: Uri = words.fill(&mapping.url, form::encoded).parse()?;
        let mut request = Request::builder().method(Method::from_bytes(mapping.method.as_bytes())?).uri(url);
        for (name, value) in &mapping.headers {
            let mut value = HeaderValue::from_str(&words.fill(value, str::to_owned))?;
            value.set_sensitive(true);
            request = request.header(name.parse::<HeaderName>()?, value);
        }
        let body = if mapping.body.is_null() {
            String::new()
        } else {
            let body = words.fill_all(&mapping.body);
            let (kind, body) = match mapping.encoding {
                Encoding::Json => ("application/json; charset=utf-8", body.to_string()),
                Encoding::Form => ("application/x-www-form-urlencoded; charset=utf-8", form::write(&body)),
            };
            request = request.header(CONTENT_TYPE, kind);
            body
        };
        Ok(request.body(Full::new(Bytes::from(body)))?)
    }

    /// Status, headers and the JSON of the answer, as far as it can be read.
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, HeaderMap, Option<Value>), Answer> {
        // Connecting has a shorter limit of its own, so what runs out here was, or may have been, written.
        let answered = tokio::time::timeout(self.answer_timeout, self.client.request(request)).await;
        let response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(unanswered(&error)),
            Err(_) => {
                tracing::warn!(limit = ?self.answer_timeout, "no answer in time");
                return Err(Answer::Lost);
            }
        };
        let (head, body) = response.into_parts();
        let body = tokio::time::timeout(self.answer_timeout, body::whole(body, LONGEST_ANSWER)).await.ok().flatten();
        let json = body.and_then(|body| serde_json::from_slice(&body).ok());
        Ok((head.status, head.headers, json))
    }

    async fn call(&self, message: &Message) -> Answer {
        let request = match Self::request(&self.mapping.send, &self.words(message)) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(%error, "the request cannot be written down");
                return Answer::PauseChannel;
            }
        };
        match self.exchange(request).await {
            Ok((status, headers, json)) => {
                fail_point!("sender.after_send");
                let answer = answer::of(&self.mapping.answer, status, &headers, json.as_ref());
                if !matches!(answer, Answer::Accepted(_)) {
                    tracing::warn!(status = status.as_u16(), answer = ?answer, "not taken");
                }
                answer
            }
            Err(answer) => answer,
        }
    }

    async fn ask(&self, message: &Message) -> Vec<Fate> {
        let Some(look_up) = &self.mapping.look_up else { return Vec::new() };
        let words = self.words(message);
        let request = match Self::request(&look_up.request(), &words) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(%error, "the question cannot be written down");
                return Vec::new();
            }
        };
        let json = match self.exchange(request).await {
            Ok((status, _, Some(json))) if status.is_success() => json,
            Ok((status, ..)) => {
                tracing::debug!(status = status.as_u16(), "no answer to the question what became of a message");
                return Vec::new();
            }
            Err(_) => return Vec::new(),
        };
        let is_ours = |item: &Value| {
            look_up.matches.iter().all(|(place, template)| {
                word_at(item, place).is_some_and(|word| word == words.fill(template, str::to_owned))
            })
        };
        items(&json, &look_up.items)
            .filter(|item| is_ours(item))
            .filter_map(|item| {
                let word = word_at(item, &look_up.status)?;
                let taken = || is_one_of(&word, &look_up.taken).then_some((MessageState::Accepted, None));
                let (state, reason) = self.mapping.statuses.meaning(&word).or_else(taken)?;
                Some(Fate { state, reason, gateway_id: word_at(item, &look_up.gateway_id) })
            })
            .collect()
    }

    fn read(&self, request: &ReportRequest) -> Vec<Report> {
        let mapping = &self.mapping.report;
        let from_query = request.parameter("id").and_then(|id| id.parse().ok());
        let ttn = request.parameter("ttn").and_then(|ttn| Ttn::parse(ttn).ok());
        items(&request.body, &mapping.items)
            .filter_map(|item| {
                let word = word_at(item, &mapping.status)?;
                let in_body = || word_at(item, &mapping.reference).and_then(|id| id.parse().ok());
                let report = Report {
                    event_id: from_query.or_else(in_body),
                    ttn,
                    gateway_id: word_at(item, &mapping.gateway_id),
                    said: self.mapping.statuses.meaning(&word),
                };
                (report.event_id.is_some() || report.gateway_id.is_some()).then_some(report)
            })
            .collect()
    }
}

/// The list at a place; the whole when there is no place, or when no list is there.
fn items<'a>(json: &'a Value, place: &str) -> impl Iterator<Item = &'a Value> {
    let list = json.pointer(place).and_then(Value::as_array).or_else(|| json.as_array());
    let (many, one) = match list {
        Some(list) => (list.as_slice(), None),
        None => (&[][..], Some(json)),
    };
    many.iter().chain(one)
}

fn unanswered(error: &Error) -> Answer {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if error.is_connect() {
        tracing::warn!(%error, cause, "no connection");
        return Answer::Retry { after: None };
    }
    tracing::warn!(%error, cause, "the connection broke before the answer");
    Answer::Lost
}

impl Gateway for HttpGateway {
    fn name(&self) -> &'static str {
        "http"
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer> {
        self.call(message).boxed()
    }

    fn can_look_up(&self) -> bool {
        self.mapping.look_up.is_some()
    }

    fn look_up<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Vec<Fate>> {
        self.ask(message).boxed()
    }

    fn read_reports(&self, request: &ReportRequest) -> Vec<Report> {
        if !self.report_key.is_empty() && request.parameter("key") != Some(&self.report_key) {
            tracing::warn!("a report without the key that gateway.http.report_key asks for");
            return Vec::new();
        }
        self.read(request)
    }
}
