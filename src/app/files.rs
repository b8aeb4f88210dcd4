//! Files of visits: looked at before they are stored, sealed on the disk, never served as something a browser runs.

use jiff::Timestamp;

use crate::domain::cases::{FileKind, StoredFile};
use crate::domain::chain::{Hash, Scope};
use crate::domain::ids::{FileId, PointId, SessionId, VisitId};
use crate::domain::people::Class;
use crate::domain::refusal::Refusal;
use crate::error::AppError;
use crate::limits;
use crate::store::office::{self, Act, FileRow};
use crate::store::{BlobError, Blobs, Store};

/// What comes with an upload.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Who sends it: `Actor::label`.
    pub by: String,
    pub session: SessionId,
    pub visit: VisitId,
    pub class: Class,
    pub kind: FileKind,
    /// As the sender's machine calls it; kept for people, never used as a path.
    pub name: String,
    pub pages: Option<u32>,
    pub condition: String,
    pub point: Option<PointId>,
    pub bytes: Vec<u8>,
}

/// The stored files.
#[derive(Clone, Debug)]
pub struct Files {
    store: Store,
    blobs: Blobs,
}

/// Beginnings of the kinds of file that are taken: pictures and scans, nothing that runs.
const KINDS: [(&[u8], &str); 5] = [
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
];

/// The media type by content; what the sender claims does not count.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let known = KINDS.iter().find(|(begin, _)| bytes.starts_with(begin)).map(|(_, kind)| *kind);
    known.or(webp.then_some("image/webp"))
}

/// A name for people: one line, no path, no control or bidirectional marks.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    last.chars().filter(|c| !hidden(*c)).take(limits::FILE_NAME).collect::<String>().trim().to_owned()
}

fn failed(error: BlobError) -> AppError {
    match error {
        BlobError::TooLarge => Refusal::new("file_too_large").into(),
        BlobError::Missing | BlobError::Unopened => AppError::NotFound,
        BlobError::Full => AppError::StoreUnavailable,
        other => AppError::Internal(other.to_string()),
    }
}

impl Files {
    pub fn new(store: Store, blobs: Blobs) -> Self {
        Self { store, blobs }
    }

    /// Looks at an upload, seals it under its visit's key and notes it. The visit names it once the room has agreed.
    ///
    /// # Errors
    /// `file_empty`, `file_too_large`, `file_kind_refused` (`field` names the part), or the store's.
    pub async fn store(&self, upload: Upload, id: FileId, now: Timestamp) -> Result<StoredFile, AppError> {
        if upload.bytes.is_empty() {
            return Err(Refusal::new("file_empty").field("file").into());
        }
        if upload.bytes.len() > limits::UPLOAD_BYTES {
            return Err(Refusal::new("file_too_large").field("file").into());
        }
        let media_type = media_type(&upload.bytes).ok_or(Refusal::new("file_kind_refused").field("file"))?;
        let file = StoredFile {
            id,
            visit: Some(upload.visit),
            kind: upload.kind,
            class: upload.class,
            name: clean_name(&upload.name),
            media_type: media_type.to_owned(),
            bytes: u64::try_from(upload.bytes.len()).unwrap_or(u64::MAX),
            sha256: Hash::of(&upload.bytes).to_string(),
            pages: upload.pages,
            condition: upload.condition.chars().take(limits::FILE_NAME).collect(),
            point: upload.point,
        };
        let key = self.store.file_key(upload.session, Scope::Visit(upload.visit)).await?;
        let blobs = self.blobs.clone();
        let put = tokio::task::spawn_blocking(move || blobs.put(id, &key, &upload.bytes)).await;
        put.map_err(|_| AppError::Busy)?.map_err(failed)?;
        let rows = vec![office::file(upload.session, &file, now)?];
        self.store.write_office(Act::by(upload.by, now), rows).await?;
        Ok(file)
    }

    /// What is known of a file.
    pub async fn row(&self, id: FileId) -> Result<Option<FileRow>, AppError> {
        Ok(self.store.file(id).await?)
    }

    /// The bytes of a file.
    pub async fn bytes(&self, row: &FileRow) -> Result<Vec<u8>, AppError> {
        let scope = row.file.visit.map_or(Scope::Session, Scope::Visit);
        let key = self.store.file_key(row.session, scope).await?;
        let (blobs, id) = (self.blobs.clone(), row.file.id);
        tokio::task::spawn_blocking(move || blobs.get(id, &key)).await.map_err(|_| AppError::Busy)?.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_not_the_name() {
        assert_eq!(media_type(b"%PDF-1.7 ..."), Some("application/pdf"));
        assert_eq!(media_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for bad in [&b"<svg onload=alert(1)>"[..], b"<!doctype html>", b"PK\x03\x04", b"MZ", b"RIFF\0\0\0\0WAVE", b""] {
            assert_eq!(media_type(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn names_are_one_line_without_path_or_marks() {
        assert_eq!(clean_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_name("C:\\don\\đơn khiếu nại.pdf"), "đơn khiếu nại.pdf");
        assert_eq!(clean_name("a\u{202e}fdp.exe\r\nX: y"), "afdp.exeX: y");
        assert_eq!(clean_name(&"ấ".repeat(500)).chars().count(), limits::FILE_NAME);
    }
}
