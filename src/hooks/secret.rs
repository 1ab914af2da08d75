//! The secret part of a hook's address: made here, shown once, kept as its fingerprint alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Random bytes of a secret.
const BYTES: usize = 32;
/// Longest name of a hook.
const LONGEST: usize = 64;

/// A new secret. It has no `Debug`.
pub struct HookSecret(String);

impl HookSecret {
    /// Makes one.
    pub fn new() -> Result<Self, String> {
        let mut bytes = [0_u8; BYTES];
        getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random numbers: {error}"))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The secret itself, to be shown once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> String {
        digest_of(self.0.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The fingerprint of what may be a secret.
pub fn digest_of(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether a hook can have this name: small letters, digits, `-` and `_`.
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_differ_and_fit_into_an_address() {
        let secrets: std::collections::HashSet<String> =
            (0..50).map(|_| HookSecret::new().unwrap().expose().to_owned()).collect();
        assert_eq!(secrets.len(), 50);
        let plain = |secret: &String| {
            secret.len() == 43
                && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        assert!(secrets.iter().all(plain));
    }
}
