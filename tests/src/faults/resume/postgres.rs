//! A PostgreSQL to be harmed: a cluster of its own, behind a bad network.

use std::{process::Command, time::Duration};

use postoffice_runtime::testing::{TestDatabase, TestPostgres};
use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    faults::dice::Dice,
    programs::signal,
    proxy::{Blow, Proxy, Way, Weather},
};

/// The word with which a transaction ends, as the server says it and as PostgreSQL says it back.
const COMMIT: &[u8] = b"COMMIT\0";

/// The PostgreSQL.
pub struct HarmedPostgres {
    /// Not there while something is done to it.
    cluster: Option<TestPostgres>,
    port: u16,
    /// The network between the servers and it.
    network: Proxy,
    /// Its database, past the network.
    database: TestDatabase,
}

impl HarmedPostgres {
    /// Starts it.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(dice: Dice) -> Self {
        let started = spawn_blocking(|| {
            let cluster = TestPostgres::start();
            let database = cluster.database();
            (cluster, database)
        });
        let (cluster, database) = started.await.expect("PostgreSQL starts");
        let port = cluster.port();
        let network = Proxy::before(format!("127.0.0.1:{port}"), dice).await;
        Self { cluster: Some(cluster), port, network, database }
    }

    /// Does something to it that takes a while, on a thread of its own. Never in the place of a worker of tokio: programs that were started from it
    /// die with their thread (`crate::programs::tied`).
    async fn meanwhile(&mut self, work: impl FnOnce(&mut TestPostgres) + Send + 'static) {
        let mut cluster = self.cluster.take().expect("one thing after the other");
        let done = spawn_blocking(move || {
            work(&mut cluster);
            cluster
        });
        self.cluster = Some(done.await.expect("PostgreSQL does as it is told"));
    }

    /// As servers find it.
    pub fn through_the_network(&self) -> TestDatabase {
        let direct = format!("127.0.0.1:{}", self.port);
        let through = |url: &str| url.replace(&direct, &self.network.address());
        let TestDatabase { url, owner_url, superuser_url } = &self.database;
        TestDatabase { url: through(url), owner_url: through(owner_url), superuser_url: superuser_url.clone() }
    }

    /// Address for looking past the servers and the network.
    pub fn url(&self) -> String {
        self.database.superuser_url.clone()
    }

    /// Ends every connection to it, as an admin can.
    ///
    /// # Panics
    /// It does not answer.
    pub async fn end_connections(&mut self) {
        let end =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('office_app', 'office_owner')";
        self.meanwhile(|cluster| cluster.tell("postgres", end)).await;
    }

    /// Stops it as a power cut does, and starts it again.
    ///
    /// # Panics
    /// It does not come back.
    pub async fn die_and_come_back(&mut self) {
        self.meanwhile(|cluster| {
            cluster.stop_at_once();
            cluster.start_again();
        })
        .await;
    }

    /// All its processes stand still for so long.
    ///
    /// # Panics
    /// It does not run.
    pub async fn freeze(&self, how_long: Duration) {
        let postmaster = self.cluster.as_ref().expect("one thing after the other").pid();
        // From now on there are no new ones.
        signal(postmaster, "STOP");
        let found = Command::new("pgrep").args(["-P", &postmaster.to_string()]).output().expect("pgrep runs");
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        let tell_all = |what: &str| {
            let told = Command::new("kill").arg(format!("-{what}")).args(found.split_whitespace()).output();
            // One that has just ended is not there to be told.
            told.expect("kill runs");
        };
        tell_all("STOP");
        sleep(how_long).await;
        tell_all("CONT");
        signal(postmaster, "CONT");
    }

    /// Its machine is gone, and nobody is told.
    pub fn vanish(&self) {
        self.network.set(Weather::Blackhole);
        self.network.strike(Blow::HalfOpen, 100);
    }

    /// There is a machine again. The connections from before stay silent for ever.
    pub fn come_back(&self) {
        self.network.set(Weather::Clear);
    }

    /// The connections that are there break at their next COMMIT: before it arrives, or before its answer does.
    pub fn cut_at_commit(&self, way: Way) {
        self.network.strike(Blow::CutAt(way, COMMIT), 100);
    }
}
