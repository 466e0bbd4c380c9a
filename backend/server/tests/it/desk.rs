//! A desktop as a program: one socket, requests by name, news kept in the order it came.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use postoffice_protocol::{
    events::ServerNotice,
    frame::ServerFrame,
    problem::Problem,
    session::{Resume, Resumed, SessionToken, SignedIn},
};
use serde::{Serialize, de::DeserializeOwned};
use socket2::SockRef;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

use crate::office::sign_in_form;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One connected desktop.
pub struct Desk {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub news: VecDeque<ServerNotice>,
    requests: u64,
}

/// What came from the server.
#[derive(Debug)]
pub enum Heard {
    Frame(ServerFrame),
    Closed(Option<CloseFrame>),
}

impl Desk {
    pub async fn connect(address: SocketAddr) -> Self {
        let (socket, _) = connect_async(format!("ws://{address}/ws")).await.unwrap();
        Self { socket, news: VecDeque::new(), requests: 0 }
    }

    /// Over a connection that takes some ten kilobytes for a desk that reads nothing. On the loopback it would be megabytes.
    pub async fn connect_narrowly(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 * 1024).unwrap();
        SockRef::from(&socket).set_tcp_mss(536).unwrap();
        let stream = MaybeTlsStream::Plain(socket.connect(address).await.unwrap());
        let (socket, _) = client_async(format!("ws://{address}/ws"), stream).await.unwrap();
        Self { socket, news: VecDeque::new(), requests: 0 }
    }

    /// Sends a request, waits for its answer, reads its result.
    pub async fn ask<P: Serialize, T: DeserializeOwned>(
        &mut self,
        method: &str,
        params: &P,
    ) -> Result<T, Box<Problem>> {
        let id = self.send(method, params).await;
        self.answer_to(&id).await
    }

    /// Sends a request without waiting; gives its id.
    pub async fn send<P: Serialize>(&mut self, method: &str, params: &P) -> String {
        self.requests += 1;
        let id = format!("r{}", self.requests);
        let params = serde_json::to_string(params).unwrap();
        self.send_text(format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"{method}","params":{params}}}"#)).await;
        id
    }

    pub async fn send_text(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    /// Waits for the answer of one request; news that comes before it is kept.
    pub async fn answer_to<T: DeserializeOwned>(&mut self, wanted: &str) -> Result<T, Box<Problem>> {
        loop {
            match self.hear().await {
                Heard::Frame(ServerFrame::Result { id, result }) if id == wanted => {
                    return Ok(serde_json::from_str(result.get()).unwrap());
                }
                Heard::Frame(ServerFrame::Problem { id, problem }) if id.as_deref() == Some(wanted) => {
                    return Err(problem);
                }
                Heard::Frame(ServerFrame::Notice(notice)) => self.news.push_back(*notice),
                Heard::Frame(_) => {}
                Heard::Closed(frame) => panic!("closed while waiting for {wanted}: {frame:?}"),
            }
        }
    }

    /// The problem that a frame without a usable id is answered with.
    pub async fn refusal_of(&mut self, text: impl Into<String>) -> (Option<String>, Box<Problem>) {
        self.send_text(text).await;
        loop {
            match self.hear().await {
                Heard::Frame(ServerFrame::Problem { id, problem }) => return (id, problem),
                Heard::Frame(ServerFrame::Notice(notice)) => self.news.push_back(*notice),
                other => panic!("expected a problem, heard {other:?}"),
            }
        }
    }

    /// The next news that `pick` likes; others are dropped.
    pub async fn news<T>(&mut self, mut pick: impl FnMut(ServerNotice) -> Option<T>) -> T {
        loop {
            let notice = match self.news.pop_front() {
                Some(notice) => notice,
                None => match self.hear().await {
                    Heard::Frame(ServerFrame::Notice(notice)) => *notice,
                    Heard::Frame(_) => continue,
                    Heard::Closed(frame) => panic!("closed while waiting for news: {frame:?}"),
                },
            };
            if let Some(picked) = pick(notice) {
                return picked;
            }
        }
    }

    /// The code with which the server closes the socket.
    pub async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Heard::Closed(frame) = self.hear().await {
                return frame.map(|frame| frame.code.into());
            }
        }
    }

    /// The next frame; pings are answered on the way.
    pub async fn hear(&mut self) -> Heard {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("the server says something");
            match message {
                Some(Ok(Message::Text(text))) => return Heard::Frame(ServerFrame::read(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    pub async fn sign_in(&mut self, login: &str, password: &str, branch: &str) -> Result<SignedIn, Box<Problem>> {
        self.ask("session.sign_in", &sign_in_form(login, password, branch)).await
    }

    pub async fn resume(&mut self, token: &SessionToken, since: u64) -> Result<Resumed, Box<Problem>> {
        self.ask("session.resume", &Resume { token: token.clone(), since }).await
    }
}
