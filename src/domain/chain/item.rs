//! One event of a log as it is hashed.

use std::fmt;
use std::str::FromStr;

use super::hex::{Hash, KeyId, lines};
use super::log::LogId;
use crate::domain::ids::{CommandId, InstallationId, VisitId};

/// Kind of the event with sequence 0.
pub const GENESIS_KIND: &str = "genesis";
/// Kind of the event that records that the key of a scope was destroyed.
pub const ERASURE_KIND: &str = "scope_erased";

/// A field or text of the log cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` cannot be read")]
pub struct TextError {
    /// Which field or line.
    pub field: &'static str,
}

/// Under whose key a body is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Not sealed, because a verifier without keys must read it: genesis and erasures. Never personal data.
    Open,
    /// The session's key: what belongs to no single visit.
    Session,
    /// The key of one visit, the unit of erasure.
    Visit(VisitId),
    /// The key of a log of office data.
    Office,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Session => f.write_str("session"),
            Self::Visit(id) => write!(f, "visit:{id}"),
            Self::Office => f.write_str("office"),
        }
    }
}

impl FromStr for Scope {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        match text {
            "open" => Ok(Self::Open),
            "session" => Ok(Self::Session),
            "office" => Ok(Self::Office),
            _ => {
                let id =
                    text.strip_prefix("visit:").and_then(|id| id.parse().ok()).ok_or(TextError { field: "scope" })?;
                Ok(Self::Visit(id))
            }
        }
    }
}

/// Everything of an event that its hash covers; the body is covered by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Whose log.
    pub log: LogId,
    /// Position, from 0 without holes.
    pub seq: u64,
    /// Microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// Stable code of what happened.
    pub kind: String,
    /// Version of the body's shape for this kind.
    pub v: u32,
    /// The command that caused it.
    pub command_id: CommandId,
    /// Which event of that command, from 0.
    pub part: u32,
    /// Who: `user:{id}`, `point:{id}`, `device:{id}` (a kiosk), `console` (the command line), `system`.
    pub actor: String,
    /// Under whose key the body is.
    pub scope: Scope,
    /// SHA-256 of the stored bytes of the body, which are ciphertext unless the scope is open.
    pub body_digest: Hash,
    /// Hash of the event before, [`Hash::ZERO`] for the first.
    pub prev_hash: Hash,
}

impl Header {
    /// The hashed lines, each ended by LF.
    pub fn preimage(&self) -> String {
        lines::<'_>([
            &"diemcau-log-1" as &dyn fmt::Display,
            &self.log,
            &self.seq,
            &self.at_us,
            &self.kind,
            &self.v,
            &self.command_id,
            &self.part,
            &self.actor,
            &self.scope,
            &self.body_digest,
            &self.prev_hash,
        ])
    }

    /// SHA-256 of [`Header::preimage`].
    pub fn hash(&self) -> Hash {
        Hash::of(self.preimage().as_bytes())
    }
}

/// One event as stored: header, the hash that was written with it, the body bytes if they are still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What is hashed.
    pub header: Header,
    /// The stored hash.
    pub hash: Hash,
    /// The stored bytes; `None` when they were removed.
    pub body: Option<Vec<u8>>,
}

/// True for a text that may stand on one line of a preimage: not empty, no control characters, at most 200 bytes.
/// Without this rule two different events could have the same preimage.
pub fn plain_field(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control)
}

/// Body of sequence 0: where this log was born and under which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// The installation that writes.
    pub installation: InstallationId,
    /// The signing key in use at birth.
    pub key_id: KeyId,
    /// The log itself: a genesis cannot be moved to another.
    pub log: LogId,
    /// SHA-256 of the rule set in force.
    pub rules: Hash,
}

impl Genesis {
    /// The body's bytes.
    pub fn text(&self) -> String {
        lines([&"diemcau-genesis-1" as &dyn fmt::Display, &self.installation, &self.key_id, &self.log, &self.rules])
    }

    /// Reads what [`Genesis::text`] wrote.
    pub fn parse(body: &[u8]) -> Result<Self, TextError> {
        let text = std::str::from_utf8(body).map_err(|_| TextError { field: "genesis" })?;
        let mut lines = Lines::new(text, "genesis", "diemcau-genesis-1")?;
        let genesis =
            Self { installation: lines.next()?, key_id: lines.next()?, log: lines.next()?, rules: lines.next()? };
        lines.end()?;
        Ok(genesis)
    }
}

/// Reads a text of lines, each ended by LF, strictly: no line more, no line less.
pub(super) struct Lines<'a> {
    field: &'static str,
    rest: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, field: &'static str, title: &str) -> Result<Self, TextError> {
        let mut lines = Self { field, rest: text };
        if lines.line()? == title { Ok(lines) } else { Err(TextError { field }) }
    }

    pub(super) fn line(&mut self) -> Result<&'a str, TextError> {
        let (line, rest) = self.rest.split_once('\n').ok_or(TextError { field: self.field })?;
        self.rest = rest;
        Ok(line)
    }

    pub(super) fn next<T: FromStr>(&mut self) -> Result<T, TextError> {
        self.line()?.parse().map_err(|_| TextError { field: self.field })
    }

    pub(super) fn end(&self) -> Result<(), TextError> {
        if self.rest.is_empty() { Ok(()) } else { Err(TextError { field: self.field }) }
    }
}
