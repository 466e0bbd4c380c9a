//! A desk that costs the load generator next to nothing: it answers pings, counts nothing, and reads no news.
//!
//! Generator, server and engines share two cores. 64 desks that parsed every change of every other one would be what is measured.

use futures_util::{SinkExt, StreamExt};
use postoffice_domain::{language::Language, order::OrderDraft, people::BranchId};
use postoffice_protocol::{
    WS_PATH,
    call::Call,
    frame::Request,
    orders::{CommandId, CreateOrder},
    session::{Password, SignIn},
};
use postoffice_tests::office::CLERK_PASSWORD;
use tokio::{net::TcpStream, task::JoinSet};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, Utf8Bytes},
};

/// How many sign in at the same time; the server hashes two passwords at once.
const SIGNING_IN: usize = 8;
/// How an answer begins, as opposed to news.
const ANSWER: &str = r#"{"jsonrpc":"2.0","id":"#;

/// A signed-in socket.
pub struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    /// Opens one and signs a clerk of Lviv 3 in.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn open(address: &str, station: &str) -> Self {
        let (socket, _) = connect_async(format!("ws://{address}{WS_PATH}")).await.expect("the server is there");
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
    pub async fn register(&mut self, command_id: CommandId, order: OrderDraft) {
        self.ask(Call::CreateOrder(CreateOrder { command_id, order })).await;
    }

    /// Reads and forgets until the socket ends.
    pub async fn listen(mut self) {
        while let Some(Ok(_)) = self.0.next().await {}
    }

    async fn ask(&mut self, call: Call) {
        let text = Request { id: "1".to_owned(), call }.write();
        self.0.send(Message::text(text)).await.expect("the server hears");
        loop {
            let frame = self.frame().await;
            if frame.starts_with(ANSWER) {
                let answer = frame.as_str();
                assert!(answer.contains(r#","result":"#), "the server refuses: {answer}");
                return;
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
