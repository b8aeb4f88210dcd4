//! Cases, petitions, promises and the register: written in the transaction of the visit's last event.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::super::sql::{Row, Statement};
use super::super::{Store, StoreError};
use super::{PAGE_AND_ONE, Page, Seen, Table, code, from_code, seal_json};
use crate::domain::cases::{Case, Outcome, Petition, PetitionKind, Promise, RegisterEntry};
use crate::domain::ids::{CaseId, PetitionId, PromiseId, SessionId, UnitId, VisitId};
use crate::domain::people::Class;

/// Which visit a record belongs to, and which event made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfVisit {
    /// The session.
    pub session: SessionId,
    /// The visit, under whose key the record is sealed.
    pub visit: VisitId,
    /// The event.
    pub seq: u64,
}

impl OfVisit {
    fn scope(self) -> (SessionId, VisitId) {
        (self.session, self.visit)
    }
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Which.
    pub id: CaseId,
    /// Whose.
    pub unit: UnitId,
    /// Whether absent for others.
    pub class: Class,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// 1 is "lần đầu".
    pub receptions: u32,
    /// One line; `None` after an erasure of the visit that opened it.
    pub summary: Option<String>,
}

/// A petition as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetitionRow {
    /// Which.
    pub id: PetitionId,
    /// By content.
    pub kind: PetitionKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The matter.
    pub case: Option<CaseId>,
    /// `None` after an erasure.
    pub petition: Option<Petition>,
}

/// A promise as projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromiseRow {
    /// Which.
    pub id: PromiseId,
    /// In which session it was made.
    pub session: SessionId,
    /// In which visit.
    pub visit: VisitId,
    /// Who owes it.
    pub unit: UnitId,
    /// By when; `None`: answered on the spot.
    pub due: Option<Date>,
    /// When it was kept.
    pub kept_on: Option<Date>,
    /// What and whom to ask; `None` after an erasure.
    pub words: Option<PromiseWords>,
}

/// The sealed part of a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseWords {
    /// What was answered or promised.
    pub text: String,
    /// Person to ask, with telephone.
    pub contact: String,
}

/// Opens a case, or counts another reception of it. The summary stays under the key of the visit that opened it. A case
/// that one visit made restricted stays so; another unit's case is refused as `Stale { what: "case_record" }`.
pub fn case(of: OfVisit, case: &Case) -> Result<Statement, StoreError> {
    let summary = seal_json(of.scope(), format!("case_record|{}|summary", case.id), &case.summary)?;
    Ok(Statement::new(
        "case_record",
        "INSERT INTO case_record (case_id, unit_id, class, session_id, visit_id, summary_sealed, opened_at_us, \
         receptions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (case_id) DO UPDATE \
         SET class = CASE WHEN case_record.class = 'restricted' THEN case_record.class ELSE excluded.class END, \
         receptions = excluded.receptions WHERE case_record.unit_id = excluded.unit_id",
    )
    .bind(case.id)
    .bind(case.unit)
    .bind(code(&case.class))
    .bind(of.session)
    .bind(of.visit)
    .bind(summary)
    .bind(case.opened_at)
    .bind(case.receptions)
    .one_row()
    .touches(Table::CaseRecord, [case.id.into()]))
}

/// Inserts or changes a petition; an id that another visit has is refused as `Stale { what: "petition" }`.
pub fn petition(of: OfVisit, case: Option<CaseId>, petition: &Petition) -> Result<Statement, StoreError> {
    let sealed = seal_json(of.scope(), format!("petition|{}", petition.id), petition)?;
    Ok(Statement::new(
        "petition",
        "INSERT INTO petition (petition_id, case_id, session_id, visit_id, kind, outcome, data_sealed, seq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (petition_id) DO UPDATE SET case_id = excluded.case_id, \
         kind = excluded.kind, outcome = excluded.outcome, data_sealed = excluded.data_sealed, seq = excluded.seq \
         WHERE petition.visit_id = excluded.visit_id",
    )
    .bind(petition.id)
    .bind(case)
    .bind(of.session)
    .bind(of.visit)
    .bind(code(&petition.kind))
    .bind(code(&petition.outcome))
    .bind(sealed)
    .bind(of.seq)
    .one_row()
    .touches(Table::Petition, [petition.id.into()]))
}

/// Inserts or changes a promise; an id that another visit has is refused as `Stale { what: "promise" }`.
pub fn promise(of: OfVisit, case: Option<CaseId>, promise: &Promise) -> Result<Statement, StoreError> {
    let words = PromiseWords { text: promise.text.clone(), contact: promise.contact.clone() };
    let sealed = seal_json(of.scope(), format!("promise|{}", promise.id), &words)?;
    Ok(Statement::new(
        "promise",
        "INSERT INTO promise (promise_id, case_id, session_id, visit_id, unit_id, due, data_sealed, seq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (promise_id) DO UPDATE SET unit_id = excluded.unit_id, \
         due = excluded.due, data_sealed = excluded.data_sealed, seq = excluded.seq \
         WHERE promise.visit_id = excluded.visit_id",
    )
    .bind(promise.id)
    .bind(case)
    .bind(of.session)
    .bind(of.visit)
    .bind(promise.unit)
    .bind(promise.due)
    .bind(sealed)
    .bind(of.seq)
    .one_row()
    .touches(Table::Promise, [promise.id.into()]))
}

/// Inserts a register row. A number that another room took in the meantime is refused as
/// `Constraint { what: "register_entry" }`: ask for the next one and decide again.
pub fn register_entry(entry: &RegisterEntry, seq: u64) -> Statement {
    let kinds: Vec<_> = entry.petitions.iter().map(code).collect();
    Statement::new(
        "register_entry",
        "INSERT INTO register_entry (unit_id, year, number, session_id, visit_id, day, class, people, petitions, seq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(entry.unit)
    .bind(i64::from(entry.year))
    .bind(entry.number)
    .bind(entry.session)
    .bind(entry.visit)
    .bind(entry.day)
    .bind(code(&entry.class))
    .bind(entry.people)
    .bind(kinds.join(","))
    .bind(seq)
    .touches(Table::RegisterEntry, [entry.unit.into(), i64::from(entry.year).into(), entry.number.into()])
}

const CASE: &str = "SELECT case_id, unit_id, class, opened_at_us, receptions, session_id, visit_id, summary_sealed \
     FROM case_record WHERE case_id = $1";
const CASES: &str = "SELECT case_id, unit_id, class, opened_at_us, receptions, session_id, visit_id, summary_sealed \
     FROM case_record WHERE unit_id = $1 AND (class = 'normal' OR $2 = 1) AND case_id > $3 ORDER BY case_id LIMIT $4";
const PETITIONS: &str = "SELECT petition_id, kind, outcome, case_id, data_sealed FROM petition WHERE visit_id = $1 \
     ORDER BY petition_id";
const PROMISES: &str = "SELECT promise_id, session_id, visit_id, unit_id, due, kept_on, data_sealed FROM promise \
     WHERE visit_id = $1 ORDER BY promise_id";
const DUE: &str = "SELECT promise_id, session_id, visit_id, unit_id, due, kept_on, data_sealed FROM promise \
     WHERE unit_id = $1 AND due IS NOT NULL AND kept_on IS NULL AND due <= $2 AND promise_id > $3 \
     ORDER BY promise_id LIMIT $4";
const NEXT_NUMBER: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM register_entry WHERE unit_id = $1 AND year = $2";
const REGISTER: &str = "SELECT unit_id, year, number, session_id, visit_id, day, class, people, petitions \
     FROM register_entry WHERE unit_id = $1 AND year = $2 AND (class = 'normal' OR $3 = 1) AND number > $4 \
     ORDER BY number LIMIT $5";
const REGISTER_OF_VISIT: &str = "SELECT unit_id, year, number, session_id, visit_id, day, class, people, petitions \
     FROM register_entry WHERE visit_id = $1";

fn read_entry(mut row: Row) -> Result<RegisterEntry, StoreError> {
    let unit = row.parse("register_entry.unit_id")?;
    let year: i64 = row.take("register_entry.year")?;
    let number = row.take("register_entry.number")?;
    let (session, visit) = (row.parse("register_entry.session_id")?, row.parse("register_entry.visit_id")?);
    let day = row.date("register_entry.day")?;
    let class = row.code("register_entry.class")?;
    let people = row.take("register_entry.people")?;
    let kinds: String = row.take("register_entry.petitions")?;
    let kinds = kinds.split(',').filter(|kind| !kind.is_empty());
    let petitions: Result<_, _> = kinds.map(|kind| from_code(kind.to_owned(), "register_entry.petitions")).collect();
    let year = i16::try_from(year).map_err(|_| StoreError::Corrupt { column: "register_entry.year" })?;
    Ok(RegisterEntry { unit, year, number, session, visit, day, class, people, petitions: petitions? })
}

impl Store {
    async fn read_case(&self, mut row: Row) -> Result<CaseRow, StoreError> {
        let id: CaseId = row.parse("case_record.case_id")?;
        let (unit, class) = (row.parse("case_record.unit_id")?, row.code("case_record.class")?);
        let opened_at = row.moment("case_record.opened_at_us")?;
        let receptions = row.take("case_record.receptions")?;
        let of = (row.parse("case_record.session_id")?, row.parse("case_record.visit_id")?);
        let sealed: Vec<u8> = row.take("case_record.summary_sealed")?;
        let summary = self.open_json(of, &format!("case_record|{id}|summary"), &sealed).await?;
        Ok(CaseRow { id, unit, class, opened_at, receptions, summary })
    }

    /// One case.
    pub async fn case(&self, id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        match self.read(CASE, &[id.into()]).await?.pop() {
            Some(row) => self.read_case(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The cases of a unit, oldest first.
    pub async fn cases(&self, unit: UnitId, seen: Seen, after: Option<&str>) -> Result<Page<CaseRow>, StoreError> {
        let args = [unit.into(), seen.restricted().into(), after.unwrap_or_default().into(), PAGE_AND_ONE.into()];
        let mut cases = Vec::new();
        for row in self.read(CASES, &args).await? {
            cases.push(self.read_case(row).await?);
        }
        Ok(Page::cut(cases, |case| case.id.to_string()))
    }

    /// The petitions of a visit.
    pub async fn petitions(&self, of: (SessionId, VisitId)) -> Result<Vec<PetitionRow>, StoreError> {
        let mut petitions = Vec::new();
        for mut row in self.read(PETITIONS, &[of.1.into()]).await? {
            let id: PetitionId = row.parse("petition.petition_id")?;
            let (kind, outcome) = (row.code("petition.kind")?, row.code("petition.outcome")?);
            let case = row.parse_opt("petition.case_id")?;
            let sealed: Vec<u8> = row.take("petition.data_sealed")?;
            let petition = self.open_json(of, &format!("petition|{id}"), &sealed).await?;
            petitions.push(PetitionRow { id, kind, outcome, case, petition });
        }
        Ok(petitions)
    }

    async fn read_promise(&self, mut row: Row) -> Result<PromiseRow, StoreError> {
        let id: PromiseId = row.parse("promise.promise_id")?;
        let (session, visit) = (row.parse("promise.session_id")?, row.parse("promise.visit_id")?);
        let unit = row.parse("promise.unit_id")?;
        let (due, kept_on) = (row.date_opt("promise.due")?, row.date_opt("promise.kept_on")?);
        let sealed: Vec<u8> = row.take("promise.data_sealed")?;
        let words = self.open_json((session, visit), &format!("promise|{id}"), &sealed).await?;
        Ok(PromiseRow { id, session, visit, unit, due, kept_on, words })
    }

    /// The promises of a visit.
    pub async fn promises(&self, visit: VisitId) -> Result<Vec<PromiseRow>, StoreError> {
        let mut promises = Vec::new();
        for row in self.read(PROMISES, &[visit.into()]).await? {
            promises.push(self.read_promise(row).await?);
        }
        Ok(promises)
    }

    /// Open promises of a unit that are due by that day.
    pub async fn promises_due(
        &self,
        unit: UnitId,
        by: Date,
        after: Option<&str>,
    ) -> Result<Page<PromiseRow>, StoreError> {
        let args = [unit.into(), by.into(), after.unwrap_or_default().into(), PAGE_AND_ONE.into()];
        let mut promises = Vec::new();
        for row in self.read(DUE, &args).await? {
            promises.push(self.read_promise(row).await?);
        }
        Ok(Page::cut(promises, |promise| promise.id.to_string()))
    }

    /// The number the next register row of a unit and year gets; see [`register_entry`].
    pub async fn next_register_number(&self, unit: UnitId, year: i16) -> Result<u32, StoreError> {
        let row = self.read(NEXT_NUMBER, &[unit.into(), i64::from(year).into()]).await?.pop();
        row.ok_or(StoreError::Corrupt { column: "register_entry.number" })?.take("register_entry.number")
    }

    /// The register of a unit and year by number.
    pub async fn register(
        &self,
        (unit, year): (UnitId, i16),
        seen: Seen,
        after: Option<&str>,
    ) -> Result<Page<RegisterEntry>, StoreError> {
        let after: i64 = match after {
            Some(text) => text.parse().map_err(|_| StoreError::Invalid { field: "after" })?,
            None => 0,
        };
        let year = i64::from(year);
        let args = [unit.into(), year.into(), seen.restricted().into(), after.into(), PAGE_AND_ONE.into()];
        let rows = self.read(REGISTER, &args).await?;
        let entries: Result<_, _> = rows.into_iter().map(read_entry).collect();
        Ok(Page::cut(entries?, |entry: &RegisterEntry| entry.number.to_string()))
    }

    /// The register row of a visit.
    pub async fn register_of_visit(&self, visit: VisitId) -> Result<Option<RegisterEntry>, StoreError> {
        self.read(REGISTER_OF_VISIT, &[visit.into()]).await?.pop().map(read_entry).transpose()
    }
}
