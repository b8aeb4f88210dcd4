//! A paper against the record it was made from.

use crate::documents::PaperProof;
use crate::domain::chain::{Fault, FaultKind};
use crate::domain::event::Event;
use crate::error::AppError;
use crate::store::Store;
use crate::store::verify::{Against, Report};

/// Verifies every log with the head that the paper carries, then the paper's text hash with the frozen text itself.
/// Papers of a whole session carry no frozen text; theirs is not compared.
///
/// # Errors
/// The store's; what is wrong with log or paper is in the report.
pub async fn check_text(store: &Store, proof: &PaperProof) -> Result<Report, AppError> {
    let against = Against { anchors: Vec::new(), papers: vec![proof.mark()] };
    let mut report = store.verify(&against).await?;
    let Some(visit) = proof.visit.filter(|_| report.is_sound()) else { return Ok(report) };
    let stored = store.load_page(proof.session, proof.seq).await?.into_iter().next();
    // A body that an erasure closed proves nothing any more; the chain around it was verified.
    if stored.as_ref().is_some_and(|event| event.body.is_none()) {
        return Ok(report);
    }
    let event = stored.map(|event| event.typed()).transpose()?.flatten();
    let same = matches!(&event, Some(Event::TextFrozen { visit: of, text })
        if *of == visit && text.sha256 == proof.text.to_string());
    if !same {
        let (session, seq) = (Some(proof.session), Some(proof.seq));
        report.fault = Some(Fault { session, seq, kind: FaultKind::PaperTextMismatch });
    }
    Ok(report)
}
