//! Stopping: a load balancer is told first, then sockets hear goodbye, what is begun is answered, the private Redis goes last.

use std::{process::Command, time::Duration};

use postoffice_protocol::{
    events::{ClosingReason, ServerNotice},
    session::{Nothing, Office as Described},
};
use postoffice_runtime::testing::{Running, free_port};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use crate::{
    connections::get,
    desk::{Desk, Heard, PATIENCE},
    office::Office,
};

#[tokio::test]
async fn desktops_are_told_before_the_server_goes() {
    let office = Office::set_up().await;
    let mut signed_in = office.signed_in().await;
    let mut nobody = office.desk().await;
    let stopped = tokio::spawn(office.stop());
    let reason = signed_in
        .news(|notice| match notice {
            ServerNotice::Closing(closing) => Some(closing.reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, ClosingReason::GoingAway);
    assert_eq!(signed_in.close_code().await, Some(1001));
    assert_eq!(nobody.close_code().await, Some(1001));
    stopped.await.unwrap();
}

/// The program itself, because the signal is part of what is tested.
#[tokio::test]
async fn at_sigterm_the_balancer_is_told_first_then_desktops_and_nobody_new_is_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let (port, admin) = (free_port(), free_port());
    let mut command = Command::new(env!("CARGO_BIN_EXE_postoffice-server"));
    command
        .args(["serve", "--data"])
        .arg(folder.path().join("data"))
        .env("POSTOFFICE_LISTEN", format!("127.0.0.1:{port}"))
        .env("POSTOFFICE_ADMIN_LISTEN", format!("127.0.0.1:{admin}"))
        .env("POSTOFFICE_STOP__DRAIN_MS", "2000");
    let mut server = Running::start(&mut command, &folder.path().join("server.log"));
    let (address, admin) = (([127, 0, 0, 1], port).into(), ([127, 0, 0, 1], admin).into());
    let up = async {
        while TcpStream::connect(admin).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, up).await.expect("it starts");
    assert!(get(admin, "/health/ready").await.starts_with("HTTP/1.1 200"));
    let mut desk = Desk::connect(address).await;

    server.signal("TERM");
    let told = Instant::now();
    let not_ready = async {
        loop {
            let answer = get(admin, "/health/ready").await;
            if answer.starts_with("HTTP/1.1 503") {
                return answer;
            }
        }
    };
    let answer = timeout(Duration::from_secs(1), not_ready).await.expect("not ready at once");
    assert!(answer.contains(r#""stopping":true"#) && answer.contains(r#""store":"ok""#), "{answer}");
    assert!(get(admin, "/health/balance").await.starts_with("HTTP/1.1 404"), "a balancer sends no more desktops");
    // Who comes now is still served: the balancer may not have noticed yet.
    let mut late = Desk::connect(address).await;
    late.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    desk.ask::<_, Described>("session.describe", &Nothing {}).await.unwrap();
    assert!(told.elapsed() < Duration::from_secs(2), "this machine is too slow for the test");

    let id = desk.send("session.describe", &Nothing {}).await;
    desk.answer_to::<Described>(&id).await.unwrap();
    for desk in [&mut desk, &mut late] {
        let Heard::Frame(postoffice_protocol::frame::ServerFrame::Notice(notice)) = desk.hear().await else {
            panic!("a goodbye before the close");
        };
        assert!(matches!(*notice, ServerNotice::Closing(closing) if closing.reason == ClosingReason::GoingAway));
        assert_eq!(desk.close_code().await, Some(1001));
    }
    assert!(told.elapsed() >= Duration::from_millis(1_900), "the drain time was kept");
    // The listener hears of the stop when the sockets do, and may be a moment behind them.
    let closed = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(1), closed).await.expect("nobody new is let in");
    let gone = async {
        while !server.has_ended() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("it ends");
}
