//! Clients behind a load balancer that speaks the PROXY protocol.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use postoffice_server::config::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::{desk::PATIENCE, office::Office};

fn behind_this_machine(config: &mut Config) {
    config.trusted_proxies = vec![Ipv4Addr::LOCALHOST.into()];
    config.limits.connections_per_address = 2;
    config.limits.header_timeout_ms = 300;
}

/// What a load balancer says for a client.
fn header(client: [u8; 4]) -> Vec<u8> {
    let [a, b, c, d] = client;
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".as_slice(), &[a, b, c, d, 127, 0, 0, 1, 0xc0, 0, 0x1e, 0x14]].concat()
}

/// A socket for a client; none when it is refused.
async fn socket_for(address: SocketAddr, client: [u8; 4]) -> Option<WebSocketStream<TcpStream>> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&header(client)).await.unwrap();
    client_async(format!("ws://{address}/ws"), stream).await.ok().map(|(socket, _)| socket)
}

/// What is said before the connection is closed.
async fn answer_to(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    // A reset is a close, too.
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed in time");
    assert!(read.is_ok() || answer.is_empty());
    answer
}

#[tokio::test]
async fn the_share_of_an_address_is_that_of_the_client_behind_the_load_balancer() {
    let office = Office::open_with(behind_this_machine).await;
    let (one, other) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let mut sockets = Vec::new();
    for client in [one, one, other, other] {
        sockets.push(socket_for(office.address, client).await.expect("its share"));
    }
    assert!(socket_for(office.address, one).await.is_none(), "no more than its share");
    sockets.remove(0).close(None).await.unwrap();
    let again = timeout(PATIENCE, async {
        while socket_for(office.address, one).await.is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    again.await.expect("a place is free again");
    drop(sockets);
    office.stop().await;
}

#[tokio::test]
async fn a_trusted_proxy_must_say_for_whom_it_connects_and_in_time() {
    let office = Office::open_with(behind_this_machine).await;
    let half = &header([10, 0, 0, 1])[..20];
    for sent in [b"GET /ws HTTP/1.1\r\nhost: a\r\n\r\n".as_slice(), half, b""] {
        assert_eq!(answer_to(office.address, sent).await, b"", "{sent:x?}");
    }
    assert!(socket_for(office.address, [10, 0, 0, 1]).await.is_some(), "nothing was broken by it");
    office.stop().await;
}

#[tokio::test]
async fn nobody_else_can_say_that_he_is_somebody_else() {
    let office = Office::open().await;
    let request = [header([10, 0, 0, 1]).as_slice(), b"GET /ws HTTP/1.1\r\nhost: a\r\n\r\n"].concat();
    let answer = answer_to(office.address, &request).await;
    assert!(!answer.starts_with(b"HTTP/1.1 2") && !answer.starts_with(b"HTTP/1.1 101"));
    assert!(socket_for(office.address, [10, 0, 0, 1]).await.is_none());
    office.stop().await;
}
