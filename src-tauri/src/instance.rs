//! One desktop per user and data folder: a second start brings the first window to the front and ends. Two would both send what waits.
//!
//! The first one holds a lock on a file as long as it lives, however it ends; beside it stand a port of the loopback and a secret, by which
//! the second one knocks.

use std::{
    fs::File,
    io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use postoffice_domain::entropy::Entropy;

use crate::keep::Folder;

const LOCK: &str = "instance.lock";
const DOOR: &str = "instance";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest line that is read from whoever connects.
const LONGEST: u64 = 128;

/// What this start is.
#[derive(Debug)]
pub enum Instance {
    /// The only one. Keep it as long as the desktop runs.
    First(First),
    /// Another one runs and was brought to the front.
    Second,
}

/// The right to be the only one.
#[derive(Debug)]
pub struct First {
    _lock: File,
    door: TcpListener,
    secret: String,
}

/// Looks whether another desktop runs on this data folder, and knocks if it does.
///
/// # Errors
/// The folder cannot be written; another one runs and does not answer.
pub fn begin(data: &Path, entropy: &dyn Entropy) -> Result<Instance> {
    let folder = Folder::new(data.to_owned());
    let lock = folder.open(LOCK)?;
    match lock.try_lock() {
        Ok(()) => {
            let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let mut secret = [0_u8; 16];
            entropy.fill(&mut secret);
            let secret = format!("{:032x}", u128::from_be_bytes(secret));
            folder.write(DOOR, format!("{} {secret}", door.local_addr()?.port()).as_bytes())?;
            Ok(Instance::First(First { _lock: lock, door, secret }))
        }
        Err(std::fs::TryLockError::WouldBlock) => knock(&folder).map(|()| Instance::Second),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

fn knock(folder: &Folder) -> Result<()> {
    let bad = || Error::new(ErrorKind::InvalidData, "the other desktop left no address");
    let door = String::from_utf8(folder.read(DOOR)?).map_err(|_| bad())?;
    let (port, secret) = door.split_once(' ').ok_or_else(bad)?;
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse().map_err(|_| bad())?))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(stream, "{secret}")?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer)?;
    (answer == "here\n")
        .then_some(())
        .ok_or_else(|| Error::new(ErrorKind::TimedOut, "the other desktop does not answer"))
}

impl First {
    /// Calls `knocked` for every later start, as long as the desktop runs. Blocks.
    pub fn listen(&self, knocked: impl Fn()) {
        for stream in self.door.incoming() {
            match stream.and_then(|stream| self.answer(&stream, &knocked)) {
                Ok(()) => {}
                Err(error) => tracing::debug!(%error, "somebody at the door went away"),
            }
        }
    }

    fn answer(&self, mut stream: &TcpStream, knocked: &impl Fn()) -> Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut line = String::new();
        BufReader::new(stream.take(LONGEST)).read_line(&mut line)?;
        // Any program of this computer may connect; only our own can read the secret.
        if line.trim_end() == self.secret {
            knocked();
            writeln!(stream, "here")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::source::SystemEntropy;

    #[test]
    fn the_second_start_knocks_and_ends() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data");
        let Instance::First(first) = begin(&data, &SystemEntropy).unwrap() else { panic!("nobody else runs") };
        let (knocked, heard) = mpsc::channel();
        std::thread::spawn(move || first.listen(|| knocked.send(()).unwrap()));
        assert!(matches!(begin(&data, &SystemEntropy).unwrap(), Instance::Second));
        heard.recv_timeout(PATIENCE).unwrap();
        let elsewhere = place.path().join("elsewhere");
        assert!(matches!(begin(&elsewhere, &SystemEntropy).unwrap(), Instance::First(_)), "another user's");
    }

    #[test]
    fn a_stranger_at_the_door_brings_nothing_to_the_front() {
        let place = tempfile::tempdir().unwrap();
        let Instance::First(first) = begin(place.path(), &SystemEntropy).unwrap() else { panic!("nobody else runs") };
        let port = first.door.local_addr().unwrap().port();
        let (knocked, heard) = mpsc::channel();
        std::thread::spawn(move || first.listen(|| knocked.send(()).unwrap()));
        let mut stranger = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        writeln!(stranger, "GET / HTTP/1.1").unwrap();
        let mut answer = String::new();
        stranger.read_to_string(&mut answer).unwrap();
        assert_eq!((answer.as_str(), heard.try_recv()), ("", Err(mpsc::TryRecvError::Empty)));
    }

    #[test]
    fn the_next_start_after_the_end_is_the_first() {
        let place = tempfile::tempdir().unwrap();
        drop(begin(place.path(), &SystemEntropy).unwrap());
        assert!(matches!(begin(place.path(), &SystemEntropy).unwrap(), Instance::First(_)));
    }
}
