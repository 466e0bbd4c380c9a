//! Redis with TLS: trusted by its authority, and not otherwise.

use std::{process::Command, time::Duration};

use postoffice_protocol::messages::MessageState;
use postoffice_runtime::{
    redis_link::ping,
    testing::{Running, free_port},
};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway, get};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    certificates::certificates,
    office::{Office, PATIENCE, SenderProcess, TTNS, free_port as free_address, settings},
};

const LOOK_EVERY: Duration = Duration::from_millis(20);

#[tokio::test]
async fn a_certificate_is_checked_and_then_messages_flow() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let (port, socket) = (free_port(), folder.path().join("redis.sock"));
    let mut command = Command::new("redis-server");
    command
        .args(["--port", "0", "--bind", "127.0.0.1", "--save", "", "--tls-auth-clients", "no", "--tls-port"])
        .arg(port.to_string())
        .arg("--unixsocket")
        .arg(&socket)
        .args(["--tls-cert-file", "server.pem", "--tls-key-file", "server.key", "--tls-ca-cert-file", "ca.pem"])
        .current_dir(folder.path());
    let redis = Running::start(&mut command, &folder.path().join("redis.log"));
    let mut office = Office::on(redis, format!("unix://{}", socket.display()));
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.redis.url = Some(format!("rediss://localhost:{port}"));

    let up = async {
        while ping(&office.connection).await.is_err() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    timeout(PATIENCE, up).await.expect("Redis answers");

    // An authority that nobody on this machine knows.
    (config.reports_listen, config.admin_listen) = (free_address(), free_address());
    let mut distrustful = SenderProcess::start(&config, None);
    let asked = async {
        loop {
            if TcpStream::connect(config.admin_listen).await.is_ok() {
                return get(&format!("http://{}/health/ready", config.admin_listen)).await;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let answer = timeout(PATIENCE, asked).await.expect("the sender answers");
    assert!(answer.contains(r#""redis":false,"redis_why":"redis_unreachable""#), "{answer}");
    distrustful.kill().await;

    let ca = folder.path().join("ca.pem");
    let mut trusting = SenderProcess::start_with(&config, None, &[("SSL_CERT_FILE", ca.to_str().unwrap())]);
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    trusting.kill().await;
}
