//! Identifiers that follow from names: seeding again finds what is there.

use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

/// The identifier of a named thing: UUID version 8 (RFC 9562 §5.8) from SHA-256 of kind and name.
pub(super) fn id(kind: &str, name: &str) -> Uuid {
    let digest = Sha256::digest(format!("diemcau-demo-1\n{kind}\n{name}").as_bytes());
    let bytes = digest.first_chunk::<16>().copied().unwrap_or_default();
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_one_id() {
        assert_eq!(id("unit", "a"), id("unit", "a"));
        assert_ne!(id("unit", "a"), id("point", "a"));
        assert_ne!(id("unit", "a"), id("unit", "b"));
        assert_eq!(id("unit", "a").get_version_num(), 8);
    }
}
