//! Fixed-size bytes that are written as lower-case hex everywhere: hashes, keys, signatures.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// The text is not lower-case hex of the expected length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not lower-case hex of the expected length")]
pub struct HexError;

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

fn read_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(HexError),
    };
    if text.len() != N * 2 {
        return Err(HexError);
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let [high, low] = *pair;
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Ok(out)
}

macro_rules! hex_bytes {
    ($($(#[$doc:meta])* $name:ident($len:literal)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }
        impl FromStr for $name {
            type Err = HexError;
            fn from_str(text: &str) -> Result<Self, HexError> {
                read_hex(text).map(Self)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

hex_bytes! {
    /// SHA-256.
    Hash(32),
    /// Ed25519 public key (RFC 8032).
    PublicKey(32),
    /// Ed25519 signature.
    Signature(64),
    /// The first eight bytes of the SHA-256 of a public key: names the key in signed texts.
    KeyId(8),
}

impl Hash {
    /// The `prev_hash` of a log's first event.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of exactly these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl PublicKey {
    /// SHA-256 of the key: what papers print.
    pub fn fingerprint(&self) -> Hash {
        Hash::of(&self.0)
    }

    /// The short name of the key.
    pub fn id(&self) -> KeyId {
        let mut id = [0; 8];
        for (to, from) in id.iter_mut().zip(self.fingerprint().0) {
            *to = from;
        }
        KeyId(id)
    }
}

/// Lines ended by LF: the one form of every hashed or signed text.
pub(super) fn lines<'a>(parts: impl IntoIterator<Item = &'a dyn fmt::Display>) -> String {
    let mut text = String::new();
    for part in parts {
        // Writing into a String has no error to report.
        if writeln!(text, "{part}").is_err() {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_lower_case_of_exact_length_or_nothing() {
        let hash = Hash::of(b"");
        assert_eq!(hash.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
        assert!(hash.to_string().to_uppercase().parse::<Hash>().is_err());
        assert!("e3b0".parse::<Hash>().is_err());
        assert!("éé".repeat(16).parse::<Hash>().is_err());
    }
}
