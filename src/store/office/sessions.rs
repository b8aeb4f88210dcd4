//! The list of sessions: projections of logs, enough to find one and to know who belongs to it.

use jiff::Timestamp;

use super::super::sql::{Row, Statement, Value};
use super::super::{Store, StoreError};
use super::{PAGE_AND_ONE, Page, Table, code};
use crate::domain::event::SessionPoint;
use crate::domain::ids::{PointId, SessionId, UnitId, UserId};
use crate::domain::people::Function;
use crate::domain::session::{ReceptionKind, SessionStatus};

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Which.
    pub id: SessionId,
    /// Who holds it.
    pub unit: UnitId,
    /// As announced; never personal data.
    pub title: String,
    /// Loại hình.
    pub kind: ReceptionKind,
    /// State after `seq`.
    pub status: SessionStatus,
    /// As announced or newly appointed.
    pub starts_at: Timestamp,
    /// The event this row was last written by.
    pub seq: u64,
}

/// What an account does in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRow {
    /// Who.
    pub user: UserId,
    /// What.
    pub function: Function,
    /// Where.
    pub point: PointId,
    /// As printed on that day.
    pub name: String,
    /// Chức vụ on that day.
    pub title: String,
}

/// Inserts or changes the row of a session.
pub fn session(row: &SessionRow) -> Statement {
    Statement::new(
        "session",
        "INSERT INTO session (session_id, unit_id, title, kind, status, starts_at_us, seq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (session_id) DO UPDATE SET title = excluded.title, \
         status = excluded.status, starts_at_us = excluded.starts_at_us, seq = excluded.seq",
    )
    .bind(row.id)
    .bind(row.unit)
    .bind(row.title.as_str())
    .bind(code(&row.kind))
    .bind(code(&row.status))
    .bind(row.starts_at)
    .bind(row.seq)
    .touches(Table::Session, [row.id.into()])
}

/// Inserts or changes a point of a session.
pub fn session_point(session: SessionId, point: &SessionPoint) -> Statement {
    Statement::new(
        "session_point",
        "INSERT INTO session_point (session_id, point_id, unit_id, role, name, address) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (session_id, point_id) DO UPDATE SET role = excluded.role, \
         name = excluded.name, address = excluded.address",
    )
    .bind(session)
    .bind(point.point)
    .bind(point.unit)
    .bind(code(&point.role))
    .bind(point.name.as_str())
    .bind(point.address.as_str())
    .touches(Table::SessionPoint, [session.into(), point.point.into()])
}

/// Gives (`true`) or takes away a function.
pub fn function(session: SessionId, row: &FunctionRow, given: bool) -> Statement {
    let function = code(&row.function);
    let key = [session.into(), row.user.into(), function.as_str().into()];
    if !given {
        let sql = "DELETE FROM session_function WHERE session_id = $1 AND user_id = $2 AND function = $3";
        let end = Statement::new("session_function.end", sql).bind(session).bind(row.user).bind(function);
        return end.touches(Table::SessionFunction, key);
    }
    Statement::new(
        "session_function",
        "INSERT INTO session_function (session_id, user_id, function, point_id, name, title) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (session_id, user_id, function) DO UPDATE \
         SET point_id = excluded.point_id, name = excluded.name, title = excluded.title",
    )
    .bind(session)
    .bind(row.user)
    .bind(function)
    .bind(row.point)
    .bind(row.name.as_str())
    .bind(row.title.as_str())
    .touches(Table::SessionFunction, key)
}

const ONE: &str =
    "SELECT session_id, unit_id, title, kind, status, starts_at_us, seq FROM session WHERE session_id = $1";
const ALL: &str = "SELECT session_id, unit_id, title, kind, status, starts_at_us, seq FROM session \
     WHERE starts_at_us < $2 AND (starts_at_us > $3 OR (starts_at_us = $3 AND session_id > $4)) AND starts_at_us >= $1 \
     ORDER BY starts_at_us, session_id LIMIT $5";
const OF_USER: &str = "SELECT session_id, unit_id, title, kind, status, starts_at_us, seq FROM session s \
     WHERE starts_at_us < $2 AND (starts_at_us > $3 OR (starts_at_us = $3 AND session_id > $4)) AND starts_at_us >= $1 \
     AND (EXISTS (SELECT 1 FROM role_grant g WHERE g.user_id = $6 AND g.unit_id = s.unit_id) \
       OR EXISTS (SELECT 1 FROM session_function f WHERE f.user_id = $6 AND f.session_id = s.session_id) \
       OR EXISTS (SELECT 1 FROM session_point p JOIN role_grant g ON g.unit_id = p.unit_id \
                  WHERE g.user_id = $6 AND p.session_id = s.session_id)) \
     ORDER BY starts_at_us, session_id LIMIT $5";
const POINTS: &str = "SELECT point_id, unit_id, role, name, address FROM session_point WHERE session_id = $1 \
     ORDER BY role, point_id";
const FUNCTIONS: &str = "SELECT user_id, function, point_id, name, title FROM session_function \
     WHERE session_id = $1 ORDER BY function, user_id";

fn read(mut row: Row) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: row.parse("session.session_id")?,
        unit: row.parse("session.unit_id")?,
        title: row.take("session.title")?,
        kind: row.code("session.kind")?,
        status: row.code("session.status")?,
        starts_at: row.moment("session.starts_at_us")?,
        seq: row.take("session.seq")?,
    })
}

/// The place of a row: its start and id.
fn place(row: &SessionRow) -> String {
    format!("{}~{}", row.starts_at.as_microsecond(), row.id)
}

fn from_place(after: Option<&str>) -> Result<(i64, String), StoreError> {
    let Some(after) = after else { return Ok((i64::MIN, String::new())) };
    let (at_us, id) = after.split_once('~').ok_or(StoreError::Invalid { field: "after" })?;
    Ok((at_us.parse().map_err(|_| StoreError::Invalid { field: "after" })?, id.to_owned()))
}

impl Store {
    /// One session.
    pub async fn session_row(&self, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        self.read(ONE, &[id.into()]).await?.pop().map(read).transpose()
    }

    /// Sessions that start in a span, of all units: for the command line and for jobs.
    pub async fn sessions(
        &self,
        (from, to): (Timestamp, Timestamp),
        after: Option<&str>,
    ) -> Result<Page<SessionRow>, StoreError> {
        self.session_page(ALL, (from, to), after, None).await
    }

    /// Sessions that start in a span and concern the account: its units hold them or send a point, or it has a
    /// function in them.
    pub async fn sessions_of_user(
        &self,
        user: UserId,
        (from, to): (Timestamp, Timestamp),
        after: Option<&str>,
    ) -> Result<Page<SessionRow>, StoreError> {
        self.session_page(OF_USER, (from, to), after, Some(user)).await
    }

    async fn session_page(
        &self,
        sql: &'static str,
        (from, to): (Timestamp, Timestamp),
        after: Option<&str>,
        user: Option<UserId>,
    ) -> Result<Page<SessionRow>, StoreError> {
        let (at_us, id) = from_place(after)?;
        let mut args: Vec<Value> = vec![from.into(), to.into(), at_us.into(), id.into(), PAGE_AND_ONE.into()];
        args.extend(user.map(Value::from));
        let rows = self.read(sql, &args).await?;
        Ok(Page::cut(rows.into_iter().map(read).collect::<Result<_, _>>()?, place))
    }

    /// The points of a session, the central one first.
    pub async fn session_points(&self, id: SessionId) -> Result<Vec<SessionPoint>, StoreError> {
        let mut points = Vec::new();
        for mut row in self.read(POINTS, &[id.into()]).await? {
            points.push(SessionPoint {
                point: row.parse("session_point.point_id")?,
                unit: row.parse("session_point.unit_id")?,
                role: row.code("session_point.role")?,
                name: row.take("session_point.name")?,
                address: row.take("session_point.address")?,
            });
        }
        Ok(points)
    }

    /// Who does what in a session.
    pub async fn session_functions(&self, id: SessionId) -> Result<Vec<FunctionRow>, StoreError> {
        let mut functions = Vec::new();
        for mut row in self.read(FUNCTIONS, &[id.into()]).await? {
            functions.push(FunctionRow {
                user: row.parse("session_function.user_id")?,
                function: row.code("session_function.function")?,
                point: row.parse("session_function.point_id")?,
                name: row.take("session_function.name")?,
                title: row.take("session_function.title")?,
            });
        }
        Ok(functions)
    }
}
