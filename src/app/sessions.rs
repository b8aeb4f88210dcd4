//! Sessions as lists show them: read from the tables, without a room.

use jiff::{SignedDuration, Timestamp};

use crate::domain::actor::Actor;
use crate::domain::calendar;
use crate::domain::event::SessionPoint;
use crate::domain::ids::{PointId, SessionId, UnitId};
use crate::domain::people::{Class, Function, UnitRole};
use crate::error::AppError;
use crate::store::office::{Page, Seen, SessionRow};
use crate::store::{Store, StoreError};

/// One session as one reader sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    pub row: SessionRow,
    pub unit_name: String,
    /// Visits the reader may know of.
    pub visits: u32,
    pub functions: Vec<Function>,
    /// Points of the session the reader may sit at.
    pub my_points: Vec<PointId>,
}

/// The sessions of the installation.
#[derive(Clone, Debug)]
pub struct Sessions {
    store: Store,
}

/// Points of a session an actor may sit at: where a function puts them, where their unit is at home, where their
/// paired device stands.
pub fn seats(
    actor: &Actor,
    kiosk: Option<PointId>,
    function_points: &[PointId],
    points: &[SessionPoint],
) -> Vec<PointId> {
    let of_unit = |unit: UnitId| actor.roles.iter().any(|(of, role)| *of == unit && sits(*role));
    points
        .iter()
        .filter(|point| kiosk == Some(point.point) || function_points.contains(&point.point) || of_unit(point.unit))
        .map(|point| point.point)
        .collect()
}

/// Roles that work at the points of their unit. An inspector, an archivist or a data-protection officer reads; a
/// technician looks after devices without a seat.
fn sits(role: UnitRole) -> bool {
    matches!(role, UnitRole::Head | UnitRole::ReceptionOfficer)
}

impl Sessions {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Sessions that start on the local day of `now` or the day asked, in pages, as far as they concern the actor.
    pub async fn day(
        &self,
        actor: &Actor,
        kiosk: Option<PointId>,
        day: Option<jiff::civil::Date>,
        after: Option<&str>,
        now: Timestamp,
    ) -> Result<Page<Listed>, AppError> {
        let day = day.unwrap_or_else(|| calendar::local_date(now));
        let malformed = || AppError::BodyMalformed(Some("day".to_owned()));
        let from = calendar::start_of(day).ok_or_else(malformed)?;
        let to = from.checked_add(SignedDuration::from_hours(24)).map_err(|_| malformed())?;
        // A kiosk nobody is signed in at has neither role nor function: its point is what counts.
        let page = match kiosk {
            Some(_) => self.store.sessions((from, to), after).await,
            None => self.store.sessions_of_user(actor.user, (from, to), after).await,
        };
        let page = page.map_err(|error| match error {
            StoreError::Invalid { field } => AppError::BodyMalformed(Some(field.to_owned())),
            other => other.into(),
        })?;
        let units = self.store.units().await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            let unit_name = units.iter().find(|unit| unit.id == row.unit).map(|unit| unit.name.clone());
            rows.extend(self.listed(actor, kiosk, row, unit_name.unwrap_or_default()).await?);
        }
        Ok(Page { rows, next: page.next })
    }

    /// One session; `None` when there is none or it does not concern the actor.
    pub async fn one(&self, actor: &Actor, kiosk: Option<PointId>, id: SessionId) -> Result<Option<Listed>, AppError> {
        let Some(row) = self.store.session_row(id).await? else { return Ok(None) };
        let unit_name = self.unit_name(row.unit).await?;
        self.listed(actor, kiosk, row, unit_name).await
    }

    /// Whether there is such a session at all.
    pub async fn exists(&self, id: SessionId) -> Result<bool, AppError> {
        Ok(self.store.session_row(id).await?.is_some())
    }

    /// Name of a unit as papers print it.
    pub async fn unit_name(&self, unit: UnitId) -> Result<String, AppError> {
        Ok(self.store.unit(unit).await?.map(|unit| unit.name).unwrap_or_default())
    }

    /// Points of the session an actor may sit at.
    pub async fn seats(&self, actor: &Actor, kiosk: Option<PointId>, id: SessionId) -> Result<Vec<PointId>, AppError> {
        let functions = self.store.session_functions(id).await?;
        let held: Vec<PointId> = functions.iter().filter(|row| row.user == actor.user).map(|row| row.point).collect();
        Ok(seats(actor, kiosk, &held, &self.store.session_points(id).await?))
    }

    async fn listed(
        &self,
        actor: &Actor,
        kiosk: Option<PointId>,
        row: SessionRow,
        unit_name: String,
    ) -> Result<Option<Listed>, AppError> {
        let held: Vec<_> =
            self.store.session_functions(row.id).await?.into_iter().filter(|held| held.user == actor.user).collect();
        let points = self.store.session_points(row.id).await?;
        let function_points: Vec<PointId> = held.iter().map(|held| held.point).collect();
        let my_points = seats(actor, kiosk, &function_points, &points);
        let in_unit = |unit: UnitId| actor.roles.iter().any(|(of, _)| *of == unit);
        let concerned = in_unit(row.unit) || !held.is_empty() || !my_points.is_empty();
        if !concerned && !points.iter().any(|point| in_unit(point.unit)) {
            return Ok(None);
        }
        let functions: Vec<Function> = held.iter().map(|held| held.function).collect();
        let visits = self.visible_visits(&row, actor, &functions, &my_points, &points).await?;
        Ok(Some(Listed { row, unit_name, visits, functions, my_points }))
    }

    /// How many visits the reader may know of: the receiver's side all, a point those it takes part in.
    async fn visible_visits(
        &self,
        row: &SessionRow,
        actor: &Actor,
        functions: &[Function],
        my_points: &[PointId],
        points: &[SessionPoint],
    ) -> Result<u32, AppError> {
        use crate::domain::units::PointRole;
        let receives = functions.iter().any(|function| matches!(function, Function::Presider | Function::NoteTaker))
            || actor.has_role(row.unit, UnitRole::ReceptionOfficer);
        let central = points.iter().find(|point| point.role == PointRole::Central).map(|point| point.point);
        let seen = self.store.visits(row.id, if receives { Seen::All } else { Seen::Normal }).await?;
        let seen = seen.iter().filter(|visit| {
            receives
                || actor.has_role(row.unit, UnitRole::Head)
                || my_points.iter().any(|mine| {
                    central == Some(*mine) || *mine == visit.citizen_point || visit.agency_points.contains(mine)
                })
        });
        let seen = seen.filter(|visit| receives || visit.class == Class::Normal);
        Ok(u32::try_from(seen.count()).unwrap_or(u32::MAX))
    }
}
