//! Randomness as an argument: TTNs, ids and tokens come from the caller's source.

use uuid::{Builder, Uuid};

use crate::clock::{Clock, Timestamp};

/// A source of random bytes; in production a CSPRNG of the operating system.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A new `UUIDv7`: ordered by time, unique by 74 random bits.
pub fn uuid_v7(clock: &dyn Clock, entropy: &dyn Entropy) -> Uuid {
    uuid_v7_at(clock.now(), entropy)
}

/// The same for a time that was read already.
pub fn uuid_v7_at(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0_u8; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
