//! What keys can prove beyond the chain: that the recordings on the disk are those of the log, and that a paper carries
//! the text that was frozen.

use std::path::Path;

use crate::documents::PaperProof;
use crate::domain::chain::{Fault, FaultKind, LogId};
use crate::domain::event::Event;
use crate::domain::ids::SessionId;
use crate::domain::minutes;
use crate::domain::visit::VisitAct;
use crate::error::AppError;
use crate::media::record::segment_path;
use crate::store::Store;
use crate::store::verify::{Checked, Report, digest};

use super::record::{folded, recordings, target};

/// Goes on where a sound `report` of the chain ends; a report with a fault comes back as it is.
///
/// # Errors
/// The store's and the disk's; what is wrong with the record is in the report.
pub async fn contents(
    mut report: Report,
    store: &Store,
    root: &Path,
    papers: &[PaperProof],
) -> Result<Report, AppError> {
    for paper in papers {
        if report.is_sound() {
            report.fault = text(store, paper).await?;
        }
    }
    let (mut present, sessions) = (0_usize, report.sessions.clone());
    for session in sessions.iter().map(|one| one.session) {
        if report.is_sound() {
            match of_session(store, root, session).await? {
                Ok(count) => present = present.saturating_add(count),
                Err(fault) => report.fault = Some(fault),
            }
        }
    }
    if report.is_sound() {
        report.checked.push(Checked::Recordings { present, absent: 0 });
    }
    Ok(report)
}

/// Whether the paper's text hash is that of the text frozen at its event. A paper of a whole session carries no frozen
/// text, and a body that an erasure closed tells nothing any more: the chain around it was verified.
async fn text(store: &Store, paper: &PaperProof) -> Result<Option<Fault>, AppError> {
    let Some(visit) = paper.visit else { return Ok(None) };
    let stored = store.load_page(paper.session, paper.seq).await?.into_iter().next();
    if stored.as_ref().is_some_and(|event| event.body.is_none()) {
        return Ok(None);
    }
    let event = stored.map(|event| event.typed()).transpose()?.flatten();
    let frozen = match &event {
        Some(Event::TextFrozen { visit: of, text }) if *of == visit => Some(text.sha256.clone()),
        Some(Event::VisitMoved { visit: of, act: VisitAct::NoShow, reason, .. }) if *of == visit => {
            Some(minutes::absence(reason).sha256)
        }
        _ => None,
    };
    let same = frozen.is_some_and(|sha256| sha256 == paper.text.to_string());
    let (log, seq) = (Some(LogId::Session(paper.session)), Some(paper.seq));
    Ok((!same).then_some(Fault { log, seq, kind: FaultKind::PaperTextMismatch }))
}

/// How many recordings of a session are the recorded ones, or the first that is not.
async fn of_session(store: &Store, root: &Path, session: SessionId) -> Result<Result<usize, Fault>, AppError> {
    let Some(state) = folded(store, session).await? else { return Ok(Ok(0)) };
    let mut count = 0_usize;
    for (segment, logged) in recordings(&state) {
        let id = segment.mark.segment;
        let path = segment_path(root, target(session, segment), id);
        let bytes = segment.mark.bytes;
        let found = tokio::task::spawn_blocking(move || digest(&path)).await.map_err(|_| AppError::Busy)?;
        let name = id.to_string();
        let kind = match found {
            Ok(found) if found == (bytes, logged) => {
                count = count.saturating_add(1);
                continue;
            }
            Ok(_) => FaultKind::RecordingMismatch { name },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => FaultKind::RecordingMissing { name },
            Err(error) => return Err(AppError::Internal(error.to_string())),
        };
        return Ok(Err(Fault { log: Some(session.into()), seq: None, kind }));
    }
    Ok(Ok(count))
}
