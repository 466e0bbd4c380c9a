//! A desk that costs the load generator next to nothing: it answers pings, counts nothing, and reads no news.
//!
//! Generator, server and engines share two cores. 64 desks that parsed every change of every other one would be what is measured.

use futures_util::{SinkExt, StreamExt};
use postoffice_domain::{language::Language, order::OrderDraft, people::BranchId, ttn::Ttn};
use postoffice_protocol::{
    WS_PATH,
    call::Call,
    frame::Request,
    locks::{AcquireLock, LockPurpose},
    orders::{ChangeLocation, CommandId, CreateOrder},
    session::{Password, SignIn},
};
use postoffice_tests::office::CLERK_PASSWORD;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{net::TcpStream, task::JoinSet};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// How many sign in at the same time; the server hashes two passwords at once.
const SIGNING_IN: usize = 8;
/// As much as a read takes; as the desktop's core. The library's own 128 KiB are filled with zeros before every read, fifteen thousand times a second.
const READ_BUFFER: usize = 16 * 1024;
/// How an answer begins, as opposed to news.
const ANSWER: &str = r#"{"jsonrpc":"2.0","id":"#;
/// How the outcome of a command begins.
const OUTCOME: &str = r#"{"jsonrpc":"2.0","method":"command.outcome","#;

/// What is read of an answer.
#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

#[derive(Deserialize)]
struct Created {
    order: Named,
}

#[derive(Deserialize)]
struct Named {
    ttn: Ttn,
}

#[derive(Deserialize)]
struct Granted {
    lease: Fenced,
}

#[derive(Deserialize)]
struct Fenced {
    fence: u64,
}

/// A signed-in socket.
pub struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    /// Opens one and signs a clerk of Lviv 3 in.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn open(address: &str, station: &str) -> Self {
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let opening = connect_async_with_config(format!("ws://{address}{WS_PATH}"), Some(config), true);
        let (socket, _) = opening.await.expect("the server is there");
        let mut line = Self(socket);
        let sign_in = SignIn {
            login: "clerk12".to_owned(),
            password: Password(CLERK_PASSWORD.to_owned()),
            branch: BranchId("lviv-3".to_owned()),
            station: station.to_owned(),
            language: Language::Uk,
        };
        line.ask(Call::SignIn(sign_in)).await;
        line
    }

    /// Opens many.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn open_many(address: &str, count: usize) -> Vec<Self> {
        let mut opening = JoinSet::new();
        for begin in 0..SIGNING_IN {
            let address = address.to_owned();
            opening.spawn(async move {
                let mut lines = Vec::new();
                for station in (begin..count).step_by(SIGNING_IN) {
                    lines.push(Self::open(&address, &format!("{}", station % 99 + 1)).await);
                }
                lines
            });
        }
        opening.join_all().await.into_iter().flatten().collect()
    }

    /// Registers an order and waits until it is durable.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn register(&mut self, command_id: CommandId, order: OrderDraft) -> Ttn {
        let answer = self.ask(Call::CreateOrder(CreateOrder { command_id, order })).await;
        read::<Created>(&answer).order.ttn
    }

    /// Takes the lock of an order, as the editor does when it opens; the fencing token.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn lock(&mut self, ttn: Ttn) -> u64 {
        let answer = self.ask(Call::AcquireLock(AcquireLock { ttn, purpose: LockPurpose::EditPlace })).await;
        read::<Granted>(&answer).lease.fence
    }

    /// Changes the place of an order and waits for the outcome.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn change_place(&mut self, change: ChangeLocation) {
        self.send(Call::ChangeLocation(change)).await;
        // The outcome may overtake the answer that only says "accepted".
        let (mut accepted, mut done) = (false, false);
        while !(accepted && done) {
            let frame = self.frame().await;
            if frame.starts_with(ANSWER) {
                assert!(is_result(&frame), "the server refuses: {frame}");
                accepted = true;
            } else if frame.starts_with(OUTCOME) {
                assert!(!frame.contains(r#""problem":"#), "it was not done: {frame}");
                done = true;
            }
        }
    }

    /// Reads and forgets until the socket ends.
    pub async fn listen(mut self) {
        while let Some(Ok(_)) = self.0.next().await {}
    }

    async fn send(&mut self, call: Call) {
        let text = Request { id: "1".to_owned(), call }.write();
        self.0.send(Message::text(text)).await.expect("the server hears");
    }

    async fn ask(&mut self, call: Call) -> Utf8Bytes {
        self.send(call).await;
        loop {
            let frame = self.frame().await;
            if frame.starts_with(ANSWER) {
                assert!(is_result(&frame), "the server refuses: {frame}");
                return frame;
            }
        }
    }

    async fn frame(&mut self) -> Utf8Bytes {
        loop {
            match self.0.next().await.expect("the socket stays open").expect("the socket works") {
                Message::Text(text) => return text,
                Message::Close(frame) => panic!("the server closed: {frame:?}"),
                _ => {}
            }
        }
    }
}

fn is_result(answer: &str) -> bool {
    answer.contains(r#","result":"#)
}

fn read<T: DeserializeOwned>(answer: &str) -> T {
    serde_json::from_str::<Answer<T>>(answer).expect("an answer of this protocol").result
}
