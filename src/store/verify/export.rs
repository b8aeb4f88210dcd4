//! A bundle: one log with everything that proves it, as plain files in a folder.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::manifest::{
    CHECKPOINTS, FORMAT, KEYS, LOG, LogLine, MANIFEST, Manifest, ManifestFile, manifest_text, safe_name,
};
use crate::domain::chain::{Hash, LogId};
use crate::store::{Store, StoreError};

/// A file that goes into the bundle beside the log: a paper, a recording.
#[derive(Debug, Clone)]
pub struct BundleFile {
    /// Name inside the bundle: letters, digits, `.`, `_`, `-`, and `/` between folders.
    pub name: String,
    /// Where it is copied from.
    pub source: PathBuf,
}

/// Why there is no bundle. Nothing half-made is left under its name.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such log.
    #[error("there is no such log")]
    NoLog,
    /// There is something under this name already.
    #[error("there is something at the target already")]
    Exists,
    /// A name would leave the bundle or break its list.
    #[error("the name `{0}` cannot be used in a bundle")]
    Name(String),
    /// A file cannot be read or written.
    #[error("the file `{name}` cannot be used")]
    File {
        /// Its name in the bundle.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A record could not be written as JSON.
    #[error("a record cannot be written")]
    Json(#[from] serde_json::Error),
}

impl Store {
    /// Writes the bundle of a log to the new folder `out`. Bodies stay sealed as stored.
    pub async fn export_bundle(
        &self,
        log: impl Into<LogId>,
        out: &Path,
        extra: Vec<BundleFile>,
        at: Timestamp,
    ) -> Result<Manifest, ExportError> {
        let (log, mut lines) = (log.into(), Vec::new());
        for event in self.load(log, 0).await? {
            serde_json::to_writer(&mut lines, &LogLine::new(&event.item, event.boot, event.mono_us))?;
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return Err(ExportError::NoLog);
        }
        let checkpoints = serde_json::to_vec_pretty(&self.checkpoints(log).await?)?;
        let keys = serde_json::to_vec_pretty(self.keys().public())?;
        let written = vec![(LOG, lines), (CHECKPOINTS, checkpoints), (KEYS, keys)];
        let target = out.to_owned();
        let made = tokio::task::spawn_blocking(move || write_files(&target, written, &extra));
        let (partial, mut files) = made.await.map_err(|error| io(".", std::io::Error::other(error)))??;
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let (installation, made_at_us) = (self.keys.installation(), at.as_microsecond());
        let signer = self.keys.signer(made_at_us).map_err(StoreError::from)?;
        let key_id = signer.public().id();
        let text = manifest_text(installation, log, made_at_us, key_id, &files);
        let signature = signer.sign(&text).map_err(StoreError::from)?;
        let manifest = Manifest { format: FORMAT.to_owned(), installation, log, made_at_us, files, key_id, signature };
        write(&partial, MANIFEST, &serde_json::to_vec_pretty(&manifest)?)?;
        fs::rename(&partial, out).map_err(|source| io(MANIFEST, source))?;
        Ok(manifest)
    }
}

fn io(name: &str, source: std::io::Error) -> ExportError {
    ExportError::File { name: name.to_owned(), source }
}

/// Everything but the manifest, in a folder beside the target.
fn write_files(
    out: &Path,
    written: Vec<(&'static str, Vec<u8>)>,
    extra: &[BundleFile],
) -> Result<(PathBuf, Vec<ManifestFile>), ExportError> {
    if out.exists() {
        return Err(ExportError::Exists);
    }
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(|source| io(".", source))?;
    }
    // What is in it may be opened recordings: for whoever made it alone.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&partial).map_err(|source| io(".", source))?;
    let mut files = Vec::new();
    for (name, bytes) in written {
        write(&partial, name, &bytes)?;
        files.push(listed(&partial, name)?);
    }
    for file in extra {
        if !safe_name(&file.name) || file.name == MANIFEST || files.iter().any(|listed| listed.name == file.name) {
            return Err(ExportError::Name(file.name.clone()));
        }
        let target = partial.join(&file.name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|source| io(&file.name, source))?;
        }
        fs::copy(&file.source, &target).map_err(|source| io(&file.name, source))?;
        files.push(listed(&partial, &file.name)?);
    }
    Ok((partial, files))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ExportError> {
    let mut file = fs::File::create(folder.join(name)).map_err(|source| io(name, source))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| io(name, source))
}

fn listed(folder: &Path, name: &str) -> Result<ManifestFile, ExportError> {
    let (bytes, sha256) = digest(&folder.join(name)).map_err(|source| io(name, source))?;
    Ok(ManifestFile { name: name.to_owned(), bytes, sha256 })
}

/// Size and SHA-256 of a file, without holding it in memory.
pub fn digest(path: &Path) -> std::io::Result<(u64, Hash)> {
    let mut hasher = Sha256::new();
    let bytes = std::io::copy(&mut fs::File::open(path)?, &mut HashWriter(&mut hasher))?;
    Ok((bytes, Hash(hasher.finalize().into())))
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
