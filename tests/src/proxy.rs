//! A bad network between desktops and the server, or between the server and PostgreSQL: a TCP proxy that delays, holds back, cuts, resets, forgets
//! one side, or reads slowly. Whoever connects is the desktop here.
//!
//! ```text
//! desktop ──▶ proxy ──▶ server      weather: holds for all links, also for those that come meanwhile
//!                                   blow: strikes so many of a hundred of the links that are there
//! ```

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{broadcast, watch},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use crate::faults::{dice::Dice, moment::Moment};

/// What the kernel may take of a server's frames before the proxy does: little, so that a slow reader is felt soon.
const RECEIVE_BUFFER: u32 = 8 * 1024;
/// Segments as on a cable. On the loopback they are so large that the kernel takes three megabytes of a server's frames for a reader that reads nothing,
/// instead of some seventy kilobytes.
const SEGMENT: u32 = 1_460;
/// A slow link passes so much, then pauses.
const SLOW_BYTES: usize = 256;
const SLOW_PAUSE: Duration = Duration::from_millis(250);

/// How bytes pass on all links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// At once.
    Clear,
    /// Each piece after a while.
    Delayed(Duration),
    /// Not at all, and nobody is told; what was held back passes when the weather clears.
    Blackhole,
}

/// What strikes links that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// Both sides get a reset.
    Reset,
    /// The server's side is gone; the desktop is not told and hears nothing more.
    HalfOpen,
    /// So many bytes of the server's still pass, then both sides get a reset: mostly in the middle of a frame.
    CutAfter(u64),
    /// The server's bytes pass one by one, so to say, for so long.
    Slow(Duration),
    /// What comes that way passes up to the piece with this word, then both sides get a reset.
    CutAt(Way, &'static [u8]),
}

/// A way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the server.
    Up,
    /// From the server.
    Down,
}

#[derive(Debug, Clone, Copy)]
struct Strike {
    blow: Blow,
    percent: u64,
    seed: u64,
}

/// The proxy.
pub struct Proxy {
    address: String,
    weather: watch::Sender<Weather>,
    strikes: broadcast::Sender<Strike>,
    dice: Mutex<Dice>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Stands before `server`.
    ///
    /// # Panics
    /// No port is free.
    pub async fn before(server: String, dice: Dice) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let weather = watch::Sender::new(Weather::Clear);
        let strikes = broadcast::Sender::new(64);
        let (to_links, to_strike) = (weather.subscribe(), strikes.clone());
        let accepting = tokio::spawn(async move {
            let mut links = JoinSet::new();
            let mut number = 0;
            while let Ok((desktop, _)) = listener.accept().await {
                number += 1;
                let link = Link { number, weather: to_links.clone(), strikes: to_strike.subscribe() };
                links.spawn(link.run(desktop, server.clone()));
                while links.try_join_next().is_some() {}
            }
        });
        Self { address, weather, strikes, dice: Mutex::new(dice), accepting }
    }

    /// Where desktops find it.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Strikes so many of a hundred links.
    pub fn strike(&self, blow: Blow, percent: u64) {
        let seed = self.dice.lock().unwrap_or_else(PoisonError::into_inner).throw();
        // Nobody hears it when there is no link.
        drop(self.strikes.send(Strike { blow, percent, seed }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Link {
    number: u64,
    weather: watch::Receiver<Weather>,
    strikes: broadcast::Receiver<Strike>,
}

/// How a link ends.
enum End {
    Closed,
    Reset,
    HalfOpen,
}

/// What was done to a link that goes on.
struct Condition {
    /// Bytes of the server's that still pass.
    bytes_left: AtomicI64,
    slow_until: AtomicU64,
    cut_at: Mutex<Option<(Way, &'static [u8])>>,
}

impl Condition {
    fn good() -> Self {
        let (bytes_left, slow_until) = (AtomicI64::new(i64::MAX), AtomicU64::new(0));
        Self { bytes_left, slow_until, cut_at: Mutex::new(None) }
    }

    fn is_slow(&self, way: Way) -> bool {
        way == Way::Down && self.slow_until.load(Ordering::SeqCst) > Moment::now().0
    }

    fn is_cut_at(&self, way: Way, bytes: &[u8]) -> bool {
        let cut_at = self.cut_at.lock().unwrap_or_else(PoisonError::into_inner);
        cut_at.is_some_and(|(here, word)| here == way && bytes.windows(word.len()).any(|window| window == word))
    }

    /// How many of so many bytes pass.
    fn passed(&self, way: Way, bytes: usize) -> usize {
        let whole = i64::try_from(bytes).unwrap_or(0);
        let left = if way == Way::Down { self.bytes_left.fetch_sub(whole, Ordering::SeqCst) } else { whole };
        usize::try_from(left.clamp(0, whole)).unwrap_or(0)
    }
}

impl Link {
    async fn run(mut self, mut desktop: TcpStream, server: String) {
        // Whoever waits must not wait for the kernel to fill a packet.
        let prompt = desktop.set_nodelay(true).is_ok();
        let Some(mut server) = connect(&server).await.filter(|_| prompt) else {
            reset(&desktop);
            return;
        };
        let condition = Condition::good();
        let end = {
            let (from_desktop, to_desktop) = desktop.split();
            let (from_server, to_server) = server.split();
            let up = pass(Way::Up, from_desktop, to_server, self.weather.clone(), &condition);
            let down = pass(Way::Down, from_server, to_desktop, self.weather.clone(), &condition);
            tokio::pin!(up, down);
            loop {
                tokio::select! {
                    end = &mut up => break end,
                    end = &mut down => break end,
                    strike = self.strikes.recv() => if let Some(end) = self.hit_by(strike, &condition) { break end },
                }
            }
        };
        match end {
            End::Closed => {}
            End::Reset => {
                reset(&desktop);
                reset(&server);
            }
            End::HalfOpen => {
                reset(&server);
                drop(server);
                // Until the desktop gives up by itself.
                let mut unheard = [0; 1024];
                while desktop.read(&mut unheard).await.is_ok_and(|read| read > 0) {}
            }
        }
    }

    fn hit_by(&self, strike: Result<Strike, broadcast::error::RecvError>, condition: &Condition) -> Option<End> {
        let strike = strike.ok()?;
        if !Dice::new(strike.seed).fork(self.number).percent(strike.percent) {
            return None;
        }
        match strike.blow {
            Blow::Reset => return Some(End::Reset),
            Blow::HalfOpen => return Some(End::HalfOpen),
            Blow::CutAfter(bytes) => {
                condition.bytes_left.store(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::SeqCst);
            }
            Blow::Slow(how_long) => condition.slow_until.store(Moment::now().after(how_long).0, Ordering::SeqCst),
            Blow::CutAt(way, word) => {
                *condition.cut_at.lock().unwrap_or_else(PoisonError::into_inner) = Some((way, word));
            }
        }
        None
    }
}

async fn connect(server: &str) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok()?;
    SockRef::from(&socket).set_tcp_mss(SEGMENT).ok()?;
    let stream = socket.connect(server.parse().ok()?).await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

/// Makes the stream end with a reset when it is dropped.
fn reset(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        eprintln!("a link ends politely instead of with a reset: {error}");
    }
}

/// Passes bytes one way until it ends.
async fn pass(
    way: Way,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
    condition: &Condition,
) -> End {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let slow = condition.is_slow(way);
        let most = if slow { SLOW_BYTES } else { bytes.len() };
        let Ok(read @ 1..) = from.read(&mut bytes[..most]).await else { return End::Closed };
        if slow {
            sleep(SLOW_PAUSE).await;
        }
        let now = *weather.borrow_and_update();
        match now {
            Weather::Clear => {}
            Weather::Delayed(how_long) => sleep(how_long).await,
            Weather::Blackhole => {
                if weather.wait_for(|weather| *weather != Weather::Blackhole).await.is_err() {
                    return End::Closed;
                }
            }
        }
        if condition.is_cut_at(way, &bytes[..read]) {
            return End::Reset;
        }
        let passed = condition.passed(way, read);
        if to.write_all(&bytes[..passed]).await.is_err() {
            return End::Closed;
        }
        if passed < read {
            return End::Reset;
        }
    }
}

#[cfg(test)]
mod tests;
