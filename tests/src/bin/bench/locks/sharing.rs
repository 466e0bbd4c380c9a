//! Those who want the same lock: clerks' desktops behind one server, and users of `rslock`.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    locks::{InLine, LockHolder, LockTold},
    session::SessionId,
};
use postoffice_runtime::testing::TestRedis;
use postoffice_server::{
    config::LockSettings,
    locks::{Acquired, Locks, Published, Subscription},
};
use rslock::{Lock, LockManager};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{LEASE_MS, holder, raw::client, ttn};

/// How often a desktop that waits says that it still does.
const AGAIN: Duration = Duration::from_secs(3);
const ORDER: usize = 7;

/// One who wants the lock.
pub trait Waiter: Send + 'static {
    /// Waits until it has it; the moment in which it knows.
    fn wait(&mut self) -> impl Future<Output = Instant> + Send;
    /// Gives it back.
    fn release(&mut self) -> impl Future<Output = ()> + Send;
}

type Told = Arc<Mutex<mpsc::UnboundedReceiver<Instant>>>;

/// One server's locks, and its desktops.
pub struct Office {
    locks: Locks,
    desktops: Vec<(LockHolder, Told)>,
    listening: JoinHandle<()>,
}

impl Office {
    /// An office with so many desktops.
    ///
    /// # Panics
    /// Redis does not answer.
    pub async fn open(redis: &TestRedis, desktops: usize) -> Self {
        let locks = Locks::new(redis.connection(), &LockSettings { lease_ms: LEASE_MS, ..LockSettings::default() });
        let subscription = Subscription::open(&redis.link()).await.expect("Redis answers");
        let mut doors = HashMap::new();
        let desktops = (0..desktops).map(|number| {
            let (tell, told) = mpsc::unbounded_channel();
            let holder = holder(number);
            doors.insert(holder.session, tell);
            (holder, Arc::new(Mutex::new(told)))
        });
        let desktops = desktops.collect();
        let listening = tokio::spawn(pass_on(subscription, locks.clone(), doors));
        Self { locks, desktops, listening }
    }

    /// Its desktops.
    pub fn waiters(&self) -> Vec<Ours> {
        let one = |(holder, told): &(LockHolder, Told)| Ours {
            locks: self.locks.clone(),
            ttn: ttn(ORDER),
            holder: holder.clone(),
            told: Arc::clone(told),
        };
        self.desktops.iter().map(one).collect()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// What a server does with what the scripts publish: remembers, and tells whom it concerns.
async fn pass_on(
    mut subscription: Subscription,
    locks: Locks,
    doors: HashMap<SessionId, mpsc::UnboundedSender<Instant>>,
) {
    while let Ok(published) = subscription.next().await {
        match published {
            Published::News(news) => locks.memory().hear(&news, Instant::now()),
            Published::Told { session, told: LockTold::Granted { .. } } => {
                let door = doors.get(&session).expect("everyone sits here");
                door.send(Instant::now()).expect("desktops live as long as the office");
            }
            Published::Told { .. } => {}
        }
    }
}

/// A desktop.
pub struct Ours {
    locks: Locks,
    ttn: Ttn,
    holder: LockHolder,
    told: Told,
}

impl Waiter for Ours {
    async fn wait(&mut self) -> Instant {
        let mut told = self.told.lock().await;
        loop {
            let line = self.locks.wait(&self.ttn, &self.holder, false).await.expect("Redis answers");
            let knew = if let InLine::Granted { .. } = line.state {
                Instant::now()
            } else {
                // Nothing came: it asks again and keeps its place.
                let Ok(told) = timeout(AGAIN, told.recv()).await else { continue };
                told.expect("the office is open")
            };
            // Opened, as the editor does. What was told of an earlier turn opens nothing.
            let opened = self.locks.acquire(&self.ttn, &self.holder).await.expect("Redis answers");
            if let Acquired::Ours { .. } = opened {
                return knew;
            }
        }
    }

    async fn release(&mut self) {
        assert!(self.locks.release(&self.ttn, self.holder.session).await.expect("Redis answers"), "it is ours");
    }
}

/// A user of `rslock`.
#[derive(Clone)]
pub struct Peer {
    manager: LockManager,
    lock: Option<Arc<Lock>>,
}

impl Peer {
    /// So many of them.
    pub fn many(redis: &TestRedis, count: usize) -> Vec<Self> {
        let manager = LockManager::from_clients(vec![client(redis)]);
        vec![Self { manager, lock: None }; count]
    }
}

impl Waiter for Peer {
    async fn wait(&mut self) -> Instant {
        let lock = self.manager.acquire_no_guard("rslock:contended", Duration::from_millis(LEASE_MS)).await;
        self.lock = Some(Arc::new(lock.expect("a lease of this length is allowed")));
        Instant::now()
    }

    async fn release(&mut self) {
        let lock = self.lock.take().expect("it has the lock");
        self.manager.unlock(&lock).await;
    }
}
