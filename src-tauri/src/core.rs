//! The core's state, shared by the commands of the window, the connection and the editors.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use postoffice_domain::{
    clock::{Clock, Timestamp},
    entropy::{Entropy, uuid_v7},
};
use postoffice_protocol::{
    call::Call,
    desktop::{CoreEvent, CoreState, DiskTrouble, Link},
    locks::LockSnapshot,
    orders::CommandId,
    problem::{Problem, ProblemCode},
    session::{Nothing, Office, Session, SessionToken},
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

use crate::{
    drafts::Drafts,
    editors::Editors,
    keep::Keeper,
    line::Line,
    pending::Pending,
    questions::Questions,
    seen::Seen,
    settings::{Settings, SettingsFile},
    vault::Vault,
    window::Listener,
};

mod session;

/// Requests under way at once; the server takes 16 per session, the rest is for heartbeats.
const IN_FLIGHT: usize = 12;

/// A request on its way to the connection.
pub(crate) struct Ask {
    pub call: Call,
    pub answer: oneshot::Sender<Result<Box<RawValue>, Box<Problem>>>,
}

/// The address to use and which attempt the caller waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub address: Option<String>,
    pub generation: u64,
}

/// How the last attempt to reach the server of a generation ended.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub generation: u64,
    pub result: Result<Office, Box<Problem>>,
}

#[derive(Default)]
struct State {
    office: Option<Office>,
    session: Option<Session>,
    token: Option<SessionToken>,
    link: Option<Link>,
    /// Sequence of the last change that the window was told.
    sequence: u64,
    settings: Settings,
    trouble: Option<DiskTrouble>,
}

/// The core. One per process.
pub struct Core {
    state: Mutex<State>,
    pub(crate) pending: Pending,
    pub(crate) drafts: Drafts,
    pub(crate) keeper: Keeper,
    pub(crate) seen: Seen,
    vault: Box<dyn Vault>,
    pub(crate) editors: Editors,
    pub(crate) line: Line,
    pub(crate) questions: Questions,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    listener: Arc<dyn Listener>,
    settings: SettingsFile,
    asks: mpsc::Sender<Ask>,
    in_flight: Semaphore,
    pub(crate) target: watch::Sender<Target>,
    pub(crate) attempts: watch::Sender<Option<Attempt>>,
    pub(crate) try_now: Notify,
    pub(crate) pending_added: Notify,
}

/// Where a core gets what it needs.
pub struct Sources {
    /// The clock of this desktop.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who hears what happens.
    pub listener: Arc<dyn Listener>,
    /// What is remembered.
    pub settings: SettingsFile,
    /// Folder of what is kept for employees: waiting commands, the last lists.
    pub data: PathBuf,
    /// Where the session outlives this process.
    pub vault: Box<dyn Vault>,
    /// Server address that wins over the remembered one.
    pub server: Option<String>,
}

impl Core {
    /// A core, and the requests its connection has to serve ([`crate::connection::run`]).
    pub(crate) fn new(sources: Sources) -> (Arc<Self>, mpsc::Receiver<Ask>) {
        let mut settings = sources.settings.read();
        if sources.server.is_some() {
            settings.server = sources.server;
        }
        let (asks, to_serve) = mpsc::channel(64);
        let target = Target { address: settings.server.clone(), generation: 0 };
        let core = Self {
            state: Mutex::new(State { settings, ..State::default() }),
            pending: Pending::default(),
            drafts: Drafts::default(),
            keeper: Keeper::new(&sources.data),
            seen: Seen::default(),
            vault: sources.vault,
            editors: Editors::default(),
            line: Line::default(),
            questions: Questions::default(),
            clock: sources.clock,
            entropy: sources.entropy,
            listener: sources.listener,
            settings: sources.settings,
            asks,
            in_flight: Semaphore::new(IN_FLIGHT),
            target: watch::Sender::new(target),
            attempts: watch::Sender::new(None),
            try_now: Notify::new(),
            pending_added: Notify::new(),
        };
        core.come_back();
        (Arc::new(core), to_serve)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment; a panic elsewhere leaves the state good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the window.
    pub(crate) fn tell(&self, event: CoreEvent) {
        self.listener.hear(event);
    }

    /// A new command id.
    pub fn new_command_id(&self) -> CommandId {
        CommandId(uuid_v7(self.clock.as_ref(), self.entropy.as_ref()))
    }

    /// Everything the window needs to draw itself.
    pub fn snapshot(&self) -> CoreState {
        let state = self.lock();
        let link = state.link.clone().unwrap_or_else(|| match (&state.settings.server, &state.session) {
            (None, _) => Link::NoServer,
            (Some(_), Some(_)) => Link::CatchingUp { missing: 0 },
            (Some(_), None) => Link::Offline {
                since: self.clock.now(),
                as_of: None,
                attempt: 1,
                retry_in_ms: 0,
                problem: Box::new(Problem::new(ProblemCode::Offline, "not connected yet")),
            },
        });
        CoreState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            server: state.settings.server.clone(),
            office: state.office.clone(),
            session: state.session.clone(),
            link,
            pending: self.pending.list(),
            trouble: state.trouble.clone(),
            last_sign_in: state.settings.last_sign_in.clone(),
        }
    }

    pub(crate) fn set_link(&self, link: Link) {
        let changed = self.lock().link.replace(link.clone()) != Some(link.clone());
        if changed {
            self.tell(CoreEvent::Link(link));
        }
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.lock().link.clone()
    }

    /// Something is wrong with our own files, or is not any more.
    pub(crate) fn set_trouble(&self, trouble: Option<DiskTrouble>) {
        let changed = std::mem::replace(&mut self.lock().trouble, trouble.clone()) != trouble;
        if changed {
            self.tell(CoreEvent::Trouble(trouble));
        }
    }

    pub(crate) fn trouble(&self) -> Option<DiskTrouble> {
        self.lock().trouble.clone()
    }

    /// Something was to be kept on the disk. `kept`: it is there.
    pub(crate) fn disk_answered(&self, kept: bool) {
        match self.trouble() {
            None if !kept => self.set_trouble(Some(DiskTrouble::NotKept)),
            Some(DiskTrouble::NotKept) if kept => self.set_trouble(None),
            _ => {}
        }
    }

    pub(crate) fn set_office(&self, office: Office) {
        self.lock().office = Some(office.clone());
        self.tell(CoreEvent::Office(office));
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.lock().sequence
    }

    pub(crate) fn set_sequence(&self, sequence: u64) {
        self.lock().sequence = sequence;
    }

    /// Asks the server and waits for its answer.
    ///
    /// # Errors
    /// The server's refusal, or `offline`.
    pub async fn ask(&self, call: Call) -> Result<Box<RawValue>, Problem> {
        let offline = || Problem::new(ProblemCode::Offline, "no connection to the server");
        let _place = self.in_flight.acquire().await.map_err(|_| offline())?;
        let (answer, receiver) = oneshot::channel();
        self.asks.send(Ask { call, answer }).await.map_err(|_| offline())?;
        receiver.await.map_err(|_| offline())?.map_err(|problem| *problem)
    }

    /// Asks the server for a `T`.
    ///
    /// # Errors
    /// The server's refusal, `offline`, or `internal` when the answer is not a `T`.
    pub async fn ask_for<T: DeserializeOwned>(&self, call: Call) -> Result<T, Problem> {
        let method = call.method();
        let answer = self.ask(call).await?;
        serde_json::from_str(answer.get())
            .map_err(|error| Problem::new(ProblemCode::Internal, format!("answer to {method} cannot be read: {error}")))
    }

    /// Uses another server; waits until it was reached or not.
    ///
    /// # Errors
    /// `server_unreachable`, `version_mismatch`.
    pub async fn connect(&self, address: &str) -> Result<Office, Problem> {
        let address = crate::connection::address::normal(address).map_err(|problem| *problem)?;
        let mut attempts = self.attempts.subscribe();
        let mut wanted = 0;
        self.target.send_modify(|target| {
            target.address = Some(address.clone());
            target.generation += 1;
            wanted = target.generation;
        });
        let attempt = attempts
            .wait_for(|attempt| attempt.as_ref().is_some_and(|attempt| attempt.generation >= wanted))
            .await
            .map_err(|_| Problem::new(ProblemCode::Offline, "the desktop is closing"))?
            .clone();
        let Some(attempt) = attempt else {
            return Err(Problem::new(ProblemCode::ServerUnreachable, "no attempt was made"));
        };
        let office = match attempt.result {
            Ok(office) => office,
            Err(problem) => return Err(*problem),
        };
        self.remember(|settings| settings.server = Some(address));
        Ok(office)
    }

    /// Loads who edits what and tells the window.
    pub(crate) async fn load_locks(&self) {
        match self.ask_for::<LockSnapshot>(Call::LockSnapshot(Nothing {})).await {
            Ok(snapshot) => self.tell(CoreEvent::Locks(postoffice_protocol::events::LockNews {
                snapshot: true,
                held: snapshot.locks,
                freed: Vec::new(),
            })),
            Err(problem) => tracing::info!(%problem, "locks are not shown for now"),
        }
    }

    fn remember(&self, change: impl FnOnce(&mut Settings)) {
        let settings = {
            let mut state = self.lock();
            change(&mut state.settings);
            state.settings.clone()
        };
        self.settings.write(&settings);
    }

    /// The clock of this desktop.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
