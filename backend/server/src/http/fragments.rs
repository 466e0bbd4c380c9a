//! How many fragments a message may come in. The WebSocket library bounds the bytes of a message and puts its fragments together by itself, so
//! a message in 60 000 fragments of one byte looks like any other to us. This stands between the connection and HTTP, reads the heads of
//! frames as they pass, and ends a message that is cut too small.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Most fragments of a message.
pub const MAX_FRAGMENTS: u32 = 64;

/// A message came in more than [`MAX_FRAGMENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message in more than {MAX_FRAGMENTS} fragments")]
pub struct TooManyFragments;

/// Tells the stream that its connection becomes a WebSocket.
#[derive(Debug, Clone, Default)]
pub struct FrameWatch(Arc<State>);

#[derive(Debug, Default)]
struct State {
    watching: AtomicBool,
    /// The last bytes that passed ended a request's head.
    at_end_of_head: AtomicBool,
}

impl FrameWatch {
    /// From now on frames pass. False: something came behind the request already, which a client must not send before it is answered.
    pub fn begin(&self) -> bool {
        self.0.watching.store(true, Ordering::SeqCst);
        self.0.at_end_of_head.load(Ordering::SeqCst)
    }
}

/// A stream whose frames are looked at.
pub struct Watched<I> {
    stream: I,
    watch: FrameWatch,
    end_of_head: EndOfHead,
    frames: Frames,
}

impl<I> Watched<I> {
    /// Stands before `stream`.
    pub fn new(stream: I, watch: FrameWatch) -> Self {
        Self { stream, watch, end_of_head: EndOfHead::default(), frames: Frames::default() }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        if self.watch.0.watching.load(Ordering::SeqCst) {
            return Poll::Ready(self.frames.pass(fresh).map_err(io::Error::other));
        }
        let at_end = self.end_of_head.pass(fresh);
        self.watch.0.at_end_of_head.store(at_end, Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// The last four bytes that passed.
#[derive(Default)]
struct EndOfHead([u8; 4]);

impl EndOfHead {
    fn pass(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes.iter().skip(bytes.len().saturating_sub(4)) {
            self.0.rotate_left(1);
            self.0[3] = *byte;
        }
        self.0 == *b"\r\n\r\n"
    }
}

/// Where we are between two heads, and how many fragments the present message has.
#[derive(Default)]
struct Frames {
    head: [u8; 14],
    have: usize,
    payload_left: u64,
    fragments: u32,
}

impl Frames {
    fn pass(&mut self, mut bytes: &[u8]) -> Result<(), TooManyFragments> {
        while let Some(byte) = bytes.first() {
            if self.payload_left > 0 {
                let passed = usize::try_from(self.payload_left).unwrap_or(usize::MAX).min(bytes.len());
                self.payload_left -= u64::try_from(passed).unwrap_or(0);
                bytes = bytes.get(passed..).unwrap_or_default();
                continue;
            }
            self.head[self.have] = *byte;
            self.have += 1;
            bytes = bytes.get(1..).unwrap_or_default();
            if self.have == self.head_length() {
                self.have = 0;
                self.payload_left = self.payload_length();
                self.count()?;
            }
        }
        Ok(())
    }

    /// Two bytes, then a length of two or eight, then the mask.
    fn head_length(&self) -> usize {
        if self.have < 2 {
            return 2;
        }
        let length = match self.head[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        2 + length + if self.head[1] & 0x80 == 0 { 0 } else { 4 }
    }

    fn payload_length(&self) -> u64 {
        let big_endian = |bytes: &[u8]| bytes.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        match self.head[1] & 0x7f {
            126 => big_endian(&self.head[2..4]),
            127 => big_endian(&self.head[2..10]),
            short => u64::from(short),
        }
    }

    /// Control frames may come between fragments and are none.
    fn count(&mut self) -> Result<(), TooManyFragments> {
        let (is_final, opcode) = (self.head[0] & 0x80 != 0, self.head[0] & 0x0f);
        if opcode >= 8 {
            return Ok(());
        }
        self.fragments = if opcode == 0 { self.fragments.saturating_add(1) } else { 1 };
        if self.fragments > MAX_FRAGMENTS {
            return Err(TooManyFragments);
        }
        if is_final {
            self.fragments = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame.
    fn frame(first: u8, payload: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match payload {
            0..126 => frame.push(0x80 | u8::try_from(payload).unwrap()),
            126..65_536 => {
                frame.push(0xfe);
                frame.extend(u16::try_from(payload).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0xff);
                frame.extend(u64::try_from(payload).unwrap().to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        // Looks like the heads of fragments, if it were looked at.
        frame.extend(std::iter::repeat_n(0, payload));
        frame
    }

    fn message(fragments: u32, payload: usize) -> Vec<u8> {
        let mut bytes = frame(if fragments == 1 { 0x81 } else { 0x01 }, payload);
        for number in 2..=fragments {
            bytes.extend(frame(0x89, 5));
            bytes.extend(frame(if number == fragments { 0x80 } else { 0 }, payload));
        }
        bytes
    }

    #[test]
    fn fragments_are_counted_however_the_bytes_come() {
        for payload in [0, 1, 125, 126, 60_000, 70_000] {
            let good = [message(64, payload), message(1, payload), message(64, payload), message(1, 3)].concat();
            let bad = [message(1, payload), message(65, payload)].concat();
            for piece in [1, 7, 4_096, usize::MAX] {
                let pass = |bytes: &[u8]| {
                    let mut frames = Frames::default();
                    bytes.chunks(piece).try_for_each(|piece| frames.pass(piece))
                };
                assert_eq!(pass(&good), Ok(()), "{payload} in pieces of {piece}");
                assert_eq!(pass(&bad), Err(TooManyFragments), "{payload} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn a_claimed_length_of_all_there_is_overflows_nothing() {
        let mut frames = Frames::default();
        assert_eq!(frames.pass(&[&[0x81, 0xff][..], &[0xff; 8], &[0; 4], &[0; 100]].concat()), Ok(()));
    }

    #[test]
    fn the_end_of_a_head_is_seen_across_reads() {
        let mut end = EndOfHead::default();
        assert!(!end.pass(b"GET / HTTP/1.1\r\n\r"));
        assert!(end.pass(b"\n"));
        assert!(!end.pass(b"x"));
        assert!(end.pass(b"GET / HTTP/1.1\r\n\r\n"));
    }
}
