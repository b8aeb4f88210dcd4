//! Verification as a fold over events: stops at the first bad item and names it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SignatureCheck;
use super::fault::{Fault, FaultKind};
use super::hex::Hash;
use super::item::{ERASURE_KIND, GENESIS_KIND, Genesis, Item, Scope, plain_field};
use super::log::LogId;
use super::marks::Mark;
use super::ring::KeyRing;
use super::signed::{Erasure, erasure_text};
use crate::domain::ids::InstallationId;

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
    log: LogId,
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
    pub fn new(log: LogId, ring: &'a KeyRing, signatures: &'a dyn SignatureCheck, mut marks: Vec<Mark>) -> Self {
        marks.sort_by_key(|mark| mark.seq);
        Self {
            log,
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
        Fault { log: Some(self.log), seq: Some(seq), kind }
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
        if header.log != self.log {
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
                genesis.log == self.log
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
            self.log,
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
        let fault = |seq, kind| Fault { log: Some(self.log), seq, kind };
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
