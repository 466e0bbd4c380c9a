//! Thousands of desktops: their sockets come from many loopback addresses, so that the server's default limit of 64 for one address stands,
//! and cost the load generator little. They resume sessions that are written into the database beforehand, past the hashing of passwords.

use std::{net::SocketAddr, path::Path};

use futures_util::{SinkExt, StreamExt};
use postoffice_protocol::{
    WS_PATH,
    call::Call,
    events::ServerNotice,
    frame::{Request, ServerFrame},
    session::{Replay, Resume, Resumed, SessionToken},
};
use postoffice_server::auth::secret::token_hash;
use rusqlite::Connection;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};
use uuid::Uuid;

/// Desktops of one address; the server lets 64 in.
const PER_ADDRESS: usize = 60;

/// Lets this process, and those it starts, open as many files as the system allows.
///
/// # Panics
/// The system refuses.
pub fn allow_many_files() {
    let allowed = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: allowed, maximum: allowed })
        .expect("the limit may be raised that far");
}

/// Writes sessions into the database of a server that does not run, as copies of the one that is there; their tokens.
///
/// # Panics
/// There is none, or it cannot be written.
pub fn sessions(database: &Path, count: usize) -> Vec<SessionToken> {
    let mut database = Connection::open(database).expect("the database opens");
    let writing = database.transaction().expect("nobody else writes");
    let copy = "CREATE TEMP TABLE one AS SELECT * FROM sessions WHERE ended_at IS NULL LIMIT 1";
    assert_eq!(writing.execute(copy, []).map(|_| ()), Ok(()), "a session can be read");
    let mut tokens = Vec::with_capacity(count);
    for number in 0..count {
        let token = SessionToken::new(format!("bench-{number:06}"));
        let hash = token_hash(&token).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let id = Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + u128::try_from(number).unwrap_or(0));
        writing.execute("UPDATE one SET id = ?1, token_hash = ?2", (id.to_string(), hash)).expect("it is a row");
        let written = writing.execute("INSERT INTO sessions SELECT * FROM one", []).expect("the row is taken");
        assert_eq!(written, 1, "there was a session to copy");
        tokens.push(token);
    }
    writing.commit().expect("it is written");
    tokens
}

/// One of the crowd, with its session.
pub struct Desktop(WebSocketStream<TcpStream>);

impl Desktop {
    /// Connects number `number` of the crowd and resumes its session; ends when everything that was missed has come.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn resume(server: SocketAddr, number: usize, token: SessionToken, since: u64) -> Self {
        let mut desktop = Self(open(server, number).await);
        let text = Request { id: "1".to_owned(), call: Call::Resume(Resume { token, since }) }.write();
        desktop.0.send(Message::text(text)).await.expect("the server hears");
        let mut missing = None;
        let mut came = 0;
        while missing.is_none_or(|missing| came < missing) {
            match desktop.frame().await {
                ServerFrame::Result { result, .. } => {
                    let resumed: Resumed = serde_json::from_str(result.get()).expect("an answer of this protocol");
                    let Replay::Follows { missed } = resumed.replay else { panic!("everything missed is kept") };
                    missing = Some(missed);
                }
                ServerFrame::Problem { problem, .. } => panic!("the server refuses: {problem}"),
                ServerFrame::Notice(notice) => {
                    if let ServerNotice::Changes(batch) = *notice {
                        came += u64::try_from(batch.changes.len()).unwrap_or(0);
                    }
                }
            }
        }
        desktop
    }

    async fn frame(&mut self) -> ServerFrame {
        loop {
            match self.0.next().await.expect("the socket stays open").expect("the socket works") {
                Message::Text(text) => return ServerFrame::read(text.as_str()).expect("a frame of this protocol"),
                Message::Close(frame) => panic!("the server closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Reads and forgets until the socket ends.
    pub async fn listen(mut self) {
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

async fn open(server: SocketAddr, number: usize) -> WebSocketStream<TcpStream> {
    let street = u8::try_from(1 + number / PER_ADDRESS / 250).expect("a crowd of less than four million");
    let house = u8::try_from(1 + number / PER_ADDRESS % 250).expect("below 251");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 1, street, house], 0))).expect("a loopback address");
    let stream = socket.connect(server).await.expect("the server is there");
    stream.set_nodelay(true).expect("TCP");
    let config = WebSocketConfig::default().read_buffer_size(4_096).write_buffer_size(0);
    let (socket, _) = client_async_with_config(format!("ws://{server}{WS_PATH}"), stream, Some(config))
        .await
        .expect("the server lets us in");
    socket
}
