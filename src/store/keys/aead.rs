//! Sealing with AES-256-GCM (NIST SP 800-38D), and keys derived from keys (HKDF, RFC 5869).
//!
//! Every sealing takes a fresh random nonce of 96 bits. One key seals the bodies and rows of one session or visit,
//! some ten thousand at most; the bound for random nonces is 2^32 per key, so a repeat is out of reach.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};

use super::KeyError;

/// Length of a key in bytes.
pub const KEY_LEN: usize = 32;

/// A symmetric key. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct DataKey {
    bytes: [u8; KEY_LEN],
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl DataKey {
    /// A new random key.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_LEN];
        SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Random)?;
        Ok(Self { bytes })
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self { bytes }
    }

    /// The raw key, for a wrapper or a recorder; never for a log line.
    pub fn expose(&self) -> &[u8; KEY_LEN] {
        &self.bytes
    }

    fn cipher(&self) -> Result<LessSafeKey, KeyError> {
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &self.bytes).map_err(|_| KeyError::Cipher)?))
    }

    /// `nonce ‖ ciphertext ‖ tag`; `aad` is bound but not stored.
    pub fn seal(&self, aad: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| KeyError::Random)?;
        let mut body = plain.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad.as_bytes()), &mut body)
            .map_err(|_| KeyError::Cipher)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN.saturating_add(body.len()));
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// What was sealed under the same `aad`; `None` for another key, another place or changed bytes.
    pub fn open(&self, aad: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let cipher = self.cipher().ok()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = cipher.open_in_place(nonce, Aad::from(aad.as_bytes()), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }

    /// A key for another use of the same scope (the recorder's frames), so that the two never share nonces.
    pub fn derive(&self, purpose: &str) -> Result<Self, KeyError> {
        let extracted = Salt::new(HKDF_SHA256, b"diemcau-derive-1").extract(&self.bytes);
        let info = [purpose.as_bytes()];
        let expanded = extracted.expand(&info, HKDF_SHA256).map_err(|_| KeyError::Cipher)?;
        let mut bytes = [0; KEY_LEN];
        expanded.fill(&mut bytes).map_err(|_| KeyError::Cipher)?;
        Ok(Self { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_body_opens_only_with_its_key_in_its_place_unchanged() {
        let key = DataKey::from_bytes([7; KEY_LEN]);
        let sealed = key.seal("s|3|session", "Kính thưa".as_bytes()).unwrap();
        assert_eq!(key.open("s|3|session", &sealed).unwrap(), "Kính thưa".as_bytes());
        assert_eq!(key.open("s|4|session", &sealed), None);
        assert_eq!(DataKey::from_bytes([8; KEY_LEN]).open("s|3|session", &sealed), None);
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(key.open("s|3|session", &changed), None);
        assert_eq!(key.open("s|3|session", &sealed[..5]), None);
        assert_ne!(key.seal("s|3|session", b"").unwrap(), key.seal("s|3|session", b"").unwrap());
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_are_stable() {
        let key = DataKey::from_bytes([7; KEY_LEN]);
        let recording = key.derive("recording").unwrap();
        assert_eq!(recording.expose(), key.derive("recording").unwrap().expose());
        assert_ne!(recording.expose(), key.derive("export").unwrap().expose());
        assert_ne!(recording.expose(), key.expose());
    }
}
