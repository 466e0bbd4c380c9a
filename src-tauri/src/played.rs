//! A desktop core on a real socket; the test plays the server behind it, and may kill either.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use postoffice_domain::{language::Language, people::BranchId};
use postoffice_protocol::{
    PROTOCOL_VERSION,
    call::Call,
    desktop::CoreEvent,
    events::ServerNotice,
    frame::write_notice,
    problem::{Problem, ProblemCode},
    session::{Password, Session, SignIn},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

use crate::{
    connection,
    core::{Core, Sources},
    keep, reading,
    settings::SettingsFile,
    source::{SystemClock, SystemEntropy},
    testing::a_session,
    vault::{KeptSession, Vault},
    window::Listener,
};

/// How long a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Heard(Mutex<Vec<CoreEvent>>);

impl Listener for Heard {
    fn hear(&self, event: CoreEvent) {
        self.0.lock().unwrap().push(event);
    }
}

/// A keyring of the test's own: it outlives desktops.
#[derive(Clone, Default)]
pub(crate) struct Pocket(Arc<Mutex<Option<KeptSession>>>);

impl Vault for Pocket {
    fn read(&self) -> Option<KeptSession> {
        self.0.lock().unwrap().clone()
    }

    fn write(&self, kept: &KeptSession) {
        *self.0.lock().unwrap() = Some(kept.clone());
    }

    fn forget(&self) {
        *self.0.lock().unwrap() = None;
    }
}

/// A place where desktops live: a folder, a keyring, and a port where their server may be.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub vault: Pocket,
    listener: TcpListener,
}

impl Place {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { folder: tempfile::tempdir().unwrap(), vault: Pocket::default(), listener }
    }

    /// The folder of what is kept for employees.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts a desktop.
    pub fn start(&self) -> Running {
        let heard = Arc::new(Heard::default());
        let listener: Arc<dyn Listener> = Arc::<Heard>::clone(&heard);
        let (core, asks) = Core::new(Sources {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            listener,
            settings: SettingsFile::in_folder(self.folder.path()),
            data: self.data(),
            vault: Box::new(self.vault.clone()),
            server: Some(self.listener.local_addr().unwrap().to_string()),
        });
        let keeping = Arc::clone(&core);
        let tasks = vec![
            tokio::spawn(async move { keep::run(&keeping.keeper).await }),
            tokio::spawn(connection::run(Arc::clone(&core), asks)),
            tokio::spawn(reading::run(Arc::clone(&core))),
        ];
        Running { core, heard, tasks }
    }

    /// The next socket that a desktop opens.
    pub async fn socket(&self) -> Peer {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.expect("a desktop connects").unwrap();
        Peer { socket: accept_async(stream).await.unwrap(), kept: VecDeque::new() }
    }

    /// A socket on which the server has said who it is.
    pub async fn greeted(&self) -> Peer {
        let mut peer = self.socket().await;
        let (id, call) = peer.next().await;
        assert!(matches!(call, Call::Describe(_)), "{call:?}");
        let office = json!({
            "name": "Львів", "version": "1", "protocol": PROTOCOL_VERSION, "setup_required": false, "branches": [],
            "stations_live": 1, "now": 1,
        });
        peer.answer(&id, &office).await;
        peer
    }

    /// A desktop at which employee `number` signs in.
    pub async fn signed_in(&self, number: u128) -> (Running, Peer) {
        let desktop = self.start();
        let mut peer = self.greeted().await;
        desktop.signs_in(&mut peer, number).await;
        (desktop, peer)
    }
}

/// A desktop that runs.
pub(crate) struct Running {
    pub core: Arc<Core>,
    heard: Arc<Heard>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Employee `number` signs in.
    pub async fn signs_in(&self, peer: &mut Peer, number: u128) {
        let core = Arc::clone(&self.core);
        let signing_in = tokio::spawn(async move {
            core.sign_in(SignIn {
                login: "clerk".to_owned(),
                password: Password("secret".to_owned()),
                branch: BranchId("lviv-3".to_owned()),
                station: "2".to_owned(),
                language: Language::Uk,
            })
            .await
        });
        let (id, call) = peer.next().await;
        assert!(matches!(call, Call::SignIn(_)), "{call:?}");
        peer.answer(&id, &json!({ "token": format!("token {number}"), "session": a_session(number) })).await;
        // What waited may go out before the locks are asked for.
        tokio::pin!(signing_in);
        let signed_in = loop {
            tokio::select! {
                signed_in = &mut signing_in => break signed_in,
                request = peer.read() => peer.kept.extend(request),
            }
        };
        signed_in.unwrap().unwrap();
    }

    /// Gives a call to the core as the window does.
    pub fn submits(&self, call: Call) -> JoinHandle<Result<postoffice_protocol::events::CommandOutcome, Problem>> {
        let core = Arc::clone(&self.core);
        tokio::spawn(async move { core.submit(call).await })
    }

    /// The end without a word: tasks stop where they are.
    pub async fn killed(self) {
        for task in self.tasks {
            task.abort();
            // It was aborted, or had ended.
            drop(task.await);
        }
    }

    /// What the window was told so far.
    pub fn told(&self) -> Vec<CoreEvent> {
        self.heard.0.lock().unwrap().clone()
    }

    /// Waits until something holds.
    pub async fn until<T>(&self, what: &str, mut holds: impl FnMut(&Self) -> Option<T>) -> T {
        let found = timeout(PATIENCE, async {
            loop {
                if let Some(found) = holds(self) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("{what}; told: {:?}", self.told()))
    }
}

/// The server's end of a socket.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    kept: VecDeque<(String, Call)>,
}

impl Peer {
    /// The next request. The one about locks that follows every beginning is answered: there are none.
    pub async fn next(&mut self) -> (String, Call) {
        loop {
            if let Some(request) = self.kept.pop_front() {
                return request;
            }
            let request = timeout(PATIENCE, self.read()).await.expect("a request comes");
            self.kept.extend(request);
        }
    }

    async fn read(&mut self) -> Option<(String, Call)> {
        let Message::Text(text) = self.socket.next().await.unwrap().unwrap() else { return None };
        let mut frame: Value = serde_json::from_str(text.as_str()).unwrap();
        let id = frame["id"].as_str().unwrap().to_owned();
        let call = json!({ "method": frame["method"].take(), "params": frame["params"].take() });
        let call = serde_json::from_value(call).unwrap();
        if matches!(call, Call::LockSnapshot(_)) {
            self.answer(&id, &json!({ "locks": [] })).await;
            return None;
        }
        Some((id, call))
    }

    /// Nothing but heartbeats comes in this time.
    pub async fn is_quiet_for(&mut self, time: Duration) {
        let asked = timeout(time, self.next()).await.ok();
        assert!(asked.is_none(), "{asked:?}");
    }

    pub async fn answer(&mut self, id: &str, result: &impl Serialize) {
        self.write(json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()).await;
    }

    pub async fn refuse(&mut self, id: &str, code: ProblemCode) {
        let problem = Problem::new(code, "as the test wants");
        let error = json!({ "code": problem.rpc_code(), "message": problem.message, "data": problem });
        self.write(json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()).await;
    }

    pub async fn says(&mut self, notice: &ServerNotice) {
        self.write(write_notice(notice)).await;
    }

    /// Resumes the session of employee `number`; since when the desktop wants to know.
    pub async fn resumes(&mut self, number: u128, replay: Value) -> u64 {
        let (id, call) = self.next().await;
        let Call::Resume(resume) = call else { panic!("{call:?}") };
        self.answer(&id, &json!({ "session": a_session(number), "replay": replay })).await;
        resume.since
    }

    async fn write(&mut self, text: String) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }
}

/// Names of the files in a folder of employee `number`.
pub(crate) fn files(data: &Path, number: u128, folder: &str) -> Vec<String> {
    let session: Session = serde_json::from_value(a_session(number)).unwrap();
    let folder = data.join("employees").join(session.employee.0.to_string()).join(folder);
    let entries = std::fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>()).unwrap_or_default();
    entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
