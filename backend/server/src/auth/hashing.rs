//! One Argon2id hash, in memory that the system gets back.
//!
//! A hash takes some 19 MB for a moment. The C library's allocator would keep them: it learns from the first such block that blocks of this
//! size come and go, serves the next ones from the arenas of its threads, and an arena gives nothing back. A thousand sign-ins left 700 MB
//! behind. A block of more than 32 MiB it always maps and unmaps, so we ask for more than that and touch only what is needed: the rest is
//! address space, not memory.

use argon2::{
    Algorithm, Argon2, Block, Error, Params, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

/// More than the largest block that glibc serves from an arena (`DEFAULT_MMAP_THRESHOLD_MAX`).
const ALWAYS_MAPPED: usize = 33 * 1024 * 1024;

/// The hash of `password`, in PHC form.
///
/// # Errors
/// A length is out of Argon2's range, or there is no memory.
pub(super) fn hash(
    algorithm: Algorithm,
    version: Version,
    params: &Params,
    password: &[u8],
    salt: &[u8],
) -> Result<PasswordHash, password_hash::Error> {
    let mut output = [0_u8; Output::MAX_LENGTH];
    let wanted = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = output.get_mut(..wanted).ok_or(password_hash::Error::OutputSize)?;
    Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
        password,
        salt,
        output,
        memory(params.block_count())?,
    )?;
    Ok(PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(output)?),
    })
}

/// Whether `password` is the one of `stored`, with the settings that stand there.
///
/// # Errors
/// `stored` is none of ours, or there is no memory.
pub(super) fn is_right(password: &[u8], stored: &str) -> Result<bool, password_hash::Error> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from)?;
    let computed = hash(algorithm, version, &Params::try_from(&stored)?, password, salt)?;
    // Outputs are compared in constant time.
    Ok(computed.hash.as_ref() == Some(expected))
}

fn memory(blocks: usize) -> Result<Vec<Block>, Error> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(blocks.max(ALWAYS_MAPPED / Block::SIZE)).map_err(|_| Error::OutOfMemory)?;
    memory.resize(blocks, Block::new());
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

    use super::*;

    /// Hashes of the library, as they stand in databases, and ours are the same.
    #[test]
    fn it_is_the_hash_that_the_library_makes() {
        for (memory_kib, passes) in [(64, 1), (256, 3)] {
            let params = Params::new(memory_kib, passes, 1, None).unwrap();
            let library = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
            let theirs: PasswordHash = library.hash_password_with_salt(b"three whales", &[7; 16]).unwrap();
            let ours = hash(Algorithm::Argon2id, Version::V0x13, &params, b"three whales", &[7; 16]).unwrap();
            assert_eq!(ours.to_string(), theirs.to_string());
            assert!(is_right(b"three whales", &theirs.to_string()).unwrap());
            assert!(!is_right(b"three wales", &theirs.to_string()).unwrap());
        }
        assert!(is_right(b"three whales", "none of ours").is_err());
    }
}
