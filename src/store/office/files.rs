//! What is known of stored files; their names are sealed, their bytes lie in the blob store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::sql::{Row, Sealed, Statement};
use super::super::{Store, StoreError};
use super::{Seen, Table, code};
use crate::domain::cases::StoredFile;
use crate::domain::chain::Scope;
use crate::domain::ids::{FileId, SessionId, VisitId};

/// A file as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// In which session.
    pub session: SessionId,
    /// The file; its name and condition are empty after an erasure.
    pub file: StoredFile,
    /// When it was stored.
    pub stored_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Words {
    name: String,
    condition: String,
    pages: Option<u32>,
}

fn scope(visit: Option<VisitId>) -> Scope {
    visit.map_or(Scope::Session, Scope::Visit)
}

fn place(id: FileId) -> String {
    format!("file|{id}")
}

/// Inserts a file or changes its class.
pub fn file(session: SessionId, file: &StoredFile, stored_at: Timestamp) -> Result<Statement, StoreError> {
    let words = Words { name: file.name.clone(), condition: file.condition.clone(), pages: file.pages };
    let plain = serde_json::to_vec(&words).map_err(|_| StoreError::Invalid { field: "file" })?;
    let sealed = Sealed { session, scope: scope(file.visit), place: place(file.id), plain };
    Ok(Statement::new(
        "file",
        "INSERT INTO file (file_id, session_id, visit_id, point_id, kind, class, media_type, bytes, sha256, \
         data_sealed, stored_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (file_id) DO UPDATE SET class = excluded.class",
    )
    .bind(file.id)
    .bind(session)
    .bind(file.visit)
    .bind(file.point)
    .bind(code(&file.kind))
    .bind(code(&file.class))
    .bind(file.media_type.as_str())
    .bind(file.bytes)
    .bind(file.sha256.as_str())
    .bind(sealed)
    .bind(stored_at)
    .touches(Table::File, [file.id.into()]))
}

const FILE: &str = "SELECT file_id, session_id, visit_id, point_id, kind, class, media_type, bytes, sha256, \
     data_sealed, stored_at_us FROM file WHERE file_id = $1";
const FILES: &str = "SELECT file_id, session_id, visit_id, point_id, kind, class, media_type, bytes, sha256, \
     data_sealed, stored_at_us FROM file WHERE session_id = $1 AND (class = 'normal' OR $2 = 1) ORDER BY file_id";

impl Store {
    async fn read_file(&self, mut row: Row) -> Result<FileRow, StoreError> {
        let id = row.parse("file.file_id")?;
        let session = row.parse("file.session_id")?;
        let (visit, point) = (row.parse_opt("file.visit_id")?, row.parse_opt("file.point_id")?);
        let (kind, class) = (row.code("file.kind")?, row.code("file.class")?);
        let (media_type, bytes, sha256) =
            (row.take("file.media_type")?, row.take("file.bytes")?, row.take("file.sha256")?);
        let sealed: Vec<u8> = row.take("file.data_sealed")?;
        let stored_at = row.moment("file.stored_at_us")?;
        let plain = self.read_keys(session).await?.column(scope(visit), &place(id), &sealed);
        let words = match plain {
            Some(plain) => {
                serde_json::from_slice(&plain).map_err(|_| StoreError::Corrupt { column: "file.data_sealed" })?
            }
            None => Words { name: String::new(), condition: String::new(), pages: None },
        };
        let Words { name, condition, pages } = words;
        let file = StoredFile { id, visit, kind, class, name, media_type, bytes, sha256, pages, condition, point };
        Ok(FileRow { session, file, stored_at })
    }

    /// One file.
    pub async fn file(&self, id: FileId) -> Result<Option<FileRow>, StoreError> {
        match self.read(FILE, &[id.into()]).await?.pop() {
            Some(row) => self.read_file(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The files of a session.
    pub async fn files(&self, session: SessionId, seen: Seen) -> Result<Vec<FileRow>, StoreError> {
        let mut files = Vec::new();
        for row in self.read(FILES, &[session.into(), seen.restricted().into()]).await? {
            files.push(self.read_file(row).await?);
        }
        Ok(files)
    }
}
