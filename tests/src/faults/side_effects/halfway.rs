//! A cable that is cut in the middle of a frame: passes bytes between desktops and the server, and at the chosen one of the server's writes
//! hands on half of it and says so, so that the server can be killed in that moment.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

/// The cable.
pub struct Halfway {
    address: String,
    cut: Arc<Cut>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Cut {
    writes_left: AtomicI64,
    done: Notify,
}

impl Halfway {
    /// Lays one to the server.
    ///
    /// # Panics
    /// No port is free.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let cut = Arc::new(Cut { writes_left: AtomicI64::new(i64::MAX), done: Notify::new() });
        let at = Arc::clone(&cut);
        let accepting = tokio::spawn(async move {
            let mut links = JoinSet::new();
            while let Ok((desktop, _)) = listener.accept().await {
                links.spawn(link(desktop, server.clone(), Arc::clone(&at)));
            }
        });
        Self { address, cut, accepting }
    }

    /// Where desktops find it.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Waits until half of the server's next `writes`-th write has gone to a desktop.
    pub async fn cuts_after(&self, writes: u64) {
        self.cut.writes_left.store(i64::try_from(writes).unwrap_or(i64::MAX), Ordering::SeqCst);
        self.cut.done.notified().await;
    }

    /// Hands everything on whole.
    pub fn mend(&self) {
        self.cut.writes_left.store(i64::MAX, Ordering::SeqCst);
    }
}

impl Drop for Halfway {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Passes bytes until one side ends. Either end of it only means that the desktop comes again.
async fn link(desktop: TcpStream, server: String, cut: Arc<Cut>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_desktop, mut to_desktop) = desktop.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(read) = from_server.read(&mut bytes).await {
            let cuts = read > 1 && cut.writes_left.fetch_sub(1, Ordering::SeqCst) == 1;
            let on = if cuts { read / 2 } else { read };
            let written = to_desktop.write_all(&bytes[..on]).await;
            if cuts {
                cut.done.notify_one();
                // The server is killed now. What it had written besides is lost with the cable.
                while from_server.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
                return;
            }
            if read == 0 || written.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = back => {}
        _ = copy(&mut from_desktop, &mut to_server) => {}
    }
}
