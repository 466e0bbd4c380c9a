//! The rows of bad-input.md about WebSocket frames and JSON: a named code, the socket kept unless framing is broken.

use futures_util::SinkExt;
use postoffice_protocol::{
    frame::{MAX_MESSAGE_BYTES, ServerFrame},
    problem::ProblemCode,
    session::{Nothing, Office as Described},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{
        Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

use crate::{
    desk::{Desk, Heard},
    office::Office,
};

/// A raw client frame: opcode byte as given, masked with zeros.
fn raw_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..126 => frame.push(0x80 | u8::try_from(len).unwrap()),
        len => {
            frame.push(0x80 | 127);
            frame.extend(u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

async fn write_raw(desk: &mut Desk, bytes: &[u8]) {
    match desk.socket.get_mut() {
        MaybeTlsStream::Plain(stream) => stream.write_all(bytes).await.unwrap(),
        _ => panic!("plain in tests"),
    }
}

#[tokio::test]
async fn bad_json_is_named_and_the_socket_is_kept() {
    let office = Office::set_up().await;
    let mut desk = office.desk().await;
    let describe = r#"{"jsonrpc":"2.0","id":"1","method":"session.describe"}"#;
    let rows = [
        (String::new(), ProblemCode::BadJson),
        (format!("{describe}{describe}"), ProblemCode::BadJson),
        (format!("\u{feff}{describe}"), ProblemCode::BadJson),
        ("[".repeat(10_000), ProblemCode::BadJson),
        (r#"{"jsonrpc":"2.0","id":NaN,"method":"session.describe"}"#.to_owned(), ProblemCode::BadJson),
        (r#"{"jsonrpc":"2.0","id":"\ud800","method":"session.describe"}"#.to_owned(), ProblemCode::BadRequest),
        (r#"{"jsonrpc":"2.0","id":"1","id":"2","method":"session.describe"}"#.to_owned(), ProblemCode::BadJson),
        (r#"{"jsonrpc":"2.0","id":"1","method":"session.describe","extra":1}"#.to_owned(), ProblemCode::BadRequest),
        (
            r#"{"jsonrpc":"2.0","id":"1","method":"session.describe","params":{"a":1}}"#.to_owned(),
            ProblemCode::BadRequest,
        ),
        (r#"{"jsonrpc":"2.0","id":"1","method":"session.Describe"}"#.to_owned(), ProblemCode::UnknownMethod),
        (r#"{"jsonrpc":"1.0","id":"1","method":"session.describe"}"#.to_owned(), ProblemCode::BadRequest),
        (r#"{"jsonrpc":"2.0","method":"session.describe"}"#.to_owned(), ProblemCode::BadRequest),
        (r#"{"jsonrpc":"2.0","id":null,"method":"session.describe"}"#.to_owned(), ProblemCode::BadRequest),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"session.describe"}"#.to_owned(), ProblemCode::BadRequest),
        (
            format!(r#"{{"jsonrpc":"2.0","id":"{}","method":"session.describe"}}"#, "x".repeat(65)),
            ProblemCode::BadRequest,
        ),
        ("[]".to_owned(), ProblemCode::BadRequest),
    ];
    for (text, code) in rows {
        let (_, problem) = desk.refusal_of(text.clone()).await;
        let start: String = text.chars().take(80).collect();
        assert_eq!(problem.code, code, "{start}: {problem}");
        assert!(problem.request_id.is_some() && problem.at.is_some());
        assert_eq!(problem.column.is_some(), code == ProblemCode::BadJson, "{start}");
    }
    desk.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn a_message_of_64_kib_is_read_and_one_byte_more_is_1009() {
    let office = Office::open().await;
    let mut desk = office.desk().await;
    let (_, problem) = desk.refusal_of("x".repeat(MAX_MESSAGE_BYTES)).await;
    assert_eq!(problem.code, ProblemCode::BadJson);
    desk.send_text("x".repeat(MAX_MESSAGE_BYTES + 1)).await;
    assert_eq!(desk.close_code().await, Some(1009));

    let mut huge = office.desk().await;
    let mut header = vec![0x81, 0x80 | 127];
    header.extend((1_u64 << 62).to_be_bytes());
    header.extend([0; 4]);
    write_raw(&mut huge, &header).await;
    assert_eq!(huge.close_code().await, Some(1009));
    office.stop().await;
}

#[tokio::test]
async fn fragments_are_put_together_up_to_the_same_limit() {
    let office = Office::open().await;
    let mut desk = office.desk().await;
    let text = r#"{"jsonrpc":"2.0","id":"f","method":"session.describe"}"#;
    let (first, last) = text.split_at(20);
    let fragment = |data, opcode, is_final| Message::Frame(Frame::message(data, OpCode::Data(opcode), is_final));
    desk.socket.send(fragment(first.to_owned(), Data::Text, false)).await.unwrap();
    desk.socket.send(fragment(last.to_owned(), Data::Continue, true)).await.unwrap();
    desk.answer_to::<Described>("f").await.unwrap();

    desk.socket.send(fragment("x".repeat(40_000), Data::Text, false)).await.unwrap();
    desk.socket.send(fragment("x".repeat(40_000), Data::Continue, true)).await.unwrap();
    assert_eq!(desk.close_code().await, Some(1009));
    office.stop().await;
}

#[tokio::test]
async fn sixty_four_fragments_are_read_and_one_more_is_1008() {
    let office = Office::open().await;
    let mut desk = office.desk().await;
    let fragment = |data, opcode, is_final| Message::Frame(Frame::message(data, OpCode::Data(opcode), is_final));
    let padded =
        |fragments: usize| format!(r#"{{"jsonrpc":"2.0","id":"f","method":"session.describe"}}{:fragments$}"#, "");
    for fragments in [64, 65] {
        let text = padded(fragments);
        let pieces: Vec<&str> =
            (0..fragments).map(|at| if at + 1 < fragments { &text[at..=at] } else { &text[at..] }).collect();
        for (at, piece) in pieces.iter().enumerate() {
            let opcode = if at == 0 { Data::Text } else { Data::Continue };
            let sent = desk.socket.send(fragment((*piece).to_owned(), opcode, at + 1 == fragments)).await;
            assert!(sent.is_ok() || fragments > 64);
        }
        if fragments == 64 {
            desk.answer_to::<Described>("f").await.unwrap();
        } else {
            assert_eq!(desk.close_code().await, Some(1008));
        }
    }
    office.stop().await;
}

#[tokio::test]
async fn frames_before_the_handshake_is_answered_are_refused() {
    let office = Office::open().await;
    let mut stream = tokio::net::TcpStream::connect(office.address).await.unwrap();
    let head = "GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(&[head.as_bytes(), &raw_frame(0x81, b"{}")].concat()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(crate::desk::PATIENCE, stream.read_buf(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    office.stop().await;
}

/// Ten thousand requests at once: each is refused with a time to wait, until that is too many.
#[tokio::test]
async fn a_flood_of_good_requests_is_told_to_wait_and_then_closed() {
    let office = Office::set_up().await;
    let mut desk = office.signed_in().await;
    let mut colleague = office.signed_in().await;
    let request = r#"{"jsonrpc":"2.0","id":"f","method":"session.describe"}"#;
    let mut flood = Vec::new();
    for _ in 0..10_000 {
        flood.extend(raw_frame(0x81, request.as_bytes()));
    }
    let mut limited = 0;
    let (mut written, mut code) = (0, None);
    // Written and heard in turns: nobody's buffers hold all of it.
    while code.is_none() {
        if let Some(rest) = flood.get(written..).filter(|rest| !rest.is_empty()) {
            let MaybeTlsStream::Plain(stream) = desk.socket.get_mut() else { panic!("plain in tests") };
            written += stream.try_write(rest).unwrap_or(0);
        }
        match desk.hear().await {
            Heard::Frame(ServerFrame::Problem { problem, .. }) => {
                assert_eq!((problem.code, problem.retry_after_ms.is_some()), (ProblemCode::RateLimited, true));
                limited += 1;
            }
            Heard::Frame(_) => {}
            Heard::Closed(frame) => code = Some(frame.map(|frame| u16::from(frame.code))),
        }
    }
    assert_eq!((code.flatten(), limited), (Some(1008), 501));
    colleague.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn broken_framing_is_closed_with_its_code() {
    let office = Office::open().await;
    let rows: [(&str, Vec<u8>, u16); 6] = [
        ("invalid UTF-8", raw_frame(0x81, &[0xff, 0xfe]), 1007),
        ("binary", raw_frame(0x82, b"{}"), 1003),
        ("unmasked", vec![0x81, 2, b'{', b'}'], 1002),
        ("RSV1", raw_frame(0xc1, b"{}"), 1002),
        ("opcode 3", raw_frame(0x83, b"{}"), 1002),
        ("ping of 126 bytes", [&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126][..]].concat(), 1002),
    ];
    for (what, bytes, code) in rows {
        let mut desk = office.desk().await;
        write_raw(&mut desk, &bytes).await;
        assert_eq!(desk.close_code().await, Some(code), "{what}");
    }
    office.stop().await;
}

#[tokio::test]
async fn more_requests_in_flight_than_allowed_are_told_to_wait() {
    let office = Office::set_up_with(|config| config.limits.in_flight = 1).await;
    let mut desk = office.signed_in().await;
    for _ in 0..50 {
        desk.send("session.describe", &Nothing {}).await;
    }
    let (mut answered, mut refused) = (0, 0);
    while answered + refused < 50 {
        match desk.hear().await {
            Heard::Frame(ServerFrame::Result { .. }) => answered += 1,
            Heard::Frame(ServerFrame::Problem { problem, .. }) => {
                assert_eq!(problem.code, ProblemCode::RateLimited);
                assert!(problem.retry_after_ms.is_some());
                refused += 1;
            }
            Heard::Frame(ServerFrame::Notice(_)) => {}
            Heard::Closed(frame) => panic!("closed: {frame:?}"),
        }
    }
    assert!(answered > 0, "some are answered");
    desk.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn nothing_but_the_socket_is_served() {
    let office = Office::open().await;
    for (request, status) in [
        ("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "404"),
        ("GET /ws HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "400"),
        ("POST /ws HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "40"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(office.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    office.stop().await;
}
