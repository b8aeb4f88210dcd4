//! From events to the office's tables, in the transaction of the event that made them true. Nothing is copied by hand.

use jiff::Timestamp;

use super::decide::Filing;
use super::state::{Logged, State, VisitState};
use crate::domain::calendar::local_date;
use crate::domain::cases::{Case, RegisterEntry};
use crate::domain::chain::{Hash, Scope};
use crate::domain::event::Event;
use crate::domain::ids::{CaseId, SessionId, UnitId, UserId, VisitId};
use crate::domain::people::Function;
use crate::store::office::{self, FunctionRow, OfVisit, OutboxRow, SessionRow, VisitRow};
use crate::store::{Statement, Store, StoreError};

/// What an event may take the place of: read before it is applied.
pub(super) struct Before {
    presider: Option<(UserId, FunctionRow)>,
}

impl Before {
    pub(super) fn of(state: &State) -> Self {
        let presider = state.presider().and_then(|user| Some((user, function_row(state, user, Function::Presider)?)));
        Self { presider }
    }
}

/// Rows that an event changes. `state` has it applied.
pub(super) fn rows(before: Before, state: &State, event: &Event, at: Timestamp) -> Result<Vec<Statement>, StoreError> {
    let Some(about) = &state.about else { return Ok(Vec::new()) };
    let seq = u64::try_from(state.seq).unwrap_or(0);
    Step { session: about.session, state, at, seq }.rows(event, before.presider)
}

/// Rows of a proposal, which is stored before its room runs.
pub(super) fn proposed(event: &Event, at: Timestamp) -> Result<Vec<Statement>, StoreError> {
    let mut state = State::empty();
    let before = Before::of(&state);
    state.apply(&Logged { seq: 1, at, actor: String::new(), event: Some(event.clone()) });
    rows(before, &state, event, at)
}

/// What the end of a visit needs of the office's tables: the next free number of the unit's register, the case, and how
/// often it was received before. Read under the register's lock. A visit is filed under `known` where that is a case of
/// the unit, else under `fresh`: what another unit has is not counted on from here.
pub(super) async fn read_register(
    store: &Store,
    (unit, year): (UnitId, i16),
    known: Option<CaseId>,
    fresh: CaseId,
) -> Result<Filing, StoreError> {
    let number = store.next_register_number(unit, year).await?;
    let row = match known {
        Some(case) => store.case(case).await?,
        None => None,
    };
    let foreign = row.as_ref().is_some_and(|row| row.unit != unit);
    let case = known.filter(|_| !foreign).unwrap_or(fresh);
    let earlier_receptions = row.filter(|_| !foreign).map_or(0, |row| row.receptions);
    Ok(Filing { year, number, case, earlier_receptions })
}

fn function_row(state: &State, user: UserId, function: Function) -> Option<FunctionRow> {
    let held = state.functions.get(&user)?;
    Some(FunctionRow { user, function, point: held.point, name: held.name.clone(), title: held.title.clone() })
}

/// One event, and the state after it.
struct Step<'a> {
    session: SessionId,
    state: &'a State,
    at: Timestamp,
    seq: u64,
}

impl Step<'_> {
    fn rows(
        &self,
        event: &Event,
        presider_before: Option<(UserId, FunctionRow)>,
    ) -> Result<Vec<Statement>, StoreError> {
        Ok(match event {
            Event::SessionProposed(proposal) => {
                let points = proposal.points.iter().map(|point| office::session_point(self.session, point));
                self.session_row().into_iter().chain(points).collect()
            }
            Event::SessionMoved { .. } => self.session_row().into_iter().collect(),
            Event::PointAdded(point) => vec![office::session_point(self.session, point)],
            Event::FunctionAssigned { user, function, .. } => self.functions(*user, *function, presider_before),
            Event::PresidingHandedOver { to, .. } => self.functions(*to, Function::Presider, presider_before),
            Event::FunctionWithdrawn { user, function } => {
                let held = self.state.functions.get(user);
                let row = FunctionRow {
                    user: *user,
                    function: *function,
                    point: held.map_or_else(|| self.any_point(), |held| held.point),
                    name: String::new(),
                    title: String::new(),
                };
                vec![office::function(self.session, &row, false)]
            }
            Event::VisitRegistered(registration) => self.visit_with_people(registration.visit)?,
            Event::ClassRaised { visit } => {
                let mut rows = self.visit_with_people(*visit)?;
                for file in self.state.visits.get(visit).into_iter().flat_map(|visit| visit.files.iter()) {
                    rows.push(office::file(self.session, file, self.at)?);
                }
                rows
            }
            Event::VisitMoved { visit, .. } | Event::VisitPointsSet { visit, .. } | Event::TextFrozen { visit, .. } => {
                self.visit(*visit)
            }
            Event::FileAttached { file, .. } => vec![office::file(self.session, file, self.at)?],
            Event::VisitFiled { visit, .. } => self.filed(*visit)?,
            _ => Vec::new(),
        })
    }

    fn session_row(&self) -> Option<Statement> {
        let about = self.state.about.as_ref()?;
        Some(office::session(&SessionRow {
            id: self.session,
            unit: about.unit,
            title: about.title.clone(),
            kind: about.kind,
            status: about.status,
            starts_at: about.starts_at,
            seq: self.seq,
        }))
    }

    /// There is one presider at a time: a new one takes the row of the one before.
    fn functions(&self, user: UserId, function: Function, before: Option<(UserId, FunctionRow)>) -> Vec<Statement> {
        let mut rows = Vec::new();
        if let Some((old, row)) = before.filter(|(old, _)| function == Function::Presider && *old != user) {
            tracing::debug!(session = %self.session, %old, "presiding was handed over");
            rows.push(office::function(self.session, &row, false));
        }
        rows.extend(function_row(self.state, user, function).map(|row| office::function(self.session, &row, true)));
        rows
    }

    fn any_point(&self) -> crate::domain::ids::PointId {
        self.state.central().unwrap_or(crate::domain::ids::PointId(uuid::Uuid::nil()))
    }

    fn visit(&self, id: VisitId) -> Vec<Statement> {
        self.state.visits.get(&id).map(|visit| office::visit(&self.visit_row(visit))).unwrap_or_default()
    }

    fn visit_row(&self, visit: &VisitState) -> VisitRow {
        let about = &visit.about;
        let text_hash = visit.frozen.as_ref().and_then(|frozen| frozen.sha256.parse::<Hash>().ok());
        VisitRow {
            id: about.visit,
            session: self.session,
            number: about.number,
            class: about.class,
            status: visit.status,
            presented_as: about.presented_as,
            citizen_point: about.citizen_point,
            agency_points: about.agency_points.clone(),
            group_size: about.group_size,
            summary: Some(about.summary.clone()),
            case: visit.filed.as_ref().map(|filed| filed.case).or(about.case),
            text_hash,
            seq: self.seq,
        }
    }

    fn visit_with_people(&self, id: VisitId) -> Result<Vec<Statement>, StoreError> {
        let mut rows = self.visit(id);
        for (position, person) in
            self.state.visits.get(&id).into_iter().flat_map(|v| v.about.persons.iter()).enumerate()
        {
            rows.push(office::person((self.session, id), u32::try_from(position).unwrap_or(u32::MAX), person)?);
        }
        Ok(rows)
    }

    /// Design §6, "on ending a visit": case, petitions, promise, register row, outbox record, each with (session, seq).
    fn filed(&self, id: VisitId) -> Result<Vec<Statement>, StoreError> {
        let (Some(about), Some(visit)) = (self.state.about.as_ref(), self.state.visits.get(&id)) else {
            return Ok(Vec::new());
        };
        let Some(filed) = &visit.filed else { return Ok(Vec::new()) };
        let of = OfVisit { session: self.session, visit: id, seq: self.seq };
        let case = Case {
            id: filed.case,
            unit: about.unit,
            class: visit.about.class,
            summary: visit.about.summary.clone(),
            opened_at: self.at,
            receptions: filed.receptions,
        };
        let entry = RegisterEntry {
            unit: about.unit,
            year: filed.register_year,
            number: filed.register_number,
            session: self.session,
            visit: id,
            day: local_date(self.at),
            class: visit.about.class,
            people: visit.about.group_size,
            petitions: visit.petitions.iter().map(|petition| petition.kind).collect(),
        };
        let mut rows = vec![office::case(of, &case)?];
        for petition in &visit.petitions {
            rows.push(office::petition(of, Some(filed.case), petition)?);
        }
        if let Some(promise) = &filed.promise {
            rows.push(office::promise(of, Some(filed.case), promise)?);
        }
        rows.push(office::register_entry(&entry, self.seq));
        let record = serde_json::json!({
            "visit": id, "case": filed.case, "receptions": filed.receptions, "register": entry,
            "petitions": visit.petitions, "promise": filed.promise, "persons": visit.about.persons,
        });
        rows.push(office::outbox(
            &OutboxRow {
                // One record per visit: the visit's id is the receiver's key of idempotency.
                id: id.0,
                kind: "national_database.visit".to_owned(),
                session: self.session,
                scope: Scope::Visit(id),
                seq: self.seq,
                data: serde_json::to_vec(&record).ok(),
                tries: 0,
            },
            self.at,
        ));
        rows.extend(self.visit(id));
        Ok(rows)
    }
}
