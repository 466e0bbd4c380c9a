//! Version 2 of the PROXY protocol: a load balancer says before everything else for whom it connects, so that limits count clients and not
//! load balancers. Read strictly: what is not exactly right is refused, nothing is skipped over or guessed.
//!
//! Ours and no library: it is the part that we need of one fixed layout, and it reads no byte too many from the socket.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use tokio::io::{AsyncRead, AsyncReadExt};

/// What every header begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const FIXED: usize = 16;
/// Most bytes that may follow the fixed part. Addresses take 36; a load balancer adds a few dozen of notes at most.
const MOST: usize = 512;

/// Why a header is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
    /// The connection broke, or ended in the middle.
    #[error("the connection ended in its PROXY header: {0}")]
    Broken(#[from] io::Error),
    /// Something else was sent first.
    #[error("no PROXY header of version 2 from a trusted proxy")]
    Missing,
    /// Neither LOCAL nor PROXY.
    #[error("command {0:#04x} is none of the PROXY protocol's version 2")]
    Command(u8),
    /// Not TCP over IPv4 or IPv6.
    #[error("{0:#04x} is no TCP address in a PROXY header")]
    Family(u8),
    /// More than anybody sends.
    #[error("a PROXY header of {0} bytes")]
    TooLong(usize),
    /// Too short for its addresses, or notes that do not fill the rest exactly.
    #[error("the length of a PROXY header does not fit what it holds")]
    Length,
    /// No client has such an address.
    #[error("{0} is no client's address")]
    Address(IpAddr),
}

/// Reads a header and nothing behind it. `None`: the proxy speaks for itself, for example to see whether we are there.
///
/// # Errors
/// See [`BadHeader`]. The connection is of no use then.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Option<IpAddr>, BadHeader> {
    let mut fixed = [0; FIXED];
    stream.read_exact(&mut fixed).await?;
    let [.., command, family, high, low] = fixed;
    if !fixed.starts_with(&SIGNATURE) {
        return Err(BadHeader::Missing);
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > MOST {
        return Err(BadHeader::TooLong(length));
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    match command {
        0x20 => Ok(None),
        0x21 => client(family, &rest).map(Some),
        other => Err(BadHeader::Command(other)),
    }
}

/// The client's address: the first one of source, destination, source port, destination port.
fn client(family: u8, rest: &[u8]) -> Result<IpAddr, BadHeader> {
    let (address, notes) = match family {
        0x11 => {
            let (addresses, notes) = rest.split_first_chunk::<12>().ok_or(BadHeader::Length)?;
            let [a, b, c, d, ..] = *addresses;
            (IpAddr::from(Ipv4Addr::new(a, b, c, d)), notes)
        }
        0x21 => {
            let (source, others) = rest.split_first_chunk::<16>().ok_or(BadHeader::Length)?;
            let (_, notes) = others.split_first_chunk::<20>().ok_or(BadHeader::Length)?;
            (IpAddr::from(Ipv6Addr::from(*source)), notes)
        }
        other => return Err(BadHeader::Family(other)),
    };
    check_notes(notes)?;
    let address = address.to_canonical();
    if address.is_unspecified() || address.is_multicast() || address == IpAddr::V4(Ipv4Addr::BROADCAST) {
        return Err(BadHeader::Address(address));
    }
    Ok(address)
}

/// Notes (TLV: a kind, a length of two bytes, a value) mean nothing to us, but they must be whole.
fn check_notes(mut notes: &[u8]) -> Result<(), BadHeader> {
    while !notes.is_empty() {
        let ([_kind, high, low], behind) = notes.split_first_chunk::<3>().ok_or(BadHeader::Length)?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        notes = behind.get(length..).ok_or(BadHeader::Length)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE, &[command, family][..], &length, rest].concat()
    }

    const FOUR: [u8; 12] = [192, 168, 7, 9, 10, 0, 0, 1, 0xc0, 0, 0x1e, 0x14];

    fn six(source: &str) -> Vec<u8> {
        let source: Ipv6Addr = source.parse().unwrap();
        [&source.octets()[..], &Ipv6Addr::LOCALHOST.octets(), &[0xc0, 0, 0x1e, 0x14]].concat()
    }

    /// What is read, and what is left for whoever reads on.
    async fn outcome(bytes: &[u8]) -> (Result<Option<IpAddr>, BadHeader>, usize) {
        let mut rest = bytes;
        let read = read(&mut rest).await;
        (read, rest.len())
    }

    #[tokio::test]
    async fn the_client_is_named_and_what_follows_is_left_alone() {
        let with_notes = [&FOUR[..], &[0x04, 0, 2, 1, 2, 0x20, 0, 0]].concat();
        let rows = [
            (header(0x21, 0x11, &FOUR), Some("192.168.7.9")),
            (header(0x21, 0x11, &with_notes), Some("192.168.7.9")),
            (header(0x21, 0x21, &six("2001:db8::7")), Some("2001:db8::7")),
            (header(0x21, 0x21, &six("::ffff:10.0.0.7")), Some("10.0.0.7")),
            (header(0x20, 0x00, &[]), None),
            (header(0x20, 0x11, &FOUR), None),
        ];
        for (bytes, address) in rows {
            let (read, left) = outcome(&[&bytes[..], b"GET /ws"].concat()).await;
            assert_eq!(read.unwrap(), address.map(|text| text.parse().unwrap()), "{bytes:x?}");
            assert_eq!(left, 7, "{bytes:x?}");
        }
    }

    #[tokio::test]
    async fn every_malformed_header_is_refused() {
        let bad = |place: usize, byte: u8| {
            let mut bytes = header(0x21, 0x11, &FOUR);
            bytes[place] = byte;
            bytes
        };
        let notes = |notes: &[u8]| header(0x21, 0x11, &[&FOUR[..], notes].concat());
        let address = |first: u8| header(0x21, 0x11, &[&[first; 4][..], &FOUR[4..]].concat());
        let rows: Vec<(&str, Vec<u8>)> = vec![
            ("Missing", b"GET /ws HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()),
            ("Missing", b"PROXY TCP4 192.168.7.9 10.0.0.1 49152 7700\r\n".to_vec()),
            ("Missing", bad(0, b'\n')),
            ("Missing", bad(11, b'\r')),
            ("Command", bad(12, 0x11)),
            ("Command", bad(12, 0x31)),
            ("Command", bad(12, 0x22)),
            ("Family", bad(13, 0x00)),
            ("Family", bad(13, 0x12)),
            ("Family", bad(13, 0x31)),
            ("Family", bad(13, 0x41)),
            ("TooLong", bad(14, 0x02)),
            ("TooLong", bad(14, 0xff)),
            ("Length", header(0x21, 0x11, &FOUR[..11])),
            ("Length", header(0x21, 0x11, &[])),
            ("Length", header(0x21, 0x21, &six("::1")[..35])),
            ("Length", header(0x21, 0x21, &FOUR)),
            ("Length", notes(&[0x04])),
            ("Length", notes(&[0x04, 0])),
            ("Length", notes(&[0x04, 0, 3, 1, 2])),
            ("Length", notes(&[0x04, 0xff, 0xff, 1, 2])),
            ("Address", address(0)),
            ("Address", address(224)),
            ("Address", address(255)),
            ("Address", header(0x21, 0x21, &six("::"))),
            ("Address", header(0x21, 0x21, &six("::ffff:0.0.0.0"))),
        ];
        for (reason, bytes) in rows {
            let said = format!("{:?}", outcome(&bytes).await.0.unwrap_err());
            assert!(said.starts_with(reason), "{reason}, not {said}: {bytes:x?}");
        }
    }

    #[tokio::test]
    async fn a_header_that_ends_anywhere_is_broken() {
        let whole = header(0x21, 0x21, &six("2001:db8::7"));
        for end in 0..whole.len() {
            let (read, _) = outcome(&whole[..end]).await;
            assert!(matches!(read, Err(BadHeader::Broken(_))), "{end}: {read:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered_without_a_panic(command in any::<u8>(), family in any::<u8>(), rest in prop::collection::vec(any::<u8>(), 0..600)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let bytes = header(command, family, &rest);
            let (read, left) = runtime.block_on(outcome(&bytes));
            prop_assert!(read.is_err() || left == 0);
        }
    }
}
