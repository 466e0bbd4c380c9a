//! A gateway of the tests' own: speaks like Kannel's smsbox, or like a provider over HTTP, does what the script says, and remembers every message it got.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, tcp::OwnedWriteHalf},
    sync::{Notify, watch},
    task::JoinHandle,
};

/// How long a test waits for a message.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message as the gateway received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Method and path with its query, `POST /messages`.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: HashMap<String, String>,
    /// The body.
    pub text: String,
}

impl Received {
    /// Our event id, as it stands in the report address.
    pub fn event_id(&self) -> &str {
        let url = self.headers.get("x-kannel-dlr-url").map(String::as_str).unwrap_or_default();
        url.split(['?', '&']).find_map(|part| part.strip_prefix("id=")).unwrap_or_default()
    }

    /// The report address with the type filled in, as the gateway would call it.
    pub fn report_url(&self, mask: u32) -> String {
        let url = self.headers.get("x-kannel-dlr-url").map(String::as_str).unwrap_or_default();
        url.replace("%d", &mask.to_string()).replace("%A", "NACK%2F").replace("%F", "7")
    }
}

/// What the gateway does with a request it has read in full.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// `202 0: Accepted for delivery`.
    Take,
    /// Another answer: status line without version, further header lines, body.
    Answer(&'static str, &'static str, String),
    /// Takes the message and never answers.
    Silence,
    /// Takes the message and closes the connection without an answer.
    Cut,
    /// Takes the message and closes in the middle of the status line.
    HalfAnswer,
    /// Takes the message, reports these types at once, then answers 202: reports before the answer.
    ReportThenTake(&'static [u32]),
    /// Takes the message and answers 202 when it is told to.
    TakeWhen(Arc<Notify>),
    /// Takes the message and gives this answer when it is told to: status line without version, body.
    AnswerWhen(Arc<Notify>, &'static str, String),
}

type Script = dyn Fn(usize, &Received) -> Reaction + Send + Sync;

struct Inner {
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    script: Box<Script>,
}

/// The gateway. Dropping it closes its port.
pub struct ScriptedGateway {
    address: SocketAddr,
    inner: Arc<Inner>,
    accepting: JoinHandle<()>,
}

impl ScriptedGateway {
    /// Starts one on a free port. `script` is asked for every request: its number from 0, and the message.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(script: impl Fn(usize, &Received) -> Reaction + Send + Sync + 'static) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
    }

    /// Starts one at an address, for one that was away.
    ///
    /// # Panics
    /// The port is taken.
    pub async fn start_at(
        address: SocketAddr,
        script: impl Fn(usize, &Received) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("it listens");
        let inner =
            Arc::new(Inner { received: Mutex::default(), count: watch::Sender::new(0), script: Box::new(script) });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&inner)));
        Self { address, inner, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The setting `gateway.kannel.url`.
    pub fn url(&self) -> String {
        format!("http://{}/cgi-bin/sendsms", self.address)
    }

    /// All messages it got so far, repeated ones too.
    pub fn received(&self) -> Vec<Received> {
        self.inner.messages().clone()
    }

    /// Waits until it got `count` messages and returns them.
    ///
    /// # Panics
    /// They did not come in time.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut counted = self.inner.count.subscribe();
        let came = tokio::time::timeout(PATIENCE, counted.wait_for(|so_far| *so_far >= count)).await;
        assert!(came.is_ok(), "{} of {count} messages came", self.received().len());
        self.received()
    }
}

impl Drop for ScriptedGateway {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Inner {
    fn messages(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, message: Received) -> usize {
        let mut received = self.messages();
        received.push(message);
        received.len()
    }
}

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    // Connections end with the gateway: the set aborts them when it is dropped.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&inner)));
    }
}

async fn serve(stream: TcpStream, inner: Arc<Inner>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    while let Some(message) = next_request(&mut read).await {
        let count = inner.keep(message.clone());
        let reaction = (inner.script)(count - 1, &message);
        inner.count.send_replace(count);
        if !react(reaction, &message, &mut write).await {
            return;
        }
    }
}

/// False: the connection ends.
async fn react(reaction: Reaction, message: &Received, write: &mut OwnedWriteHalf) -> bool {
    let taken = || ("202 Accepted", "", "0: Accepted for delivery".to_owned());
    let (status, headers, body) = match reaction {
        Reaction::Take => taken(),
        Reaction::Answer(status, headers, body) => (status, headers, body),
        Reaction::Silence => std::future::pending().await,
        Reaction::Cut => return false,
        Reaction::HalfAnswer => {
            write.write_all(b"HTTP/1.1 20").await.ok();
            return false;
        }
        Reaction::ReportThenTake(masks) => {
            for mask in masks {
                report(&message.report_url(*mask)).await;
            }
            taken()
        }
        Reaction::TakeWhen(told) => {
            told.notified().await;
            taken()
        }
        Reaction::AnswerWhen(told, status, body) => {
            told.notified().await;
            (status, "", body)
        }
    };
    let answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    write.write_all(answer.as_bytes()).await.is_ok()
}

async fn next_request(read: &mut BufReader<tokio::net::tcp::OwnedReadHalf>) -> Option<Received> {
    let mut headers = HashMap::new();
    let mut target = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if read.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if target.is_empty() {
            text.rsplit_once(' ').map_or(text, |(target, _)| target).clone_into(&mut target);
        } else if let Some((name, value)) = text.split_once(": ") {
            headers.insert(name.to_lowercase(), value.to_owned());
        }
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.ok()?;
    Some(Received { target, headers, text: String::from_utf8(body).ok()? })
}

/// Brings a delivery report, as Kannel does: a GET on a connection of its own. Returns the status line, empty when nobody answered.
///
/// # Panics
/// The address is not one of ours.
pub async fn report(url: &str) -> String {
    get(url).await.lines().next().unwrap_or_default().to_owned()
}

/// A whole answer to a GET, head and body; empty when nobody answered.
///
/// # Panics
/// The address is not one of ours.
pub async fn get(url: &str) -> String {
    ask("GET", url, "").await
}

/// Brings a report in the body of a POST. Returns the status line, empty when nobody answered.
///
/// # Panics
/// The address is not one of ours.
pub async fn post(url: &str, body: &str) -> String {
    ask("POST", url, body).await.lines().next().unwrap_or_default().to_owned()
}

async fn ask(method: &str, url: &str, body: &str) -> String {
    let rest = url.strip_prefix("http://").expect("an address of ours");
    let (host, path) = rest.split_once('/').expect("an address with a path");
    let Ok(mut stream) = TcpStream::connect(host).await else { return String::new() };
    let length = body.len();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut answer = String::new();
    if stream.write_all(request.as_bytes()).await.is_err() || stream.read_to_string(&mut answer).await.is_err() {
        return String::new();
    }
    answer
}
