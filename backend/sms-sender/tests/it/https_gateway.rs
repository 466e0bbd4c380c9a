//! A provider over HTTPS: the message goes only to whom the named authority has signed.

use std::{net::SocketAddr, path::Path, sync::Arc};

use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_runtime::config::Secret;
use postoffice_sms_sender::{
    config::{Config, GatewayKind, HttpPreset},
    testing::{Reaction, ScriptedGateway},
};
use tokio::{io::copy_bidirectional, net::TcpListener, net::TcpStream, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{
    certificates::certificates,
    office::{Office, Sender, TTNS, settings},
};

const ANSWER: &str = r#"{"response_code":800,"response_status":"SUCCESS_MESSAGE_ACCEPTED","response_result":[{"response_code":0,"message_id":"m-1","response_status":"OK"}]}"#;

/// A port that speaks TLS with the certificate of `folder` and hands what it hears to `gateway`.
async fn tls_before(gateway: SocketAddr, folder: &Path, listeners: &mut JoinSet<()>) -> SocketAddr {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(folder.join("server.pem")).unwrap().collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.unwrap(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    listeners.spawn(async move {
        let mut links = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            links.spawn(async move {
                // Who does not trust us ends the handshake: that is what the test is about.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut plain = TcpStream::connect(gateway).await.unwrap();
                copy_bidirectional(&mut stream, &mut plain).await.ok();
            });
        }
    });
    address
}

fn provider(office: &Office, gateway: &ScriptedGateway, url: String) -> Config {
    let mut config = settings(office, gateway);
    config.gateway.kind = GatewayKind::Http;
    config.gateway.http.preset = HttpPreset::Turbosms;
    config.gateway.http.base_url = Some(url);
    config.gateway.http.secret = Secret::new("canary");
    config
}

#[tokio::test]
async fn the_named_authority_is_believed_and_nobody_else() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certificates(ours.path());
    certificates(theirs.path());
    let gateway = ScriptedGateway::start(|_, _| Reaction::Answer("200 OK", "", ANSWER.to_owned())).await;
    let mut listeners = JoinSet::new();
    let port = tls_before(gateway.address(), ours.path(), &mut listeners).await.port();
    let impostor = tls_before(gateway.address(), theirs.path(), &mut listeners).await.port();
    let ca = Some(ours.path().join("ca.pem"));

    // Nobody whom this machine trusts has signed; another authority has; the certificate is for another name.
    let distrusted = [
        (format!("https://localhost:{port}"), None),
        (format!("https://localhost:{impostor}"), ca.clone()),
        (format!("https://127.0.0.1:{port}"), ca.clone()),
    ];
    for (url, ca_file) in distrusted {
        let mut office = Office::open().await;
        let mut config = provider(&office, &gateway, url.clone());
        config.gateway.http.ca_file = ca_file;
        let sender = Sender::start(config).await;
        let event = office.publish(TTNS[0], 1).await;
        let why = office.ends(event.event_id, MessageState::Queued).await;
        assert_eq!(why, Some(MessageReason::GatewayUnavailable), "{url}");
        assert!(sender.stop().await);
    }
    assert_eq!(gateway.received(), [], "not a byte of a message went to them");

    let mut office = Office::open().await;
    let mut config = provider(&office, &gateway, format!("https://localhost:{port}"));
    config.gateway.http.ca_file = ca;
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    let received = gateway.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].headers["authorization"], "Bearer canary");
    assert!(sender.stop().await);
}
