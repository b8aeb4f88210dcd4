//! Units with validity and successors; points.

use super::super::sql::{Row, Statement};
use super::super::{Store, StoreError};
use super::{Table, code};
use crate::domain::ids::{PointId, UnitId};
use crate::domain::units::{Point, Unit};

/// Inserts or changes a unit and who continues its work. Successors must exist.
pub fn unit(unit: &Unit) -> Vec<Statement> {
    let mut rows = vec![
        Statement::new(
            "unit",
            "INSERT INTO unit (unit_id, name, kind, parent, valid_from, valid_to, code, place) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (unit_id) DO UPDATE SET name = excluded.name, \
             kind = excluded.kind, parent = excluded.parent, valid_from = excluded.valid_from, \
             valid_to = excluded.valid_to, code = excluded.code, place = excluded.place",
        )
        .bind(unit.id)
        .bind(unit.name.as_str())
        .bind(code(&unit.kind))
        .bind(unit.parent)
        .bind(unit.valid_from)
        .bind(unit.valid_to)
        .bind(unit.code.as_str())
        .bind(unit.place.as_str())
        .touches(Table::Unit, [unit.id.into()]),
        Statement::new("unit_successor.clear", "DELETE FROM unit_successor WHERE unit_id = $1")
            .bind(unit.id)
            .touches_group(Table::UnitSuccessor, unit.id),
    ];
    for successor in &unit.successors {
        let sql = "INSERT INTO unit_successor (unit_id, successor_id) VALUES ($1, $2)";
        let insert = Statement::new("unit_successor", sql).bind(unit.id).bind(*successor);
        rows.push(insert.touches_group(Table::UnitSuccessor, unit.id));
    }
    rows
}

/// Inserts or changes a point. One that another unit takes over brings its devices and pairing codes along.
pub fn point(point: &Point) -> Statement {
    Statement::new(
        "point",
        "INSERT INTO point (point_id, unit_id, name, address, equipment, phone, valid_from, valid_to) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (point_id) DO UPDATE SET unit_id = excluded.unit_id, \
         name = excluded.name, address = excluded.address, equipment = excluded.equipment, phone = excluded.phone, \
         valid_from = excluded.valid_from, valid_to = excluded.valid_to",
    )
    .bind(point.id)
    .bind(point.unit)
    .bind(point.name.as_str())
    .bind(point.address.as_str())
    .bind(point.equipment.as_str())
    .bind(point.phone.as_str())
    .bind(point.valid_from)
    .bind(point.valid_to)
    .touches(Table::Point, [point.id.into()])
    .touches_group(Table::Device, point.id)
    .touches_group(Table::PairingCode, point.id)
}

const UNITS: &str = "SELECT unit_id, name, kind, parent, valid_from, valid_to, code, place FROM unit ORDER BY unit_id";
const SUCCESSORS: &str = "SELECT unit_id, successor_id FROM unit_successor ORDER BY unit_id, successor_id";
const PREDECESSORS: &str = "SELECT unit_id FROM unit_successor WHERE successor_id = $1 ORDER BY unit_id";
const POINTS: &str = "SELECT point_id, unit_id, name, address, equipment, phone, valid_from, valid_to FROM point \
     ORDER BY point_id";
const POINT: &str = "SELECT point_id, unit_id, name, address, equipment, phone, valid_from, valid_to FROM point \
     WHERE point_id = $1";
const POINTS_OF_USER: &str = "SELECT point_id, unit_id, name, address, equipment, phone, valid_from, valid_to \
     FROM point WHERE unit_id IN (SELECT unit_id FROM role_grant WHERE user_id = $1) ORDER BY point_id";

fn read_point(mut row: Row) -> Result<Point, StoreError> {
    Ok(Point {
        id: row.parse("point.point_id")?,
        unit: row.parse("point.unit_id")?,
        name: row.take("point.name")?,
        address: row.take("point.address")?,
        equipment: row.take("point.equipment")?,
        phone: row.take("point.phone")?,
        valid_from: row.date("point.valid_from")?,
        valid_to: row.date_opt("point.valid_to")?,
    })
}

impl Store {
    /// All units, ended ones too: a province has some hundreds.
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        let mut units = Vec::new();
        for mut row in self.read(UNITS, &[]).await? {
            units.push(Unit {
                id: row.parse("unit.unit_id")?,
                name: row.take("unit.name")?,
                kind: row.code("unit.kind")?,
                parent: row.parse_opt("unit.parent")?,
                valid_from: row.date("unit.valid_from")?,
                valid_to: row.date_opt("unit.valid_to")?,
                successors: Vec::new(),
                code: row.take("unit.code")?,
                place: row.take("unit.place")?,
            });
        }
        for mut row in self.read(SUCCESSORS, &[]).await? {
            let (old, new): (UnitId, UnitId) = (row.parse("unit_successor.unit_id")?, row.parse("successor_id")?);
            if let Some(unit) = units.iter_mut().find(|unit| unit.id == old) {
                unit.successors.push(new);
            }
        }
        Ok(units)
    }

    /// One unit.
    pub async fn unit(&self, id: UnitId) -> Result<Option<Unit>, StoreError> {
        Ok(self.units().await?.into_iter().find(|unit| unit.id == id))
    }

    /// The units whose work this one continues.
    pub async fn predecessors(&self, id: UnitId) -> Result<Vec<UnitId>, StoreError> {
        let rows = self.read(PREDECESSORS, &[id.into()]).await?;
        rows.into_iter().map(|mut row| row.parse("unit_successor.unit_id")).collect()
    }

    /// All points.
    pub async fn points(&self) -> Result<Vec<Point>, StoreError> {
        self.read(POINTS, &[]).await?.into_iter().map(read_point).collect()
    }

    /// One point.
    pub async fn point(&self, id: PointId) -> Result<Option<Point>, StoreError> {
        self.read(POINT, &[id.into()]).await?.pop().map(read_point).transpose()
    }

    /// Points of the units in which an account has a role.
    pub async fn points_of_user(&self, user: crate::domain::ids::UserId) -> Result<Vec<Point>, StoreError> {
        self.read(POINTS_OF_USER, &[user.into()]).await?.into_iter().map(read_point).collect()
    }
}
