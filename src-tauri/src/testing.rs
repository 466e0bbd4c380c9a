//! A desktop core without window and server: tests play both, on a clock that runs only when everybody waits.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    desktop::CoreEvent,
    locks::{Lease, LockGranted, LockHolder, LockParty, LockPurpose, LockTold, LocksRenewed},
    problem::{Problem, ProblemCode},
    session::SessionId,
};
use serde::Serialize;
use serde_json::{json, value::to_raw_value};
use tokio::{sync::mpsc, time::timeout};

use crate::{
    core::{Ask, Core, Sources},
    editors, keep, line,
    settings::SettingsFile,
    source::{SystemClock, SystemEntropy},
    told,
    vault::NoVault,
    window::Listener,
};

#[derive(Default)]
struct Heard(Mutex<Vec<CoreEvent>>);

impl Listener for Heard {
    fn hear(&self, event: CoreEvent) {
        self.0.lock().unwrap().push(event);
    }
}

/// A core whose server is the test.
pub(crate) struct Desk {
    pub core: Arc<Core>,
    asks: mpsc::Receiver<Ask>,
    heard: Arc<Heard>,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let heard = Arc::new(Heard::default());
        let listener: Arc<dyn Listener> = Arc::<Heard>::clone(&heard);
        let (core, asks) = Core::new(Sources {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            listener,
            settings: SettingsFile::in_folder(folder.path()),
            data: folder.path().join("data"),
            vault: Box::new(NoVault),
            server: Some("127.0.0.1:1".to_owned()),
        });
        let keeping = Arc::clone(&core);
        tokio::spawn(async move { keep::run(&keeping.keeper).await });
        tokio::spawn(editors::run(Arc::clone(&core)));
        tokio::spawn(line::run(Arc::clone(&core)));
        Self { core, asks, heard, _folder: folder }
    }

    /// The next request, within a minute of the test's clock.
    pub async fn next(&mut self) -> (Call, Answer) {
        let ask = timeout(Duration::from_mins(1), self.asks.recv()).await.expect("a request comes").unwrap();
        (ask.call, Answer(ask.answer))
    }

    /// The next request that is no heartbeat; heartbeats are answered.
    pub async fn next_but_heartbeats(&mut self) -> (Call, Answer) {
        loop {
            let (call, answer) = self.next().await;
            let Call::RenewLocks(renew) = &call else { return (call, answer) };
            answer.with(&LocksRenewed {
                renewed: renew.ttns.clone(),
                lost: Vec::new(),
                lease_ms: LEASE_MS,
                asked: Vec::new(),
            });
        }
    }

    /// Nobody asks the server anything in this time.
    pub async fn is_quiet_for(&mut self, time: Duration) {
        let asked = timeout(time, self.asks.recv()).await.ok().flatten().map(|ask| ask.call);
        assert_eq!(asked, None);
    }

    /// Lets everybody do what can be done now.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// What the window was told since it was last looked at.
    pub async fn told(&self) -> Vec<CoreEvent> {
        self.settle().await;
        std::mem::take(&mut *self.heard.0.lock().unwrap())
    }

    /// The server says something to this session.
    pub fn hears(&self, what: LockTold) {
        told::hear(&self.core, what);
    }

    /// Opens an editor.
    pub async fn opens(&mut self, ttn: Ttn) {
        let core = Arc::clone(&self.core);
        let opening = tokio::spawn(async move { core.editors.open(&core, ttn, LockPurpose::EditPlace).await });
        let (call, answer) = self.next().await;
        assert!(matches!(call, Call::AcquireLock(_)), "{call:?}");
        answer.with(&granted(ttn));
        opening.await.unwrap().unwrap();
    }
}

/// Length of every lease here.
pub(crate) const LEASE_MS: u64 = 30_000;

/// The answer to a request.
pub(crate) struct Answer(tokio::sync::oneshot::Sender<Result<Box<serde_json::value::RawValue>, Box<Problem>>>);

impl Answer {
    pub fn with(self, result: &impl Serialize) {
        self.0.send(Ok(to_raw_value(result).unwrap())).ok();
    }

    pub fn refuse(self, code: ProblemCode) {
        self.0.send(Err(Box::new(Problem::new(code, "as the test wants")))).ok();
    }
}

pub(crate) fn ttn() -> Ttn {
    Ttn::draw(&SystemEntropy)
}

/// A session of employee `number`, as the server tells it.
pub(crate) fn a_session(number: u128) -> serde_json::Value {
    json!({
        "id": uuid::Uuid::from_u128(number), "employee": uuid::Uuid::from_u128(number), "name": format!("Clerk {number}"),
        "role": "clerk", "station": "2", "tracking_url": "post.example", "expires_at": 9_000_000_000_000_u64,
        "branch": { "id": "lviv-3", "name": "Lviv 3", "location": { "city": "Львів", "street": "вул. Городоцька, 120" } },
        "tariff": postoffice_domain::tariff::Tariff::current(), "sequence": 41, "now": 1,
    })
}

pub(crate) fn session(number: u128) -> SessionId {
    serde_json::from_value(json!(uuid::Uuid::from_u128(number))).unwrap()
}

/// Clerk 7 at station 3, or another one.
pub(crate) fn holder(number: u128) -> LockHolder {
    LockHolder {
        session: session(number),
        employee: serde_json::from_value(json!(uuid::Uuid::from_u128(number))).unwrap(),
        name: format!("Clerk {number}"),
        station: "3".to_owned(),
        since: serde_json::from_value(json!(1_000)).unwrap(),
        purpose: LockPurpose::EditPlace,
    }
}

pub(crate) fn party(number: u128) -> LockParty {
    LockParty::from(&holder(number))
}

pub(crate) fn granted(ttn: Ttn) -> LockGranted {
    let party = json!({ "name": "О. К.", "phone": "+380930005508", "location": { "city": "Львів", "street": "1" } });
    let order = json!({
        "ttn": ttn, "status": "new", "sender": party, "recipient": party, "description": "книги", "payer": "sender",
        "language": "uk", "cargo": [], "branch": "lviv-3", "registered_by": uuid::Uuid::from_u128(1),
        "price": { "tariff_version": "1", "base_minor": 1, "weight_minor": 0, "declared_minor": 0, "total_minor": 1, "chargeable_g": 1 },
        "origin": { "city": "Львів", "street": "1" }, "location": { "city": "Львів", "street": "1" },
        "registered_at": 1, "updated_at": 1, "version": 1,
    });
    let order = json!({ "order": order, "actions": [], "timeline": [], "messages": [], "sequence": 1 });
    LockGranted {
        lease: Lease { ttn, fence: 1, lease_ms: LEASE_MS, renew_every_ms: 10_000 },
        order: serde_json::from_value(order).unwrap(),
    }
}
