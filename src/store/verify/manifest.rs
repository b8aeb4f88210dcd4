//! The signed list of a bundle's files, and the line form of its log.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::domain::chain::{Hash, Header, Item, KeyId, LogId, Signature};
use crate::domain::ids::{BootId, CommandId, InstallationId};

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const LOG: &str = "log.jsonl";
pub(super) const CHECKPOINTS: &str = "checkpoints.json";
pub(super) const KEYS: &str = "keys.json";

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Relative, `/` between folders.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256.
    pub sha256: Hash,
}

/// What a bundle is and holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `diemcau-bundle-1`.
    pub format: String,
    /// Whose log.
    pub installation: InstallationId,
    /// Whose log; the name is that of the first form.
    #[serde(rename = "session")]
    pub log: LogId,
    /// When it was made, microseconds UTC.
    pub made_at_us: i64,
    /// Every other file, by name.
    pub files: Vec<ManifestFile>,
    /// Which key signed.
    pub key_id: KeyId,
    /// Over [`Manifest::text`].
    pub signature: Signature,
}

pub(super) const FORMAT: &str = "diemcau-bundle-1";

/// What the signature of a bundle covers: one line per file in the form of `sha256sum`.
pub(super) fn manifest_text(
    installation: InstallationId,
    log: LogId,
    made_at_us: i64,
    key_id: KeyId,
    files: &[ManifestFile],
) -> String {
    let mut text = format!("{FORMAT}\n{installation}\n{log}\n{made_at_us}\n{key_id}\n{}\n", files.len());
    for file in files {
        // Writing into a String has no error to report.
        if writeln!(text, "{}  {}", file.sha256, file.name).is_err() {
            break;
        }
    }
    text
}

impl Manifest {
    /// The signed text.
    pub fn text(&self) -> String {
        manifest_text(self.installation, self.log, self.made_at_us, self.key_id, &self.files)
    }
}

/// True for a name that stays inside the bundle and on one line.
pub(super) fn safe_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty()
        && name.len() <= 200
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(allowed))
}

/// One event of `log.jsonl`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogLine {
    #[serde(rename = "session")]
    log: LogId,
    seq: u64,
    at_us: i64,
    boot: BootId,
    mono_us: i64,
    kind: String,
    v: u32,
    command_id: CommandId,
    part: u32,
    actor: String,
    scope: String,
    /// Base64 of the stored bytes; null when they were removed.
    body: Option<String>,
    body_digest: Hash,
    prev_hash: Hash,
    hash: Hash,
}

impl LogLine {
    pub(super) fn new(item: &Item, boot: BootId, mono_us: i64) -> Self {
        let header = item.header.clone();
        Self {
            log: header.log,
            seq: header.seq,
            at_us: header.at_us,
            boot,
            mono_us,
            kind: header.kind,
            v: header.v,
            command_id: header.command_id,
            part: header.part,
            actor: header.actor,
            scope: header.scope.to_string(),
            body: item.body.as_deref().map(|body| STANDARD.encode(body)),
            body_digest: header.body_digest,
            prev_hash: header.prev_hash,
            hash: item.hash,
        }
    }

    /// The field that cannot be read, if one cannot.
    pub(super) fn item(self) -> Result<Item, &'static str> {
        let body = self.body.map(|body| STANDARD.decode(body)).transpose().map_err(|_| "body")?;
        let header = Header {
            log: self.log,
            seq: self.seq,
            at_us: self.at_us,
            kind: self.kind,
            v: self.v,
            command_id: self.command_id,
            part: self.part,
            actor: self.actor,
            scope: self.scope.parse().map_err(|_| "scope")?,
            body_digest: self.body_digest,
            prev_hash: self.prev_hash,
        };
        Ok(Item { header, hash: self.hash, body })
    }
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn names_stay_inside_the_bundle() {
        assert!(safe_name("papers/minutes-1.pdf"));
        for name in ["", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a\nb", "bien ban.pdf"] {
            assert!(!safe_name(name), "{name:?}");
        }
    }
}
