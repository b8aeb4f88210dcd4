//! Verification for somebody who does not trust this server: a live database or a bundle, with or without keys.
//!
//! The answer is a [`Report`] of stable codes: the first bad item, or what was checked and against what. What nobody
//! outside kept (no anchor, no paper) cannot be proven against a rewrite of everything; the report says so.

mod bundle;
mod database;
mod export;
mod manifest;
mod office;
mod recordings;
mod report;
mod texts;

pub use bundle::verify_bundle;
pub use database::verify_database;
pub use export::digest;
pub use export::{BundleFile, ExportError};
pub use manifest::{Manifest, ManifestFile};
pub use recordings::{RECORDINGS, RecordedFile};
pub use report::{Checked, Line, OfficeReport, Report, SessionReport};
pub use texts::{PaperText, TEXTS};

use crate::domain::chain::{Anchor, Checkpoint, Fault, FaultKind, KeyRing, LogId, Mark, MarkSource, Paper};
use crate::domain::ids::InstallationId;
use crate::store::keys::Ed25519Check;

/// What somebody else kept and lays beside the log.
#[derive(Debug, Clone, Default)]
pub struct Against {
    /// Daily anchor files.
    pub anchors: Vec<Anchor>,
    /// Printed papers.
    pub papers: Vec<Paper>,
    /// Signed heads as points were given them, and of which installation they say to be.
    pub kept: Vec<(InstallationId, Checkpoint)>,
}

/// Everything about one log that has to match, after the signatures of these things themselves were checked.
fn marks(ring: &KeyRing, log: LogId, checkpoints: &[Checkpoint], against: &Against) -> Result<Vec<Mark>, Fault> {
    let mut marks = Vec::new();
    for checkpoint in checkpoints {
        let text = checkpoint.text(ring.installation());
        let moment = (checkpoint.key_id, checkpoint.at_us);
        ring.signed("checkpoint", moment, &text, &checkpoint.signature, &Ed25519Check).map_err(|kind| Fault {
            log: Some(log),
            seq: Some(checkpoint.seq),
            kind,
        })?;
        marks.push(Mark { seq: checkpoint.seq, head: checkpoint.head, source: MarkSource::Checkpoint });
    }
    for head in against.anchors.iter().flat_map(|anchor| &anchor.heads).filter(|head| head.log == log) {
        marks.push(Mark { seq: head.seq, head: head.head, source: MarkSource::Anchor });
    }
    for paper in against.papers.iter().filter(|paper| log == LogId::Session(paper.session)) {
        marks.push(Mark { seq: paper.seq, head: paper.head, source: MarkSource::Paper });
    }
    for (_, kept) in against.kept.iter().filter(|(_, kept)| kept.log == log) {
        marks.push(Mark { seq: kept.seq, head: kept.head, source: MarkSource::Checkpoint });
    }
    Ok(marks)
}

/// The things kept outside must speak of this installation, and anchors must be signed by its key in use then.
fn check_against(ring: &KeyRing, against: &Against) -> Result<(), Fault> {
    let of_keys = |kind| Fault { log: None, seq: None, kind };
    for anchor in &against.anchors {
        let text = crate::domain::chain::anchor_text(anchor.installation, anchor.at_us, &anchor.heads, anchor.key_id);
        let moment = (anchor.key_id, anchor.at_us);
        ring.signed("anchor", moment, &text, &anchor.signature, &Ed25519Check).map_err(of_keys)?;
    }
    for (installation, kept) in &against.kept {
        let moment = (kept.key_id, kept.at_us);
        ring.signed("checkpoint", moment, &kept.text(*installation), &kept.signature, &Ed25519Check)
            .map_err(|kind| Fault { log: Some(kept.log), seq: Some(kept.seq), kind })?;
    }
    for paper in &against.papers {
        if !ring.keys().iter().any(|key| key.public_key.fingerprint() == paper.fingerprint) {
            let log = Some(LogId::Session(paper.session));
            return Err(Fault { log, seq: Some(paper.seq), kind: FaultKind::PaperKeyUnknown });
        }
    }
    Ok(())
}
