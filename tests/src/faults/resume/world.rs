//! Where a scenario is played: one real server or two, on SQLite or PostgreSQL and a Redis that are there to be harmed, a bad network before
//! them, and desktops at work.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    desktop::Desktop, journal::Journal, judge::Evidence, postgres::HarmedPostgres, shift::Shift, written::published,
};
use crate::{
    desk::Desk,
    faults::{
        database::{Database, Engine},
        dice::Dice,
        locks::redis::HarmedRedis,
    },
    office::Office,
    proxy::{Blow, Proxy, Weather},
    wait::until,
};

/// How many sign in at the same time.
const SIGNING_IN: usize = 8;
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Everybody is back after a storm within this; whoever is not is judged at the end.
const BACK_WITHIN: Duration = Duration::from_secs(30);
/// When nothing has moved for so long at the end, nothing will.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a world is to be like.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The database.
    pub engine: Engine,
    /// One server, or two on one database and one Redis. Desktops know both.
    pub servers: usize,
    /// Desktops.
    pub desktops: u32,
    /// Longest pause of each between two commands.
    pub pause: Duration,
    /// A bug in the servers.
    pub planted: Option<&'static str>,
}

/// A server and the network before it.
pub struct Node {
    /// The server, and its database if that is a file.
    pub office: Office,
    /// The network.
    pub network: Proxy,
}

/// What is played on.
pub struct World {
    /// The servers.
    pub nodes: Vec<Node>,
    /// Their Redis.
    pub redis: HarmedRedis,
    postgres: Option<HarmedPostgres>,
    /// What the desktops share.
    pub shift: Arc<Shift>,
    desktops: JoinSet<Journal>,
    /// How many desktops there are.
    pub count: u32,
    /// Most resident memory of a server that was seen, in MB.
    peak_mb: u64,
}

impl World {
    /// Builds one and waits until all desktops are live.
    ///
    /// # Panics
    /// It cannot be built.
    pub async fn build(plan: Plan, dice: &Dice) -> Self {
        let redis = HarmedRedis::start().await;
        let postgres = match plan.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(HarmedPostgres::start(dice.fork(2)).await),
        };
        let nodes = nodes(plan, &redis.url(), postgres.as_ref(), dice).await;
        let shift = Shift::new(nodes.iter().map(|node| node.network.address()).collect(), plan.pause);
        let server = nodes[0].office.address();
        let signing_in = stream::iter(1..=plan.desktops).map(|number| {
            let server = server.clone();
            async move { (number, Desk::signed_in(&server, "clerk12", &format!("s{number}")).await) }
        });
        let signed_in: Vec<(u32, Desk)> = signing_in.buffer_unordered(SIGNING_IN).collect().await;
        let mut desktops = JoinSet::new();
        for (number, desk) in signed_in {
            let since = desk.session.as_ref().map_or(0, |session| session.sequence);
            let token = desk.token.clone().expect("it is signed in");
            let dice = dice.fork(1_000 + u64::from(number));
            desktops.spawn(Desktop::new(number, Arc::clone(&shift), token, since, dice).work());
        }
        let mut world = Self { nodes, redis, postgres, shift, desktops, count: plan.desktops, peak_mb: 0 };
        world.all_back().await;
        world
    }

    /// Its PostgreSQL.
    ///
    /// # Panics
    /// It is on SQLite: the harm is not for it.
    pub fn postgres(&mut self) -> &mut HarmedPostgres {
        self.postgres.as_mut().expect("the world is on PostgreSQL")
    }

    /// Strikes so many of a hundred links of desktops.
    pub fn strike(&self, blow: Blow, percent: u64) {
        self.nodes.iter().for_each(|node| node.network.strike(blow, percent));
    }

    /// Changes the weather between desktops and servers.
    pub fn set_weather(&self, weather: Weather) {
        self.nodes.iter().for_each(|node| node.network.set(weather));
    }

    fn database(&self) -> Database {
        match &self.postgres {
            Some(postgres) => Database::Server(postgres.url()),
            None => Database::File(self.nodes[0].office.database()),
        }
    }

    /// Waits until so many changes more are published.
    ///
    /// # Panics
    /// They are not.
    pub async fn until_published(&self, more: u64) {
        let database = self.database();
        let (_, before) = published(&database).await;
        let are_published = || async { (published(&database).await.1 >= before + more).then_some(()) };
        until("changes to be published", are_published).await;
    }

    /// Waits until every desktop is live and has everything that was published by now; false: not all are.
    pub async fn all_back(&mut self) -> bool {
        let (_, last) = published(&self.database()).await;
        let end = Instant::now() + BACK_WITHIN;
        while Instant::now() < end {
            if self.shift.live.load(Ordering::SeqCst) == self.count && self.shift.have_all_seen(last) {
                self.look_at_memory();
                return true;
            }
            sleep(LOOK_EVERY).await;
        }
        false
    }

    fn look_at_memory(&mut self) {
        for node in &mut self.nodes {
            let status = std::fs::read_to_string(format!("/proc/{}/status", node.office.server().pid()));
            let line =
                status.ok().and_then(|text| text.lines().find(|line| line.starts_with("VmRSS")).map(str::to_owned));
            let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
            self.peak_mb = self.peak_mb.max(kilobytes.unwrap_or(0) / 1024);
        }
    }

    /// Ends the shift: every command comes to its end, every desktop to the last change. What is left then.
    ///
    /// # Panics
    /// The database cannot be read.
    pub async fn settle(mut self) -> Evidence {
        self.shift.over.store(true, Ordering::SeqCst);
        let database = self.database();
        let mut last_moved = (u32::MAX, u64::MAX);
        let mut end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let open = self.shift.open.load(Ordering::SeqCst);
            let (unpublished, last) = published(&database).await;
            if open == 0 && unpublished == 0 && self.shift.have_all_seen(last) {
                break;
            }
            if (open, last) != last_moved {
                (last_moved, end) = ((open, last), Instant::now() + PATIENCE);
            }
            sleep(LOOK_EVERY).await;
        }
        self.look_at_memory();
        self.shift.closed.store(true, Ordering::SeqCst);
        let journals = std::mem::take(&mut self.desktops).join_all().await;
        let mut too_slow = 0;
        for node in &self.nodes {
            too_slow += closed_too_slow(&node.office.admin_address()).await.expect("the server counts");
        }
        Evidence::gather(journals, &database, self.peak_mb, too_slow).await
    }
}

async fn nodes(plan: Plan, redis: &str, postgres: Option<&HarmedPostgres>, dice: &Dice) -> Vec<Node> {
    let mut settings = vec![
        ("POSTOFFICE_REDIS__URL", redis),
        ("POSTOFFICE_LOG__FILTER", "error"),
        ("POSTOFFICE_LIMITS__CONNECTIONS_PER_ADDRESS", "10000"),
        // Few, so that a slow reader is one within seconds.
        ("POSTOFFICE_LIMITS__QUEUE_FRAMES", "24"),
    ];
    settings.extend(plan.planted.map(|bug| ("POSTOFFICE_PLANTED", bug)));
    let database = postgres.map(HarmedPostgres::through_the_network);
    let mut offices = vec![Office::start_empty(database.as_ref(), &settings).await];
    while offices.len() < plan.servers {
        let beside = offices[0].node_beside().await;
        offices.push(beside);
    }
    let mut nodes = Vec::new();
    for (number, office) in (100..).zip(offices) {
        let network = Proxy::before(office.address(), dice.fork(number)).await;
        nodes.push(Node { office, network });
    }
    nodes
}

/// How many sockets this process of the server closed with 1013.
async fn closed_too_slow(admin: &str) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(admin).await?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let line = answer.lines().find_map(|line| line.strip_prefix("postoffice_sockets_closed_total{code=\"1013\"} "));
    Ok(line.and_then(|count| count.trim().parse().ok()).unwrap_or(0))
}
