//! Key files: created once, mode 0600, synced; the public one is replaced by renaming.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::{DataKey, KeyError, PublicKeys};
use crate::domain::chain::{Hash, KeyId};

pub(super) const WRAP: &str = "wrap.key";
pub(super) const WRAP_RESTRICTED: &str = "wrap-restricted.key";
const PUBLIC: &str = "public.json";

pub(super) fn signing(id: KeyId) -> String {
    format!("signing-{id}.p8")
}

fn file_error(name: &str) -> impl FnOnce(std::io::Error) -> KeyError {
    let name = name.to_owned();
    move |source| KeyError::File { name, source }
}

/// The directory of the keys, 0700.
pub(super) fn make_dir(dir: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(file_error("."))?;
    if dir.join(PUBLIC).exists() { Err(KeyError::Exists) } else { Ok(()) }
}

pub(super) fn write_new(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), KeyError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(dir.join(name));
    let mut file = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(KeyError::Exists),
        other => other.map_err(file_error(name))?,
    };
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(file_error(name))?;
    sync_dir(dir, name)
}

fn sync_dir(dir: &Path, name: &str) -> Result<(), KeyError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(file_error(name))
}

pub(super) fn read_private(dir: &Path, name: &str) -> Result<Vec<u8>, KeyError> {
    let mut file = File::open(dir.join(name)).map_err(file_error(name))?;
    let mode = file.metadata().map_err(file_error(name))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::TooOpen { name: name.to_owned() });
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(file_error(name))?;
    Ok(bytes)
}

pub(super) fn hex_line(key: &DataKey) -> Vec<u8> {
    format!("{}\n", Hash(*key.expose())).into_bytes()
}

pub(super) fn read_key(dir: &Path, name: &str) -> Result<DataKey, KeyError> {
    let bytes = read_private(dir, name)?;
    let hex = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim_end().parse::<Hash>().ok());
    hex.map(|hex| DataKey::from_bytes(hex.0)).ok_or_else(|| KeyError::Unreadable { name: name.to_owned() })
}

pub(super) fn write_public(dir: &Path, public: &PublicKeys) -> Result<(), KeyError> {
    let unreadable = |_| KeyError::Unreadable { name: PUBLIC.to_owned() };
    let bytes = serde_json::to_vec_pretty(public).map_err(unreadable)?;
    let next = dir.join("public.json.new");
    let mut file = File::create(&next).map_err(file_error(PUBLIC))?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(file_error(PUBLIC))?;
    fs::rename(&next, dir.join(PUBLIC)).map_err(file_error(PUBLIC))?;
    sync_dir(dir, PUBLIC)
}

pub(super) fn read_public(dir: &Path) -> Result<PublicKeys, KeyError> {
    let bytes = fs::read(dir.join(PUBLIC)).map_err(file_error(PUBLIC))?;
    serde_json::from_slice(&bytes).map_err(|_| KeyError::Unreadable { name: PUBLIC.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use jiff::Timestamp;
    use uuid::Uuid;

    use super::super::{KeyError, Keys};
    use super::WRAP;
    use crate::domain::ids::InstallationId;

    #[test]
    fn keys_are_made_once_and_only_for_their_owner() {
        let dir = tempfile::tempdir().unwrap();
        let installation = InstallationId(Uuid::from_u128(1));
        let made = Keys::init(dir.path(), installation, Timestamp::UNIX_EPOCH).unwrap();
        let wrap = dir.path().join(WRAP);
        assert_eq!(std::fs::metadata(&wrap).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(Keys::init(dir.path(), installation, Timestamp::UNIX_EPOCH), Err(KeyError::Exists)));
        assert_eq!(Keys::load(dir.path()).unwrap().public(), made.public());
        std::fs::set_permissions(&wrap, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeyError::TooOpen { .. })));
    }

    #[test]
    fn rotation_keeps_a_proven_chain() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keys::init(dir.path(), InstallationId(Uuid::from_u128(1)), Timestamp::UNIX_EPOCH).unwrap();
        let later = Timestamp::from_second(1000).unwrap();
        let second = Keys::rotate(dir.path(), later).unwrap();
        let before = second.signer(999_999_999).unwrap().public();
        let after = second.signer(1_000_000_000).unwrap().public();
        assert_eq!(before, first.signer(0).unwrap().public());
        assert_ne!(before, after);
        assert!(matches!(second.signer(-1), Err(KeyError::NoSigner)));
        assert!(matches!(Keys::rotate(dir.path(), later), Err(KeyError::NotNewer)));
        // A key that slipped in without its predecessor's signature is refused.
        let public = dir.path().join("public.json");
        let text = std::fs::read_to_string(&public).unwrap();
        let mut keys: serde_json::Value = serde_json::from_str(&text).unwrap();
        keys["keys"][1]["predecessor_signature"] = keys["keys"][1]["own_signature"].clone();
        std::fs::write(&public, keys.to_string()).unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(KeyError::RingBroken)));
    }
}
