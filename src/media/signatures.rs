//! The cryptography of DTLS, which checks no signature twice.
//!
//! As a server `rtc-dtls` 0.21 reads a client's last flight when the signature in it has arrived and once more with the
//! message after it, and checks the signature each time: the dearest thing of a join, 300 of which come in one moment
//! after a power cut. Whether a signature is right depends on nothing but what was asked, so the first answer is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{Context, SHA256};
use rtc_dtls::crypto_provider::{
    ActiveKeyExchange, AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, CbcAlgorithm, CbcCipher, CryptoAlgorithm,
    CryptoError, HashAlgorithm, HmacAlgorithm, KeyExchangeAlgorithm, Mac, PublicKey, RTCCrypto, RTCCryptoProvider,
    RTCRandom, SignatureScheme, SigningKey, StreamCipher, StreamCipherAlgorithm, default_provider,
};

/// Right answers that still wait for their second question. It comes while the same datagram is read, or with the next
/// one where the flight came in two; as a client the crate asks once, and nobody fetches the answer. The oldest goes.
const REMEMBERED: usize = 64;

/// The default provider, with a memory for right signatures. A wrong one is checked, and refused, each time.
pub(crate) struct SignaturesOnce {
    inner: Arc<dyn RTCCryptoProvider>,
    /// SHA-256 of scheme, key, message and signature.
    right: Mutex<VecDeque<[u8; 32]>>,
}

impl SignaturesOnce {
    pub(crate) fn new() -> Result<Self, CryptoError> {
        Ok(Self { inner: default_provider()?, right: Mutex::default() })
    }

    /// Takes the answer out: there is no third question.
    fn known(&self, question: &[u8; 32]) -> bool {
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        let at = right.iter().position(|known| known == question);
        at.and_then(|at| right.remove(at)).is_some()
    }

    fn remember(&self, question: [u8; 32]) {
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() == REMEMBERED {
            right.pop_front();
        }
        right.push_back(question);
    }
}

impl RTCCryptoProvider for SignaturesOnce {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        self
    }

    fn random(&self) -> &dyn RTCRandom {
        self.inner.random()
    }
}

impl RTCCrypto for SignaturesOnce {
    fn supports(&self, algorithm: CryptoAlgorithm) -> bool {
        self.inner.crypto().supports(algorithm)
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.crypto().hash(algorithm, data)
    }

    fn block_encrypt(&self, algorithm: BlockCipherAlgorithm, key: &[u8], block: &mut [u8]) -> Result<(), CryptoError> {
        self.inner.crypto().block_encrypt(algorithm, key, block)
    }

    fn new_hmac(&self, algorithm: HmacAlgorithm, key: &[u8]) -> Result<Box<dyn Mac>, CryptoError> {
        self.inner.crypto().new_hmac(algorithm, key)
    }

    fn new_stream_cipher(
        &self,
        algorithm: StreamCipherAlgorithm,
        key: &[u8],
    ) -> Result<Box<dyn StreamCipher>, CryptoError> {
        self.inner.crypto().new_stream_cipher(algorithm, key)
    }

    fn new_aead(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadCipher>, CryptoError> {
        self.inner.crypto().new_aead(algorithm, key)
    }

    fn new_cbc(&self, algorithm: CbcAlgorithm, key: &[u8]) -> Result<Box<dyn CbcCipher>, CryptoError> {
        self.inner.crypto().new_cbc(algorithm, key)
    }

    fn start_key_exchange(&self, algorithm: KeyExchangeAlgorithm) -> Result<Box<dyn ActiveKeyExchange>, CryptoError> {
        self.inner.crypto().start_key_exchange(algorithm)
    }

    fn generate_signing_key(&self, scheme: SignatureScheme) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.inner.crypto().generate_signing_key(scheme)
    }

    fn import_signing_key(
        &self,
        scheme: SignatureScheme,
        pkcs8_der: &[u8],
    ) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.inner.crypto().import_signing_key(scheme, pkcs8_der)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        public_key: PublicKey<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let question = question(scheme, public_key, message, signature);
        if self.known(&question) {
            return Ok(());
        }
        self.inner.crypto().verify_signature(scheme, public_key, message, signature)?;
        self.remember(question);
        Ok(())
    }
}

/// Each part behind its length, so that no two questions are written alike.
fn question(scheme: SignatureScheme, public_key: PublicKey<'_>, message: &[u8], signature: &[u8]) -> [u8; 32] {
    let mut all = Context::new(&SHA256);
    let kinds = format!("{scheme:?} {:?}", public_key.encoding);
    for part in [kinds.as_bytes(), public_key.bytes, message, signature] {
        all.update(&(part.len() as u64).to_be_bytes());
        all.update(part);
    }
    let mut question = [0; 32];
    question.copy_from_slice(all.finish().as_ref());
    question
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::media::dtls::{Dtls, DtlsOutcome, Identity};
    use crate::media::engine::Client;

    const SCHEME: SignatureScheme = SignatureScheme::EcdsaP256Sha256;

    fn waiting(once: &SignaturesOnce) -> usize {
        once.right.lock().unwrap().len()
    }

    #[test]
    fn a_right_signature_is_checked_once_and_a_wrong_one_is_refused_each_time() {
        let once = SignaturesOnce::new().unwrap();
        let key = once.generate_signing_key(SCHEME).unwrap();
        let other = once.generate_signing_key(SCHEME).unwrap();
        let signature = key.sign(SCHEME, b"said").unwrap();
        for _ in 0..2 {
            assert!(once.verify_signature(SCHEME, key.public_key(), b"never said", &signature).is_err());
            assert!(once.verify_signature(SCHEME, other.public_key(), b"said", &signature).is_err());
            assert_eq!(waiting(&once), 0);
        }
        once.verify_signature(SCHEME, key.public_key(), b"said", &signature).unwrap();
        assert_eq!(waiting(&once), 1);
        assert!(once.verify_signature(SCHEME, key.public_key(), b"never said", &signature).is_err());
        assert!(once.verify_signature(SCHEME, other.public_key(), b"said", &signature).is_err());
        once.verify_signature(SCHEME, key.public_key(), b"said", &signature).unwrap();
        assert_eq!(waiting(&once), 0, "the second answer came from memory");
    }

    #[test]
    fn of_more_questions_than_are_remembered_the_oldest_is_forgotten() {
        let once = SignaturesOnce::new().unwrap();
        for number in 0..=REMEMBERED as u16 {
            let mut question = [0; 32];
            question[..2].copy_from_slice(&number.to_be_bytes());
            once.remember(question);
        }
        assert_eq!(waiting(&once), REMEMBERED);
        assert!(!once.known(&[0; 32]));
    }

    fn digest(identity: &Identity) -> [u8; 32] {
        let bytes: Vec<u8> =
            identity.fingerprint.split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        bytes.try_into().unwrap()
    }

    /// Says also when the crate no longer asks twice: then this file can go.
    #[test]
    fn a_handshake_asks_twice_and_its_second_answer_is_remembered() {
        let (server, client) = (Arc::new(Identity::generate().unwrap()), Arc::new(Identity::generate().unwrap()));
        let now = SystemClock::start().instant();
        let mut answering = Dtls::new(server.clone(), digest(&client), Client::Wall, false);
        let mut calling = Dtls::new(client.clone(), digest(&server), Client::Wall, true);
        let mut on_the_way = Vec::new();
        assert!(calling.begin(now, &mut on_the_way));
        let mut connected = 0;
        for turn in 0..10 {
            let mut answers = Vec::new();
            for datagram in on_the_way.drain(..) {
                let side = if turn % 2 == 0 { &mut answering } else { &mut calling };
                connected += usize::from(matches!(side.read(&datagram, now, &mut answers), DtlsOutcome::Connected(_)));
            }
            on_the_way = answers;
        }
        assert_eq!(connected, 2);
        assert_eq!(waiting(&client.provider), 1, "a client asks once, and its answer waits in vain");
        assert_eq!(waiting(&server.provider), 0, "a server asks twice");
    }
}
