//! The one-time code with which the first employee is made. There is no default account and no default password.

use postoffice_domain::entropy::Entropy;
use subtle::ConstantTimeEq;

use super::secret::{letters, sha256};

/// Groups of five letters; 100 bits in all.
const GROUPS: usize = 4;

/// A new code, for example `7K2QF-0XW9T-…`: printed once, never stored in clear.
pub fn new_code(entropy: &dyn Entropy) -> String {
    (0..GROUPS).map(|_| letters(entropy, 5)).collect::<Vec<_>>().join("-")
}

/// What is stored of a code.
pub fn code_hash(code: &str) -> [u8; 32] {
    sha256(folded(code).as_bytes())
}

/// Whether `typed` is the code behind `stored`; takes the same time whatever was typed.
pub fn is_right(typed: &str, stored: &[u8; 32]) -> bool {
    code_hash(typed).ct_eq(stored).into()
}

/// As typed by people: any case, any spacing, O for 0, I and L for 1.
fn folded(code: &str) -> String {
    let letter = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    code.chars().filter(char::is_ascii_alphanumeric).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let code = new_code(&SystemEntropy);
        let stored = code_hash(&code);
        assert_eq!(code.len(), 23);
        assert!(is_right(&code, &stored));
        assert!(is_right(
            &format!(" {} ", code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l")),
            &stored
        ));
        assert!(!is_right(&new_code(&SystemEntropy), &stored));
        assert!(!is_right("", &stored));
    }
}
