//! A real Kannel: bearerbox, smsbox and Kannel's own SMSC simulator, on ports and in a folder of their own, gone with the value.
//!
//! Debian's packages `kannel` and `kannel-extras` must be installed. What their service starts is not touched.

use std::{
    convert::Infallible,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::watch,
};

use crate::programs::{free_port, tied};

const BEARERBOX: &str = "/usr/sbin/bearerbox";
const SMSBOX: &str = "/usr/sbin/smsbox";
const FAKESMSC: &str = "/usr/lib/kannel/test/fakesmsc";
const UP_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Name of the `sendsms-user`.
pub const USERNAME: &str = "postoffice";
/// Its password.
pub const PASSWORD: &str = "kannel-password";

/// A mobile number that this gateway sends nothing to, as a clerk types it.
pub const DENIED: &str = "0730001122";

/// A message as the phone network (`fakesmsc`) received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// Sender.
    pub from: String,
    /// Recipient, E.164.
    pub to: String,
    /// The text, decoded.
    pub text: String,
    /// Whether it came as one part of several.
    pub is_part: bool,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    admin: u16,
    boxes: u16,
    smsc: u16,
    sendsms: u16,
}

/// A running Kannel with its simulated operator.
pub struct Kannel {
    folder: TempDir,
    ports: Ports,
    bearerbox: Child,
    /// Kannel's own simulator; none where the operator is one of the tests'.
    fakesmsc: Option<Child>,
    smsbox: Child,
    received: Arc<Mutex<Vec<Sms>>>,
    count: watch::Sender<usize>,
}

impl Kannel {
    /// Starts one and waits until it takes messages.
    ///
    /// # Panics
    /// Kannel is not installed or does not start.
    pub async fn start() -> Self {
        let smsc = free_port();
        Self::start_on(smsc, &simulator(smsc), true).await
    }

    /// Starts one whose operator speaks SMPP on `port`.
    ///
    /// # Panics
    /// Kannel is not installed or does not start.
    pub async fn start_with_operator(port: u16) -> Self {
        Self::start_on(port, &smpp(port), false).await
    }

    async fn start_on(smsc: u16, operator_group: &str, is_simulated: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        for inside in ["store", "dlr"] {
            std::fs::create_dir(folder.path().join(inside)).expect("a folder in the temp folder");
        }
        let ports = Ports { admin: free_port(), boxes: free_port(), smsc, sendsms: free_port() };
        std::fs::write(folder.path().join("kannel.conf"), configuration(folder.path(), ports, operator_group))
            .expect("the configuration");
        let bearerbox = kannel_box(BEARERBOX, folder.path());
        answers(ports.boxes).await;
        let received = Arc::new(Mutex::new(Vec::new()));
        let count = watch::Sender::new(0);
        let fakesmsc = if is_simulated {
            answers(ports.smsc).await;
            Some(operator(ports.smsc, &received, &count))
        } else {
            None
        };
        let smsbox = kannel_box(SMSBOX, folder.path());
        answers(ports.sendsms).await;
        Self { folder, ports, bearerbox, fakesmsc, smsbox, received, count }
    }

    /// The setting `gateway.kannel.url`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/cgi-bin/sendsms", self.ports.sendsms)
    }

    /// Everything the operator received so far, parts and repeats too.
    pub fn received(&self) -> Vec<Sms> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the operator received `count` messages and returns them.
    ///
    /// # Panics
    /// They do not come within half a minute.
    pub async fn wait_for(&self, count: usize) -> Vec<Sms> {
        let mut counted = self.count.subscribe();
        let came = tokio::time::timeout(Duration::from_secs(30), counted.wait_for(|so_far| *so_far >= count)).await;
        assert!(came.is_ok(), "{} of {count} messages came: {:?}", self.received().len(), self.received());
        self.received()
    }

    /// Kills the bearerbox as `kill -9` does and starts it again; the operator and the smsbox come back to it by themselves (the smsbox
    /// after some seconds).
    ///
    /// # Panics
    /// It does not come back.
    pub async fn kill_bearerbox_and_restart(&mut self) {
        self.bearerbox.kill().await.expect("it runs");
        self.bearerbox = kannel_box(BEARERBOX, self.folder.path());
        answers(self.ports.boxes).await;
        if let Some(simulator) = &mut self.fakesmsc {
            answers(self.ports.smsc).await;
            simulator.kill().await.ok();
            *simulator = operator(self.ports.smsc, &self.received, &self.count);
        }
    }

    /// Kills the smsbox, so that nobody answers on its port.
    ///
    /// # Panics
    /// It had ended by itself.
    pub async fn kill_smsbox(&mut self) {
        self.smsbox.kill().await.expect("it runs");
    }

    /// Starts the smsbox again whenever it ends by itself, as an office's service manager does. That of Kannel 1.4.5 often does when its bearerbox
    /// dies under many requests: with 0, or with `PANIC: gwlib/thread.c: mutex_lock_real: Mutex failure!`.
    ///
    /// # Panics
    /// It does not start.
    pub async fn keep_smsbox(&mut self) -> Infallible {
        loop {
            let ended = self.smsbox.wait().await;
            println!("the smsbox ended by itself ({ended:?}) and is started again");
            self.restart_smsbox().await;
        }
    }

    /// Starts the smsbox again.
    ///
    /// # Panics
    /// It does not start.
    pub async fn restart_smsbox(&mut self) {
        self.smsbox = kannel_box(SMSBOX, self.folder.path());
        answers(self.ports.sendsms).await;
    }
}

/// Kannel's own simulator connects to the bearerbox.
fn simulator(port: u16) -> String {
    format!(
        "group = smsc\nsmsc = fake\nsmsc-id = operator\nhost = 127.0.0.1\nport = {port}\nconnect-allow-ip = 127.0.0.1\n"
    )
}

/// The bearerbox connects to an operator.
fn smpp(port: u16) -> String {
    format!(
        "group = smsc\nsmsc = smpp\nsmsc-id = operator\nhost = 127.0.0.1\nport = {port}\ntransceiver-mode = true\n\
         smsc-username = post\nsmsc-password = office\nsystem-type = tests\nreconnect-delay = 1\n"
    )
}

fn configuration(folder: &Path, ports: Ports, operator_group: &str) -> String {
    let folder = folder.display();
    let Ports { admin, boxes, sendsms, .. } = ports;
    format!(
        r#"group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = tests
admin-allow-ip = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
store-type = spool
store-location = "{folder}/store"
dlr-storage = spool
dlr-spool = "{folder}/dlr"

{operator_group}
group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
http-request-retry = 3
http-queue-delay = 2

group = sendsms-user
username = {USERNAME}
password = {PASSWORD}
max-messages = 5
concatenation = true
black-list-regex = "^[+]38073"

group = sms-service
keyword = default
text = ""
"#
    )
}

fn kannel_box(program: &str, folder: &Path) -> Child {
    let log = |name: &str| {
        let path = folder.join(format!("{}.log", name.rsplit('/').next().unwrap_or(name)));
        std::fs::File::options().create(true).append(true).open(path).expect("a log file")
    };
    Command::from(tied(program))
        .args(["-v", "4", "kannel.conf"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log(program))
        .stderr(log(program))
        .kill_on_drop(true)
        .spawn()
        .expect("the packages kannel and kannel-extras are installed")
}

/// The simulated operator. It prints what it receives, and only at verbosity 0.
fn operator(port: u16, received: &Arc<Mutex<Vec<Sms>>>, count: &watch::Sender<usize>) -> Child {
    let mut child = Command::from(tied(FAKESMSC))
        .args(["-v", "0", "-H", "127.0.0.1", "-r", &port.to_string(), "-m", "0", "1 2 text x"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the package kannel-extras is installed");
    let output = child.stderr.take().expect("stderr is piped");
    let (received, count) = (Arc::clone(received), count.clone());
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            if let Some(sms) = read_line(&String::from_utf8_lossy(&line)) {
                received.lock().unwrap_or_else(PoisonError::into_inner).push(sms);
                count.send_modify(|count| *count += 1);
            }
        }
    });
    child
}

async fn answers(port: u16) {
    let waiting = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    assert!(tokio::time::timeout(UP_WITHIN, waiting).await.is_ok(), "Kannel does not answer on port {port}");
}

/// `… Got message 7: <from to text the words>`, `<from to ucs-2 URL-encoded>` or, for a part, `<from to udh URL-encoded data URL-encoded>`.
fn read_line(line: &str) -> Option<Sms> {
    let (_, message) = line.split_once("Got message ")?;
    let message = message.split_once('<')?.1.strip_suffix('>')?;
    let mut words = message.splitn(4, ' ');
    let (from, to, kind, rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (text, is_part) = match kind {
        "ucs-2" => (ucs2(rest), false),
        "udh" => (ucs2(rest.split_once(" data ").map_or("", |(_, data)| data)), true),
        _ => (rest.to_owned(), false),
    };
    Some(Sms { from: from.to_owned(), to: to.to_owned(), text, is_part })
}

/// UCS-2, big end first, URL-encoded.
fn ucs2(encoded: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            b'+' => b' ',
            other => other,
        });
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_operator_prints() {
        let cyrillic = "2026 [1] [0] DEBUG: Got message 1: <PostOffice +380671234567 ucs-2 %04%1F%04%3E%00+%008>";
        assert_eq!(read_line(cyrillic).unwrap().text, "По 8");
        let latin = read_line("DEBUG: Got message 4: <A +1 text Parcel é € 8123>").unwrap();
        assert_eq!((latin.from.as_str(), latin.to.as_str(), latin.text.as_str()), ("A", "+1", "Parcel é € 8123"));
        let part = read_line("DEBUG: Got message 5: <A +1 udh %05%00%03%04%02%01 data %04%1F>").unwrap();
        assert_eq!((part.text.as_str(), part.is_part), ("П", true));
        assert_eq!(read_line("DEBUG: Connecting to <127.0.0.1>"), None);
    }
}
