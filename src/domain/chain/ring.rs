//! The public keys of an installation: each signs itself, and its predecessor signs it.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::SignatureCheck;
use super::fault::FaultKind;
use super::hex::{KeyId, PublicKey, Signature, lines};
use crate::domain::ids::InstallationId;

/// A public key with its proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedKey {
    /// Ed25519.
    pub public_key: PublicKey,
    /// From this moment it signs, microseconds UTC; until the next key's moment.
    pub valid_from_us: i64,
    /// The key before it; none for the installation's first.
    pub predecessor: Option<KeyId>,
    /// By the key itself: whoever announces it holds it.
    pub own_signature: Signature,
    /// By the predecessor: whoever trusts that one may trust this one.
    pub predecessor_signature: Option<Signature>,
}

/// What both signatures of a key cover.
pub fn key_text(
    installation: InstallationId,
    public_key: &PublicKey,
    valid_from_us: i64,
    predecessor: Option<KeyId>,
) -> String {
    let before = predecessor.map_or_else(|| "none".to_owned(), |id| id.to_string());
    lines([&"diemcau-key-1" as &dyn Display, &installation, &public_key.id(), public_key, &valid_from_us, &before])
}

/// Keys whose proofs were checked, oldest first.
#[derive(Debug, Clone)]
pub struct KeyRing {
    installation: InstallationId,
    keys: Vec<SignedKey>,
}

impl KeyRing {
    /// Checks every proof. `keys` must be in the order of their use; the fault names the key.
    pub fn check(
        installation: InstallationId,
        keys: &[SignedKey],
        signatures: &dyn SignatureCheck,
    ) -> Result<Self, FaultKind> {
        let mut before: Option<&SignedKey> = None;
        for key in keys {
            let wrong = FaultKind::SignatureWrong { of: "key", key: key.public_key.id() };
            let text = key_text(installation, &key.public_key, key.valid_from_us, key.predecessor);
            let follows = match (before, key.predecessor, &key.predecessor_signature) {
                (None, None, None) => true,
                (Some(last), Some(id), Some(signature)) => {
                    last.public_key.id() == id
                        && last.valid_from_us < key.valid_from_us
                        && signatures.good(&last.public_key, &text, signature)
                }
                _ => false,
            };
            if !follows || !signatures.good(&key.public_key, &text, &key.own_signature) {
                return Err(wrong);
            }
            before = Some(key);
        }
        Ok(Self { installation, keys: keys.to_vec() })
    }

    /// Whose keys.
    pub fn installation(&self) -> InstallationId {
        self.installation
    }

    /// Oldest first.
    pub fn keys(&self) -> &[SignedKey] {
        &self.keys
    }

    /// The named key, if it was the one in use at that moment.
    pub fn in_use(&self, id: KeyId, at_us: i64) -> Option<&PublicKey> {
        let key = self.keys.iter().rfind(|key| key.valid_from_us <= at_us)?;
        (key.public_key.id() == id).then_some(&key.public_key)
    }

    /// Checks a signature by the key in use at that moment.
    pub fn signed(
        &self,
        of: &'static str,
        (id, at_us): (KeyId, i64),
        text: &str,
        signature: &Signature,
        signatures: &dyn SignatureCheck,
    ) -> Result<(), FaultKind> {
        let key = self.in_use(id, at_us).ok_or(FaultKind::KeyNotInUse { of, key: id })?;
        if signatures.good(key, text, signature) { Ok(()) } else { Err(FaultKind::SignatureWrong { of, key: id }) }
    }
}
