//! What keys can prove beyond the chain: that the recordings on the disk are those of the log, and that a paper carries
//! the text that was frozen.

use std::path::PathBuf;

use crate::documents::PaperProof;
use crate::domain::chain::{Fault, FaultKind, Hash, LogId, Scope};
use crate::domain::event::Event;
use crate::domain::ids::{SessionId, VisitId};
use crate::domain::minutes;
use crate::domain::visit::VisitAct;
use crate::error::AppError;
use crate::media::record::Places;
use crate::room::state::State;
use crate::store::verify::{Checked, PaperText, Report, digest};
use crate::store::{Store, StoreError, StoredEvent};

use super::papers;
use super::record::{folded, recordings, target};

/// Goes on where a sound `report` of the chain ends; a report with a fault comes back as it is.
///
/// # Errors
/// The store's and the disk's; what is wrong with the record is in the report.
pub async fn contents(
    mut report: Report,
    store: &Store,
    places: &Places,
    papers: &[PaperProof],
) -> Result<Report, AppError> {
    for paper in papers {
        if report.is_sound() {
            match text(store, paper).await? {
                Ok(true) => report.text_compared(paper.session, paper.seq, paper.text),
                Ok(false) => {}
                Err(fault) => report.fault = Some(fault),
            }
        }
    }
    let (mut present, sessions) = (0_usize, report.sessions.clone());
    for session in sessions.iter().map(|one| one.session) {
        if report.is_sound() {
            match of_session(store, places, session).await? {
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

/// Whether the paper's text hash is that of the text frozen at its event; false where that cannot be said: a body that an
/// erasure closed tells nothing any more, and the attendance goes on being attested after its event.
async fn text(store: &Store, paper: &PaperProof) -> Result<Result<bool, Fault>, AppError> {
    let Some(visit) = paper.visit else {
        let Some(state) = folded(store, paper.session).await? else { return Ok(Ok(false)) };
        let annex = papers::attendance_proof(store, &state).await?;
        return Ok(Ok(annex.is_some_and(|annex| (annex.seq, annex.text) == (paper.seq, paper.text))));
    };
    let stored = store.load_page(paper.session, paper.seq).await?.into_iter().next();
    let frozen = match &stored {
        Some(event) if event.body.is_none() => return Ok(Ok(false)),
        Some(event) => frozen_text(event)?,
        None => None,
    };
    let same = frozen == Some((visit, paper.text));
    let (log, seq) = (Some(LogId::Session(paper.session)), Some(paper.seq));
    Ok(if same { Ok(true) } else { Err(Fault { log, seq, kind: FaultKind::PaperTextMismatch }) })
}

/// The visit whose text an event froze, and the text's hash.
fn frozen_text(event: &StoredEvent) -> Result<Option<(VisitId, Hash)>, StoreError> {
    let (visit, sha256) = match event.typed()? {
        Some(Event::TextFrozen { visit, text }) => (visit, text.sha256),
        Some(Event::VisitMoved { visit, act: VisitAct::NoShow, reason, .. }) => {
            (visit, minutes::absence(&reason).sha256)
        }
        _ => return Ok(None),
    };
    Ok(sha256.parse().ok().map(|hash| (visit, hash)))
}

/// The hashes of all texts that papers of a session may carry, also of those that were opened again.
///
/// # Errors
/// The store's.
pub(super) async fn texts(store: &Store, session: SessionId, state: &State) -> Result<Vec<PaperText>, AppError> {
    let mut list = Vec::new();
    for event in store.load(session, 0).await? {
        let header = &event.item.header;
        let entry = match header.scope {
            // Erased: which of the visit's moves was the one that ended it is not known any more.
            Scope::Visit(visit)
                if event.body.is_none() && matches!(header.kind.as_str(), "text_frozen" | "visit_moved") =>
            {
                Some((visit, None))
            }
            _ => frozen_text(&event)?.map(|(visit, text)| (visit, Some(text))),
        };
        list.extend(entry.map(|(visit, text)| PaperText { visit: Some(visit), seq: header.seq, text }));
    }
    let annex = papers::attendance_proof(store, state).await?;
    list.extend(annex.map(|annex| PaperText { visit: None, seq: annex.seq, text: Some(annex.text) }));
    Ok(list)
}

/// How many recordings of a session are the recorded ones, or the first that is not.
async fn of_session(store: &Store, places: &Places, session: SessionId) -> Result<Result<usize, Fault>, AppError> {
    let Some(state) = folded(store, session).await? else { return Ok(Ok(0)) };
    let mut count = 0_usize;
    for (segment, logged) in recordings(&state) {
        let id = segment.mark.segment;
        let wanted = (segment.mark.bytes, logged);
        let kind = match best_of(places.of(target(session, segment), id), wanted).await? {
            Some(Copied { whole: true, .. }) => {
                count = count.saturating_add(1);
                continue;
            }
            Some(_) => FaultKind::RecordingMismatch { name: id.to_string() },
            None => FaultKind::RecordingMissing { name: id.to_string() },
        };
        return Ok(Err(Fault { log: Some(session.into()), seq: None, kind }));
    }
    Ok(Ok(count))
}

/// A recording as it was found on a disk.
pub(super) struct Copied {
    pub(super) path: PathBuf,
    /// It has the length and the hash that the log has.
    pub(super) whole: bool,
}

/// The copy that the log proves, else one that is there: any whole one will do.
///
/// # Errors
/// A file that is there cannot be read, and no other is whole.
pub(super) async fn best_of(paths: Vec<PathBuf>, wanted: (u64, Hash)) -> Result<Option<Copied>, AppError> {
    let found = tokio::task::spawn_blocking(move || {
        let mut found = Ok(None);
        for path in paths {
            match digest(&path) {
                Ok(digest) if digest == wanted => return Ok(Some(Copied { path, whole: true })),
                Ok(_) => found = Ok(Some(Copied { path, whole: false })),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => found = found.and(Err(AppError::Internal(error.to_string()))),
            }
        }
        found
    });
    found.await.map_err(|_| AppError::Busy)?
}
