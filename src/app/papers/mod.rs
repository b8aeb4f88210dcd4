//! Papers from the live record: which paper a visit gets, what it is proven by, and its printing.
//!
//! The mappings (`minutes`, `no_show`, `denunciation`, `attendance`) are pure: a folded state and the office's names in,
//! a view model out. This file adds what is stored beside them and hands the model to the press.

mod attendance;
mod denunciation;
mod form;
mod minutes;
mod no_show;
mod office;
mod online;
mod people;
mod signing;
mod span;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;

use jiff::{Timestamp, Zoned};

pub use attendance::{attendance, attendance_of};
pub use denunciation::denunciation;
use form::Form;
pub use minutes::minutes;
pub use no_show::no_show;
pub use office::Office;

use crate::documents::{Paper, PaperError, PaperProof, PaperRequest, Press};
use crate::domain::calendar;
use crate::domain::chain::{CheckpointReason, Hash};
use crate::domain::ids::{PointId, SessionId, VisitId};
use crate::error::AppError;
use crate::room::state::{State, VisitState};
use crate::store::{Store, StoreError};

/// The papers of the installation.
#[derive(Clone, Debug)]
pub struct Papers {
    store: Store,
    press: Press,
}

/// A paper as it is handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Printed {
    /// ASCII, of kind, day and number: never a person's name.
    pub file_name: String,
    pub pdf: Vec<u8>,
}

impl From<PaperError> for AppError {
    fn from(error: PaperError) -> Self {
        Self::Paper { code: error.code(), detail: error.to_string() }
    }
}

impl Papers {
    pub fn new(store: Store, press: Press) -> Self {
        Self { store, press }
    }

    /// Minutes of one visit in the form that its content and its end ask for; a draft until the text is frozen.
    ///
    /// # Errors
    /// `NotFound` without such a visit; the store's; the press's as `Paper`.
    pub async fn minutes(&self, state: &State, visit: VisitId) -> Result<Printed, AppError> {
        let (session, at) = session_of(state)?;
        let visit = state.visits.get(&visit).ok_or(AppError::NotFound)?;
        let office = office(&self.store, state).await?;
        let proof = self.proof(state, visit).await?;
        let id = visit.about.visit;
        let at = state.facts.visits.get(&id).and_then(|facts| facts.frozen).map_or(at, |frozen| frozen.at);
        let day = calendar::local_date(at);
        let file_name = format!("bien-ban-{day}-luot-{:02}.pdf", visit.about.number);
        let (ident, date) = (format!("{session}/{id}/minutes"), calendar::zoned(at));
        let pdf = match form::of(visit) {
            Form::NoShow => self.print(&no_show(state, visit, &office, proof), ident, date).await,
            Form::Denunciation => self.print(&denunciation(state, visit, &office, proof), ident, date).await,
            Form::Visit => self.print(&minutes(state, visit, &office, proof), ident, date).await,
        };
        Ok(Printed { file_name, pdf: pdf? })
    }

    /// Attendance of the session; a draft until the session is closed.
    ///
    /// # Errors
    /// As [`Papers::minutes`].
    pub async fn attendance(&self, state: &State) -> Result<Printed, AppError> {
        self.attendance_of(state, &state.points.keys().copied().collect()).await
    }

    /// The same of some points: an extract, which proves nothing, unless it is all of them.
    ///
    /// # Errors
    /// As [`Papers::minutes`].
    pub async fn attendance_of(&self, state: &State, only: &BTreeSet<PointId>) -> Result<Printed, AppError> {
        let (session, at) = session_of(state)?;
        let office = office(&self.store, state).await?;
        let mut annex = attendance_of(state, &office, only);
        if !annex.extract {
            annex.proof = proof_of_session(&self.store, session, &annex).await?;
        }
        let file_name = format!("phu-luc-tham-du-{}.pdf", calendar::local_date(at));
        let pdf = self.print(&annex, format!("{session}/attendance"), calendar::zoned(at)).await?;
        Ok(Printed { file_name, pdf })
    }

    async fn print<P: Paper>(&self, paper: &P, ident: String, date: Zoned) -> Result<Vec<u8>, AppError> {
        Ok(self.press.render(&PaperRequest::new(paper, ident, date)?).await?)
    }

    /// The state of the log at the freezing of the text: what the visit's paper is compared with for ever. None while
    /// nothing is frozen.
    ///
    /// # Errors
    /// The store's.
    pub async fn proof(&self, state: &State, visit: &VisitState) -> Result<Option<PaperProof>, AppError> {
        let (session, _) = session_of(state)?;
        let frozen = state.facts.visits.get(&visit.about.visit).and_then(|facts| facts.frozen);
        let (Some(text), Some(seq), Some(frozen)) = (&visit.frozen, visit.frozen_seq, frozen) else { return Ok(None) };
        let (Ok(seq), Ok(text)) = (u64::try_from(seq), text.sha256.parse()) else {
            return Err(AppError::Internal("a frozen text without its hash".to_owned()));
        };
        let head = self.store.hash_at(session, seq).await?.ok_or(AppError::NotFound)?;
        let key = fingerprint(&self.store, frozen.at)?;
        Ok(Some(PaperProof { session, visit: Some(visit.about.visit), seq, head, text, key }))
    }
}

/// The session, and the moment it began or is planned for.
fn session_of(state: &State) -> Result<(SessionId, Timestamp), AppError> {
    let about = state.about.as_ref().ok_or(AppError::NotFound)?;
    Ok((about.session, state.began_at.unwrap_or(about.starts_at)))
}

async fn office(store: &Store, state: &State) -> Result<Office, AppError> {
    let unit = state.about.as_ref().map(|about| about.unit).ok_or(AppError::NotFound)?;
    let units = store.units().await?;
    let own = units.iter().find(|known| known.id == unit).ok_or(AppError::NotFound)?;
    Ok(Office::of(own, &units))
}

/// What the whole attendance would carry if it were printed now; none before the session is closed.
///
/// # Errors
/// The store's.
pub async fn attendance_proof(store: &Store, state: &State) -> Result<Option<PaperProof>, AppError> {
    let (session, _) = session_of(state)?;
    proof_of_session(store, session, &attendance(state, &office(store, state).await?)).await
}

/// The newest signed head since the session was closed; the text hash is that of the annex's content as data.
async fn proof_of_session(
    store: &Store,
    session: SessionId,
    paper: &impl Paper,
) -> Result<Option<PaperProof>, AppError> {
    let signed = store.checkpoints(session).await?;
    let Some(last) = signed.into_iter().rfind(|signed| signed.reason != CheckpointReason::Frozen) else {
        return Ok(None);
    };
    let content = serde_json::to_vec(paper).map_err(PaperError::Request)?;
    let at = Timestamp::from_microsecond(last.at_us).map_err(|error| AppError::Internal(error.to_string()))?;
    let (text, key) = (Hash::of(&content), fingerprint(store, at)?);
    Ok(Some(PaperProof { session, visit: None, seq: last.seq, head: last.head, text, key }))
}

fn fingerprint(store: &Store, at: Timestamp) -> Result<Hash, AppError> {
    let signer = store.keys().signer(at.as_microsecond()).map_err(StoreError::from)?;
    Ok(signer.public().fingerprint())
}
