//! The connection is cut at COMMIT: before it arrives, or before its answer does.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use postoffice_runtime::testing::TestPostgres;

use super::*;

/// Nothing is cut.
const WHOLE: u8 = 0;
/// The next COMMIT does not arrive.
const BEFORE: u8 = 1;
/// The next COMMIT arrives, its answer does not.
const AFTER: u8 = 2;

/// A network that can be cut at a word.
struct Network {
    port: u16,
    cut: Arc<AtomicU8>,
}

impl Network {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self { port: listener.local_addr().unwrap().port(), cut: Arc::new(AtomicU8::new(WHOLE)) };
        let cut = Arc::clone(&this.cut);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let cut = Arc::clone(&cut);
                tokio::spawn(async move {
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    // Whichever way ends, ends both.
                    tokio::select! {
                        () = pass(near_in, far_out, &cut, BEFORE) => {}
                        () = pass(far_in, near_out, &cut, AFTER) => {}
                    }
                });
            }
        });
        this
    }
}

/// Passes bytes on until one side ends, or until the word COMMIT comes by when this way is to be cut at it. Query and answer are both so short that
/// they come in one piece.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, cut: &AtomicU8, here: u8) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let word = bytes[..length].windows(7).any(|window| window == b"COMMIT\0");
        if word && cut.compare_exchange(here, WHOLE, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            return;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

/// A desk whose store is behind a network that can be cut.
async fn behind_a_network() -> (Desk, Network) {
    let place = Place::new(On::Postgres);
    let Place::Database(database) = &place else { panic!("on PostgreSQL") };
    let network = Network::to(TestPostgres::shared().port()).await;
    let through = |url: &str| {
        let far = format!(":{}/", TestPostgres::shared().port());
        PostgresAddress::parse(&url.replace(&far, &format!(":{}/", network.port))).unwrap()
    };
    let database = Database::Postgres { server: through(&database.url), owner: Some(through(&database.owner_url)) };
    let TestStore { store, clock, .. } = TestStore::open_with(database).await;
    (Desk { store, clock, place }, network)
}

#[tokio::test]
async fn what_became_of_a_commit_is_found_out_and_everything_happens_once() {
    let (desk, network) = behind_a_network().await;
    desk.store.add_branch(branch()).await.unwrap();
    for (number, cut) in [BEFORE, AFTER, BEFORE, AFTER].into_iter().enumerate() {
        let before = desk.store.outbox_depth().await.unwrap();
        let ttn = desk.registered().await.ttn;
        let work = desk.create(&draft());
        network.cut.store(cut, Ordering::SeqCst);
        // With a command, a load, and a step that no id protects, in one group.
        let mut other = branch();
        other.id.0 = format!("branch-{number}");
        let (created, loaded, added) = tokio::join!(
            desk.store.submit(work.clone()),
            desk.store.load_for_edit(ttn, session(1)),
            desk.store.add_branch(other)
        );
        assert_eq!(network.cut.load(Ordering::SeqCst), WHOLE, "it was cut");
        done(created.unwrap());
        let (_, fence) = loaded.unwrap().unwrap();
        assert_eq!(desk.store.fence(&ttn).await.unwrap(), Some(fence));
        added.unwrap();
        happened_once(&desk, &work, before + 1).await;
    }
    assert_eq!(desk.store.office().await.unwrap().branches.len(), 5);
}
