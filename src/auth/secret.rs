//! Random secrets that are shown once; the store keeps their digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};

use crate::domain::chain::Hash;
use crate::error::AppError;

/// Letters that are not mistaken for one another when read out on the telephone.
const SPOKEN: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Letters of a pairing code: 50 bits, throttled, ten minutes.
const SPOKEN_LENGTH: usize = 10;

fn random<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| AppError::Internal("no randomness".to_owned()))?;
    Ok(bytes)
}

/// 256 bits as base64url: cookies, links, challenges.
pub fn token() -> Result<String, AppError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// A code to be typed from a slip of paper.
pub fn spoken_code() -> Result<String, AppError> {
    let bytes = random::<SPOKEN_LENGTH>()?;
    Ok(bytes.iter().filter_map(|byte| SPOKEN.get(usize::from(byte % 32))).map(|byte| char::from(*byte)).collect())
}

/// A typed code without what people add to it.
pub fn normal_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// What the store keeps of a secret: SHA-256. Enough without salt, since the secrets are random.
pub fn digest(secret: &str) -> Hash {
    Hash(Sha256::digest(secret.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_their_length_and_differ() {
        let (one, two) = (token().unwrap(), token().unwrap());
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
        assert_eq!(spoken_code().unwrap().len(), SPOKEN_LENGTH);
        assert_eq!(normal_code(" abcd-efgh jk"), "ABCDEFGHJK");
        assert_eq!(digest("abc").to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
