//! Visits and the people of each; names, addresses and summaries are sealed under the visit's key.

use super::super::sql::{Row, Sealed, Statement};
use super::super::{Store, StoreError};
use super::{Seen, Table, code, seal_json};
use crate::domain::cases::PetitionKind;
use crate::domain::chain::{Hash, Scope};
use crate::domain::ids::{CaseId, PersonId, PointId, SessionId, VisitId};
use crate::domain::people::{Class, Person, PersonRole};
use crate::domain::visit::VisitStatus;

/// A visit as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// Which.
    pub id: VisitId,
    /// In which session.
    pub session: SessionId,
    /// Its number that day; what others see instead of a name.
    pub number: u32,
    /// Whether it is absent for others.
    pub class: Class,
    /// State after `seq`.
    pub status: VisitStatus,
    /// What the citizen said it is.
    pub presented_as: PetitionKind,
    /// Where the citizen sits.
    pub citizen_point: PointId,
    /// Agencies named for it.
    pub agency_points: Vec<PointId>,
    /// People of the group in all.
    pub group_size: u32,
    /// One line; `None` after an erasure.
    pub summary: Option<String>,
    /// The matter, once linked.
    pub case: Option<CaseId>,
    /// SHA-256 of the frozen text.
    pub text_hash: Option<Hash>,
    /// The event this row was last written by.
    pub seq: u64,
}

/// A person of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Which.
    pub id: PersonId,
    /// The part taken.
    pub role: PersonRole,
    /// Whether absent for others.
    pub class: Class,
    /// `None` after an erasure.
    pub person: Option<Person>,
}

fn summary_place(visit: VisitId) -> String {
    format!("visit|{visit}|summary")
}

fn person_place(visit: VisitId, person: PersonId) -> String {
    format!("person|{visit}|{person}")
}

/// Inserts or changes a visit with its list of points. Ids are made by clients: one that another session has is refused as
/// `Stale { what: "visit" }`, and nothing of that session is changed.
pub fn visit(row: &VisitRow) -> Vec<Statement> {
    let summary = Sealed {
        session: row.session,
        scope: Scope::Visit(row.id),
        place: summary_place(row.id),
        plain: row.summary.clone().unwrap_or_default().into_bytes(),
    };
    let mut rows = vec![
        Statement::new(
            "visit",
            "INSERT INTO visit (visit_id, session_id, number, class, status, presented_as, citizen_point, group_size, \
             summary_sealed, case_id, text_hash, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (visit_id) DO UPDATE SET number = excluded.number, class = excluded.class, \
             status = excluded.status, citizen_point = excluded.citizen_point, group_size = excluded.group_size, \
             summary_sealed = excluded.summary_sealed, case_id = excluded.case_id, text_hash = excluded.text_hash, \
             seq = excluded.seq WHERE visit.session_id = excluded.session_id",
        )
        .bind(row.id)
        .bind(row.session)
        .bind(row.number)
        .bind(code(&row.class))
        .bind(code(&row.status))
        .bind(code(&row.presented_as))
        .bind(row.citizen_point)
        .bind(row.group_size)
        .bind(summary)
        .bind(row.case)
        .bind(row.text_hash)
        .bind(row.seq)
        .one_row()
        .touches(Table::Visit, [row.id.into()]),
        Statement::new("visit_point.clear", "DELETE FROM visit_point WHERE visit_id = $1")
            .bind(row.id)
            .touches_group(Table::VisitPoint, row.id),
    ];
    for point in &row.agency_points {
        let sql = "INSERT INTO visit_point (visit_id, point_id) VALUES ($1, $2)";
        let insert = Statement::new("visit_point", sql).bind(row.id).bind(*point);
        rows.push(insert.touches_group(Table::VisitPoint, row.id));
    }
    rows
}

/// Inserts or changes a person of a visit; `position` orders them, the main one is 0.
pub fn person(of: (SessionId, VisitId), position: u32, person: &Person) -> Result<Statement, StoreError> {
    let sealed = seal_json(of, person_place(of.1, person.id), person)?;
    Ok(Statement::new(
        "person",
        "INSERT INTO person (visit_id, person_id, position, role, class, data_sealed) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (visit_id, person_id) DO UPDATE SET position = excluded.position, role = excluded.role, \
         class = excluded.class, data_sealed = excluded.data_sealed",
    )
    .bind(of.1)
    .bind(person.id)
    .bind(position)
    .bind(code(&person.role))
    .bind(code(&person.class))
    .bind(sealed)
    .touches(Table::Person, [of.1.into(), person.id.into()]))
}

const VISITS: &str = "SELECT visit_id, session_id, number, class, status, presented_as, citizen_point, group_size, \
     summary_sealed, case_id, text_hash, seq FROM visit \
     WHERE session_id = $1 AND (class = 'normal' OR $2 = 1) ORDER BY number";
const SESSION_OF: &str = "SELECT session_id FROM visit WHERE visit_id = $1";
const AGENCIES: &str = "SELECT p.visit_id, p.point_id FROM visit_point p JOIN visit v ON v.visit_id = p.visit_id \
     WHERE v.session_id = $1 ORDER BY p.visit_id, p.point_id";
const PERSONS: &str = "SELECT person_id, role, class, data_sealed FROM person \
     WHERE visit_id = $1 AND (class = 'normal' OR $2 = 1) ORDER BY position";

fn read(mut row: Row) -> Result<(VisitRow, Vec<u8>), StoreError> {
    let id = row.parse("visit.visit_id")?;
    let session = row.parse("visit.session_id")?;
    let number = row.take("visit.number")?;
    let class = row.code("visit.class")?;
    let status = row.code("visit.status")?;
    let presented_as = row.code("visit.presented_as")?;
    let citizen_point = row.parse("visit.citizen_point")?;
    let group_size = row.take("visit.group_size")?;
    let sealed = row.take("visit.summary_sealed")?;
    let case = row.parse_opt("visit.case_id")?;
    let text_hash = row.parse_opt("visit.text_hash")?;
    let seq = row.take("visit.seq")?;
    let agency_points = Vec::new();
    let visit = VisitRow {
        id,
        session,
        number,
        class,
        status,
        presented_as,
        citizen_point,
        agency_points,
        group_size,
        summary: None,
        case,
        text_hash,
        seq,
    };
    Ok((visit, sealed))
}

impl Store {
    /// The visits of a session by number; restricted ones only where they may be seen.
    pub async fn visits(&self, session: SessionId, seen: Seen) -> Result<Vec<VisitRow>, StoreError> {
        let keys = self.read_keys(session).await?;
        let mut visits = Vec::new();
        for row in self.read(VISITS, &[session.into(), seen.restricted().into()]).await? {
            let (mut visit, sealed) = read(row)?;
            let plain = keys.column(Scope::Visit(visit.id), &summary_place(visit.id), &sealed);
            let text = plain.map(String::from_utf8).transpose();
            visit.summary = text.map_err(|_| StoreError::Corrupt { column: "visit.summary_sealed" })?;
            visits.push(visit);
        }
        for mut row in self.read(AGENCIES, &[session.into()]).await? {
            let (id, point): (VisitId, PointId) =
                (row.parse("visit_point.visit_id")?, row.parse("visit_point.point_id")?);
            if let Some(visit) = visits.iter_mut().find(|visit| visit.id == id) {
                visit.agency_points.push(point);
            }
        }
        Ok(visits)
    }

    /// The session that has a visit of this id.
    pub async fn session_of_visit(&self, visit: VisitId) -> Result<Option<SessionId>, StoreError> {
        let row = self.read(SESSION_OF, &[visit.into()]).await?.pop();
        row.map(|mut row| row.parse("visit.session_id")).transpose()
    }

    /// The people of a visit, the main one first.
    pub async fn persons(&self, of: (SessionId, VisitId), seen: Seen) -> Result<Vec<PersonRow>, StoreError> {
        let mut persons = Vec::new();
        for mut row in self.read(PERSONS, &[of.1.into(), seen.restricted().into()]).await? {
            let id = row.parse("person.person_id")?;
            let (role, class) = (row.code("person.role")?, row.code("person.class")?);
            let sealed: Vec<u8> = row.take("person.data_sealed")?;
            let person = self.open_json(of, &person_place(of.1, id), &sealed).await?;
            persons.push(PersonRow { id, role, class, person });
        }
        Ok(persons)
    }
}
