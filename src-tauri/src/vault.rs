//! Where the session's token outlives the window: in the operating system's keyring, never on the disk. A window that was killed comes
//! back to the same session; one that a clerk closed asks for the password again.

use std::path::Path;

use postoffice_protocol::session::{Session, SessionToken};
use serde::{Deserialize, Serialize};

/// A session as the keyring has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptSession {
    /// The secret.
    pub token: SessionToken,
    /// What it opens.
    pub session: Session,
}

/// A keyring, or what stands for one.
pub trait Vault: Send + Sync {
    /// The session that was put there.
    fn read(&self) -> Option<KeptSession>;
    /// Puts a session there. A keyring that refuses leaves it in this process alone.
    fn write(&self, kept: &KeptSession);
    /// Forgets it.
    fn forget(&self);
}

/// No keyring: the session ends with the window.
#[derive(Debug, Clone, Copy)]
pub struct NoVault;

impl Vault for NoVault {
    fn read(&self) -> Option<KeptSession> {
        None
    }

    fn write(&self, _: &KeptSession) {
        tracing::info!("no keyring on this system: the session ends with this window");
    }

    fn forget(&self) {}
}

/// The keyring of this system. `folder` tells several desktops of one user apart.
#[cfg(target_os = "linux")]
pub fn of_this_system(folder: &Path) -> Box<dyn Vault> {
    Box::new(kernel::KernelKeyring::of(folder))
}

/// The keyring of this system: none that we know.
#[cfg(not(target_os = "linux"))]
pub fn of_this_system(_: &Path) -> Box<dyn Vault> {
    Box::new(NoVault)
}

#[cfg(target_os = "linux")]
mod kernel {
    //! The kernel's keyring of the user: in memory only, gone with the next start of the computer, and there without a desktop session.

    use std::path::Path;

    use linux_keyutils::{Key, KeyError, KeyRing, KeyRingIdentifier};

    use super::{KeptSession, Vault};

    /// No session is longer; whatever is forgotten there ends by itself.
    const LONGEST_S: usize = 12 * 60 * 60;

    pub(super) struct KernelKeyring {
        name: String,
    }

    impl KernelKeyring {
        pub fn of(folder: &Path) -> Self {
            Self { name: format!("postoffice:{}", folder.display()) }
        }

        fn key(&self) -> Result<Key, KeyError> {
            KeyRing::from_special_id(KeyRingIdentifier::User, false)?.search(&self.name)
        }

        fn add(&self, content: &[u8]) -> Result<(), KeyError> {
            let key = KeyRing::from_special_id(KeyRingIdentifier::User, true)?.add_key(&self.name, content)?;
            key.set_timeout(LONGEST_S)
        }
    }

    impl Vault for KernelKeyring {
        fn read(&self) -> Option<KeptSession> {
            let content = match self.key().and_then(|key| key.read_to_vec()) {
                Ok(content) => content,
                Err(error) => {
                    tracing::debug!(?error, "no session in the keyring");
                    return None;
                }
            };
            serde_json::from_slice(&content)
                .inspect_err(|error| tracing::warn!(%error, "the session in the keyring cannot be read"))
                .ok()
        }

        fn write(&self, kept: &KeptSession) {
            let content = match serde_json::to_vec(kept) {
                Ok(content) => content,
                Err(error) => return tracing::error!(%error, "a session that cannot be written down"),
            };
            if let Err(error) = self.add(&content) {
                tracing::warn!(?error, "the keyring refuses: the session ends with this window");
            }
        }

        fn forget(&self) {
            // Overwritten first: an unlinked key may stay readable for whoever holds it.
            if let Ok(key) = self.key()
                && let Err(error) = key.update(&b"-").and_then(|()| key.invalidate())
            {
                tracing::warn!(?error, "the session stays in the keyring until it expires");
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use serde_json::json;

        use super::*;

        #[test]
        fn a_session_outlives_whoever_put_it_there_until_it_is_forgotten() {
            let place = tempfile::tempdir().unwrap();
            let vault = KernelKeyring::of(place.path());
            let kept: KeptSession = serde_json::from_value(json!({
                "token": "secret", "session": crate::testing::a_session(7),
            }))
            .unwrap();
            assert_eq!(vault.read(), None);
            vault.write(&kept);
            assert_eq!(KernelKeyring::of(place.path()).read(), Some(kept));
            assert_eq!(KernelKeyring::of(Path::new("/elsewhere")).read(), None, "each desktop has its own");
            vault.forget();
            vault.forget();
            assert_eq!(vault.read(), None);
        }
    }
}
