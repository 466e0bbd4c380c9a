//! Many messages through a real Kannel (bearerbox, smsbox, and Kannel's own simulated operator), beside the same requests without us.
//!
//! One operation: one message taken by Kannel's smsbox. The limit writes the very same requests on as many kept-alive connections in a loop
//! and does nothing else. Delivery reports come in both: to our sender, and to a listener that only says yes. Both Kannel are new, with
//! queues and reports in files, as docs/SMS.md asks for.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, FutureExt};
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::stream::IntegrationEvent;
use postoffice_runtime::{config::Secret, testing::TestRedis};
use postoffice_sms_sender::{
    config::KannelSettings,
    gateway::{Answer, Gateway, Message, kannel::KannelGateway},
    policy::text::FitText,
};
use postoffice_tests::kannel::{Kannel, PASSWORD, USERNAME};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

use super::sender::{all_settled, append_all, events, unpaced, while_sending};
use crate::{
    figure::{Figure, Target, number},
    loops::per_second,
};

const MESSAGES: usize = 4_000;
const ROUNDS: usize = 4;
/// Calls at the same time.
const CONCURRENCY: usize = 20;

/// Measures both in turns.
pub async fn measure() -> Vec<Figure> {
    let events = events(MESSAGES);
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        // In turns, who begins: whoever comes second finds the disk busier.
        if round % 2 == 1 {
            limit.push(requests_alone(&events).await);
            ours.push(sender(&events).await);
        } else {
            ours.push(sender(&events).await);
            limit.push(requests_alone(&events).await);
        }
        println!("  round {round}: ours {}, Kannel alone {}", number(ours[round - 1]), number(limit[round - 1]));
    }
    let figure = Figure::of_rounds("SMS sender through Kannel, 20 connections", "messages/s", ours);
    vec![figure.beside("the same requests in a loop", &limit).holding(Target::RatioAtLeast(0.9))]
}

fn gateway(kannel: &Kannel, reports: SocketAddr) -> KannelGateway {
    let settings = KannelSettings {
        url: kannel.url(),
        username: USERNAME.to_owned(),
        password: Secret::new(PASSWORD),
        ..KannelSettings::default()
    };
    KannelGateway::new(&settings, &format!("http://{reports}")).expect("good settings")
}

/// Counts what Kannel took.
struct Counted {
    kannel: KannelGateway,
    taken: Arc<AtomicUsize>,
}

impl Gateway for Counted {
    fn name(&self) -> &'static str {
        self.kannel.name()
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer> {
        async move {
            let answer = self.kannel.send(message).await;
            if matches!(answer, Answer::Accepted(_)) {
                self.taken.fetch_add(1, Ordering::Relaxed);
            }
            answer
        }
        .boxed()
    }
}

/// Lets the disk finish with the thousands of small files of the run before: Kannel keeps one for every message and report.
async fn settled_disk() {
    let synced = tokio::process::Command::new("sync").status().await.expect("sync is part of every Debian");
    assert!(synced.success());
}

async fn sender(events: &[String]) -> f64 {
    settled_disk().await;
    let (redis, kannel) = (TestRedis::start().await, Kannel::start().await);
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let make = |_: &_, reports| {
        let gateway: Arc<dyn Gateway> = Arc::new(Counted { kannel: gateway(&kannel, reports), taken: counted });
        Ok(gateway)
    };
    let work = async {
        let began = Instant::now();
        append_all(redis.connection(), events).await;
        while taken.load(Ordering::Relaxed) < events.len() {
            sleep(Duration::from_millis(1)).await;
        }
        let rate = per_second(events.len(), began);
        all_settled(&redis, events.len()).await;
        assert_eq!(taken.load(Ordering::Relaxed), events.len(), "each once");
        rate
    };
    while_sending(unpaced(&redis, CONCURRENCY), make, work).await
}

async fn requests_alone(events: &[String]) -> f64 {
    settled_disk().await;
    let kannel = Kannel::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let gateway = Arc::new(gateway(&kannel, listener.local_addr().expect("an open port")));
    let reports = tokio::spawn(say_yes(listener));
    let messages: Arc<Vec<Message>> = Arc::new(events.iter().map(|event| message(event)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut connections = JoinSet::new();
    for _ in 0..CONCURRENCY {
        let (gateway, messages, next) = (Arc::clone(&gateway), Arc::clone(&messages), Arc::clone(&next));
        connections.spawn(async move {
            while let Some(message) = messages.get(next.fetch_add(1, Ordering::Relaxed)) {
                assert!(matches!(gateway.send(message).await, Answer::Accepted(_)));
            }
        });
    }
    connections.join_all().await;
    let rate = per_second(events.len(), began);
    reports.abort();
    rate
}

/// The message that the sender makes of an event; the text is as long as ours.
fn message(event: &str) -> Message {
    let event: IntegrationEvent = serde_json::from_str(event).expect("an event");
    let ttn: Ttn = event.ttn;
    let text = format!("Посилку {ttn} прийнято. Стежити: post.example/{ttn}");
    let phone = event.notify.expect("it tells somebody").phone;
    Message { event_id: event.event_id, ttn, phone, text: FitText { text, segments: 1, is_ucs2: true } }
}

/// Takes every delivery report.
async fn say_yes(listener: TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        tokio::spawn(async move {
            if let Err(error) = answer_all(connection).await {
                eprintln!("a report was not answered: {error}");
            }
        });
    }
}

async fn answer_all(mut connection: TcpStream) -> std::io::Result<()> {
    let mut unread = Vec::new();
    let mut piece = [0_u8; 4096];
    loop {
        let read = connection.read(&mut piece).await?;
        if read == 0 {
            return Ok(());
        }
        unread.extend_from_slice(&piece[..read]);
        while let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
            unread.drain(..end + 4);
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
        }
    }
}
