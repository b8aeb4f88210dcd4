//! What a verification says: stable codes with values, made into sentences by whoever prints them.

use serde::Serialize;

use crate::domain::chain::{Fault, FaultKind, Hash, LogId, Sound};
use crate::domain::ids::{InstallationId, SessionId};

/// One log that was found sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionReport {
    /// Whose.
    pub session: SessionId,
    /// What was counted.
    #[serde(flatten)]
    pub sound: Sound,
}

/// One log of office data that was found sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfficeReport {
    /// Whose.
    pub log: LogId,
    /// What was counted.
    #[serde(flatten)]
    pub sound: Sound,
}

/// What the logs were compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Checked {
    /// The installation's public keys; by itself no proof against whoever holds the private one.
    Keys {
        /// Fingerprints, oldest first: to be compared with a paper.
        fingerprints: Vec<Hash>,
    },
    /// Signed heads kept with the logs.
    Checkpoints {
        /// How many.
        count: usize,
    },
    /// An anchor file.
    Anchor {
        /// Its moment, microseconds UTC.
        at_us: i64,
        /// How many of its heads belong to the logs checked here.
        heads: usize,
    },
    /// A printed paper.
    Paper {
        /// Its session.
        session: SessionId,
        /// Its event.
        seq: u64,
        /// SHA-256 of its text, as printed.
        text: Hash,
        /// Whether that is the text of the event; else only the position in the log was compared.
        compared: bool,
    },
    /// A signed head that a point was given and kept.
    Kept {
        /// Its log.
        log: LogId,
        /// Its event.
        seq: u64,
    },
    /// The files of a bundle, by the signed list.
    Files {
        /// How many.
        count: usize,
    },
    /// Recordings, by the hashes of the log.
    Recordings {
        /// Whose files were there and are the recorded ones.
        present: usize,
        /// Whose files were not handed over.
        absent: usize,
    },
    /// The rows of the office as they are now, each with what its log has last.
    Rows {
        /// How many.
        count: usize,
    },
    /// The rows of the office were not compared: without keys the logs do not open, and a database of an older release
    /// has none for them.
    RowsUnread,
    /// Nothing that was kept elsewhere: a rewrite of everything by the holder of the keys would not show.
    NothingOutside,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `database` or `bundle`.
    pub source: &'static str,
    /// Whose logs.
    pub installation: Option<InstallationId>,
    /// Logs found sound, in order; those after the fault were not read.
    pub sessions: Vec<SessionReport>,
    /// Logs of office data found sound, in order.
    pub offices: Vec<OfficeReport>,
    /// What they were compared with.
    pub checked: Vec<Checked>,
    /// The first bad item.
    pub fault: Option<Fault>,
}

/// One line to print: a code of the text catalogue and its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `verify.…`
    pub code: String,
    /// Named values.
    pub values: Vec<(&'static str, String)>,
}

impl Report {
    pub(super) fn new(source: &'static str) -> Self {
        Self { source, installation: None, sessions: Vec::new(), offices: Vec::new(), checked: Vec::new(), fault: None }
    }

    pub(super) fn broken(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Notes that the text of a paper was compared, not its position alone.
    pub fn text_compared(&mut self, of: SessionId, at: u64, hash: Hash) {
        for checked in &mut self.checked {
            if let Checked::Paper { session, seq, text, compared } = checked {
                *compared |= (*session, *seq, *text) == (of, at, hash);
            }
        }
    }

    /// True when nothing bad was found.
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }

    /// The report as lines for a person: verdict first, then the first bad item or what was checked.
    pub fn lines(&self) -> Vec<Line> {
        let Some(fault) = &self.fault else {
            let events: u64 = self.sessions.iter().map(|one| one.sound.events).sum();
            let counts = vec![("sessions", self.sessions.len().to_string()), ("events", events.to_string())];
            let mut lines = vec![line(&format!("{}_sound", self.source), counts)];
            lines.extend(self.sessions.iter().map(session_line));
            if !self.offices.is_empty() {
                let events: u64 = self.offices.iter().map(|one| one.sound.events).sum();
                let counts = vec![("logs", self.offices.len().to_string()), ("events", events.to_string())];
                lines.push(line("offices", counts));
            }
            lines.extend(self.checked.iter().map(checked_line));
            return lines;
        };
        let mut lines = vec![line(&format!("{}_broken", self.source), Vec::new())];
        lines.extend(fault.log.map(|log| place_line(log, fault.seq)));
        lines.push(fault_line(&fault.kind));
        lines
    }
}

fn line(code: &str, values: Vec<(&'static str, String)>) -> Line {
    Line { code: format!("verify.{code}"), values }
}

/// Where the fault is: a log, and an event of it if it is about one.
fn place_line(log: LogId, seq: Option<u64>) -> Line {
    let (name, mut values) = match log {
        LogId::Session(id) => ("session", vec![("session", id.to_string())]),
        LogId::Unit(id) => ("unit", vec![("unit", id.to_string())]),
        LogId::Installation(_) => ("installation", Vec::new()),
    };
    values.extend(seq.map(|seq| ("seq", seq.to_string())));
    line(&format!("at_{name}{}", if seq.is_some() { "_event" } else { "" }), values)
}

fn session_line(one: &SessionReport) -> Line {
    let mut values = vec![("session", one.session.to_string()), ("events", one.sound.events.to_string())];
    values.extend(one.sound.head.map(|head| ("head", head.to_string())));
    values.push(("opened", one.sound.opened.to_string()));
    values.push(("sealed", one.sound.sealed.to_string()));
    values.push(("erased", one.sound.erased.to_string()));
    line("session", values)
}

fn checked_line(checked: &Checked) -> Line {
    match checked {
        Checked::Keys { fingerprints } => {
            let list: Vec<_> = fingerprints.iter().map(Hash::to_string).collect();
            line("against.keys", vec![("fingerprints", list.join(" "))])
        }
        Checked::Checkpoints { count } => line("against.checkpoints", vec![("count", count.to_string())]),
        Checked::Anchor { at_us, heads } => {
            line("against.anchor", vec![("at_us", at_us.to_string()), ("heads", heads.to_string())])
        }
        Checked::Paper { session, seq, compared, .. } => {
            let values = vec![("session", session.to_string()), ("seq", seq.to_string())];
            if *compared { line("against.paper", values) } else { line("against.paper_position", values) }
        }
        Checked::Kept { log, seq } => line("against.kept", vec![("log", log.to_string()), ("seq", seq.to_string())]),
        Checked::Files { count } => line("against.files", vec![("count", count.to_string())]),
        Checked::Recordings { present, absent } => {
            line("against.recordings", vec![("present", present.to_string()), ("absent", absent.to_string())])
        }
        Checked::Rows { count } => line("against.rows", vec![("count", count.to_string())]),
        Checked::RowsUnread => line("against.rows_unread", Vec::new()),
        Checked::NothingOutside => line("against.nothing_outside", Vec::new()),
    }
}

/// The sentence of a fault; where it depends on whose signature or mark it is, that is part of the code.
fn fault_line(kind: &FaultKind) -> Line {
    let (detail, values) = match kind {
        FaultKind::Malformed { field } => (None, vec![("field", field.clone())]),
        FaultKind::Gap { found } | FaultKind::OutOfOrder { found } => (None, vec![("found", found.to_string())]),
        FaultKind::SignatureWrong { of, key } | FaultKind::KeyNotInUse { of, key } => {
            (Some(*of), vec![("key", key.to_string())])
        }
        FaultKind::HeadMismatch { source_of_mark } => (Some(source_of_mark.code()), Vec::new()),
        FaultKind::TailMissing { end, source_of_mark } => (Some(source_of_mark.code()), vec![("end", end.to_string())]),
        FaultKind::ReferenceMismatch { session, event } => {
            (None, vec![("session", session.to_string()), ("event", event.to_string())])
        }
        FaultKind::RowChanged { table, key }
        | FaultKind::RowChangedBefore { table, key }
        | FaultKind::RowMissing { table, key }
        | FaultKind::RowUnknown { table, key } => (None, vec![("table", table.clone()), ("key", key.clone())]),
        FaultKind::FileMissing { name }
        | FaultKind::FileMismatch { name }
        | FaultKind::FileUnlisted { name }
        | FaultKind::RecordingMismatch { name }
        | FaultKind::RecordingMissing { name } => (None, vec![("name", name.clone())]),
        _ => (None, Vec::new()),
    };
    match detail {
        Some(detail) => line(&format!("fault.{}.{detail}", kind.code()), values),
        None => line(&format!("fault.{}", kind.code()), values),
    }
}
