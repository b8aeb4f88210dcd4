//! Kiosks: a browser whose ECDSA P-256 key cannot leave it. Paired once by a code, it signs a challenge per sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::secret;
use crate::error::AppError;
use crate::limits;

/// DER of a SubjectPublicKeyInfo up to the uncompressed point: id-ecPublicKey, prime256v1 (RFC 5480).
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What the browser signs in front of the challenge, so that the key's signature serves nothing else.
const CONTEXT: &str = "diemcau-kiosk-sign-in-1\n";

/// Makes challenges and checks them without keeping any: each carries its end and our seal.
pub struct Challenges {
    key: hmac::Key,
}

impl Challenges {
    /// With a new key for this run of the process.
    pub fn new() -> Result<Self, AppError> {
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret::token()?.as_bytes()) })
    }

    /// `nonce.end.seal`; `now_s` in seconds since 1970.
    pub fn issue(&self, now_s: i64) -> Result<String, AppError> {
        let end = now_s.saturating_add(i64::try_from(limits::KIOSK_CHALLENGE.as_secs()).unwrap_or(0));
        let body = format!("{}.{end}", secret::token()?);
        let seal = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, body.as_bytes()));
        Ok(format!("{body}.{seal}"))
    }

    /// Whether the challenge is ours and in time.
    pub fn check(&self, challenge: &str, now_s: i64) -> Result<(), AppError> {
        let (body, seal) = challenge.rsplit_once('.').ok_or(AppError::KioskRefused)?;
        let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| AppError::KioskRefused)?;
        hmac::verify(&self.key, body.as_bytes(), &seal).map_err(|_| AppError::KioskRefused)?;
        let end = body.rsplit_once('.').and_then(|(_, end)| end.parse::<i64>().ok()).ok_or(AppError::KioskRefused)?;
        if now_s < end { Ok(()) } else { Err(AppError::KioskRefused) }
    }
}

/// The point of a P-256 SPKI in base64url; `None` for any other key.
fn point_of(spki: &str) -> Option<Vec<u8>> {
    let der = URL_SAFE_NO_PAD.decode(spki).ok()?;
    let point = der.strip_prefix(&SPKI_P256)?;
    (point.len() == 65 && point.first() == Some(&4)).then(|| point.to_vec())
}

/// Refuses what is not an uncompressed P-256 key.
pub fn check_key(spki: &str) -> Result<(), AppError> {
    point_of(spki).map(|_| ()).ok_or(AppError::KioskRefused)
}

/// Whether `signature` (r ‖ s as WebCrypto gives it, base64url) over context and challenge is the key's.
pub fn check_signature(spki: &str, challenge: &str, signature: &str) -> Result<(), AppError> {
    let point = point_of(spki).ok_or(AppError::KioskRefused)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AppError::KioskRefused)?;
    let message = format!("{CONTEXT}{challenge}");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(message.as_bytes(), &signature)
        .map_err(|_| AppError::KioskRefused)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    fn kiosk() -> (EcdsaKeyPair, String) {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let spki = [&SPKI_P256[..], pair.public_key().as_ref()].concat();
        (pair, URL_SAFE_NO_PAD.encode(spki))
    }

    fn sign(pair: &EcdsaKeyPair, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap())
    }

    #[test]
    fn a_kiosk_signs_the_challenge_it_was_given() {
        let challenges = Challenges::new().unwrap();
        let (pair, spki) = kiosk();
        check_key(&spki).unwrap();
        let challenge = challenges.issue(1000).unwrap();
        challenges.check(&challenge, 1001).unwrap();
        let signature = sign(&pair, &format!("{CONTEXT}{challenge}"));
        check_signature(&spki, &challenge, &signature).unwrap();
        assert!(check_signature(&kiosk().1, &challenge, &signature).is_err(), "another kiosk's key");
        assert!(check_signature(&spki, &challenge, &sign(&pair, &challenge)).is_err(), "without the context");
    }

    #[test]
    fn a_challenge_ends_and_cannot_be_made_up() {
        let challenges = Challenges::new().unwrap();
        let challenge = challenges.issue(1000).unwrap();
        let end = 1000 + i64::try_from(limits::KIOSK_CHALLENGE.as_secs()).unwrap();
        assert!(challenges.check(&challenge, end - 1).is_ok());
        assert!(challenges.check(&challenge, end).is_err());
        let later = challenge.replacen(&format!(".{end}."), &format!(".{}.", end + 9999), 1);
        assert!(challenges.check(&later, 1001).is_err());
        assert!(Challenges::new().unwrap().check(&challenge, 1001).is_err());
        for wrong in ["", ".", "a.b.c", "a"] {
            assert!(challenges.check(wrong, 1001).is_err());
        }
    }

    #[test]
    fn other_keys_are_refused() {
        let (_, spki) = kiosk();
        let der = URL_SAFE_NO_PAD.decode(&spki).unwrap();
        for wrong in [&der[..90], &der[26..], &[][..]] {
            assert!(check_key(&URL_SAFE_NO_PAD.encode(wrong)).is_err());
        }
    }
}
