//! Recordings for the player: opened with the visit's key, in ranges (RFC 9110 §14).

use std::path::PathBuf;

use crate::domain::chain::Scope;
use crate::domain::ids::SegmentId;
use crate::error::AppError;
use crate::limits;
use crate::media::plan::RecordTarget;
use crate::media::record::{Places, ReadError, RecordKey, RecordingReader};
use crate::store::Store;

/// The recordings of the installation.
#[derive(Clone, Debug)]
pub struct Recordings {
    places: Places,
    store: Store,
}

/// What a player asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Whole,
    From {
        first: u64,
        last: Option<u64>,
    },
    /// The last so many bytes.
    Last(u64),
}

/// A part of a recording, opened.
#[derive(Debug)]
pub struct Opened {
    pub media_type: &'static str,
    /// How the name of the whole as a file ends.
    pub extension: &'static str,
    pub bytes: Vec<u8>,
    /// First byte and length of the whole, when it is a part.
    pub range: Option<(u64, u64)>,
}

impl Part {
    /// Reads a `Range` header. Several ranges, other units and nonsense are answered by the whole (RFC 9110 §14.2).
    pub fn parse(header: Option<&str>) -> Self {
        let Some(spec) = header.and_then(|header| header.strip_prefix("bytes=")) else { return Self::Whole };
        let Some((first, last)) = spec.split_once('-') else { return Self::Whole };
        match (first.trim().parse().ok(), last.trim().parse().ok()) {
            (Some(first), None) if last.trim().is_empty() => Self::From { first, last: None },
            (Some(first), Some(last)) if first <= last => Self::From { first, last: Some(last) },
            (None, Some(last)) if first.trim().is_empty() => Self::Last(last),
            _ => Self::Whole,
        }
    }

    /// First byte and how many, of a file of this length; `None` when nothing of it is inside.
    fn of(self, length: u64) -> Option<(u64, u64)> {
        let most = u64::try_from(limits::RANGE_BYTES).unwrap_or(u64::MAX);
        let (first, end) = match self {
            Self::Whole => return Some((0, length)),
            Self::From { first, last } => (first, last.map_or(length, |last| last.saturating_add(1)).min(length)),
            Self::Last(bytes) => (length.saturating_sub(bytes), length),
        };
        (first < end).then(|| (first, end.saturating_sub(first).min(most)))
    }
}

impl Recordings {
    /// `places` are the recorder's folders.
    pub fn new(places: Places, store: Store) -> Self {
        Self { places, store }
    }

    /// Opens a part of a finished file.
    pub async fn open(&self, target: RecordTarget, segment: SegmentId, part: Part) -> Result<Opened, AppError> {
        let scope = target.visit.map_or(Scope::Session, Scope::Visit);
        let key = RecordKey(*self.store.recording_key(target.session, scope).await?.expose());
        let paths = self.places.of(target, segment);
        let read = tokio::task::spawn_blocking(move || read_any(&paths, &key, part)).await;
        read.map_err(|_| AppError::Busy)?
    }
}

/// From the first place where it is whole; what is wrong with the others is told only when it is whole nowhere.
fn read_any(paths: &[PathBuf], key: &RecordKey, part: Part) -> Result<Opened, AppError> {
    let mut worst = AppError::NotFound;
    for path in paths {
        match read(path, key, part) {
            Err(AppError::NotFound) => {}
            Err(AppError::Internal(why)) => {
                tracing::warn!(path = %path.display(), why, "a recording does not open");
                worst = AppError::Internal(why);
            }
            answered => return answered,
        }
    }
    Err(worst)
}

fn read(path: &std::path::Path, key: &RecordKey, part: Part) -> Result<Opened, AppError> {
    let failed = |error: ReadError| match error {
        ReadError::Io(cause) if cause.kind() == std::io::ErrorKind::NotFound => AppError::NotFound,
        other => AppError::Internal(other.to_string()),
    };
    let reader = RecordingReader::open(path, key).map_err(failed)?;
    let (first, length) = part.of(reader.len()).ok_or(AppError::RangeUnsatisfiable)?;
    let bytes = reader.read_range(first, usize::try_from(length).unwrap_or(usize::MAX)).map_err(failed)?;
    let range = (part != Part::Whole).then_some((first, reader.len()));
    Ok(Opened { media_type: reader.media_type(), extension: reader.info().extension(), bytes, range })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_bounded() {
        let of = |header: &str| Part::parse(Some(header)).of(1000);
        assert_eq!(of("bytes=0-99"), Some((0, 100)));
        assert_eq!(of("bytes=900-"), Some((900, 100)));
        assert_eq!(of("bytes=-10"), Some((990, 10)));
        assert_eq!(of("bytes=0-99999"), Some((0, 1000)));
        assert_eq!(of("bytes=1000-"), None);
        assert_eq!(of("bytes=-0"), None);
        for whole in ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=x-y", "bytes="] {
            assert_eq!(Part::parse(Some(whole)), Part::Whole, "{whole}");
        }
        let long = u64::MAX;
        assert_eq!(Part::parse(Some("bytes=0-")).of(long), Some((0, limits::RANGE_BYTES as u64)));
    }
}
