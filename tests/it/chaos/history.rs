//! What people were told, held against what is stored (oracle *ack=present*).

use std::collections::{BTreeMap, BTreeSet};

use diemcau::domain::chain::GENESIS_KIND;
use diemcau::domain::event::Event;
use diemcau::domain::ids::{BlockId, CommandId, PointId, VisitId};
use diemcau::domain::presence::Standing;
use diemcau::protocol::command::Command;
use diemcau::room::state::{Logged, State};
use diemcau::store::Store;
use jiff::Timestamp;
use serde_json::Value;

use super::office::{SESSION, Seat};

/// The answer to an act: the sequence it is in force with, or the code of the refusal.
pub type Answer = Result<i64, String>;

/// One act of a person, sent until it is answered.
#[derive(Clone, Debug)]
pub struct Act {
    pub id: CommandId,
    pub command: Command,
    pub answer: Option<Answer>,
}

/// A block of text as its only writer knows it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub acknowledged: u64,
    /// Text of revision 1, 2, …; at most one of them is not acknowledged yet.
    pub texts: Vec<String>,
}

/// Everything one browser did and was told.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub acts: Vec<Act>,
    pub texts: BTreeMap<(VisitId, BlockId), Written>,
    /// What the page showed when it was back after the newest cut, before anybody acted.
    pub shown: BTreeMap<String, Value>,
    /// The page shows all points as linked.
    pub all_linked: bool,
    /// Second answers that differ from the first.
    pub contradictions: Vec<(CommandId, String)>,
}

impl History {
    pub fn acknowledged(&self) -> usize {
        self.acts.iter().filter(|act| matches!(act.answer, Some(Ok(_)))).count()
    }

    pub fn unanswered(&self) -> impl Iterator<Item = &Act> {
        self.acts.iter().filter(|act| act.answer.is_none())
    }

    /// Writes down what is about to be sent.
    pub fn begun(&mut self, act: Act) {
        if let Command::WriteBlock { visit, block, base, text, .. } = &act.command {
            let written = self.texts.entry((*visit, *block)).or_default();
            written.texts.truncate(usize::try_from(*base).unwrap());
            written.texts.push(text.clone());
        }
        self.acts.push(act);
    }

    /// Takes an answer. Answers that ask to come again are none.
    pub fn answered(&mut self, re: CommandId, answer: Answer) {
        let Some(act) = self.acts.iter_mut().rev().find(|act| act.id == re) else { return };
        let again = ["slow_down", "store_unavailable", "room_restarting"];
        if answer.as_ref().is_err_and(|code| again.contains(&code.as_str())) {
            return;
        }
        match &act.answer {
            Some(before) if *before != answer => {
                let said = format!("{:?}: {before:?}, then {answer:?}", act.command);
                self.contradictions.push((re, said));
            }
            Some(_) => {}
            None => {
                if let (Command::WriteBlock { visit, block, base, .. }, Ok(_)) = (&act.command, &answer) {
                    self.texts.entry((*visit, *block)).or_default().acknowledged = base + 1;
                }
                act.answer = Some(answer);
            }
        }
    }
}

/// An event with the command that caused it.
pub struct Entry {
    pub command: CommandId,
    pub part: u32,
    pub logged: Logged,
}

/// What survived.
pub struct Stored {
    pub log: Vec<Entry>,
    pub blocks: BTreeMap<(VisitId, BlockId), (u64, String)>,
}

impl Stored {
    pub async fn read(store: &Store) -> Self {
        let mut log = Vec::new();
        for event in store.load(SESSION, 0).await.unwrap() {
            let header = &event.item.header;
            let typed = (header.kind != GENESIS_KIND).then(|| event.typed().unwrap()).flatten();
            let at = Timestamp::from_microsecond(header.at_us).unwrap();
            let seq = i64::try_from(header.seq).unwrap();
            let logged = Logged { seq, at, actor: header.actor.clone(), event: typed };
            log.push(Entry { command: header.command_id, part: header.part, logged });
        }
        let mut stored = Self { log, blocks: BTreeMap::new() };
        for visit in stored.state().visits.keys() {
            for block in store.minutes_blocks(SESSION, *visit).await.unwrap() {
                stored.blocks.insert((*visit, block.block), (block.revision, block.text.unwrap()));
            }
        }
        stored
    }

    pub fn head(&self) -> i64 {
        self.log.last().unwrap().logged.seq
    }

    pub fn state(&self) -> State {
        State::fold(self.log.iter().map(|entry| &entry.logged))
    }

    /// Everything that does not fit, in words; empty when every promise was kept.
    pub fn faults(&self, histories: &[(&Seat, History)]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut of_command: BTreeMap<CommandId, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.log {
            of_command.entry(entry.command).or_default().push(entry);
        }
        let mut unlogged = Vec::new();
        for (seat, history) in histories {
            let who = seat.login;
            // What was needless both times may be so at two moments.
            let told = history.contradictions.iter().filter(|(id, _)| of_command.contains_key(id));
            faults.extend(told.map(|(_, said)| format!("{who} was told two things: {said}")));
            for act in &history.acts {
                let stored = of_command.get(&act.id).map(Vec::as_slice).unwrap_or_default();
                let parts = stored.iter().map(|entry| i64::from(entry.part));
                let first = stored.first().map_or(0, |entry| entry.logged.seq);
                let in_one_piece = stored.iter().map(|entry| entry.logged.seq - first).eq(parts);
                if !in_one_piece {
                    faults.push(format!("{who}: {act:?} is not in the log in one piece, once"));
                }
                match (&act.answer, stored.last()) {
                    (Some(Ok(seq)), Some(last)) if *seq != last.logged.seq => {
                        faults.push(format!("{who}: {act:?} is stored as {}", last.logged.seq));
                    }
                    (Some(Ok(seq)), None) => unlogged.push((*seq, who, seat.point, &act.command)),
                    (Some(Err(_)), Some(_)) => faults.push(format!("{who}: {act:?} was refused and stored")),
                    _ => {}
                }
            }
            self.text_faults(who, history, &mut faults);
        }
        faults.extend(self.needless(unlogged));
        let sent: BTreeSet<CommandId> =
            histories.iter().flat_map(|(_, history)| history.acts.iter().map(|act| act.id)).collect();
        let begun = self.log.iter().position(|entry| matches!(entry.logged.event, Some(Event::RecordingStarted)));
        let strange = self
            .log
            .iter()
            .skip(begun.unwrap_or(0) + 1)
            .filter(|entry| entry.logged.actor != "system" && !sent.contains(&entry.command));
        faults.extend(strange.map(|entry| format!("nobody did {:?}", entry.logged)));
        faults
    }

    fn text_faults(&self, who: &str, history: &History, faults: &mut Vec<String>) {
        for (place, written) in &history.texts {
            let Some((revision, text)) = self.blocks.get(place) else {
                if written.acknowledged > 0 {
                    faults.push(format!("{who}: revision {} of {place:?} is gone", written.acknowledged));
                }
                continue;
            };
            if *revision < written.acknowledged {
                faults.push(format!("{who}: {place:?} fell from {} to {revision}", written.acknowledged));
            }
            if written.text_of(*revision) != Some(text) {
                faults.push(format!("{who}: revision {revision} of {place:?} is not what was written: {text}"));
            }
        }
        for entry in &self.log {
            if let Some(Event::BlockLeft { visit, block, revision, text, .. }) = &entry.logged.event
                && let Some(written) = history.texts.get(&(*visit, *block))
                && written.text_of(*revision) != Some(text)
            {
                faults.push(format!("{who}: the log has another text as revision {revision} of {block}"));
            }
        }
    }

    /// An acknowledged act without an event must have been needless at that moment: what it asks for was so already.
    fn needless(&self, mut acts: Vec<(i64, &str, Option<PointId>, &Command)>) -> Vec<String> {
        acts.sort_by_key(|(seq, ..)| *seq);
        let (mut state, mut log) = (State::empty(), self.log.iter().peekable());
        let mut faults = Vec::new();
        for (seq, who, point, command) in acts {
            while let Some(entry) = log.next_if(|entry| entry.logged.seq <= seq) {
                state.apply(&entry.logged);
            }
            if state.seq != seq || !is_so(&state, point, command) {
                faults.push(format!("{who}: acknowledged with {seq}, not in the log, not needless: {command:?}"));
            }
        }
        faults
    }
}

impl Written {
    fn text_of(&self, revision: u64) -> Option<&String> {
        self.texts.get(usize::try_from(revision).ok()?.checked_sub(1)?)
    }
}

/// Whether the state is already what the command asks for. Text has its own table.
fn is_so(state: &State, own: Option<PointId>, command: &Command) -> bool {
    let standing = |point: &PointId, person| state.roster.get(*point, person).map(|entry| entry.standing());
    match command {
        Command::WriteBlock { .. } | Command::LeaseBlock { .. } | Command::LeaveBlock { .. } => true,
        Command::SetRoomWide { on } => state.room_wide == *on,
        Command::RaiseHand { .. } => own.is_some_and(|point| state.floor.hand_raised(point)),
        Command::LowerHand => own.is_some_and(|point| !state.floor.hand_raised(point)),
        Command::Microphone { open } => own.is_some_and(|point| state.floor.open().contains(&point) == *open),
        Command::GiveFloor { point, .. } => state.floor.holder().is_some_and(|holder| holder.point == *point),
        Command::TakeFloor { point } => state.floor.holder().is_none_or(|holder| holder.point != *point),
        Command::SeatPerson { point, person, .. } => standing(point, person.id) == Some(Standing::Present),
        Command::PersonOut { point, person } => standing(point, *person) == Some(Standing::Out),
        Command::PersonBack { point, person, .. } => standing(point, *person) == Some(Standing::Present),
        Command::CallNext { visit } => state.visits.get(visit).is_some_and(|visit| visit.status.is_on_stage()),
        Command::RegisterVisit { registration } => state.visits.contains_key(&registration.visit),
        Command::SeeIdentity { visit, person, .. } => {
            state.visits.get(visit).is_some_and(|visit| visit.identity_seen.contains_key(person))
        }
        Command::AnnounceRecording { visit, .. } => {
            state.visits.get(visit).is_some_and(|visit| visit.announced.is_some())
        }
        _ => false,
    }
}
