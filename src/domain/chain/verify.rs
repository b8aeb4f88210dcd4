//! Verification as a fold over events: stops at the first bad item and names it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SignatureCheck;
use super::hex::{Hash, KeyId};
use super::item::{ERASURE_KIND, GENESIS_KIND, Genesis, Item, Scope, plain_field};
use super::marks::{Mark, MarkSource};
use super::ring::KeyRing;
use super::signed::{Erasure, erasure_text};
use crate::domain::ids::{InstallationId, SessionId};

/// What is wrong, with a stable code ([`FaultKind::code`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FaultKind {
    /// The log has no events at all.
    #[error("the log is empty")]
    Empty,
    /// The first event does not say which log of which installation this is.
    #[error("the first event is not this log's genesis")]
    GenesisWrong,
    /// A field cannot stand in a preimage or cannot be read.
    #[error("`{field}` cannot be read")]
    Malformed {
        /// Which.
        field: String,
    },
    /// An event is missing.
    #[error("an event is missing, the next one there is {found}")]
    Gap {
        /// The sequence found in its place.
        found: u64,
    },
    /// An event stands where a later one belongs.
    #[error("event {found} stands in its place")]
    OutOfOrder {
        /// The sequence found in its place.
        found: u64,
    },
    /// The event belongs to another log.
    #[error("the event belongs to another log")]
    ForeignSession,
    /// The stored body is not the one that was hashed.
    #[error("the body is not the one that was hashed")]
    BodyDigestMismatch,
    /// The event does not name the hash of the one before.
    #[error("the event does not follow the one before it")]
    LinkBroken,
    /// A hashed field was changed.
    #[error("a hashed field was changed")]
    HashMismatch,
    /// The body was removed, and no signed erasure says so.
    #[error("the body is gone without a signed erasure")]
    BodyMissing,
    /// The body does not open, and no signed erasure says so.
    #[error("the body does not open, and there is no signed erasure")]
    BodyUnopened,
    /// A signature is not by the key it names.
    #[error("the signature of the {of} is wrong")]
    SignatureWrong {
        /// `checkpoint`, `erasure`, `anchor`, `key`, `bundle`.
        of: &'static str,
        /// The named key.
        key: KeyId,
    },
    /// The named key is unknown or was not in use then.
    #[error("the key that signed the {of} was not in use")]
    KeyNotInUse {
        /// See [`FaultKind::SignatureWrong`].
        of: &'static str,
        /// The named key.
        key: KeyId,
    },
    /// The log is consistent in itself but not the one that was marked.
    #[error("another hash was kept for this event")]
    HeadMismatch {
        /// Who kept it.
        source_of_mark: MarkSource,
    },
    /// The log ends before an event that was marked.
    #[error("the log ends at {end}, but a later event was kept")]
    TailMissing {
        /// The last sequence there is.
        end: u64,
        /// Who kept it.
        source_of_mark: MarkSource,
    },
    /// The paper names a key that is not this installation's.
    #[error("the paper names another installation's key")]
    PaperKeyUnknown,
    /// The paper's text is not the one that was frozen at the event it names.
    #[error("the paper's text is not the one that was frozen")]
    PaperTextMismatch,
    /// A recording is not the one whose hash the log has.
    #[error("the recording {name} is not the one that was recorded")]
    RecordingMismatch {
        /// Its name: in a bundle, else its id.
        name: String,
    },
    /// A recording that the log has is not there.
    #[error("the recording {name} is missing")]
    RecordingMissing {
        /// Its name: in a bundle, else its id.
        name: String,
    },
    /// A file of a bundle is missing.
    #[error("the file {name} is missing")]
    FileMissing {
        /// Its name in the bundle.
        name: String,
    },
    /// A file lies in a bundle that its signed list does not name.
    #[error("the file {name} was added")]
    FileUnlisted {
        /// Its name in the bundle.
        name: String,
    },
    /// A file of a bundle was changed.
    #[error("the file {name} was changed")]
    FileMismatch {
        /// Its name in the bundle.
        name: String,
    },
}

impl FaultKind {
    /// The stable code: key of the text catalogue and of scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::GenesisWrong => "genesis_wrong",
            Self::Malformed { .. } => "malformed",
            Self::Gap { .. } => "gap",
            Self::OutOfOrder { .. } => "out_of_order",
            Self::ForeignSession => "foreign_session",
            Self::BodyDigestMismatch => "body_digest_mismatch",
            Self::LinkBroken => "link_broken",
            Self::HashMismatch => "hash_mismatch",
            Self::BodyMissing => "body_missing",
            Self::BodyUnopened => "body_unopened",
            Self::SignatureWrong { .. } => "signature_wrong",
            Self::KeyNotInUse { .. } => "key_not_in_use",
            Self::HeadMismatch { .. } => "head_mismatch",
            Self::TailMissing { .. } => "tail_missing",
            Self::PaperKeyUnknown => "paper_key_unknown",
            Self::PaperTextMismatch => "paper_text_mismatch",
            Self::RecordingMismatch { .. } => "recording_mismatch",
            Self::RecordingMissing { .. } => "recording_missing",
            Self::FileMissing { .. } => "file_missing",
            Self::FileUnlisted { .. } => "file_unlisted",
            Self::FileMismatch { .. } => "file_mismatch",
        }
    }
}

/// The first bad item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("session {session:?}, event {seq:?}: {kind}")]
pub struct Fault {
    /// Whose log; none when the fault is of the keys or files.
    pub session: Option<SessionId>,
    /// The sequence that is bad or missing; none when it is not about one event.
    pub seq: Option<u64>,
    /// What is wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What the reader of the store could do with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyState {
    /// It opened with its key, or its scope is open.
    Opened,
    /// No keys at hand: only its digest is judged.
    Sealed,
    /// Keys at hand, and it did not open.
    Unopened,
    /// The bytes are gone.
    Missing,
}

/// A log in which nothing bad was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sound {
    /// Events read.
    pub events: u64,
    /// Hash of the last one.
    pub head: Option<Hash>,
    /// Bodies that were opened.
    pub opened: u64,
    /// Bodies of which only the digest was checked.
    pub sealed: u64,
    /// Bodies that do not open any more, each covered by a signed erasure.
    pub erased: u64,
}

/// The fold. Feed every event in stored order, then [`Verifier::finish`].
pub struct Verifier<'a> {
    session: SessionId,
    installation: InstallationId,
    ring: &'a KeyRing,
    signatures: &'a dyn SignatureCheck,
    marks: Vec<Mark>,
    next: u64,
    prev: Hash,
    sound: Sound,
    /// Scopes with bodies that do not open: the first such event and how many; an erasure clears them.
    unexcused: BTreeMap<Scope, (u64, u64, FaultKind)>,
}

impl<'a> Verifier<'a> {
    /// `marks`: every checkpoint, anchor line and paper about this log; their own signatures are the caller's part.
    pub fn new(
        session: SessionId,
        ring: &'a KeyRing,
        signatures: &'a dyn SignatureCheck,
        mut marks: Vec<Mark>,
    ) -> Self {
        marks.sort_by_key(|mark| mark.seq);
        Self {
            session,
            installation: ring.installation(),
            ring,
            signatures,
            marks,
            next: 0,
            prev: Hash::ZERO,
            sound: Sound::default(),
            unexcused: BTreeMap::new(),
        }
    }

    fn fault(&self, seq: u64, kind: FaultKind) -> Fault {
        Fault { session: Some(self.session), seq: Some(seq), kind }
    }

    /// Judges the next event.
    pub fn item(&mut self, item: &Item, body: BodyState) -> Result<(), Fault> {
        let seq = self.next;
        self.place(item).map_err(|kind| self.fault(seq, kind))?;
        self.content(item).map_err(|kind| self.fault(seq, kind))?;
        for mark in self.marks.iter().filter(|mark| mark.seq == seq) {
            if mark.head != item.hash {
                return Err(self.fault(seq, FaultKind::HeadMismatch { source_of_mark: mark.source }));
            }
        }
        if item.header.kind == ERASURE_KIND {
            self.erasure(item).map_err(|kind| self.fault(seq, kind))?;
        }
        self.count(item.header.scope, body, seq);
        self.prev = item.hash;
        self.next = seq.saturating_add(1);
        self.sound.events = self.next;
        self.sound.head = Some(item.hash);
        Ok(())
    }

    fn place(&self, item: &Item) -> Result<(), FaultKind> {
        let header = &item.header;
        if header.session != self.session {
            return Err(FaultKind::ForeignSession);
        }
        if header.seq > self.next {
            return Err(FaultKind::Gap { found: header.seq });
        }
        if header.seq < self.next {
            return Err(FaultKind::OutOfOrder { found: header.seq });
        }
        for (field, text) in [("kind", &header.kind), ("actor", &header.actor)] {
            if !plain_field(text) {
                return Err(FaultKind::Malformed { field: field.to_owned() });
            }
        }
        Ok(())
    }

    fn content(&self, item: &Item) -> Result<(), FaultKind> {
        let header = &item.header;
        // The order decides which name a fault gets: own hash first, so that an edited field is never called a broken
        // link, and the body last, so that "body" means the header around it is whole.
        if header.hash() != item.hash {
            return Err(FaultKind::HashMismatch);
        }
        if header.prev_hash != self.prev {
            return Err(FaultKind::LinkBroken);
        }
        if item.body.as_deref().is_some_and(|body| Hash::of(body) != header.body_digest) {
            return Err(FaultKind::BodyDigestMismatch);
        }
        if (header.seq == 0) != (header.kind == GENESIS_KIND) {
            return Err(FaultKind::GenesisWrong);
        }
        if header.seq == 0 {
            let genesis = item.body.as_deref().and_then(|body| Genesis::parse(body).ok());
            let here = genesis.is_some_and(|genesis| {
                genesis.session == self.session
                    && genesis.installation == self.installation
                    && self.ring.in_use(genesis.key_id, header.at_us).is_some()
            });
            if !here || header.scope != Scope::Open {
                return Err(FaultKind::GenesisWrong);
            }
        }
        Ok(())
    }

    fn erasure(&mut self, item: &Item) -> Result<(), FaultKind> {
        let header = &item.header;
        let erasure = item
            .body
            .as_deref()
            .and_then(|body| Erasure::parse(body).ok())
            .ok_or_else(|| FaultKind::Malformed { field: "body".to_owned() })?;
        let text = erasure_text(
            self.installation,
            self.session,
            erasure.scope,
            (header.at_us, header.command_id),
            &erasure.reason,
            erasure.key_id,
        );
        self.ring.signed("erasure", (erasure.key_id, header.at_us), &text, &erasure.signature, self.signatures)?;
        if let Some((_, count, _)) = self.unexcused.remove(&erasure.scope) {
            self.sound.erased = self.sound.erased.saturating_add(count);
        }
        Ok(())
    }

    fn count(&mut self, scope: Scope, body: BodyState, seq: u64) {
        let unexcused = match body {
            BodyState::Opened => {
                self.sound.opened = self.sound.opened.saturating_add(1);
                return;
            }
            BodyState::Sealed => {
                self.sound.sealed = self.sound.sealed.saturating_add(1);
                return;
            }
            BodyState::Unopened => FaultKind::BodyUnopened,
            BodyState::Missing => FaultKind::BodyMissing,
        };
        // An erasure excuses what was written before it; nothing can be sealed with a key that is gone.
        let entry = self.unexcused.entry(scope).or_insert((seq, 0, unexcused));
        entry.1 = entry.1.saturating_add(1);
    }

    /// Judges the end: marks beyond it, bodies nobody accounted for.
    pub fn finish(self) -> Result<Sound, Fault> {
        let fault = |seq, kind| Fault { session: Some(self.session), seq, kind };
        let first_unexcused = self.unexcused.values().min_by_key(|(seq, ..)| *seq);
        if let Some((seq, _, kind)) = first_unexcused {
            return Err(fault(Some(*seq), kind.clone()));
        }
        let Some(end) = self.next.checked_sub(1) else {
            return Err(fault(None, FaultKind::Empty));
        };
        if let Some(mark) = self.marks.iter().rfind(|mark| mark.seq > end) {
            return Err(fault(Some(self.next), FaultKind::TailMissing { end, source_of_mark: mark.source }));
        }
        Ok(self.sound)
    }
}
