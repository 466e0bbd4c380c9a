//! Hashing and checking passwords with Argon2id, away from the async threads and only a few at once.

use std::sync::Arc;

use argon2::{Algorithm, Params, Version};
use postoffice_domain::entropy::Entropy;
use postoffice_protocol::session::Password;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use super::hashing;
use crate::config::PasswordSettings;

const SALT_BYTES: usize = 16;

/// A fault of hashing: never the employee's.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The settings are out of Argon2's range.
    #[error("settings of Argon2 are out of range: {0}")]
    Settings(argon2::Error),
    /// Hashing failed.
    #[error("hashing failed: {0}")]
    Hashing(argon2::password_hash::Error),
    /// The hashing thread died.
    #[error("the hashing thread died")]
    Died,
}

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    at_once: Arc<Semaphore>,
    /// Hash of nobody's password: an unknown login costs as much time as a known one.
    nobody: Arc<str>,
}

impl Passwords {
    /// Prepares hashing.
    ///
    /// # Errors
    /// The settings are out of Argon2's range.
    pub fn new(settings: &PasswordSettings, entropy: &dyn Entropy) -> Result<Self, PasswordError> {
        let params = Params::new(settings.memory_kib, settings.passes, 1, None).map_err(PasswordError::Settings)?;
        let mut nobodys_password = [0_u8; 32];
        entropy.fill(&mut nobodys_password);
        let nobody = hash(&params, &nobodys_password, entropy)?.into();
        Ok(Self { params, at_once: Arc::new(Semaphore::new(settings.at_once.max(1))), nobody })
    }

    /// Hash of `password` as it is stored, in PHC form.
    ///
    /// # Errors
    /// Hashing failed; a fault of ours.
    pub async fn hash(&self, password: &Password, entropy: Arc<dyn Entropy>) -> Result<String, PasswordError> {
        let params = self.params.clone();
        let bytes = normalised(password);
        self.in_turn(move || hash(&params, &bytes, entropy.as_ref())).await?
    }

    /// Whether `password` belongs to `stored`. `None` (no such employee) takes the same time and is never right.
    ///
    /// # Errors
    /// The hashing thread died.
    pub async fn check(&self, password: &Password, stored: Option<String>) -> Result<bool, PasswordError> {
        let bytes = normalised(password);
        let known = stored.is_some();
        let stored: Arc<str> = stored.map_or_else(|| Arc::clone(&self.nobody), Into::into);
        let right = self.in_turn(move || hashing::is_right(&bytes, &stored)).await?;
        let right = right.unwrap_or_else(|error| {
            tracing::error!(%error, "a password cannot be checked");
            false
        });
        Ok(known && right)
    }

    /// Runs `work` on a blocking thread when one of the few places is free.
    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let place = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| PasswordError::Died)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
        .map_err(|_| PasswordError::Died)
    }
}

fn hash(params: &Params, password: &[u8], entropy: &dyn Entropy) -> Result<String, PasswordError> {
    let mut salt = [0_u8; SALT_BYTES];
    entropy.fill(&mut salt);
    let hashed = hashing::hash(Algorithm::Argon2id, Version::V0x13, params, password, &salt);
    let hashed = hashed.map_err(PasswordError::Hashing)?;
    Ok(hashed.to_string())
}

/// The same password typed on different keyboards is the same bytes.
fn normalised(password: &Password) -> Vec<u8> {
    password.0.nfkc().collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    fn passwords() -> Passwords {
        let settings = PasswordSettings { memory_kib: 64, passes: 1, at_once: 1 };
        Passwords::new(&settings, &SystemEntropy).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_and_no_other() {
        let passwords = passwords();
        let right = Password("три кити під мостом".to_owned());
        let stored = passwords.hash(&right, Arc::new(SystemEntropy)).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(passwords.check(&right, Some(stored.clone())).await.unwrap());
        assert!(!passwords.check(&Password("три кити під містком".to_owned()), Some(stored)).await.unwrap());
        assert!(!passwords.check(&right, None).await.unwrap());
    }

    #[tokio::test]
    async fn both_ways_to_type_a_letter_are_one() {
        let passwords = passwords();
        let stored = passwords.hash(&Password("кри\u{0439}ка".to_owned()), Arc::new(SystemEntropy)).await.unwrap();
        assert!(passwords.check(&Password("кри\u{0438}\u{0306}ка".to_owned()), Some(stored)).await.unwrap());
    }
}
