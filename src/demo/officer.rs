//! What an officer and the citizen beside them do at a self-running point, decided from what the point is shown. Pure.
//!
//! The officer sits down, says that the central point is seen and heard, receives the citizen, shows their papers, tells
//! of the recording, opens the microphone when the point is given the floor, lets the citizen sign what was read back,
//! and attests the attendance. Restricted visits are left to people.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::domain::ids::{PointId, VisitId};
use crate::domain::people::{Class, IdentityCheck, Person, PersonRole};
use crate::domain::session::{SessionStatus, SessionStep, StepOutcome};
use crate::domain::visit::{Confirmation, VisitAct, VisitStatus};
use crate::protocol::command::Command;
use crate::protocol::section::{LinkView, PointSection, PublicSection, StaffSection, VisitSection};

/// A citizen listens so long to what is read before signing.
const READING: SignedDuration = SignedDuration::from_secs(4);
const LANGUAGE: &str = "vi";

/// The sections of one point, as they stand.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub(super) public: Option<PublicSection>,
    pub(super) staff: Option<StaffSection>,
    pub(super) point: Option<PointSection>,
    pub(super) visits: BTreeMap<VisitId, VisitSection>,
}

impl View {
    /// Takes a section as the server has published it; one that is not for us, or not understood, is left out.
    pub(super) fn set(&mut self, section: &str, state: Option<&Value>) {
        fn read<T: serde::de::DeserializeOwned>(state: Option<&Value>) -> Option<T> {
            state.and_then(|state| T::deserialize(state).ok())
        }
        match section {
            "public" => self.public = read(state),
            "staff" => self.staff = read(state),
            _ if section.starts_with("point:") => self.point = read(state),
            _ => {
                let id = section.strip_prefix("visit:").and_then(|id| id.parse::<VisitId>().ok());
                match (id, read(state)) {
                    (Some(id), Some(visit)) => {
                        self.visits.insert(id, visit);
                    }
                    (Some(id), None) => {
                        self.visits.remove(&id);
                    }
                    (None, _) => {}
                }
            }
        }
    }

    /// State of the session, as far as it is known.
    pub(super) fn status(&self) -> Option<SessionStatus> {
        self.public.as_ref().map(|public| public.status)
    }
}

/// The officer of one point.
#[derive(Clone, Debug)]
pub struct Officer {
    /// Where.
    pub point: PointId,
    /// Who, as the roster lists them.
    pub person: Person,
    /// The floor that was spoken in already.
    spoken: Option<Timestamp>,
    /// Since when a text is being read to the citizen.
    reading: BTreeMap<VisitId, Timestamp>,
}

/// What to do now.
#[derive(Clone, PartialEq, Debug)]
pub enum Deed {
    /// An act of the record.
    Tell(Box<Command>),
    /// The microphone is open: the voice begins.
    Speak,
    /// The microphone was closed by others: the voice ends.
    Hush,
}

impl From<Command> for Deed {
    fn from(command: Command) -> Self {
        Self::Tell(Box::new(command))
    }
}

impl Officer {
    /// An officer who has just come.
    pub fn new(point: PointId, person: Person) -> Self {
        Self { point, person, spoken: None, reading: BTreeMap::new() }
    }

    /// The next deed, one at a time: what follows is decided when its effect is seen. `speaking` is whether the voice is
    /// under way, `now` a clock of one's own.
    pub fn next(&mut self, view: &View, speaking: bool, now: Timestamp) -> Option<Deed> {
        let (public, point) = (view.public.as_ref()?, view.point.as_ref()?);
        if public.status == SessionStatus::Closed {
            return point.attested_by.is_none().then(|| Command::AttestAttendance { point: self.point }.into());
        }
        if !public.status.is_live() {
            return None;
        }
        if let Some(deed) = self.speech(public, point, speaking) {
            return Some(deed);
        }
        if let Some(command) = seat(point, &self.person) {
            return Some(command.into());
        }
        if let Some(command) = self.seen_and_heard(view, public) {
            return Some(command.into());
        }
        point
            .visits
            .iter()
            .find_map(|id| self.receive(view.visits.get(id)?, point, now))
            .or_else(|| self.see_off(view, point))
    }

    /// The key of the microphone: once per floor, for as long as the voice lasts.
    fn speech(&mut self, public: &PublicSection, point: &PointSection, speaking: bool) -> Option<Deed> {
        let mine = public.floor.point == Some(self.point);
        if !point.microphone_open {
            if speaking {
                return Some(Deed::Hush);
            }
            let fresh = mine && public.floor.since.is_some() && public.floor.since != self.spoken;
            return (fresh && point.may_speak).then(|| Command::Microphone { open: true }.into());
        }
        if speaking {
            return None;
        }
        if mine && public.floor.since != self.spoken {
            self.spoken = public.floor.since;
            return Some(Deed::Speak);
        }
        Some(Command::Microphone { open: false }.into())
    }

    fn seen_and_heard(&self, view: &View, public: &PublicSection) -> Option<Command> {
        let linked = public.points.get(&self.point).is_some_and(|point| point.link == LinkView::Connected);
        let before = matches!(public.status, SessionStatus::Connecting | SessionStatus::Ready);
        let told = |step: &crate::protocol::section::StepRow| {
            step.step == SessionStep::SeenAndHeard && step.point == Some(self.point)
        };
        let due = linked && before && !view.staff.as_ref()?.steps.iter().any(told);
        due.then(|| Command::RecordStep {
            step: SessionStep::SeenAndHeard,
            point: Some(self.point),
            outcome: StepOutcome::Done { note: String::new() },
        })
    }

    /// From the door to the queue, and from the read text to the signature.
    fn receive(&mut self, visit: &VisitSection, point: &PointSection, now: Timestamp) -> Option<Deed> {
        if visit.citizen_point != self.point || visit.class == Class::Restricted {
            return None;
        }
        let id = visit.visit;
        let go = |act: VisitAct| Command::MoveVisit { visit: id, act, reason: String::new() }.into();
        match visit.status {
            VisitStatus::Registered | VisitStatus::Appointment => {
                let coming = visit.persons.iter().find_map(|person| seat(point, person));
                Some(coming.map_or_else(|| go(VisitAct::Arrive), Deed::from))
            }
            VisitStatus::Arrived => {
                let unseen = visit.persons.iter().find(|person| !visit.identity_seen.contains_key(&person.id));
                let how = IdentityCheck::DocumentSeen;
                Some(unseen.map_or_else(
                    || go(VisitAct::Identify),
                    |person| Command::SeeIdentity { visit: id, person: person.id, how }.into(),
                ))
            }
            VisitStatus::Identified if !visit.recording_announced => {
                Some(Command::AnnounceRecording { visit: id, language: LANGUAGE.to_owned() }.into())
            }
            VisitStatus::Identified => Some(go(VisitAct::Wait)),
            VisitStatus::ReadBack => {
                let since = *self.reading.entry(id).or_insert(now);
                let signer = visit.persons.iter().filter(|person| signs(person.role));
                let mut open = signer.filter(|person| {
                    !visit.confirmed.contains_key(&person.id) && !visit.refused.contains_key(&person.id)
                });
                let person = open.next().filter(|_| now.duration_since(since) >= READING)?.id;
                Some(Command::ConfirmText { visit: id, person, how: Confirmation::Signature }.into())
            }
            _ => {
                self.reading.remove(&id);
                None
            }
        }
    }

    /// Citizens whose visit is over leave.
    fn see_off(&self, view: &View, point: &PointSection) -> Option<Deed> {
        let over = view.visits.values().filter(|visit| {
            visit.status.is_final() && visit.citizen_point == self.point && visit.class == Class::Normal
        });
        let mut people = over.flat_map(|visit| visit.persons.iter());
        let still_here = |person: &&Person| point.roster.get(&person.id).is_some_and(|row| row.state == "present");
        let staying = |person: &&Person| {
            view.visits
                .values()
                .any(|visit| !visit.status.is_final() && visit.persons.iter().any(|known| known.id == person.id))
        };
        let leaving = people.find(|person| still_here(person) && !staying(person))?;
        Some(Command::PersonOut { point: self.point, person: leaving.id }.into())
    }
}

fn signs(role: PersonRole) -> bool {
    use PersonRole::{AuthorisedPerson, Citizen, Interpreter, Representative};
    matches!(role, Citizen | Representative | AuthorisedPerson | Interpreter)
}

/// Gives a person the first free seat; nothing for one who sits, or who was sent out by somebody else.
fn seat(point: &PointSection, person: &Person) -> Option<Command> {
    let known = point.roster.get(&person.id).map(|row| row.state.as_str());
    if !matches!(known, None | Some("expected")) {
        return None;
    }
    let taken = |seat: u32| point.roster.values().any(|row| row.seat == Some(seat));
    let seat = (1..=64).find(|seat| !taken(*seat))?;
    Some(Command::SeatPerson { point: point.point, person: person.clone(), seat, substitute_for: None })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POINT: &str = "00000000-0000-0000-0000-000000000001";
    const VISIT: &str = "00000000-0000-0000-0000-000000000002";
    const CITIZEN: &str = "00000000-0000-0000-0000-000000000003";
    const OFFICER: &str = "00000000-0000-0000-0000-000000000004";
    const NIL: &str = "00000000-0000-0000-0000-000000000000";

    fn person(id: &str, role: &str) -> Value {
        json!({"id": id, "name": "Người", "role": role})
    }

    /// A point whose officer sits and has said that all is seen and heard, with one visit in this state.
    struct Scene {
        public: Value,
        staff: Value,
        point: Value,
        visit: Value,
        officer: Officer,
        speaking: bool,
        second: i64,
    }

    impl Scene {
        fn new(visit_status: &str) -> Self {
            let row = |id: &str, role: &str| json!({"person": person(id, role), "seat": 1, "state": "present", "first_in": null, "substitute_for": null});
            Self {
                public: json!({
                    "session": NIL, "title": "", "kind": "periodic", "status": "in_progress",
                    "starts_at": "2026-11-22T01:00:00Z", "recording": "running", "notice": "", "ends_at": null,
                    "points": {POINT: {"name": "", "role": "component", "link": "connected", "microphone_open": false,
                        "hand_raised": false, "waiting": []}},
                    "running_number": null, "running_point": null, "consultation": false, "room_wide": false,
                    "floor": {"point": null, "person": null, "since": null, "hands": []},
                }),
                staff: json!({
                    "grounds": [], "unit": NIL, "agenda": [], "visits": {}, "next": null, "running": null,
                    "functions": {}, "open_duties": [], "room_wide": false, "consultation": [], "head": "",
                    "steps": [{"step": "seen_and_heard", "point": POINT, "outcome": {"result": "done", "note": ""},
                        "by": "", "at": "2026-11-22T01:00:00Z"}],
                }),
                point: json!({
                    "point": POINT, "name": "", "address": "", "roster": {OFFICER: row(OFFICER, "officer")},
                    "attested_by": null, "visits": [VISIT], "may_speak": false, "microphone_open": false,
                    "take_over": [],
                }),
                visit: json!({
                    "visit": VISIT, "number": 1, "class": "normal", "status": visit_status, "presented_as": "complaint",
                    "citizen_point": POINT, "agency_points": [], "summary": "", "persons": [person(CITIZEN, "citizen")],
                    "group_size": 1, "identity_seen": {}, "recording_announced": false, "began_at": null, "card": null,
                    "files": [], "petitions": [], "case": null, "promise": null, "register": null, "frozen": null,
                    "frozen_text": [], "confirmed": {}, "refused": {}, "timeline": [],
                }),
                officer: Officer::new(
                    POINT.parse().unwrap(),
                    serde_json::from_value(person(OFFICER, "officer")).unwrap(),
                ),
                speaking: false,
                second: 0,
            }
        }

        fn deed(&mut self) -> Option<Deed> {
            let mut view = View::default();
            view.set("public", Some(&self.public));
            view.set("staff", Some(&self.staff));
            view.set(&format!("point:{POINT}"), Some(&self.point));
            view.set(&format!("visit:{VISIT}"), Some(&self.visit));
            assert!(view.public.is_some() && view.staff.is_some() && view.point.is_some() && view.visits.len() == 1);
            let now = Timestamp::from_second(1_800_000_000 + self.second).unwrap();
            self.officer.next(&view, self.speaking, now)
        }

        fn action(&mut self) -> String {
            match self.deed() {
                Some(Deed::Tell(command)) => command.action(),
                Some(other) => format!("{other:?}"),
                None => "nothing".to_owned(),
            }
        }
    }

    #[test]
    fn a_citizen_is_received_step_by_step() {
        let mut scene = Scene::new("registered");
        assert_eq!(scene.action(), "seat_person");
        scene.point["roster"][CITIZEN] = json!({"person": person(CITIZEN, "citizen"), "seat": 2, "state": "present",
            "first_in": null, "substitute_for": null});
        assert_eq!(scene.action(), "move_visit.arrive");
        scene.visit["status"] = json!("arrived");
        assert_eq!(scene.action(), "see_identity");
        scene.visit["identity_seen"][CITIZEN] = json!("document_seen");
        assert_eq!(scene.action(), "move_visit.identify");
        scene.visit["status"] = json!("identified");
        assert_eq!(scene.action(), "announce_recording");
        scene.visit["recording_announced"] = json!(true);
        assert_eq!(scene.action(), "move_visit.wait");
        for status in ["waiting", "called", "in_session", "held", "heard", "recorded", "confirmed", "classified"] {
            scene.visit["status"] = json!(status);
            assert_eq!(scene.action(), "nothing", "{status} is for others");
        }
        scene.visit["status"] = json!("ended");
        assert_eq!(scene.action(), "person_out");
    }

    #[test]
    fn what_was_read_is_signed_after_it_was_read() {
        let mut scene = Scene::new("read_back");
        assert_eq!(scene.action(), "nothing");
        scene.second = 3;
        assert_eq!(scene.action(), "nothing");
        scene.second = 4;
        assert_eq!(scene.action(), "confirm_text");
        scene.visit["confirmed"][CITIZEN] = json!("signature");
        assert_eq!(scene.action(), "nothing");
        // Opened again and read again: the citizen listens again.
        scene.visit["status"] = json!("heard");
        scene.visit["confirmed"] = json!({});
        scene.deed();
        scene.visit["status"] = json!("read_back");
        assert_eq!(scene.action(), "nothing");
    }

    #[test]
    fn one_floor_one_speech() {
        let mut scene = Scene::new("in_session");
        assert_eq!(scene.action(), "nothing");
        scene.public["floor"] = json!({"point": POINT, "person": null, "since": "2026-11-22T01:10:00Z", "hands": []});
        scene.point["may_speak"] = json!(true);
        assert!(matches!(scene.deed(), Some(Deed::Tell(command)) if *command == Command::Microphone { open: true }));
        scene.point["microphone_open"] = json!(true);
        assert_eq!(scene.deed(), Some(Deed::Speak));
        scene.speaking = true;
        assert_eq!(scene.deed(), None);
        scene.speaking = false;
        assert!(matches!(scene.deed(), Some(Deed::Tell(command)) if *command == Command::Microphone { open: false }));
        scene.point["microphone_open"] = json!(false);
        assert_eq!(scene.deed(), None, "not twice on one floor");
        scene.public["floor"]["since"] = json!("2026-11-22T01:12:00Z");
        assert_eq!(scene.action(), "microphone");
    }

    #[test]
    fn a_floor_taken_away_ends_the_voice() {
        let mut scene = Scene::new("in_session");
        scene.speaking = true;
        assert_eq!(scene.deed(), Some(Deed::Hush));
    }

    #[test]
    fn restricted_visits_and_those_of_others_are_left_alone() {
        let mut scene = Scene::new("registered");
        scene.visit["class"] = json!("restricted");
        assert_eq!(scene.deed(), None);
        scene.visit["class"] = json!("normal");
        scene.visit["citizen_point"] = json!(NIL);
        assert_eq!(scene.deed(), None);
    }

    #[test]
    fn the_officer_sits_says_so_and_attests() {
        let mut scene = Scene::new("waiting");
        scene.point["roster"] = json!({});
        scene.staff["steps"] = json!([]);
        scene.public["status"] = json!("connecting");
        assert_eq!(scene.action(), "seat_person");
        scene.point["roster"][OFFICER] = json!({"person": person(OFFICER, "officer"), "seat": 1, "state": "present",
            "first_in": null, "substitute_for": null});
        assert_eq!(scene.action(), "record_step.seen_and_heard");
        scene.public["points"][POINT]["link"] = json!("lost");
        assert_eq!(scene.action(), "nothing", "nobody says so while the line is cut");
        scene.public["status"] = json!("tested");
        assert_eq!(scene.action(), "nothing", "before the lobby opens");
        scene.public["status"] = json!("closed");
        assert_eq!(scene.action(), "attest_attendance");
        scene.point["attested_by"] = json!("Vũ Thị Mận");
        assert_eq!(scene.action(), "nothing");
    }
}
