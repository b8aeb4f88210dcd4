//! A session as a bundle: its log and recordings sealed as they are, and beside them, as far as asked for, what only the
//! keys of this installation open: playable recordings and printed papers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::chain::Scope;
use crate::domain::ids::{SessionId, VisitId};
use crate::domain::people::Class;
use crate::domain::visit::VisitStatus;
use crate::error::AppError;
use crate::media::record::{Places, ReadError, RecordKey, RecordingInfo, RecordingReader};
use crate::room::state::{Segment, State};
use crate::store::verify::{BundleFile, ExportError, Manifest, RECORDINGS, RecordedFile, TEXTS};
use crate::store::{Store, StoreError};

use super::film::{self, FilmError, Piece};
use super::papers::{Papers, Printed};
use super::prove;
use super::record::{folded, recordings, target};

/// What of a session is opened in a bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Opened {
    /// Log and recordings stay sealed; no papers.
    Nothing,
    /// What belongs to no restricted visit.
    #[default]
    Normal,
    /// Restricted visits too.
    Everything,
}

/// Why there is no bundle. Nothing half-made is left.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A paper could not be made.
    #[error(transparent)]
    Paper(#[from] AppError),
    #[error("a file beside the bundle cannot be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("a list cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Film(#[from] FilmError),
}

/// Makes bundles.
#[derive(Clone, Debug)]
pub struct Exporter {
    store: Store,
    recordings: Places,
    papers: Papers,
    films: bool,
}

impl Opened {
    fn opens(self, state: &State, visit: Option<VisitId>) -> bool {
        let class = visit.and_then(|id| state.visits.get(&id)).map(|visit| visit.about.class).unwrap_or_default();
        match self {
            Self::Nothing => false,
            Self::Normal => class == Class::Normal,
            Self::Everything => true,
        }
    }
}

impl Exporter {
    /// `recordings` are the recorder's folders.
    pub fn new(store: Store, recordings: impl Into<Places>, papers: Papers) -> Self {
        Self { store, recordings: recordings.into(), papers, films: false }
    }

    /// Composes a film of every visit that is opened; `film::is_installed` says whether that is possible here.
    pub fn with_films(self) -> Self {
        Self { films: true, ..self }
    }

    /// Writes the bundle of a session to the new folder `out`. A recording that is not at hand is listed without its
    /// file; one that was changed is in the bundle as it is, and verifying names it.
    ///
    /// # Errors
    /// [`BundleError`]; `out` is then not there.
    pub async fn export(
        &self,
        session: SessionId,
        out: &Path,
        opened: Opened,
        at: Timestamp,
    ) -> Result<Manifest, BundleError> {
        let state = folded(&self.store, session).await?.ok_or(ExportError::NoLog)?;
        let mut name = out.as_os_str().to_owned();
        name.push(".opened");
        let desk = Desk::new(PathBuf::from(name))?;
        let mut files = self.recordings(session, &state, opened, &desk).await?;
        files.extend(self.papers(&state, opened, &desk).await?);
        let texts = prove::texts(&self.store, session, &state).await?;
        files.push(desk.lay(TEXTS, &serde_json::to_vec_pretty(&texts)?)?);
        Ok(self.store.export_bundle(session, out, files, at).await?)
    }

    async fn recordings(
        &self,
        session: SessionId,
        state: &State,
        opened: Opened,
        desk: &Desk,
    ) -> Result<Vec<BundleFile>, BundleError> {
        let (mut files, mut list) = (Vec::new(), Vec::new());
        let mut films: BTreeMap<Option<VisitId>, Vec<Piece>> = BTreeMap::new();
        for (segment, sha256) in recordings(state) {
            let mark = &segment.mark;
            let paths = self.recordings.of(target(session, segment), mark.segment);
            let source = prove::best_of(paths, (mark.bytes, sha256)).await?;
            let file = source.is_some().then(|| format!("recordings/{}.dcr", mark.segment));
            if let Some((name, source)) = file.clone().zip(source.map(|copy| copy.path)) {
                files.push(BundleFile { name, source: source.clone() });
                if opened.opens(state, segment.visit)
                    && let Some((file, piece)) = self.playable(session, segment, source, desk).await?
                {
                    files.push(file);
                    films.entry(segment.visit).or_default().push(piece);
                }
            }
            list.push(RecordedFile {
                segment: mark.segment,
                visit: segment.visit,
                point: mark.point,
                source: mark.source.clone(),
                began_at_us: segment.began_at.as_microsecond(),
                duration_ms: mark.duration_ms,
                bytes: mark.bytes,
                sha256,
                file,
            });
        }
        files.push(desk.lay(RECORDINGS, &serde_json::to_vec_pretty(&list)?)?);
        for (visit, pieces) in films.into_iter().filter(|_| self.films) {
            files.push(film_of(state, visit, pieces, desk).await?);
        }
        Ok(files)
    }

    /// The recording as players take it; none when its key was destroyed or the file does not open any more.
    async fn playable(
        &self,
        session: SessionId,
        segment: &Segment,
        source: PathBuf,
        desk: &Desk,
    ) -> Result<Option<(BundleFile, Piece)>, BundleError> {
        let scope = segment.visit.map_or(Scope::Session, Scope::Visit);
        let key = match self.store.recording_key(session, scope).await {
            Ok(key) => RecordKey(*key.expose()),
            Err(StoreError::ScopeErased(_)) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        let name = format!("recordings/{}", segment.mark.segment);
        let target = desk.place(&name)?;
        let written = tokio::task::spawn_blocking(move || open_to(&source, &key, &target));
        match written.await.map_err(|_| AppError::Busy)? {
            Ok((info, target)) => {
                let name = format!("{name}.{}", info.extension());
                let piece = Piece {
                    path: target.clone(),
                    point: segment.mark.point,
                    source: segment.mark.source.clone(),
                    began_us: info.started.as_microsecond(),
                    duration_ms: info.duration_ms,
                };
                Ok(Some((BundleFile { name, source: target }, piece)))
            }
            Err(ReadError::Seal(error)) => {
                tracing::warn!(segment = %segment.mark.segment, %error, "a recording does not open");
                Ok(None)
            }
            Err(ReadError::Io(error)) => Err(error.into()),
        }
    }

    /// Minutes of visits whose text is frozen or to which nobody came, and the attendance. Without papers built in, none.
    async fn papers(&self, state: &State, opened: Opened, desk: &Desk) -> Result<Vec<BundleFile>, BundleError> {
        let mut files = Vec::new();
        if opened == Opened::Nothing {
            return Ok(files);
        }
        match self.papers.attendance(state).await {
            Ok(paper) => files.push(lay(desk, "papers/attendance.pdf", &paper)?),
            Err(AppError::Paper { code: "paper_not_built", .. }) => return Ok(files),
            Err(other) => return Err(other.into()),
        }
        let done = state.visits.values().filter(|visit| {
            (visit.frozen.is_some() || visit.status == VisitStatus::NoShow)
                && opened.opens(state, Some(visit.about.visit))
        });
        for visit in done {
            let paper = self.papers.minutes(state, visit.about.visit).await?;
            files.push(lay(desk, &format!("papers/minutes-{:02}.pdf", visit.about.number), &paper)?);
        }
        Ok(files)
    }
}

fn lay(desk: &Desk, name: &str, paper: &Printed) -> Result<BundleFile, BundleError> {
    Ok(desk.lay(name, &paper.pdf)?)
}

/// What it is, and where it is now: at `target` with the ending of its kind.
fn open_to(source: &Path, key: &RecordKey, target: &Path) -> Result<(RecordingInfo, PathBuf), ReadError> {
    let reader = RecordingReader::open(source, key)?;
    let target = target.with_extension(reader.info().extension());
    reader.export(std::io::BufWriter::new(fs::File::create(&target)?))?;
    Ok((reader.info().clone(), target))
}

/// Everything of a visit, or of the session's own part, in one file; the citizen's picture first.
async fn film_of(
    state: &State,
    visit: Option<VisitId>,
    pieces: Vec<Piece>,
    desk: &Desk,
) -> Result<BundleFile, BundleError> {
    let about = visit.and_then(|visit| state.visits.get(&visit)).map(|visit| &visit.about);
    let name = about.map_or_else(|| "session".to_owned(), |about| format!("visit-{:02}", about.number));
    let cuts = desk.place(&format!("film-{name}/cuts"))?;
    let name = format!("recordings/{name}.mp4");
    let (target, first) = (desk.place(&name)?, about.map(|about| about.citizen_point));
    let source = target.clone();
    let composed = tokio::task::spawn_blocking(move || {
        film::compose(&pieces, first, &cuts, &target)?;
        Ok::<_, FilmError>(fs::remove_dir_all(&cuts)?)
    });
    composed.await.map_err(|_| AppError::Busy)??;
    Ok(BundleFile { name, source })
}

/// A folder beside the bundle in which opened files are made; removed with everything in it.
struct Desk(PathBuf);

impl Desk {
    fn new(path: PathBuf) -> std::io::Result<Self> {
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where a file of the bundle is made.
    fn place(&self, name: &str) -> std::io::Result<PathBuf> {
        let path = self.0.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(path)
    }

    fn lay(&self, name: &str, bytes: &[u8]) -> std::io::Result<BundleFile> {
        let source = self.place(name)?;
        fs::write(&source, bytes)?;
        Ok(BundleFile { name: name.to_owned(), source })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "opened files beside a bundle were not removed");
        }
    }
}
