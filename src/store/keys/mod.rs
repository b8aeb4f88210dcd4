//! The installation's keys: two that wrap the keys of scopes, one that signs.
//!
//! A directory of small files, readable by the owner alone: `wrap.key` and `wrap-restricted.key` (64 hex digits),
//! one `signing-{id}.p8` per signing key ever used, and `public.json` with what anybody may know. Whoever holds a copy
//! of the database without this directory reads no personal data.

mod aead;
mod files;
mod signing;

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use aead::{DataKey, KEY_LEN};
pub use signing::{Ed25519Check, Signer};

use crate::domain::chain::{KeyRing, SignedKey, key_text};
use crate::domain::ids::InstallationId;

/// What can be wrong with the keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The directory has keys already; they are never overwritten.
    #[error("there are keys in this directory already")]
    Exists,
    /// A file cannot be read or written.
    #[error("the key file `{name}` cannot be used")]
    File {
        /// Its name in the directory.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// Others than the owner may read a key.
    #[error("the key file `{name}` may be read by others; only its owner should (mode 0600)")]
    TooOpen {
        /// Its name in the directory.
        name: String,
    },
    /// A file does not hold what it should.
    #[error("the key file `{name}` does not hold a key")]
    Unreadable {
        /// Its name in the directory.
        name: String,
    },
    /// A private signing key does not parse.
    #[error("the signing key cannot be read")]
    SigningKeyUnreadable,
    /// The chain of public keys does not hold.
    #[error("the public keys do not prove each other")]
    RingBroken,
    /// The new key would not be newer than the one in use.
    #[error("the new key must begin after the one in use")]
    NotNewer,
    /// No key is in use at this moment: the clock is before the installation, or an old private key was destroyed.
    #[error("no signing key is in use at this moment")]
    NoSigner,
    /// The operating system gave no randomness.
    #[error("no randomness")]
    Random,
    /// The cipher refused: a wrong length, never a wrong key.
    #[error("the cipher refused")]
    Cipher,
}

/// Which key wraps the key of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    /// The installation key.
    Normal,
    /// The second key, for restricted visits.
    Restricted,
}

impl Wrap {
    /// As stored in `scope_key.class`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Restricted => "restricted",
        }
    }

    /// Reads [`Wrap::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "normal" => Some(Self::Normal),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }
}

/// What `public.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeys {
    /// Whose keys.
    pub installation: InstallationId,
    /// Oldest first; the last one signs.
    pub keys: Vec<SignedKey>,
}

/// All keys of an installation, loaded.
#[derive(Debug)]
pub struct Keys {
    wrap: DataKey,
    wrap_restricted: DataKey,
    signers: Vec<Signer>,
    public: PublicKeys,
    ring: KeyRing,
}

impl Keys {
    /// Makes the keys of a new installation in `dir`, valid from `at`.
    pub fn init(dir: &Path, installation: InstallationId, at: Timestamp) -> Result<Self, KeyError> {
        files::make_dir(dir)?;
        let (signer, pkcs8) = Signer::generate()?;
        let key = signed_key(installation, &signer, at.as_microsecond(), None)?;
        let public = PublicKeys { installation, keys: vec![key] };
        files::write_new(dir, files::WRAP, &files::hex_line(&DataKey::generate()?))?;
        files::write_new(dir, files::WRAP_RESTRICTED, &files::hex_line(&DataKey::generate()?))?;
        files::write_new(dir, &files::signing(signer.public().id()), &pkcs8)?;
        files::write_public(dir, &public)?;
        Self::load(dir)
    }

    /// Loads the keys of `dir`; refuses files that others may read.
    pub fn load(dir: &Path) -> Result<Self, KeyError> {
        let public = files::read_public(dir)?;
        let ring =
            KeyRing::check(public.installation, &public.keys, &Ed25519Check).map_err(|_| KeyError::RingBroken)?;
        let mut signers = Vec::new();
        for key in &public.keys {
            let name = files::signing(key.public_key.id());
            let newest = public.keys.last() == Some(key);
            // A private key that is out of use may have been destroyed.
            if newest || dir.join(&name).exists() {
                signers.push(Signer::from_pkcs8(&files::read_private(dir, &name)?)?);
            }
        }
        if signers.last().map(Signer::public) != public.keys.last().map(|key| key.public_key) {
            return Err(KeyError::RingBroken);
        }
        Ok(Self {
            wrap: files::read_key(dir, files::WRAP)?,
            wrap_restricted: files::read_key(dir, files::WRAP_RESTRICTED)?,
            signers,
            public,
            ring,
        })
    }

    /// Adds a signing key in use from `at`, signed by the one before. `at` should lie after the next start of the
    /// server: until it has loaded the new key it signs with the old one, which is not in use from `at` on.
    pub fn rotate(dir: &Path, at: Timestamp) -> Result<Self, KeyError> {
        let old = Self::load(dir)?;
        let at_us = at.as_microsecond();
        let newest = old.signers.last().ok_or(KeyError::RingBroken)?;
        if old.public.keys.last().is_none_or(|key| key.valid_from_us >= at_us) {
            return Err(KeyError::NotNewer);
        }
        let (signer, pkcs8) = Signer::generate()?;
        files::write_new(dir, &files::signing(signer.public().id()), &pkcs8)?;
        let mut public = old.public.clone();
        public.keys.push(signed_key(public.installation, &signer, at_us, Some(newest))?);
        files::write_public(dir, &public)?;
        Self::load(dir)
    }

    /// Whose keys.
    pub fn installation(&self) -> InstallationId {
        self.public.installation
    }

    /// What anybody may know.
    pub fn public(&self) -> &PublicKeys {
        &self.public
    }

    /// The checked public keys.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The key that signs at this moment (microseconds UTC).
    pub fn signer(&self, at_us: i64) -> Result<&Signer, KeyError> {
        let in_use = |signer: &&Signer| self.ring.in_use(signer.public().id(), at_us).is_some();
        self.signers.iter().find(in_use).ok_or(KeyError::NoSigner)
    }

    /// The key that wraps scope keys of this class.
    pub fn wrapping(&self, wrap: Wrap) -> &DataKey {
        match wrap {
            Wrap::Normal => &self.wrap,
            Wrap::Restricted => &self.wrap_restricted,
        }
    }
}

fn signed_key(
    installation: InstallationId,
    signer: &Signer,
    valid_from_us: i64,
    before: Option<&Signer>,
) -> Result<SignedKey, KeyError> {
    let predecessor = before.map(|old| old.public().id());
    let text = key_text(installation, &signer.public(), valid_from_us, predecessor);
    Ok(SignedKey {
        public_key: signer.public(),
        valid_from_us,
        predecessor,
        own_signature: signer.sign(&text)?,
        predecessor_signature: before.map(|old| old.sign(&text)).transpose()?,
    })
}
