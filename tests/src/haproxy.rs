//! `HAProxy` in front of two servers, with the very file that admins get.

use std::path::Path;

use tokio::net::TcpStream;

use crate::{
    office::Office,
    programs::{Running, free_port, tied},
    wait::until,
};

/// A running `HAProxy`; it ends with the value.
pub struct Haproxy {
    _running: Running,
    port: u16,
}

impl Haproxy {
    /// Starts it in front of two servers; its log goes into the folder of the first one.
    ///
    /// # Panics
    /// It is not installed or does not start.
    pub async fn before(one: &Office, two: &Office) -> Self {
        let port = free_port();
        let health = |office: &Office| office.admin_address().rsplit(':').next().map(str::to_owned);
        let mut command = tied("/usr/sbin/haproxy");
        command
            .arg("-db")
            .arg("-f")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/haproxy.example.cfg"))
            .env("POSTOFFICE_BIND", format!("127.0.0.1:{port}"))
            .env("POSTOFFICE_ONE", one.address())
            .env("POSTOFFICE_TWO", two.address())
            .env("POSTOFFICE_ONE_HEALTH", health(one).expect("an address with a port"))
            .env("POSTOFFICE_TWO_HEALTH", health(two).expect("an address with a port"));
        let running = Running::start(&mut command, &one.folder().join("haproxy.log"));
        until("HAProxy to listen", || async { TcpStream::connect(("127.0.0.1", port)).await.ok() }).await;
        Self { _running: running, port }
    }

    /// Address for desktops.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}
