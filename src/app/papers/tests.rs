//! One folded day, and what each paper says of it.

use jiff::civil::{DateTime, date};
use uuid::Uuid;

use super::*;
use crate::documents::Attendance;
use crate::documents::parts::{Citizen, Manner, ReadBack, SignatureRole};
use crate::domain::cases::{FileKind, PetitionKind, StoredFile};
use crate::domain::event::{Event, FrozenText, Proposal, Registration, SegmentMark, SessionPoint};
use crate::domain::ids::{FileId, PersonId, PointId, SegmentId, UnitId, UserId};
use crate::domain::minutes::{absence, freeze};
use crate::domain::people::{Class, Function, Identity, IdentityKind, Person, PersonRole};
use crate::domain::session::{EligibilityGround, ReceptionKind, SessionAct, SessionStatus};
use crate::domain::units::PointRole;
use crate::domain::visit::{Answer, BlockKind, ClosingCard, Confirmation, VisitAct, VisitStatus};
use crate::room::answer;
use crate::room::state::Logged;

pub(super) const CENTRAL: PointId = PointId(Uuid::from_u128(1));
const COMMUNE: PointId = PointId(Uuid::from_u128(2));
pub(super) const OTHER: PointId = PointId(Uuid::from_u128(3));
const PRESIDER: UserId = UserId(Uuid::from_u128(11));
pub(super) const NOTE_TAKER: UserId = UserId(Uuid::from_u128(12));
const OFFICER: UserId = UserId(Uuid::from_u128(13));
pub(super) const VISIT: VisitId = VisitId(Uuid::from_u128(21));
const CITIZEN: PersonId = PersonId(Uuid::from_u128(0xabc));
/// The conclusion as it is frozen with [`card`].
const CONCLUDED: &str = "Giao Sở A xem xét.\nSẽ trả lời.\nNội dung này được trả lời sau buổi tiếp công dân.\n\
    Cơ quan, đơn vị chịu trách nhiệm: Sở A.\nThời hạn trả lời: chậm nhất ngày 07/12/2026.\n\
    Người liên hệ: Bà B, 0203 111.";
const DAY: jiff::civil::Date = date(2026, 11, 23);

fn at(hour: i8, minute: i8, second: i8) -> DateTime {
    DAY.at(hour, minute, second, 0)
}

/// A log written by hand: each event at a time of the local day.
#[derive(Default)]
pub(super) struct Day {
    log: Vec<Logged>,
}

impl Day {
    pub(super) fn add(&mut self, when: (i8, i8, i8), actor: Option<(UserId, PointId)>, event: Event) -> &mut Self {
        let at = at(when.0, when.1, when.2).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(7))).unwrap();
        let actor = actor.map_or("system".to_owned(), |(user, point)| format!("user:{user}@point:{point}"));
        let seq = i64::try_from(self.log.len()).unwrap();
        self.log.push(Logged { seq, at: at.timestamp(), actor, event: Some(event) });
        self
    }

    fn session(&mut self, when: (i8, i8, i8), act: SessionAct, to: SessionStatus, reason: &str) -> &mut Self {
        self.add(when, None, Event::SessionMoved { act, to, reason: reason.to_owned(), new_start: None, since: None })
    }

    fn visit(&mut self, when: (i8, i8, i8), act: VisitAct, to: VisitStatus) -> &mut Self {
        let moved = Event::VisitMoved { visit: VISIT, act, to, reason: String::new() };
        self.add(when, Some((NOTE_TAKER, CENTRAL)), moved)
    }

    pub(super) fn state(&self) -> State {
        State::fold(&self.log)
    }
}

fn person(id: u128, name: &str, role: PersonRole) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(id)),
        name: name.to_owned(),
        role,
        class: Class::Normal,
        title: "Ông".to_owned(),
        address: "Thôn 1, xã A".to_owned(),
        phone: "0912 000 111".to_owned(),
        identity: None,
        user: None,
        on_behalf_of: None,
    }
}

pub(super) fn citizen() -> Person {
    let identity = Identity {
        kind: IdentityKind::CitizenIdentity,
        number: "022065001234".to_owned(),
        issued_on: Some(date(2021, 11, 9)),
        issued_by: "Bộ Công an".to_owned(),
    };
    Person { identity: Some(identity), ..person(CITIZEN.0.as_u128(), "Nguyễn Văn Một", PersonRole::Citizen) }
}

/// Proposed, connected, begun; the visit is called and heard, with a cut at the commune and a pause.
pub(super) fn heard() -> Day {
    let mut day = Day::default();
    let point = |point, role, name: &str| SessionPoint {
        point,
        unit: UnitId(Uuid::nil()),
        role,
        name: name.to_owned(),
        address: format!("Số 1, {name}"),
    };
    let proposal = Proposal {
        session: SessionId(Uuid::from_u128(9)),
        unit: UnitId(Uuid::nil()),
        title: "Tiếp công dân định kỳ tháng 11".to_owned(),
        kind: ReceptionKind::Periodic,
        starts_at: "2026-11-23T01:00:00Z".parse().unwrap(),
        grounds: vec![EligibilityGround::Complex],
        points: vec![
            point(COMMUNE, PointRole::Component, "Xã A"),
            point(CENTRAL, PointRole::Central, "Trụ sở"),
            point(OTHER, PointRole::Component, "Xã B"),
        ],
    };
    day.add((7, 0, 0), None, Event::SessionProposed(proposal));
    for (user, name, function, point) in [
        (PRESIDER, "Bà Chủ Trì", Function::Presider, CENTRAL),
        (NOTE_TAKER, "Ông Ghi Chép", Function::NoteTaker, CENTRAL),
        (OFFICER, "Chị Điểm Cầu", Function::PointOfficer, COMMUNE),
    ] {
        let (name, title) = (name.to_owned(), "Chuyên viên".to_owned());
        day.add((7, 1, 0), None, Event::FunctionAssigned { user, name, title, function, point });
    }
    let registration = Registration {
        visit: VISIT,
        number: 1,
        class: Class::Normal,
        presented_as: PetitionKind::Complaint,
        citizen_point: COMMUNE,
        agency_points: Vec::new(),
        summary: "Đất đai".to_owned(),
        persons: vec![citizen()],
        group_size: 12,
        case: None,
        secrecy_requested: None,
    };
    day.add((7, 2, 0), None, Event::VisitRegistered(registration));
    for (minute, point) in [(30, CENTRAL), (35, COMMUNE), (40, OTHER)] {
        day.add((7, minute, 0), None, Event::PointConnected { point });
    }
    let by_officer = Some((OFFICER, COMMUNE));
    let clerk = Person { user: Some(NOTE_TAKER), ..person(31, "Ông Ghi Chép", PersonRole::Officer) };
    day.add(
        (7, 50, 0),
        None,
        Event::PersonIn { point: CENTRAL, person: clerk, seat: 1, substitute_for: None, visit: None },
    );
    let guest = person(32, "Ông Đến Muộn", PersonRole::Officer);
    day.session((8, 0, 0), SessionAct::Start, SessionStatus::InProgress, "");
    day.add(
        (8, 10, 0),
        None,
        Event::PersonIn { point: OTHER, person: guest, seat: 1, substitute_for: None, visit: None },
    );
    let seat = Event::PersonIn { point: COMMUNE, person: citizen(), seat: 1, substitute_for: None, visit: None };
    day.add((8, 4, 0), by_officer, seat);
    day.add(
        (8, 5, 0),
        by_officer,
        Event::RecordingAnnounced { visit: VISIT, point: COMMUNE, language: "vi".to_owned() },
    );
    // Before the visit, and of another point: neither is a gap of the visit.
    day.add((8, 6, 0), None, Event::PointLost { point: OTHER, since: day.log[0].at });
    day.visit((8, 10, 0), VisitAct::Call, VisitStatus::Called);
    day.visit((8, 11, 0), VisitAct::Begin, VisitStatus::InSession);
    let mark = SegmentMark {
        segment: SegmentId(Uuid::from_u128(41)),
        point: COMMUNE,
        source: "camera".to_owned(),
        bytes: 0,
        sha256: String::new(),
        duration_ms: 0,
    };
    day.add((8, 11, 1), None, Event::SegmentOpened { visit: Some(VISIT), mark: mark.clone(), began_at: None });
    let since = day.log.last().unwrap().at + jiff::SignedDuration::from_secs(59);
    day.add((8, 12, 3), None, Event::PointLost { point: COMMUNE, since });
    day.add((8, 12, 45), None, Event::PointBack { point: COMMUNE });
    day.session((8, 20, 0), SessionAct::Pause, SessionStatus::Paused, "Mời chuyên gia");
    day.session((8, 25, 0), SessionAct::Resume, SessionStatus::InProgress, "");
    let file = StoredFile {
        id: FileId(Uuid::from_u128(51)),
        visit: Some(VISIT),
        kind: FileKind::Exhibit,
        class: Class::Normal,
        name: "Giấy chứng nhận.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 10,
        sha256: "cd".repeat(32),
        pages: Some(4),
        condition: "rõ".to_owned(),
        point: Some(COMMUNE),
    };
    day.add((8, 26, 0), by_officer, Event::FileAttached { visit: VISIT, file });
    day.add((8, 40, 0), None, Event::ClosingCardFilled { visit: VISIT, card: card() });
    day.visit((8, 40, 0), VisitAct::Hear, VisitStatus::Heard);
    let mark = SegmentMark { bytes: 99, sha256: "ab".repeat(32), duration_ms: 1_739_000, ..mark };
    day.add((8, 40, 2), None, Event::SegmentClosed { visit: Some(VISIT), mark });
    day
}

pub(super) fn card() -> ClosingCard {
    let due = date(2026, 12, 7);
    ClosingCard {
        answer: Answer::Later { due, contact: "Bà B, 0203 111".to_owned(), text: "Sẽ trả lời.".to_owned() },
        unit: UnitId(Uuid::nil()),
        unit_name: "Sở A".to_owned(),
        conclusion: "Giao Sở A xem xét.".to_owned(),
        citizen_opinion: "Tôi đồng ý.".to_owned(),
    }
}

/// As the room freezes it.
pub(super) fn text(drafts: &[(BlockKind, String)]) -> FrozenText {
    freeze(drafts, &card(), &answer::sentences(&card()))
}

fn frozen() -> Day {
    let mut day = heard();
    let text = text(&[(BlockKind::Content, "Ông trình bày việc thu hồi đất.".to_owned())]);
    day.add((8, 45, 0), Some((NOTE_TAKER, CENTRAL)), Event::TextFrozen { visit: VISIT, text });
    day.visit((8, 45, 0), VisitAct::Record, VisitStatus::Recorded);
    day.visit((8, 46, 0), VisitAct::ReadBack, VisitStatus::ReadBack);
    day
}

pub(super) fn confirmed() -> Day {
    let mut day = frozen();
    let how = Confirmation::Fingerprint;
    let by = Some((OFFICER, COMMUNE));
    day.add((8, 50, 0), by, Event::TextConfirmed { visit: VISIT, person: CITIZEN, point: COMMUNE, how });
    day.visit((8, 50, 0), VisitAct::Confirm, VisitStatus::Confirmed);
    day
}

pub(super) fn office() -> Office {
    Office {
        superior: Some("Ủy ban nhân dân tỉnh".to_owned()),
        agency: "Ban Tiếp công dân tỉnh".to_owned(),
        code: "BTCD".to_owned(),
        place: "Sông Ngân".to_owned(),
    }
}

/// domain.md §6.1, §6.4: head, parts, points, connection, cuts with cause, recording, exhibits, conclusion, signatures.
#[test]
fn minutes_say_what_the_log_says() {
    let state = confirmed().state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    assert_eq!((paper.head.number, paper.head.symbol.as_str()), (None, "BB-BTCD"), "no number before signing");
    assert_eq!((paper.head.date, paper.opened_at, paper.ended_at), (Some(DAY), at(8, 11, 0), Some(at(8, 40, 0))));
    assert_eq!((paper.place.as_str(), paper.address.as_deref()), ("Trụ sở", Some("Số 1, Trụ sở")));
    let officers: Vec<_> = paper.officers.iter().map(|one| (one.name.as_str(), one.function)).collect();
    assert_eq!(
        officers,
        [
            ("Bà Chủ Trì", Some(Function::Presider)),
            ("Ông Ghi Chép", Some(Function::NoteTaker)),
            ("Chị Điểm Cầu", Some(Function::PointOfficer))
        ]
    );
    let Citizen::Open(person) = &paper.citizens[0] else { panic!("nothing is hidden here") };
    assert_eq!(person.identity_number.as_deref(), Some("022065001234"));
    assert_eq!((paper.group_size, paper.matters.as_slice()), (Some(12), [PetitionKind::Complaint].as_slice()));
    assert_eq!(paper.content.as_deref(), Some("Ông trình bày việc thu hồi đất."));
    assert_eq!(paper.conclusion.text.as_deref(), Some(CONCLUDED), "who answers until when is in the signed words");
    assert!(!paper.conclusion.answered_now && paper.conclusion.promised.is_empty(), "and stands there once");
    assert_eq!(paper.reply.as_deref(), Some("Tôi đồng ý."));
    assert_eq!((paper.exhibits[0].point.as_deref(), paper.exhibits[0].pages), (Some("Xã A"), Some(4)));
}

/// D154 Điều 25(2)–(3): what was signed is printed, whatever the card or the files came to be afterwards.
#[test]
fn a_signed_paper_says_what_was_signed_and_lists_what_came_later_apart() {
    let mut day = confirmed();
    let before = day.state();
    let signed = minutes(&before, &before.visits[&VISIT], &office(), None);
    let changed = ClosingCard { unit_name: "Sở khác".to_owned(), ..card() };
    day.add((8, 52, 0), None, Event::ClosingCardFilled { visit: VISIT, card: changed });
    let file = before.visits[&VISIT].files[0].clone();
    let file = StoredFile { id: FileId(Uuid::from_u128(52)), name: "Biên lai.pdf".to_owned(), ..file };
    day.add((8, 53, 0), Some((OFFICER, COMMUNE)), Event::FileAttached { visit: VISIT, file });
    let state = day.state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    assert_eq!((&paper.conclusion, &paper.exhibits), (&signed.conclusion, &signed.exhibits));
    let names = |list: &[crate::documents::parts::Exhibit]| list.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&paper.exhibits), names(&paper.added)),
        (vec!["Giấy chứng nhận.pdf".into()], vec!["Biên lai.pdf".into()])
    );
    assert!(signed.added.is_empty());

    // Opened and frozen anew, the text is read back with all documents.
    day.visit((9, 0, 0), VisitAct::Reopen, VisitStatus::Heard);
    day.add((9, 1, 0), None, Event::TextFrozen { visit: VISIT, text: text(&[]) });
    let state = day.state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    assert_eq!((paper.exhibits.len(), paper.added.len()), (2, 0));
}

/// Texts frozen before the conclusion said it: the paper takes the answer from the card, as it did then.
#[test]
fn minutes_of_an_old_log_keep_their_table() {
    let mut day = heard();
    let old: FrozenText = serde_json::from_value(serde_json::json!({
        "blocks": [["content", "Ông trình bày."], ["conclusion", "Giao Sở A xem xét.\nSẽ trả lời."]],
        "sha256": "00",
    }))
    .unwrap();
    let event = Event::TextFrozen { visit: VISIT, text: old };
    assert_eq!(event.version(), 2);
    day.add((8, 45, 0), None, event);
    let state = day.state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    assert_eq!(paper.conclusion.text.as_deref(), Some("Giao Sở A xem xét.\nSẽ trả lời."));
    let promised = &paper.conclusion.promised[0];
    assert_eq!((promised.unit.as_str(), promised.due), ("Sở A", Some(date(2026, 12, 7))));
}

#[test]
fn the_online_part_holds_the_visits_own_points_and_cuts() {
    let state = confirmed().state();
    let online = minutes(&state, &state.visits[&VISIT], &office(), None).online.unwrap();
    let points: Vec<_> = online.points.iter().map(|one| (one.name.as_str(), one.central, one.connected_from)).collect();
    let from = Some(at(8, 10, 0));
    assert_eq!(points, [("Trụ sở", true, from), ("Xã A", false, from)], "the third point saw nothing of it");
    assert_eq!(online.points[0].present, ["Ông Ghi Chép", "Bà Chủ Trì"], "each officer once");
    assert_eq!(online.points[1].present, ["Nguyễn Văn Một", "Chị Điểm Cầu"]);
    assert_eq!(online.points[1].connected_to, Some(at(8, 40, 0)));
    assert_eq!((online.connected_from, online.connected_to), (at(8, 10, 0), Some(at(8, 40, 0))));
    let cuts: Vec<_> =
        online.interruptions.iter().map(|cut| (cut.point.as_deref(), cut.from, cut.to, cut.seconds)).collect();
    assert_eq!(
        cuts,
        [
            (Some("Xã A"), at(8, 12, 0), Some(at(8, 12, 45)), Some(45)),
            (None, at(8, 20, 0), Some(at(8, 25, 0)), Some(300))
        ]
    );
    assert_eq!(online.interruptions[1].cause.as_deref(), Some("Mời chuyên gia"));
    assert_eq!(online.recording.announced_at, Some(at(8, 5, 0)));
    assert_eq!(online.recording.announced_by.as_deref(), Some("Chị Điểm Cầu"));
    let file = &online.recording.files[0];
    assert_eq!((file.from, file.to, file.sha256.as_str()), (at(8, 11, 1), at(8, 40, 0), "ab".repeat(32).as_str()));
}

/// D154 Điều 24(1), domain.md §6.4: what is missing from the recording is in the minutes, and who went on without one.
#[test]
fn minutes_say_what_the_recording_lacks() {
    let mut day = heard();
    let gap = |source: &str, from, to, cause: &str| Event::RecordingGap {
        visit: Some(VISIT),
        point: COMMUNE,
        source: source.to_owned(),
        from,
        to,
        cause: cause.to_owned(),
    };
    let (from, to) = (day.log.last().unwrap().at, day.log.last().unwrap().at + jiff::SignedDuration::from_secs(40));
    day.add((8, 41, 0), None, gap("microphone", from, to, "loss"));
    let allowed = Event::UnrecordedAllowed {
        by_presider: PRESIDER,
        by_note_taker: NOTE_TAKER,
        reason: "công dân ở xa".to_owned(),
    };
    let attached = day.log.iter().position(|one| matches!(&one.event, Some(Event::FileAttached { .. }))).unwrap();
    let in_visit = Logged { event: Some(allowed), ..day.log[attached].clone() };
    day.log.insert(attached, in_visit);
    let state = day.state();
    let recording = minutes(&state, &state.visits[&VISIT], &office(), None).online.unwrap().recording;
    let gap = &recording.gaps[0];
    assert_eq!((gap.source.as_str(), gap.from, gap.to), ("Xã A, tiếng", at(8, 40, 2), Some(at(8, 40, 42))));
    assert_eq!(gap.cause, "mất gói tin trên đường truyền");
    let went_on = &recording.unrecorded[0];
    assert_eq!((went_on.from, went_on.to), (at(8, 26, 0), None));
    assert_eq!(went_on.by_presider.as_deref(), Some("Bà Chủ Trì"));
    assert_eq!((went_on.by_note_taker.as_deref(), went_on.reason.as_str()), (Some("Ông Ghi Chép"), "công dân ở xa"));
}

#[test]
fn signatures_say_who_where_and_how() {
    let state = confirmed().state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    assert_eq!(paper.read_back, ReadBack::ReadAloud { by: Some("Ông Ghi Chép".to_owned()) });
    let roles: Vec<_> = paper.signatures.iter().map(|one| one.role).collect();
    use SignatureRole::{Citizen, NoteTaker, Presider, Witness};
    assert_eq!(roles, [Citizen, Presider, NoteTaker, Witness]);
    let citizen = &paper.signatures[0];
    assert_eq!((citizen.manner, citizen.at), (Manner::Fingerprint, Some(at(8, 50, 0))));
    assert_eq!(citizen.point.as_deref(), Some("Xã A"));

    let mut refusing = frozen();
    let reason = "không đồng ý kết luận".to_owned();
    let refused = Event::SignatureRefused { visit: VISIT, person: CITIZEN, point: COMMUNE, reason: reason.clone() };
    refusing.add((8, 51, 0), Some((OFFICER, COMMUNE)), refused);
    let state = refusing.state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    let witness = Some("Chị Điểm Cầu".to_owned());
    assert_eq!(paper.read_back, ReadBack::Refused { reason: Some(reason), witness });
    assert_eq!(paper.signatures[0].manner, Manner::Refused);
}

#[test]
fn a_draft_has_the_words_so_far() {
    let state = heard().state();
    let paper = minutes(&state, &state.visits[&VISIT], &office(), None);
    assert_eq!((paper.head.date, paper.content), (None, None));
    assert_eq!(paper.conclusion.text.as_deref(), Some(CONCLUDED), "a draft says what would be frozen");
    assert_eq!(paper.read_back, ReadBack::Pending);
}

#[test]
fn the_annex_counts_acts_and_lists_cuts() {
    let mut day = confirmed();
    day.visit((8, 58, 0), VisitAct::Classify, VisitStatus::Classified);
    day.visit((8, 59, 0), VisitAct::End, VisitStatus::Ended);
    day.add((9, 0, 0), Some((OFFICER, COMMUNE)), Event::AttendanceAttested { point: COMMUNE });
    day.session((10, 0, 0), SessionAct::Close, SessionStatus::Closed, "");
    let annex = attendance(&day.state(), &office());
    let rows: Vec<_> = annex
        .points
        .iter()
        .map(|point| (point.name.as_str(), point.people.len(), point.gaps.len(), point.attested_by.as_deref()))
        .collect();
    assert_eq!(rows, [("Trụ sở", 1, 0, None), ("Xã A", 1, 1, Some("Chị Điểm Cầu")), ("Xã B", 1, 1, None)]);
    let citizen = &annex.points[1].people[0];
    assert_eq!(citizen.attendance, Attendance::Present, "who goes home after the own visit has not left early");
    assert_eq!((citizen.came_at, citizen.left_at), (Some(at(8, 4, 0)), Some(at(8, 59, 0))));
    assert_eq!(citizen.title.as_deref(), Some("người khiếu nại"));
    assert_eq!(annex.points[1].attested_at, Some(at(9, 0, 0)));
    assert_eq!(annex.points[2].people[0].attendance, Attendance::Late);
    assert_eq!(annex.points[2].gaps[0].to, None, "never back");
}

#[test]
fn whoever_did_not_come_is_written_down_by_officers_alone() {
    let mut day = heard();
    day.log.truncate(day.log.iter().position(|one| matches!(&one.event, Some(Event::VisitMoved { .. }))).unwrap());
    let reason = "Đã gọi điện hai lần.".to_owned();
    let (act, to) = (VisitAct::NoShow, VisitStatus::NoShow);
    day.add((11, 0, 0), Some((NOTE_TAKER, CENTRAL)), Event::VisitMoved { visit: VISIT, act, to, reason });
    let state = day.state();
    let visit = &state.visits[&VISIT];
    let paper = no_show(&state, visit, &office(), None);
    assert_eq!(paper.remark.as_deref(), Some("Đã gọi điện hai lần."));
    assert_eq!(paper.head.date, Some(DAY), "the act that ends the visit freezes what is said of it");
    assert_eq!(visit.frozen.as_ref().map(|text| text.sha256.clone()), Some(absence("Đã gọi điện hai lần.").sha256));
    assert_eq!(visit.frozen_seq, Some(state.seq));
    assert_eq!(paper.invited[0].name, "Nguyễn Văn Một");
    assert_eq!((paper.opened_at, paper.waited_until), (at(8, 0, 0), at(11, 0, 0)));
    assert!(paper.online.is_none(), "there was no connection for it");
    assert!(paper.signatures.iter().all(|one| one.role != SignatureRole::Citizen) && paper.signatures.len() == 3);
}

#[test]
fn the_head_names_the_superior_unit() {
    let unit = |id: u128, name: &str, parent: Option<u128>| crate::domain::units::Unit {
        id: UnitId(Uuid::from_u128(id)),
        name: name.to_owned(),
        kind: crate::domain::units::UnitKind::ReceptionBoard,
        parent: parent.map(|id| UnitId(Uuid::from_u128(id))),
        valid_from: DAY,
        valid_to: None,
        successors: Vec::new(),
        code: String::new(),
        place: "Sông Ngân".to_owned(),
    };
    let units = [unit(1, "Ủy ban nhân dân tỉnh", None), unit(2, "Ban Tiếp công dân tỉnh", Some(1))];
    let office = Office::of(&units[1], &units);
    assert_eq!(office.superior.as_deref(), Some("Ủy ban nhân dân tỉnh"));
    assert_eq!(office.head(None).symbol, "BB");
}
