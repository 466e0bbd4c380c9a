//! Where a scenario is played: a real server on SQLite and a Redis to be harmed, a bad network before it, and desktops at work.

use std::{path::Path, sync::Arc, sync::atomic::Ordering, time::Duration};

use futures_util::{StreamExt, stream};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    desktop::{Desktop, Shift},
    journal::Journal,
    judge::Evidence,
};
use crate::{
    desk::Desk,
    faults::{dice::Dice, locks::redis::HarmedRedis},
    office::Office,
    proxy::Proxy,
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
    /// Desktops.
    pub desktops: u32,
    /// Longest pause of each between two commands.
    pub pause: Duration,
    /// A bug in the server.
    pub planted: Option<&'static str>,
}

/// What is played on.
pub struct World {
    /// Server and database.
    pub office: Office,
    /// Its Redis.
    pub redis: HarmedRedis,
    /// The network before it.
    pub proxy: Proxy,
    /// What the desktops share.
    pub shift: Arc<Shift>,
    desktops: JoinSet<Journal>,
    /// How many desktops there are.
    pub count: u32,
    /// Most resident memory of the server that was seen, in MB.
    peak_mb: u64,
}

impl World {
    /// Builds one and waits until all desktops are live.
    ///
    /// # Panics
    /// It cannot be built.
    pub async fn build(plan: Plan, dice: &Dice) -> Self {
        let redis = HarmedRedis::start().await;
        let url = redis.url();
        let mut settings = vec![
            ("POSTOFFICE_REDIS__URL", url.as_str()),
            ("POSTOFFICE_LOG__FILTER", "error"),
            ("POSTOFFICE_LIMITS__CONNECTIONS_PER_ADDRESS", "10000"),
            // Few, so that a slow reader is one within seconds.
            ("POSTOFFICE_LIMITS__QUEUE_FRAMES", "24"),
        ];
        settings.extend(plan.planted.map(|bug| ("POSTOFFICE_PLANTED", bug)));
        let office = Office::start_with(0, &settings).await;
        let proxy = Proxy::before(office.address(), dice.fork(1)).await;
        let shift = Shift::new(proxy.address(), plan.pause);
        let server = office.address();
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
        let mut world = Self { office, redis, proxy, shift, desktops, count: plan.desktops, peak_mb: 0 };
        world.all_back().await;
        world
    }

    /// Waits until every desktop is live and has everything that was published by now; false: not all are.
    pub async fn all_back(&mut self) -> bool {
        let (_, last) = published(&self.office.database()).await;
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
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.office.server().pid()));
        let line = status.ok().and_then(|text| text.lines().find(|line| line.starts_with("VmRSS")).map(str::to_owned));
        let kilobytes: Option<u64> = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        self.peak_mb = self.peak_mb.max(kilobytes.unwrap_or(0) / 1024);
    }

    /// Ends the shift: every command comes to its end, every desktop to the last change. What is left then.
    ///
    /// # Panics
    /// The database cannot be read.
    pub async fn settle(mut self) -> Evidence {
        self.shift.over.store(true, Ordering::SeqCst);
        let database = self.office.database();
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
        let too_slow = closed_too_slow(&self.office.admin_address()).await.expect("the server counts");
        Evidence::gather(journals, &database, self.peak_mb, too_slow).await
    }
}

/// Events that have no number yet, and the last number.
async fn published(database: &Path) -> (i64, u64) {
    let asked = async {
        let mut database = open(database).await?;
        let numbers =
            "SELECT count(*) FILTER (WHERE publish_seq IS NULL), coalesce(max(publish_seq), 0) FROM integration_events";
        let numbers: (i64, i64) = sqlx::query_as(numbers).fetch_one(&mut database).await?;
        database.close().await?;
        Ok::<_, sqlx::Error>(numbers)
    };
    // A database that cannot be read now is not quiet.
    let (unpublished, last) = asked.await.unwrap_or((1, 0));
    (unpublished, u64::try_from(last).unwrap_or(0))
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

/// Opens the server's database to look into it.
///
/// # Errors
/// It cannot be opened.
pub async fn open(database: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(database).busy_timeout(Duration::from_secs(20));
    SqliteConnection::connect_with(&options).await
}
