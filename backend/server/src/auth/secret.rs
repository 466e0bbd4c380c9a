//! Secrets that we make ourselves: session tokens and set-up codes. They have so much entropy that a plain SHA-256 protects them at rest.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use postoffice_domain::entropy::Entropy;
use postoffice_protocol::session::SessionToken;
use sha2::{Digest, Sha256};

/// Letters without the ones that are mistaken for others (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A new session token: 256 random bits in base64url.
pub fn new_token(entropy: &dyn Entropy) -> SessionToken {
    let mut bytes = [0_u8; 32];
    entropy.fill(&mut bytes);
    SessionToken::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a token.
pub fn token_hash(token: &SessionToken) -> [u8; 32] {
    sha256(token.expose().as_bytes())
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// `count` random letters that people can read to each other, 5 bits each.
pub fn letters(entropy: &dyn Entropy, count: usize) -> String {
    let mut bytes = vec![0_u8; count];
    entropy.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

/// A request id: short enough for a clerk to read to the admin, 50 random bits.
pub fn request_id(entropy: &dyn Entropy) -> String {
    letters(entropy, 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    #[test]
    fn tokens_are_256_bits_and_never_shown() {
        let token = new_token(&SystemEntropy);
        assert_eq!(URL_SAFE_NO_PAD.decode(token.expose()).unwrap().len(), 32);
        assert_ne!(token, new_token(&SystemEntropy));
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn request_ids_are_readable() {
        let id = request_id(&SystemEntropy);
        assert_eq!(id.len(), 10);
        assert!(id.bytes().all(|byte| LETTERS.contains(&byte)));
    }
}
