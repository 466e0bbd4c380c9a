//! A clerk without a window: the protocol straight on the socket. For load, kills and measuring.

use std::{collections::VecDeque, time::Duration};

use futures_util::{SinkExt, StreamExt};
use postoffice_domain::{
    cargo::{CargoItemDraft, Quantity},
    language::Language,
    order::{OrderDraft, Payer},
    party::PartyDraft,
    people::BranchId,
};
use postoffice_protocol::{
    WS_PATH,
    call::Call,
    events::ServerNotice,
    frame::{Request, ServerFrame},
    orders::{
        CommandId, CreateOrder, Direction, ListOrders, OrderCreated, OrderPage, OrderRow, OrderScope, OrderTab, SortKey,
    },
    problem::{Problem, ProblemCode},
    session::{Password, Resume, Resumed, Session, SessionToken, SignIn, SignedIn},
};
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use uuid::Uuid;

use crate::office::CLERK_PASSWORD;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A socket of a clerk.
pub struct Desk {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u64,
    notices: VecDeque<ServerNotice>,
    /// The session, once signed in.
    pub session: Option<Session>,
    /// Its token.
    pub token: Option<SessionToken>,
}

fn broken(why: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::Offline, format!("{why}"))
}

impl Desk {
    /// Opens a socket.
    ///
    /// # Errors
    /// `offline`: nobody answers.
    pub async fn open(address: &str) -> Result<Self, Problem> {
        let (socket, _) = connect_async(format!("ws://{address}{WS_PATH}")).await.map_err(broken)?;
        Ok(Self { socket, next_id: 1, notices: VecDeque::new(), session: None, token: None })
    }

    /// Opens a socket and signs a clerk of Lviv 3 in.
    ///
    /// # Panics
    /// It does not work.
    pub async fn signed_in(address: &str, login: &str, station: &str) -> Self {
        Self::try_signed_in(address, login, station).await.expect("the clerk signs in")
    }

    /// Opens a socket and signs a clerk of Lviv 3 in.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn try_signed_in(address: &str, login: &str, station: &str) -> Result<Self, Problem> {
        Self::try_signed_in_with(address, login, CLERK_PASSWORD, station).await
    }

    /// Opens a socket and signs an employee of Lviv 3 in.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn try_signed_in_with(
        address: &str,
        login: &str,
        password: &str,
        station: &str,
    ) -> Result<Self, Problem> {
        let mut desk = Self::open(address).await?;
        let sign_in = SignIn {
            login: login.to_owned(),
            password: Password(password.to_owned()),
            branch: BranchId("lviv-3".to_owned()),
            station: station.to_owned(),
            language: Language::Uk,
        };
        let signed_in: SignedIn = desk.ask_for(Call::SignIn(sign_in)).await?;
        desk.session = Some(signed_in.session);
        desk.token = Some(signed_in.token);
        Ok(desk)
    }

    /// Sends a call without waiting; the id of the request.
    ///
    /// # Errors
    /// `offline`: the socket is gone.
    pub async fn send(&mut self, call: Call) -> Result<String, Problem> {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let text = Request { id: id.clone(), call }.write();
        self.socket.send(Message::Text(text.into())).await.map_err(broken)?;
        Ok(id)
    }

    /// The next answer, with the id of its request; notices on the way are kept.
    ///
    /// # Errors
    /// `offline`: the socket is gone.
    pub async fn answer(&mut self) -> Result<(String, Result<Box<RawValue>, Problem>), Problem> {
        loop {
            match self.read().await? {
                ServerFrame::Result { id, result } => return Ok((id, Ok(result))),
                ServerFrame::Problem { id, problem } => return Ok((id.unwrap_or_default(), Err(*problem))),
                ServerFrame::Notice(notice) => self.notices.push_back(*notice),
            }
        }
    }

    /// The next notice, kept or fresh.
    ///
    /// # Errors
    /// `offline`: the socket is gone, or nothing came in time.
    pub async fn notice(&mut self) -> Result<ServerNotice, Problem> {
        if let Some(notice) = self.notices.pop_front() {
            return Ok(notice);
        }
        loop {
            if let ServerFrame::Notice(notice) = self.read().await? {
                return Ok(*notice);
            }
        }
    }

    /// Opens a socket for a session that was signed in before. Events that it missed are not replayed.
    ///
    /// # Errors
    /// `unauthenticated`: the session has ended; `offline`.
    pub async fn resumed(address: &str, token: &SessionToken) -> Result<Self, Problem> {
        Self::resumed_since(address, token, u64::MAX).await
    }

    /// The same, with the events after number `since`.
    ///
    /// # Errors
    /// `unauthenticated`: the session has ended; `offline`.
    pub async fn resumed_since(address: &str, token: &SessionToken, since: u64) -> Result<Self, Problem> {
        let mut desk = Self::open(address).await?;
        let resume = Resume { token: token.clone(), since };
        let resumed: Resumed = desk.ask_for(Call::Resume(resume)).await?;
        desk.session = Some(resumed.session);
        desk.token = Some(token.clone());
        Ok(desk)
    }

    /// The notices kept while answers were waited for.
    pub fn kept(&mut self) -> impl Iterator<Item = ServerNotice> + '_ {
        self.notices.drain(..)
    }

    async fn read(&mut self) -> Result<ServerFrame, Problem> {
        loop {
            let read = tokio::time::timeout(ANSWER_WITHIN, self.socket.next());
            match read.await.map_err(|_| broken("no answer in time"))? {
                Some(Ok(Message::Text(text))) => return ServerFrame::read(text.as_str()).map_err(broken),
                Some(Ok(Message::Close(frame))) => return Err(broken(format!("closed: {frame:?}"))),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(broken(error)),
                None => return Err(broken("the socket ended")),
            }
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn ask(&mut self, call: Call) -> Result<Box<RawValue>, Problem> {
        let wanted = self.send(call).await?;
        loop {
            let (id, answer) = self.answer().await?;
            if id == wanted {
                return answer;
            }
        }
    }

    /// Asks for a `T`.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn ask_for<T: serde::de::DeserializeOwned>(&mut self, call: Call) -> Result<T, Problem> {
        let answer = self.ask(call).await?;
        serde_json::from_str(answer.get()).map_err(broken)
    }

    /// Registers an order.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn register(&mut self, command_id: CommandId, order: OrderDraft) -> Result<OrderCreated, Problem> {
        self.ask_for(Call::CreateOrder(CreateOrder { command_id, order })).await
    }
}

impl Desk {
    /// Waits for a change of an order, by its kind as it travels (`registered`, `deleted` …).
    ///
    /// # Panics
    /// It does not come.
    pub async fn hears_of(&mut self, ttn: &str, kind: &str) {
        loop {
            if let ServerNotice::Changes(batch) = self.notice().await.expect("the change comes")
                && batch.changes.iter().any(|change| change.ttn.to_string() == ttn && named(&change.kind) == kind)
            {
                return;
            }
        }
    }

    /// Waits for so many changes of orders.
    ///
    /// # Panics
    /// They do not come.
    pub async fn hears_of_changes(&mut self, mut count: usize) {
        while count > 0 {
            if let ServerNotice::Changes(batch) = self.notice().await.expect("changes come") {
                count = count.saturating_sub(batch.changes.len());
            }
        }
    }

    /// The orders of the own branch that a search finds.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn found(&mut self, search: &str) -> Vec<OrderRow> {
        let list = ListOrders {
            tab: OrderTab::All,
            scope: OrderScope::MyBranch,
            sort: SortKey::Updated,
            direction: Direction::Descending,
            search: Some(search.to_owned()),
            before: None,
            after: None,
            limit: 50,
        };
        let page: OrderPage = self.ask_for(Call::ListOrders(list)).await.expect("the list comes");
        page.rows
    }

    /// Their numbers.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn numbers_found(&mut self, search: &str) -> Vec<String> {
        self.found(search).await.into_iter().map(|row| row.ttn.to_string()).collect()
    }
}

/// A value as it is named on the wire.
fn named(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// A command id for number `number` of a story.
pub fn command_id(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

/// A good order, told apart by `number`.
pub fn draft(number: u32) -> OrderDraft {
    let party = |name: &str, phone: u32, city: &str, street: &str| PartyDraft {
        phone: format!("+38067{phone:07}"),
        name: name.to_owned(),
        city: city.to_owned(),
        street: street.to_owned(),
    };
    OrderDraft {
        sender: party("Оксана Коваль", 11_241, "Львів", "вул. Городоцька, 120"),
        recipient: party("Марко Дячук", 1_000_000 + number, "Одеса", "Відділення 12"),
        description: format!("Кераміка, крихке {number}"),
        payer: Payer::Sender,
        language: Language::Uk,
        cargo: vec![CargoItemDraft {
            length_mm: Quantity::Whole(300),
            width_mm: Quantity::Whole(200),
            height_mm: Quantity::Whole(150),
            weight_g: Quantity::Whole(1_850),
            declared_minor: Quantity::Whole(100_000),
        }],
    }
}
