//! Limits of connections: origins, silent peers, many from one address, readers that do not read.

use std::{net::SocketAddr, time::Duration};

use axum::extract::ws::Utf8Bytes;
use postoffice_protocol::session::{Nothing, Office as Described};
use postoffice_runtime::testing::{Running, free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest, http::HeaderValue},
};

use crate::{
    desk::{Desk, PATIENCE},
    office::Office,
};

/// Status of an upgrade with these Origin headers; 101 when it was let in.
async fn upgrade(address: SocketAddr, origins: &[&str]) -> u16 {
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    for origin in origins {
        request.headers_mut().append("origin", HeaderValue::from_str(origin).unwrap());
    }
    match connect_async(request).await {
        Ok((_, answer)) => answer.status().as_u16(),
        Err(Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_before_the_upgrade() {
    let office = Office::open_with(|config| config.origins = vec!["https://post.example".to_owned()]).await;
    let rows: [(&[&str], u16); 5] = [
        (&[], 101),
        (&["https://post.example"], 101),
        (&["https://evil.example"], 403),
        (&["null"], 403),
        (&["https://post.example", "https://post.example"], 403),
    ];
    for (origins, status) in rows {
        assert_eq!(upgrade(office.address, origins).await, status, "{origins:?}");
    }
    office.stop().await;
}

#[tokio::test]
async fn half_a_header_and_a_silent_socket_are_closed_but_a_live_socket_is_left_alone() {
    let office = Office::open_with(|config| config.limits.header_timeout_ms = 300).await;
    let mut desk = office.desk().await;
    let mut half = TcpStream::connect(office.address).await.unwrap();
    half.write_all(b"GET /ws HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    let mut silent = TcpStream::connect(office.address).await.unwrap();
    for stream in [&mut half, &mut silent] {
        let mut rest = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("closed at the limit").unwrap();
    }
    desk.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn one_address_gets_its_share_and_no_more() {
    let office = Office::open_with(|config| config.limits.connections_per_address = 3).await;
    let mut desks = Vec::new();
    for _ in 0..3 {
        desks.push(office.desk().await);
    }
    assert!(connect_async(format!("ws://{}/ws", office.address)).await.is_err());
    let mut last = desks.pop().unwrap();
    last.socket.close(None).await.unwrap();
    assert!(last.close_code().await.is_none_or(|code| code == 1000));
    // The place is free as soon as the server's loop has ended, which we can only see from outside by trying.
    let again = timeout(PATIENCE, async {
        loop {
            if let Ok((socket, _)) = connect_async(format!("ws://{}/ws", office.address)).await {
                return socket;
            }
        }
    });
    again.await.expect("a place is free again");
    office.stop().await;
}

/// Without files for more connections the server neither dies nor turns in circles, serves those that it has, and takes new ones as soon as
/// there is room.
#[tokio::test]
async fn a_server_without_open_files_left_waits_without_turning_in_circles() {
    let folder = tempfile::tempdir().unwrap();
    let (port, admin) = (free_port(), free_port());
    let mut command = std::process::Command::new("prlimit");
    command
        .args(["--nofile=80:80", "--", env!("CARGO_BIN_EXE_postoffice-server"), "serve", "--data"])
        .arg(folder.path().join("data"))
        .env("POSTOFFICE_LISTEN", format!("127.0.0.1:{port}"))
        .env("POSTOFFICE_ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
        .env("POSTOFFICE_LIMITS__CONNECTIONS_PER_ADDRESS", "1000");
    let log = folder.path().join("server.log");
    let mut server = Running::start(&mut command, &log);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let up = async {
        while TcpStream::connect(("127.0.0.1", admin)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, up).await.expect("it starts");
    let mut desk = Desk::connect(address).await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(address).await.unwrap());
    }
    let short = async {
        while !std::fs::read_to_string(&log).unwrap().contains("cannot accept connections now") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, short).await.expect("there are too few files");

    let before = processor_ms(server.pid());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let used = processor_ms(server.pid()) - before;
    assert!(used < 500, "{used} ms of processor time in two seconds of waiting");
    assert!(std::fs::read_to_string(&log).unwrap().matches("cannot accept").count() < 40, "and the log is not flooded");
    desk.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    drop(crowd);
    let again = timeout(PATIENCE, async {
        loop {
            if let Ok((socket, _)) = connect_async(format!("ws://{address}/ws")).await {
                return socket;
            }
        }
    });
    again.await.expect("there is room again");
    assert!(!server.has_ended());
}

/// Processor time that a process has used so far: the 12th and 13th word behind its name, in hundredths of a second.
fn processor_ms(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, words) = stat.rsplit_once(") ").unwrap();
    words.split(' ').skip(11).take(2).map(|word| word.parse::<u64>().unwrap() * 10).sum()
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_closed_with_1013_and_the_others_do_not_wait() {
    let office = Office::set_up_with(|config| config.limits.queue_frames = 8).await;
    let hub = &office.served.services.hub;
    let mut slow = office.signed_in().await;
    let mut quick = office.signed_in().await;
    let notice = Utf8Bytes::from(format!(
        r#"{{"jsonrpc":"2.0","method":"events.locks","params":{{"snapshot":false,"held":[],"freed":[]}}{}}}"#,
        " ".repeat(60_000)
    ));
    // Far more than the socket buffers of both sides hold; the quick desk reads along, the slow one does not.
    for _ in 0..400 {
        hub.broadcast(&notice);
        quick.news(|_| Some(())).await;
        if hub.sessions_live() == 1 {
            break;
        }
    }
    assert_eq!(slow.close_code().await, Some(1013));
    quick.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn a_peer_without_a_sign_of_life_is_closed() {
    let office = Office::open_with(|config| {
        config.limits.ping_every_ms = 50;
        config.limits.dead_after_ms = 200;
    })
    .await;
    // By hand, so that nothing answers the pings.
    let mut peer = TcpStream::connect(office.address).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    peer.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    timeout(PATIENCE, peer.read_to_end(&mut heard)).await.expect("given up").unwrap();
    let close_1008 = [0x03, 0xf0];
    assert!(heard.starts_with(b"HTTP/1.1 101"));
    assert!(heard.windows(2).any(|bytes| bytes == close_1008), "a close frame before the end");
    office.stop().await;
}

#[tokio::test]
async fn health_is_answered_on_the_admin_listener_only() {
    let office = Office::open().await;
    for (address, path, status, holds) in [
        (office.admin, "/health/live", "200", "live"),
        (office.admin, "/health/balance", "200", "may come"),
        (office.admin, "/health/ready", "200", r#""store":"ok","redis":"ok""#),
        (office.address, "/health/live", "404", ""),
    ] {
        let answer = get(address, path).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(holds), "{path}: {answer}");
    }
    Desk::connect(office.address).await;
    office.stop().await;
}

/// The whole answer to a GET.
pub async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
