//! Ed25519 (RFC 8032): the key that signs heads, and the check that verification uses.

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use super::KeyError;
use crate::domain::chain::{PublicKey, Signature, SignatureCheck};

/// Holds a private key; its `Debug` shows only the public one.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.public.id())
    }
}

impl Signer {
    /// A new key and its PKCS#8 form for the file.
    pub fn generate() -> Result<(Self, Vec<u8>), KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let bytes = document.as_ref().to_vec();
        Ok((Self::from_pkcs8(&bytes)?, bytes))
    }

    /// Reads the PKCS#8 form.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(bytes).map_err(|_| KeyError::SigningKeyUnreadable)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| KeyError::SigningKeyUnreadable)?;
        Ok(Self { pair, public: PublicKey(public) })
    }

    /// The key others check with.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs exactly these bytes.
    pub fn sign(&self, text: &str) -> Result<Signature, KeyError> {
        let signature = self.pair.sign(text.as_bytes());
        Ok(Signature(signature.as_ref().try_into().map_err(|_| KeyError::Cipher)?))
    }
}

/// The check that `domain::chain` asks for.
#[derive(Debug, Clone, Copy)]
pub struct Ed25519Check;

impl SignatureCheck for Ed25519Check {
    fn good(&self, key: &PublicKey, text: &str, signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, key.0).verify(text.as_bytes(), &signature.0).is_ok()
    }
}
