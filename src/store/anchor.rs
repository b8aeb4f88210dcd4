//! The daily anchor: all heads in one signed file for the inspectorate.

use jiff::Timestamp;

use super::sql::Statement;
use super::{Store, StoreError};
use crate::domain::chain::{Anchor, AnchorHead, anchor_text};

const INSERT: &str = "INSERT INTO anchor (at_us, file) VALUES ($1, $2)";
const READ: &str = "SELECT file FROM anchor WHERE at_us >= $1 ORDER BY at_us LIMIT $2";

impl Store {
    /// Signs the heads of all logs as they are now and keeps the file; [`Anchor::file`] is what is sent.
    pub async fn make_anchor(&self, at: Timestamp) -> Result<Anchor, StoreError> {
        let heads: Vec<_> = self.heads().await?;
        let heads: Vec<_> =
            heads.into_iter().map(|head| AnchorHead { log: head.log, seq: head.seq, head: head.hash }).collect();
        let (installation, at_us) = (self.keys.installation(), at.as_microsecond());
        let signer = self.keys.signer(at_us)?;
        let key_id = signer.public().id();
        let signature = signer.sign(&anchor_text(installation, at_us, &heads, key_id))?;
        let anchor = Anchor { installation, at_us, heads, key_id, signature };
        let insert = Statement::new("anchor", INSERT).bind(at_us).bind(anchor.file());
        self.write_office(at, vec![insert]).await?;
        Ok(anchor)
    }

    /// Anchors made since, oldest first, one page.
    pub async fn anchors(&self, since: Timestamp) -> Result<Vec<Anchor>, StoreError> {
        let rows = self.read(READ, &[since.into(), crate::limits::PAGE_ROWS.into()]).await?;
        let read = |mut row: super::Row| {
            Anchor::parse(&row.take::<String>("anchor.file")?)
                .map_err(|_| StoreError::Corrupt { column: "anchor.file" })
        };
        rows.into_iter().map(read).collect()
    }
}
