//! What each person does next, from what their page shows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use diemcau::domain::ids::{BlockId, PersonId, PointId, VisitId};
use diemcau::domain::people::{IdentityCheck, PersonRole};
use diemcau::domain::session::{SessionAct, SessionStep, StepOutcome};
use diemcau::domain::visit::{Answer, BlockKind, ClosingCard, VisitAct};
use diemcau::protocol::command::Command;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use super::client::{Dice, Page};
use super::history::Written;
use super::office::{A, B, C, CENTRAL, Seat, UNIT, citizen, registration};
use crate::support::day::person;

const WORDS: [&str; 8] = ["đất", "hộ", "bồi thường", "thửa", "quyết định", "khiếu nại", "Ủy ban", "đề nghị"];

/// A part in the day.
pub enum Script {
    /// Calls, begins, gives and takes the floor, holds, closes.
    Presider,
    /// Writes without pause.
    Writer(Hand),
    /// Seats people, brings citizens to the queue, raises hands, opens the microphone.
    Officer { point: PointId, seats: Seats, known: BTreeSet<VisitId>, later: VecDeque<Command> },
    /// Speaks from a point without a roster.
    Speaker { point: PointId },
    /// Registers visits and expects people.
    Desk,
    /// Leaves evidence of trial calls.
    Technician,
}

/// One writer's blocks.
pub struct Hand {
    kind: BlockKind,
    /// Its blocks have ids of their own.
    mark: u128,
    pace: u64,
    lines: u64,
}

/// People of a point, and the seat of each while in.
pub struct Seats {
    first: u128,
    seated: BTreeMap<u128, Option<u32>>,
}

pub fn script_of(seat: &Seat) -> Script {
    let hand = |kind, mark, pace| Script::Writer(Hand { kind, mark, pace, lines: 0 });
    match (seat.login, seat.point) {
        ("head", _) => Script::Presider,
        ("writer", _) => hand(BlockKind::Content, 0x1000, 40),
        ("assistant-a", _) => hand(BlockKind::Documents, 0x2000, 90),
        ("desk", _) => Script::Desk,
        ("tech", _) => Script::Technician,
        ("adviser" | "agency-d", Some(point)) => Script::Speaker { point },
        (_, Some(point)) => {
            let seats = Seats { first: point.0.as_u128() << 8, seated: BTreeMap::new() };
            Script::Officer { point, seats, known: BTreeSet::new(), later: VecDeque::new() }
        }
        _ => panic!("no part for {seat:?}"),
    }
}

fn read<T: DeserializeOwned>(page: &Page, section: &str, pointer: &str) -> Option<T> {
    serde_json::from_value(page.at(section, pointer).clone()).ok()
}

fn moves(visit: VisitId, act: VisitAct) -> Command {
    Command::MoveVisit { visit, act, reason: String::new() }
}

impl Script {
    pub fn pace(&self, dice: &mut Dice) -> Duration {
        let most = match self {
            Self::Writer(hand) => return Duration::from_millis(hand.pace),
            Self::Presider => 150,
            Self::Officer { .. } => 120,
            Self::Speaker { .. } | Self::Technician => 300,
            Self::Desk => 500,
        };
        Duration::from_millis(20 + dice.below(most))
    }

    /// The next acts; none when there is nothing to do.
    pub fn next(
        &mut self,
        page: &Page,
        texts: &BTreeMap<(VisitId, BlockId), Written>,
        dice: &mut Dice,
    ) -> Vec<Command> {
        match self {
            Self::Presider => presides(page, dice),
            Self::Writer(hand) => hand.writes(page, texts, dice),
            Self::Officer { point, seats, known, later } => {
                brings_citizens(*point, page, known, later);
                match later.pop_front() {
                    Some(command) => vec![command],
                    None if dice.once_in(4) => speaks(*point, page, dice),
                    None => seats.change(*point, dice),
                }
            }
            Self::Speaker { point } => speaks(*point, page, dice),
            Self::Desk => match dice.below(3) {
                0 => vec![Command::RegisterVisit {
                    registration: registration(VisitId(dice.id()), dice.one(&[A, B, C])),
                }],
                1 => {
                    let person = person(PersonId(dice.id()), "Lê Thị Hẹn", PersonRole::Officer);
                    vec![Command::ExpectPerson { point: dice.one(&[A, B, C]), person }]
                }
                _ => vec![evidence(dice.one(&[SessionStep::Publication, SessionStep::Notice]))],
            },
            Self::Technician => vec![evidence(SessionStep::TrialCall)],
        }
    }
}

fn evidence(step: SessionStep) -> Command {
    Command::RecordStep { step, point: None, outcome: StepOutcome::Done { note: "Đã làm".to_owned() } }
}

fn presides(page: &Page, dice: &mut Dice) -> Vec<Command> {
    if ["interrupted", "paused"].iter().any(|status| page.at("public", "/status") == status) {
        return vec![Command::MoveSession { act: SessionAct::Resume, reason: String::new(), new_start: None }];
    }
    let Some(running) = read::<VisitId>(page, "staff", "/running") else {
        return read(page, "staff", "/next").map(|visit| Command::CallNext { visit }).into_iter().collect();
    };
    if page.at("staff", &format!("/visits/{running}/status")) == "called" {
        let act = if dice.once_in(8) { VisitAct::ReturnToQueue } else { VisitAct::Begin };
        return vec![moves(running, act)];
    }
    let point = read(page, "staff", &format!("/visits/{running}/citizen_point")).unwrap_or(CENTRAL);
    match dice.below(16) {
        0 => vec![moves(running, VisitAct::Hold)],
        1 => vec![Command::CloseHearing { visit: running, card: card() }],
        2 => vec![Command::SetRoomWide { on: dice.once_in(2) }],
        3..6 => vec![Command::TakeFloor { point }],
        6..9 => vec![Command::GiveFloor { point: CENTRAL, person: None }],
        9..11 => vec![Command::TakeFloor { point: CENTRAL }, Command::GiveFloor { point, person: None }],
        _ => vec![Command::GiveFloor { point, person: None }],
    }
}

fn card() -> ClosingCard {
    ClosingCard {
        answer: Answer::Now { text: "Giữ nguyên quyết định.".to_owned() },
        unit: UNIT,
        unit_name: "Ban Tiếp công dân tỉnh".to_owned(),
        conclusion: "Đã trả lời tại buổi tiếp.".to_owned(),
        citizen_opinion: "Đồng ý.".to_owned(),
    }
}

/// Every citizen who is expected here comes, is seen, is told of the recording, and waits.
fn brings_citizens(point: PointId, page: &Page, known: &mut BTreeSet<VisitId>, later: &mut VecDeque<Command>) {
    let Some(visits) = page.at("staff", "/visits").as_object() else { return };
    for (id, row) in visits {
        let visit: VisitId = id.parse().unwrap();
        if row["citizen_point"] != json!(point) || row["status"] != "registered" || !known.insert(visit) {
            continue;
        }
        later.extend([
            moves(visit, VisitAct::Arrive),
            Command::SeeIdentity { visit, person: citizen(visit), how: IdentityCheck::DocumentSeen },
            moves(visit, VisitAct::Identify),
            Command::AnnounceRecording { visit, language: "vi".to_owned() },
            moves(visit, VisitAct::Wait),
        ]);
    }
}

fn speaks(point: PointId, page: &Page, dice: &mut Dice) -> Vec<Command> {
    if page.at("public", "/floor/point") == &json!(point) {
        return vec![Command::Microphone { open: dice.below(3) > 0 }];
    }
    let raised = page.at("public", &format!("/points/{point}/hand_raised")) == &json!(true);
    vec![if raised { Command::LowerHand } else { Command::RaiseHand { person: None } }]
}

impl Seats {
    /// In, out and back, sometimes two at once.
    fn change(&mut self, point: PointId, dice: &mut Dice) -> Vec<Command> {
        (0..=dice.below(2)).map(|_| self.change_one(point, dice)).collect()
    }

    fn change_one(&mut self, point: PointId, dice: &mut Dice) -> Command {
        let n = self.first + u128::from(dice.below(5));
        let id = PersonId(Uuid::from_u128(n));
        let taken: Vec<u32> = self.seated.values().flatten().copied().collect();
        let seat = (1..).find(|seat| !taken.contains(seat)).unwrap();
        match self.seated.get(&n).copied() {
            None => {
                self.seated.insert(n, Some(seat));
                let person = person(id, "Trần Văn Đông", PersonRole::Officer);
                Command::SeatPerson { point, person, seat, substitute_for: None }
            }
            Some(Some(_)) => {
                self.seated.insert(n, None);
                Command::PersonOut { point, person: id }
            }
            Some(None) => {
                self.seated.insert(n, Some(seat));
                Command::PersonBack { point, person: id, seat }
            }
        }
    }
}

impl Hand {
    /// The text grows by a word, begins anew when it is long, and is left now and then.
    fn writes(&mut self, page: &Page, texts: &BTreeMap<(VisitId, BlockId), Written>, dice: &mut Dice) -> Vec<Command> {
        let Some(visit) = self.visit(page, dice) else { return Vec::new() };
        let block = BlockId(Uuid::from_u128((visit.0.as_u128() & !0xffff) | (self.mark + (visit.0.as_u128() & 0xfff))));
        if dice.once_in(30) {
            return vec![Command::LeaveBlock { visit, block }];
        }
        self.lines += 1;
        let known = texts.get(&(visit, block));
        let before = known.and_then(|written| written.texts.last()).filter(|text| text.len() < 2_000);
        let text =
            format!("{} {}{}", before.map_or("Công dân trình bày:", String::as_str), dice.one(&WORDS), self.lines);
        let base = known.map_or(0, |written| written.acknowledged);
        vec![Command::WriteBlock { visit, block, block_kind: self.kind, base, text }]
    }

    /// The running visit, else any whose minutes are shown and open.
    fn visit(&self, page: &Page, dice: &mut Dice) -> Option<VisitId> {
        let shown = |visit: &VisitId| {
            let status = page.at(&format!("visit:{visit}"), "/status");
            page.sections.contains_key(&format!("minutes:{visit}"))
                && ["waiting", "called", "in_session", "held", "heard"].iter().any(|open| status == open)
        };
        let running = read::<VisitId>(page, "staff", "/running").filter(shown);
        running.filter(|_| !dice.once_in(10)).or_else(|| {
            let all: Vec<VisitId> = page
                .sections
                .keys()
                .filter_map(|name| name.strip_prefix("minutes:")?.parse().ok())
                .filter(shown)
                .collect();
            (!all.is_empty()).then(|| dice.one(&all))
        })
    }
}
