//! The signed texts beside the log: signed heads, erasures, daily anchors.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::hex::{Hash, KeyId, Signature, lines};
use super::item::{Lines, Scope, TextError, plain_field};
use super::log::LogId;
use crate::domain::ids::{CommandId, InstallationId};

/// Why a head was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointReason {
    /// The text of a visit's minutes was frozen.
    Frozen,
    /// The session was closed.
    Closed,
    /// All minutes are signed.
    Minuted,
    /// The record was sealed for the archive.
    Archived,
    /// An act of the office: its logs have no end to wait for.
    Office,
}

impl Display for CheckpointReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "frozen",
            Self::Closed => "closed",
            Self::Minuted => "minuted",
            Self::Archived => "archived",
            Self::Office => "office",
        })
    }
}

impl FromStr for CheckpointReason {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match text {
            "frozen" => Ok(Self::Frozen),
            "closed" => Ok(Self::Closed),
            "minuted" => Ok(Self::Minuted),
            "archived" => Ok(Self::Archived),
            "office" => Ok(Self::Office),
            _ => Err(TextError { field: "reason" }),
        }
    }
}

/// A signed head: at this moment the log ended here, with this hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Whose log; the name is that of the first form.
    #[serde(rename = "session")]
    pub log: LogId,
    /// The last event it covers.
    pub seq: u64,
    /// Hash of that event.
    pub head: Hash,
    /// When, microseconds UTC.
    pub at_us: i64,
    /// Why.
    pub reason: CheckpointReason,
    /// Which key signed.
    pub key_id: KeyId,
    /// Over [`checkpoint_text`].
    pub signature: Signature,
}

/// What a checkpoint signs.
pub fn checkpoint_text(
    installation: InstallationId,
    log: LogId,
    (seq, head): (u64, Hash),
    at_us: i64,
    reason: CheckpointReason,
    key_id: KeyId,
) -> String {
    lines([&"diemcau-checkpoint-1" as &dyn Display, &installation, &log, &seq, &head, &at_us, &reason, &key_id])
}

impl Checkpoint {
    /// The text under the signature.
    pub fn text(&self, installation: InstallationId) -> String {
        checkpoint_text(installation, self.log, (self.seq, self.head), self.at_us, self.reason, self.key_id)
    }

    /// What somebody outside keeps: the signed text, and the signature as its last line.
    pub fn file(&self, installation: InstallationId) -> String {
        let mut text = self.text(installation);
        text.push_str(&lines([&self.signature as &dyn Display]));
        text
    }

    /// Reads what [`Checkpoint::file`] wrote: whose it is, and what it says.
    pub fn parse(file: &str) -> Result<(InstallationId, Self), TextError> {
        let mut lines = Lines::new(file, "checkpoint", "diemcau-checkpoint-1")?;
        let installation = lines.next()?;
        let checkpoint = Self {
            log: lines.next()?,
            seq: lines.next()?,
            head: lines.next()?,
            at_us: lines.next()?,
            reason: lines.next()?,
            key_id: lines.next()?,
            signature: lines.next()?,
        };
        lines.end()?;
        Ok((installation, checkpoint))
    }
}

/// The signed record that a scope's key was destroyed: the only thing that excuses a body that does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Which key is gone.
    pub scope: Scope,
    /// Code of the legal ground; never free text, which could hold what was to be erased.
    pub reason: String,
    /// Which key signed.
    pub key_id: KeyId,
    /// Over [`erasure_text`].
    pub signature: Signature,
}

/// What an erasure signs. The command binds it to its one event.
pub fn erasure_text(
    installation: InstallationId,
    log: LogId,
    scope: Scope,
    (at_us, command): (i64, CommandId),
    reason: &str,
    key_id: KeyId,
) -> String {
    lines([&"diemcau-erasure-1" as &dyn Display, &installation, &log, &scope, &at_us, &command, &reason, &key_id])
}

impl Erasure {
    /// The body of the erasure's event.
    pub fn body(&self) -> String {
        lines([&"diemcau-erasure-body-1" as &dyn Display, &self.scope, &self.reason, &self.key_id, &self.signature])
    }

    /// Reads what [`Erasure::body`] wrote.
    pub fn parse(body: &[u8]) -> Result<Self, TextError> {
        let text = std::str::from_utf8(body).map_err(|_| TextError { field: "erasure" })?;
        let mut lines = Lines::new(text, "erasure", "diemcau-erasure-body-1")?;
        let erasure = Self {
            scope: lines.next()?,
            reason: lines.line()?.to_owned(),
            key_id: lines.next()?,
            signature: lines.next()?,
        };
        lines.end()?;
        if plain_field(&erasure.reason) { Ok(erasure) } else { Err(TextError { field: "erasure" }) }
    }
}

/// One log's end in an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorHead {
    /// Whose log.
    pub log: LogId,
    /// Its last event that day.
    pub seq: u64,
    /// Hash of that event.
    pub head: Hash,
}

/// The heads of all logs on one day, signed; the file goes to the inspectorate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Who made it.
    pub installation: InstallationId,
    /// When, microseconds UTC.
    pub at_us: i64,
    /// By owner: sessions, units, the installation.
    pub heads: Vec<AnchorHead>,
    /// Which key signed.
    pub key_id: KeyId,
    /// Over [`anchor_text`].
    pub signature: Signature,
}

/// What an anchor signs.
pub fn anchor_text(installation: InstallationId, at_us: i64, heads: &[AnchorHead], key_id: KeyId) -> String {
    let mut text = lines([&"diemcau-anchor-1" as &dyn Display, &installation, &at_us, &key_id, &heads.len()]);
    for head in heads {
        text.push_str(&lines([&format_args!("{} {} {}", head.log, head.seq, head.head) as &dyn Display]));
    }
    text
}

impl Anchor {
    /// The file: the signed text and the signature as its last line.
    pub fn file(&self) -> String {
        let mut text = anchor_text(self.installation, self.at_us, &self.heads, self.key_id);
        text.push_str(&lines([&self.signature as &dyn Display]));
        text
    }

    /// Reads what [`Anchor::file`] wrote.
    pub fn parse(file: &str) -> Result<Self, TextError> {
        let bad = TextError { field: "anchor" };
        let mut lines = Lines::new(file, "anchor", "diemcau-anchor-1")?;
        let installation = lines.next()?;
        let at_us = lines.next()?;
        let key_id = lines.next()?;
        let count: usize = lines.next()?;
        let mut heads = Vec::new();
        for _ in 0..count {
            let mut words = lines.line()?.split(' ');
            let (Some(log), Some(seq), Some(head), None) = (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(bad);
            };
            heads.push(AnchorHead {
                log: log.parse().map_err(|_| bad.clone())?,
                seq: seq.parse().map_err(|_| bad.clone())?,
                head: head.parse().map_err(|_| bad.clone())?,
            });
        }
        let signature = lines.next()?;
        lines.end()?;
        Ok(Self { installation, at_us, heads, key_id, signature })
    }
}
