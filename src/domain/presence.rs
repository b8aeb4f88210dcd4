//! Attendance: a person's presence begins and ends by an act of the point officer or by the visit's end, never by a
//! socket. A cut of the line is a technical gap of the point.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ids::{PersonId, PointId, VisitId};
use super::people::{Class, Person};

/// What the roster of the session knows, in the order people became known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roster {
    entries: BTreeMap<(PointId, PersonId), Entry>,
}

/// One person at one point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub person: Person,
    /// The visit they came for, where the server knows it.
    pub visit: Option<VisitId>,
    /// Named before the session, so that absence can be written.
    pub expected: bool,
    /// Seat while present.
    pub seat: Option<u32>,
    pub intervals: Vec<Interval>,
    pub substitute_for: Option<PersonId>,
}

/// Present from an act to an act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    pub from: Timestamp,
    pub to: Option<Timestamp>,
}

impl Interval {
    /// Whether both share a moment; an open end goes on.
    pub fn overlaps(self, other: Self) -> bool {
        let begins_before_end = |from: Timestamp, to: Option<Timestamp>| to.is_none_or(|to| from < to);
        begins_before_end(self.from, other.to) && begins_before_end(other.from, self.to)
    }
}

/// Where a person stands now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Expected,
    Present,
    Out,
}

/// What the annex prints of a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AttendanceStatus {
    /// Có mặt.
    Present,
    /// Đến muộn.
    Late,
    /// Về sớm.
    LeftEarly,
    /// Vắng mặt.
    Absent,
    /// Thay thế.
    Substitute,
}

impl AttendanceStatus {
    /// Key of the text catalogue and value on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Late => "late",
            Self::LeftEarly => "left_early",
            Self::Absent => "absent",
            Self::Substitute => "substitute",
        }
    }
}

impl Entry {
    pub fn standing(&self) -> Standing {
        match self.intervals.last() {
            None => Standing::Expected,
            Some(Interval { to: None, .. }) => Standing::Present,
            Some(_) => Standing::Out,
        }
    }

    pub fn first_in(&self) -> Option<Timestamp> {
        self.intervals.first().map(|interval| interval.from)
    }

    /// The annex's word. `began` and `ended` are the session's; before it began nobody is late.
    pub fn attendance(&self, began: Option<Timestamp>, ended: Option<Timestamp>) -> AttendanceStatus {
        let (Some(first), Some(last)) = (self.intervals.first(), self.intervals.last()) else {
            return AttendanceStatus::Absent;
        };
        if self.substitute_for.is_some() {
            return AttendanceStatus::Substitute;
        }
        if began.is_some_and(|began| first.from > began) {
            return AttendanceStatus::Late;
        }
        match (last.to, ended) {
            (Some(left), Some(ended)) if left < ended => AttendanceStatus::LeftEarly,
            (Some(_), None) => AttendanceStatus::LeftEarly,
            _ => AttendanceStatus::Present,
        }
    }
}

impl Roster {
    pub fn entries(&self) -> impl Iterator<Item = (PointId, &Entry)> {
        self.entries.iter().map(|((point, _), entry)| (*point, entry))
    }

    pub fn at(&self, point: PointId) -> impl Iterator<Item = &Entry> {
        let (first, last) = (PersonId(uuid::Uuid::nil()), PersonId(uuid::Uuid::max()));
        self.entries.range((point, first)..=(point, last)).map(|(_, entry)| entry)
    }

    pub fn get(&self, point: PointId, person: PersonId) -> Option<&Entry> {
        self.entries.get(&(point, person))
    }

    /// The point where the person sits now.
    pub fn point_of(&self, person: PersonId) -> Option<PointId> {
        self.entries
            .iter()
            .find(|((_, id), entry)| *id == person && entry.standing() == Standing::Present)
            .map(|((point, _), _)| *point)
    }

    /// Whether someone sits on that seat now.
    pub fn seat_taken(&self, point: PointId, seat: u32) -> bool {
        self.at(point).any(|entry| entry.seat == Some(seat))
    }

    pub fn expect(&mut self, point: PointId, person: Person, visit: Option<VisitId>) {
        let id = person.id;
        let fresh = Entry { person, visit, expected: true, seat: None, intervals: Vec::new(), substitute_for: None };
        self.entries.entry((point, id)).and_modify(|entry| entry.expected = true).or_insert(fresh);
    }

    pub fn enter(
        &mut self,
        point: PointId,
        (person, visit): (Person, Option<VisitId>),
        seat: u32,
        substitute_for: Option<PersonId>,
        now: Timestamp,
    ) {
        let intervals = Vec::new();
        let fresh = Entry { person: person.clone(), visit, expected: false, seat: None, intervals, substitute_for };
        let entry = self.entries.entry((point, person.id)).or_insert(fresh);
        // Once restricted, always: a roster typed anew does not lift it.
        let class = entry.person.class.max(person.class);
        entry.person = Person { class, ..person };
        entry.visit = visit.or(entry.visit);
        entry.substitute_for = substitute_for.or(entry.substitute_for);
        if entry.standing() != Standing::Present {
            entry.intervals.push(Interval { from: now, to: None });
        }
        entry.seat = Some(seat);
    }

    pub fn leave(&mut self, point: PointId, person: PersonId, now: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&(point, person)) {
            entry.seat = None;
            if let Some(last) = entry.intervals.last_mut() {
                last.to.get_or_insert(now);
            }
        }
    }

    /// A visit became restricted: its people, and those who came for it, are from now on listed as restricted.
    pub fn restrict(&mut self, visit: VisitId, people: &[Person]) {
        for ((_, id), entry) in &mut self.entries {
            if entry.visit == Some(visit) || people.iter().any(|person| person.id == *id) {
                entry.person.class = Class::Restricted;
            }
        }
    }

    pub fn come_back(&mut self, point: PointId, person: PersonId, seat: u32, now: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&(point, person)) {
            if entry.standing() != Standing::Present {
                entry.intervals.push(Interval { from: now, to: None });
            }
            entry.seat = Some(seat);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::people::PersonRole;
    use uuid::Uuid;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn person(n: u128) -> Person {
        Person {
            id: PersonId(Uuid::from_u128(n)),
            name: format!("Người {n}"),
            role: PersonRole::Officer,
            class: Class::Normal,
            title: String::new(),
            address: String::new(),
            phone: String::new(),
            identity: None,
            user: None,
            on_behalf_of: None,
        }
    }

    const POINT: PointId = PointId(Uuid::from_u128(1));

    /// D154 Điều 22: who was present is written by the officer's acts.
    #[test]
    fn attendance_words_follow_the_acts() {
        let began = Some(at(100));
        let ended = Some(at(1000));
        type Acts = &'static [(i64, Option<i64>)];
        let rows: [(Acts, bool, AttendanceStatus); 6] = [
            (&[], false, AttendanceStatus::Absent),
            (&[(50, Some(1000))], false, AttendanceStatus::Present),
            (&[(50, None)], false, AttendanceStatus::Present),
            (&[(101, None)], false, AttendanceStatus::Late),
            (&[(50, Some(60)), (70, Some(500))], false, AttendanceStatus::LeftEarly),
            (&[(50, None)], true, AttendanceStatus::Substitute),
        ];
        for (intervals, substitute, wanted) in rows {
            let mut roster = Roster::default();
            roster.expect(POINT, person(1), None);
            for (n, (from, to)) in intervals.iter().enumerate() {
                if n == 0 {
                    let absent = substitute.then_some(PersonId(Uuid::from_u128(9)));
                    roster.enter(POINT, (person(1), None), 1, absent, at(*from));
                } else {
                    roster.come_back(POINT, PersonId(Uuid::from_u128(1)), 1, at(*from));
                }
                if let Some(to) = to {
                    roster.leave(POINT, PersonId(Uuid::from_u128(1)), at(*to));
                }
            }
            let entry = roster.get(POINT, PersonId(Uuid::from_u128(1))).unwrap();
            assert_eq!(entry.attendance(began, ended), wanted, "{intervals:?}");
        }
    }

    #[test]
    fn entering_twice_is_one_interval_and_one_row() {
        let mut roster = Roster::default();
        roster.enter(POINT, (person(1), None), 1, None, at(1));
        roster.enter(POINT, (person(1), None), 2, None, at(5));
        assert_eq!(roster.entries().count(), 1);
        let entry = roster.get(POINT, PersonId(Uuid::from_u128(1))).unwrap();
        assert_eq!(entry.intervals.len(), 1);
        assert_eq!(entry.seat, Some(2));
    }

    /// TC Điều 8(3): what a roster shows must not undo what the visit hides.
    #[test]
    fn restricted_once_is_restricted_however_the_roster_is_typed() {
        let mut roster = Roster::default();
        roster.enter(POINT, (person(1), None), 1, None, at(1));
        roster.restrict(VisitId(Uuid::from_u128(7)), &[person(1)]);
        roster.enter(POINT, (person(1), None), 2, None, at(5));
        assert_eq!(roster.get(POINT, PersonId(Uuid::from_u128(1))).unwrap().person.class, Class::Restricted);
    }
}
