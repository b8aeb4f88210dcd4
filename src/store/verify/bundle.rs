//! Verifying a bundle: offline, without a database and without secret keys.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use super::database::checked;
use super::export::digest;
use super::manifest::{CHECKPOINTS, FORMAT, KEYS, LOG, LogLine, MANIFEST, Manifest, safe_name};
use super::recordings::{RECORDINGS, RecordedFile};
use super::texts::{PaperText, TEXTS, compare};
use super::{Against, Checked, OfficeReport, Report, SessionReport, check_against, marks};
use crate::domain::chain::{
    BodyState, Checkpoint, Fault, FaultKind, Item, KeyRing, LogId, Mark, Scope, Sound, Verifier,
};
use crate::store::keys::{Ed25519Check, PublicKeys};

/// Verifies the bundle in `dir`. The error is of reading the disk; whatever is wrong with the bundle is in the report.
pub fn verify_bundle(dir: &Path, against: &Against) -> std::io::Result<Report> {
    let mut report = Report::new("bundle");
    match verify(dir, against, &mut report) {
        Ok(()) => Ok(report),
        Err(Stop::Fault(fault)) => Ok(report.broken(*fault)),
        Err(Stop::Io(error)) => Err(error),
    }
}

enum Stop {
    Fault(Box<Fault>),
    Io(std::io::Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

fn of_bundle(kind: FaultKind) -> Stop {
    Fault { log: None, seq: None, kind }.into()
}

fn read_json<T: serde::de::DeserializeOwned>(dir: &Path, name: &str) -> Result<T, Stop> {
    let path = dir.join(name);
    if !path.exists() {
        return Err(of_bundle(FaultKind::FileMissing { name: name.to_owned() }));
    }
    let bytes = fs::read(path)?;
    serde_json::from_slice(&bytes).map_err(|_| of_bundle(FaultKind::Malformed { field: name.to_owned() }))
}

fn verify(dir: &Path, against: &Against, report: &mut Report) -> Result<(), Stop> {
    let manifest: Manifest = read_json(dir, MANIFEST)?;
    let keys: PublicKeys = read_json(dir, KEYS)?;
    if manifest.format != FORMAT || manifest.installation != keys.installation {
        return Err(of_bundle(FaultKind::Malformed { field: MANIFEST.to_owned() }));
    }
    report.installation = Some(manifest.installation);
    let ring = KeyRing::check(keys.installation, &keys.keys, &Ed25519Check).map_err(of_bundle)?;
    check_against(&ring, against)?;
    // The log first: a changed event should be named as such, not only as "the file was changed".
    let checkpoints: Vec<Checkpoint> = read_json(dir, CHECKPOINTS)?;
    let sound = follow(dir, &ring, manifest.log, marks(&ring, manifest.log, &checkpoints, against)?)?;
    let moment = (manifest.key_id, manifest.made_at_us);
    ring.signed("bundle", moment, &manifest.text(), &manifest.signature, &Ed25519Check).map_err(of_bundle)?;
    let recordings = recordings(dir, &manifest)?;
    files(dir, &manifest)?;
    match manifest.log {
        LogId::Session(session) => report.sessions.push(SessionReport { session, sound }),
        log => report.offices.push(OfficeReport { log, sound }),
    }
    let own = about(against, manifest.log);
    report.checked = checked(&ring, checkpoints.len(), &own);
    if manifest.files.iter().any(|file| file.name == TEXTS) {
        let texts: Vec<PaperText> = read_json(dir, TEXTS)?;
        for paper in &own.papers {
            if compare(&texts, paper)? {
                report.text_compared(paper.session, paper.seq, paper.text);
            }
        }
    }
    report.checked.extend(recordings);
    report.checked.push(Checked::Files { count: manifest.files.len() });
    Ok(())
}

/// Of what was kept outside, only what speaks of this log counts as compared.
fn about(against: &Against, log: LogId) -> Against {
    let mut own = against.clone();
    for anchor in &mut own.anchors {
        anchor.heads.retain(|head| head.log == log);
    }
    own.anchors.retain(|anchor| !anchor.heads.is_empty());
    own.papers.retain(|paper| log == LogId::Session(paper.session));
    own.kept.retain(|(_, kept)| kept.log == log);
    own
}

fn follow(dir: &Path, ring: &KeyRing, log: LogId, marks: Vec<Mark>) -> Result<Sound, Stop> {
    let path = dir.join(LOG);
    if !path.exists() {
        return Err(of_bundle(FaultKind::FileMissing { name: LOG.to_owned() }));
    }
    let mut verifier = Verifier::new(log, ring, &Ed25519Check, marks);
    for (seq, line) in (0_u64..).zip(BufReader::new(File::open(path)?).lines()) {
        let item = item(&line?).map_err(|field| {
            let kind = FaultKind::Malformed { field: field.to_owned() };
            Fault { log: Some(log), seq: Some(seq), kind }
        })?;
        let state = match (item.header.scope, &item.body) {
            (_, None) => BodyState::Missing,
            (Scope::Open, Some(_)) => BodyState::Opened,
            _ => BodyState::Sealed,
        };
        verifier.item(&item, state)?;
    }
    Ok(verifier.finish()?)
}

fn item(line: &str) -> Result<Item, &'static str> {
    serde_json::from_str::<LogLine>(line).map_err(|_| "line")?.item()
}

/// Recordings by the hashes of the log, before the files in general: a changed one is named as such, whether it was
/// changed in the bundle or before.
fn recordings(dir: &Path, manifest: &Manifest) -> Result<Option<Checked>, Stop> {
    let Some(listed) = manifest.files.iter().find(|file| file.name == RECORDINGS) else { return Ok(None) };
    let list: Vec<RecordedFile> = read_json(dir, RECORDINGS)?;
    if digest(&dir.join(RECORDINGS))? != (listed.bytes, listed.sha256) {
        return Err(of_bundle(FaultKind::FileMismatch { name: RECORDINGS.to_owned() }));
    }
    let (mut present, mut absent) = (0_usize, 0_usize);
    for recorded in &list {
        let Some(name) = recorded.file.clone() else {
            absent = absent.saturating_add(1);
            continue;
        };
        if !safe_name(&name) {
            return Err(of_bundle(FaultKind::Malformed { field: RECORDINGS.to_owned() }));
        }
        let path = dir.join(&name);
        if !path.is_file() {
            return Err(of_bundle(FaultKind::RecordingMissing { name }));
        }
        if digest(&path)? != (recorded.bytes, recorded.sha256) {
            return Err(of_bundle(FaultKind::RecordingMismatch { name }));
        }
        present = present.saturating_add(1);
    }
    Ok(Some(Checked::Recordings { present, absent }))
}

fn files(dir: &Path, manifest: &Manifest) -> Result<(), Stop> {
    let mut listed = BTreeSet::from([MANIFEST.to_owned()]);
    for file in &manifest.files {
        let name = file.name.clone();
        if !safe_name(&name) {
            return Err(of_bundle(FaultKind::Malformed { field: MANIFEST.to_owned() }));
        }
        let path = dir.join(&name);
        if !path.is_file() {
            return Err(of_bundle(FaultKind::FileMissing { name }));
        }
        if digest(&path)? != (file.bytes, file.sha256) {
            return Err(of_bundle(FaultKind::FileMismatch { name }));
        }
        listed.insert(name);
    }
    for needed in [LOG, CHECKPOINTS, KEYS] {
        if !listed.contains(needed) {
            return Err(of_bundle(FaultKind::FileUnlisted { name: needed.to_owned() }));
        }
    }
    unlisted(dir, "", &listed)
}

/// A file that was laid into the bundle later is not covered by anything.
fn unlisted(dir: &Path, prefix: &str, listed: &BTreeSet<String>) -> Result<(), Stop> {
    let mut entries: Vec<_> = fs::read_dir(dir)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            unlisted(&entry.path(), &format!("{name}/"), listed)?;
        } else if !listed.contains(&name) {
            return Err(of_bundle(FaultKind::FileUnlisted { name }));
        }
    }
    Ok(())
}
