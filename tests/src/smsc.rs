//! An operator's SMSC of the tests' own: speaks SMPP 3.4 to Kannel, and what becomes of a message is decided by the last digit of its number.
//!
//! | digit | what happens |
//! |---|---|
//! | 0 to 3 | taken, reported delivered |
//! | 4 | refused: `submit_sm` is answered with an error |
//! | 5, 6 | taken, reported undelivered or expired |
//! | 7 | taken, never reported |
//! | 8 | reported delivered before it is answered |
//! | 9 | reported delivered twice |

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Commands of SMPP 3.4; an answer has the highest bit set.
const SUBMIT_SM: u32 = 0x0000_0004;
const DELIVER_SM: u32 = 0x0000_0005;
const BINDS: [u32; 3] = [0x0000_0001, 0x0000_0002, 0x0000_0009];
const ANSWER: u32 = 0x8000_0000;
/// "Invalid destination address".
const REFUSED: u32 = 0x0000_000b;
/// A `deliver_sm` with this class carries a delivery receipt.
const RECEIPT: u8 = 0x04;
/// Kind of a number that is written without its plus.
const INTERNATIONAL: u8 = 1;
const HEADER: usize = 16;
/// Longer than any PDU of Kannel's.
const LONGEST: usize = 64 * 1024;

/// A message that the operator received, refused ones too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// To whom.
    pub to: String,
    /// Alphabet: 8 is UCS-2.
    pub coding: u8,
    /// The text as it came.
    pub text: Vec<u8>,
}

struct Operator {
    submitted: Mutex<Vec<Submitted>>,
    count: watch::Sender<usize>,
    ids: AtomicU32,
}

/// The SMSC. Dropping it closes its port.
pub struct Smsc {
    port: u16,
    operator: Arc<Operator>,
    accepting: JoinHandle<()>,
}

impl Smsc {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let operator =
            Arc::new(Operator { submitted: Mutex::default(), count: watch::Sender::new(0), ids: AtomicU32::new(1) });
        let serves = Arc::clone(&operator);
        let accepting = tokio::spawn(async move {
            let mut links = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                links.spawn(serve(stream, Arc::clone(&serves)));
            }
        });
        Self { port, operator, accepting }
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Everything it received so far.
    pub fn submitted(&self) -> Vec<Submitted> {
        self.operator.submitted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it received `count` messages.
    ///
    /// # Panics
    /// They do not come within half a minute.
    pub async fn wait_for(&self, count: usize) {
        let mut counted = self.operator.count.subscribe();
        let came = tokio::time::timeout(crate::wait::PATIENCE, counted.wait_for(|so_far| *so_far >= count)).await;
        assert!(came.is_ok(), "{} of {count} messages came", self.submitted().len());
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves one link until it ends: Kannel comes again by itself.
async fn serve(mut stream: TcpStream, operator: Arc<Operator>) {
    while let Some((command, sequence, body)) = read_pdu(&mut stream).await {
        let answers = match command {
            SUBMIT_SM => operator.submit(sequence, &body),
            bind if BINDS.contains(&bind) => vec![pdu(bind | ANSWER, 0, sequence, b"smsc\0")],
            // Answers of Kannel to our receipts.
            answer if answer & ANSWER != 0 => Vec::new(),
            // `enquire_link`, `unbind`.
            other => vec![pdu(other | ANSWER, 0, sequence, b"")],
        };
        for answer in answers {
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }
}

impl Operator {
    fn submit(&self, sequence: u32, body: &[u8]) -> Vec<Vec<u8>> {
        let Some((from, message)) = read_submit(body) else {
            return vec![pdu(SUBMIT_SM | ANSWER, REFUSED, sequence, b"\0")];
        };
        let to = message.to.clone();
        let mut submitted = self.submitted.lock().unwrap_or_else(PoisonError::into_inner);
        submitted.push(message);
        self.count.send_replace(submitted.len());
        drop(submitted);
        let number = self.ids.fetch_add(1, Ordering::SeqCst);
        let id = format!("op{number}");
        let taken = pdu(SUBMIT_SM | ANSWER, 0, sequence, format!("{id}\0").as_bytes());
        let receipt = |state: &str, offset: u32| {
            let text = format!(
                "id:{id} sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:{state} err:000 text:"
            );
            pdu(DELIVER_SM, 0, number * 2 + offset, &deliver(&to, &from, &text))
        };
        match to.bytes().last() {
            Some(b'4') => vec![pdu(SUBMIT_SM | ANSWER, REFUSED, sequence, b"\0")],
            Some(b'5') => vec![taken, receipt("UNDELIV", 0)],
            Some(b'6') => vec![taken, receipt("EXPIRED", 0)],
            Some(b'7') => vec![taken],
            Some(b'8') => vec![receipt("DELIVRD", 0), taken],
            Some(b'9') => vec![taken, receipt("DELIVRD", 0), receipt("DELIVRD", 1)],
            _ => vec![taken, receipt("DELIVRD", 0)],
        }
    }
}

fn pdu(command: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let mut bytes: Vec<u8> = [length, command, status, sequence].into_iter().flat_map(u32::to_be_bytes).collect();
    bytes.extend_from_slice(body);
    bytes
}

/// Command, sequence number and body; none when the link ended or what comes is no SMPP.
async fn read_pdu(stream: &mut TcpStream) -> Option<(u32, u32, Vec<u8>)> {
    let length = usize::try_from(stream.read_u32().await.ok()?).ok()?;
    let (command, _status, sequence) =
        (stream.read_u32().await.ok()?, stream.read_u32().await.ok()?, stream.read_u32().await.ok()?);
    if !(HEADER..=LONGEST).contains(&length) {
        return None;
    }
    let mut body = vec![0; length - HEADER];
    stream.read_exact(&mut body).await.ok()?;
    Some((command, sequence, body))
}

/// Sender, and the message, of a `submit_sm`.
fn read_submit(body: &[u8]) -> Option<(String, Submitted)> {
    let mut rest = body;
    read_text(&mut rest)?; // service type
    skip(&mut rest, 2)?;
    let from = read_text(&mut rest)?;
    let is_international = *rest.first()? == INTERNATIONAL;
    skip(&mut rest, 2)?;
    let to = read_text(&mut rest)?;
    let to = if is_international { format!("+{}", to.trim_start_matches('+')) } else { to };
    skip(&mut rest, 3)?; // class, protocol, priority
    read_text(&mut rest)?; // when to send
    read_text(&mut rest)?; // until when
    skip(&mut rest, 2)?;
    let coding = *rest.first()?;
    skip(&mut rest, 2)?;
    let length = usize::from(*rest.first()?);
    skip(&mut rest, 1)?;
    Some((from, Submitted { to, coding, text: rest.get(..length)?.to_vec() }))
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let text = String::from_utf8_lossy(&rest[..end]).into_owned();
    *rest = &rest[end + 1..];
    Some(text)
}

fn skip(rest: &mut &[u8], bytes: usize) -> Option<()> {
    *rest = rest.get(bytes..)?;
    Some(())
}

/// The body of a `deliver_sm` that carries a receipt.
fn deliver(from: &str, to: &str, text: &str) -> Vec<u8> {
    let mut body = vec![0, 1, 1];
    body.extend_from_slice(from.trim_start_matches('+').as_bytes());
    body.extend_from_slice(&[0, 1, 1]);
    body.extend_from_slice(to.as_bytes());
    body.extend_from_slice(&[0, RECEIPT, 0, 0, 0, 0, 0, 0, 0, 0]);
    body.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    body.extend_from_slice(text.as_bytes());
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_kannel_submits() {
        let mut body = b"\0\x05\0PostOffice\0\x01\x01380671000004\0\0\0\0\0\0\x1f\0\x08\0".to_vec();
        body.push(4);
        body.extend_from_slice(&[0x04, 0x1f, 0x04, 0x3e]);
        let (from, message) = read_submit(&body).unwrap();
        assert_eq!((from.as_str(), message.to.as_str(), message.coding), ("PostOffice", "+380671000004", 8));
        assert_eq!(message.text, [0x04, 0x1f, 0x04, 0x3e]);
        assert_eq!(read_submit(&body[..20]), None);
    }
}
