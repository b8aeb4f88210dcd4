//! Draft text of minutes: the newest revision of each block, sealed under its visit's key.

use jiff::Timestamp;

use super::sql::{Sealed, Statement};
use super::{Store, StoreError};
use crate::domain::chain::Scope;
use crate::domain::ids::{BlockId, SessionId, VisitId};
use crate::limits;

/// A save of one block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveBlock {
    /// The session.
    pub session: SessionId,
    /// Whose minutes.
    pub visit: VisitId,
    /// Which block.
    pub block: BlockId,
    /// Code of the block's kind.
    pub kind: String,
    /// The revision this save makes: 1 for a new block, the last known one plus 1 else.
    pub revision: u64,
    /// The whole text of the block.
    pub text: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// A block as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutesBlock {
    /// Which block.
    pub block: BlockId,
    /// Code of its kind.
    pub kind: String,
    /// Counts saves.
    pub revision: u64,
    /// The text; `None` after an erasure.
    pub text: Option<String>,
    /// Who wrote this revision.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

const INSERT: &str = "INSERT INTO minutes_block (session_id, visit_id, block_id, kind, revision, text_sealed, author, at_us) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session_id, visit_id, block_id) DO NOTHING";
const UPDATE: &str = "UPDATE minutes_block SET kind = $4, revision = $5, text_sealed = $6, author = $7, at_us = $8 \
     WHERE session_id = $1 AND visit_id = $2 AND block_id = $3 AND revision = $5 - 1";
const READ: &str = "SELECT block_id, kind, revision, text_sealed, author, at_us FROM minutes_block \
     WHERE session_id = $1 AND visit_id = $2 ORDER BY block_id";
const DELETE: &str =
    "DELETE FROM minutes_block WHERE session_id = $1 AND visit_id = $2 AND block_id = $3 AND revision = $4";

impl SaveBlock {
    /// The write, for an append that brings events beside it. Guarded: an older revision is [`StoreError::Stale`].
    pub fn statement(&self) -> Statement {
        let sealed = Sealed {
            session: self.session,
            scope: Scope::Visit(self.visit),
            place: place(self.visit, self.block, self.revision),
            plain: self.text.clone().into_bytes(),
        };
        let sql = if self.revision == 1 { INSERT } else { UPDATE };
        Statement::new("minutes_block", sql)
            .bind(self.session)
            .bind(self.visit)
            .bind(self.block)
            .bind(self.kind.as_str())
            .bind(self.revision)
            .bind(sealed)
            .bind(self.author.as_str())
            .bind(self.at)
            .one_row()
    }
}

fn place(visit: VisitId, block: BlockId, revision: u64) -> String {
    format!("minutes_block|{visit}|{block}|{revision}")
}

impl Store {
    /// Saves a block; acknowledged only after the commit. A repeated save (its answer was lost) succeeds; a save on an
    /// older revision is [`StoreError::Stale`].
    pub async fn save_block(&self, save: SaveBlock) -> Result<(), StoreError> {
        if save.text.len() > limits::BLOCK_BYTES {
            return Err(StoreError::Invalid { field: "text" });
        }
        let write = save.statement();
        match self.write_live(save.at, vec![write]).await {
            Err(StoreError::Stale { what }) => {
                let blocks = self.minutes_blocks(save.session, save.visit).await?;
                let same = blocks.iter().any(|block| {
                    block.block == save.block
                        && block.revision == save.revision
                        && block.author == save.author
                        && block.text.as_deref() == Some(save.text.as_str())
                });
                if same { Ok(()) } else { Err(StoreError::Stale { what }) }
            }
            other => other,
        }
    }

    /// Removes an empty block that nobody changed since.
    pub async fn delete_block(
        &self,
        (session, visit, block): (SessionId, VisitId, BlockId),
        revision: u64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let delete = Statement::new("minutes_block", DELETE).bind(session).bind(visit).bind(block).bind(revision);
        self.write_live(at, vec![delete.one_row()]).await
    }

    /// The draft blocks of a visit, by block id (which sorts by birth).
    pub async fn minutes_blocks(&self, session: SessionId, visit: VisitId) -> Result<Vec<MinutesBlock>, StoreError> {
        let keys = self.read_keys(session).await?;
        let mut blocks = Vec::new();
        for mut row in self.read(READ, &[session.into(), visit.into()]).await? {
            let block: BlockId = row.parse("minutes_block.block_id")?;
            let kind = row.take("minutes_block.kind")?;
            let revision = row.take("minutes_block.revision")?;
            let sealed: Vec<u8> = row.take("minutes_block.text_sealed")?;
            let author = row.take("minutes_block.author")?;
            let at = row.moment("minutes_block.at_us")?;
            let plain = keys.column(Scope::Visit(visit), &place(visit, block, revision), &sealed);
            let text = plain.map(String::from_utf8).transpose();
            let text = text.map_err(|_| StoreError::Corrupt { column: "minutes_block.text_sealed" })?;
            blocks.push(MinutesBlock { block, kind, revision, text, author, at });
        }
        Ok(blocks)
    }
}
