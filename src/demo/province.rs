//! The province: who and what exists, from `config/demo/province.toml`, and its rows in the office's tables.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::error::DemoError;
use super::ids::id;
use crate::domain::ids::{PointId, UnitId, UserId};
use crate::domain::people::{RoleGrant, UnitRole, User};
use crate::domain::units::{Point, Unit, UnitKind};
use crate::store::Store;
use crate::store::office::{self, Account};

const FILE: &str = "province.toml";

/// Units, points and accounts by their keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Province {
    /// "tỉnh …".
    pub name: String,
    unit: Vec<UnitEntry>,
    point: Vec<PointEntry>,
    user: Vec<UserEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitEntry {
    key: String,
    name: String,
    kind: UnitKind,
    parent: Option<String>,
    code: String,
    place: String,
    valid_from: Date,
    valid_to: Option<Date>,
    #[serde(default)]
    successors: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointEntry {
    key: String,
    unit: String,
    name: String,
    address: String,
    equipment: String,
    phone: String,
    valid_from: Date,
    valid_to: Option<Date>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserEntry {
    login: String,
    host: Option<String>,
    name: String,
    title: String,
    #[serde(default)]
    disabled: bool,
    grants: Vec<GrantEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantEntry {
    unit: String,
    role: UnitRole,
}

/// An account that a page is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The account's login: what the role is called in lists.
    pub role: String,
    /// First label of its host.
    pub host: String,
    pub user: User,
}

impl Province {
    /// As embedded.
    ///
    /// # Errors
    /// [`DemoError::Data`] names what is wrong with the file.
    pub fn load() -> Result<Self, DemoError> {
        toml::from_str(include_str!("../../config/demo/province.toml")).map_err(|error| DemoError::data(FILE, error))
    }

    /// The unit of a key.
    pub fn unit(&self, key: &str) -> Result<Unit, DemoError> {
        let entry = self.unit.iter().find(|entry| entry.key == key).ok_or_else(|| unknown("unit", key))?;
        Ok(Unit {
            id: unit_id(key),
            name: entry.name.clone(),
            kind: entry.kind,
            parent: entry.parent.as_deref().map(unit_id),
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
            successors: entry.successors.iter().map(|key| unit_id(key)).collect(),
            code: entry.code.clone(),
            place: entry.place.clone(),
        })
    }

    /// The point of a key.
    pub fn point(&self, key: &str) -> Result<Point, DemoError> {
        let entry = self.point.iter().find(|entry| entry.key == key).ok_or_else(|| unknown("point", key))?;
        Ok(Point {
            id: PointId(id("point", key)),
            unit: unit_id(&entry.unit),
            name: entry.name.clone(),
            address: entry.address.clone(),
            equipment: entry.equipment.clone(),
            phone: entry.phone.clone(),
            valid_from: entry.valid_from,
            valid_to: entry.valid_to,
        })
    }

    /// The account of a login, with its roles.
    pub fn user(&self, login: &str) -> Result<(User, Vec<RoleGrant>), DemoError> {
        let entry = self.user.iter().find(|entry| entry.login == login).ok_or_else(|| unknown("user", login))?;
        let user = UserId(id("user", login));
        let grants =
            entry.grants.iter().map(|grant| RoleGrant { user, unit: unit_id(&grant.unit), role: grant.role }).collect();
        let (login, name, title) = (entry.login.clone(), entry.name.clone(), entry.title.clone());
        Ok((User { id: user, login, name, title, disabled: entry.disabled }, grants))
    }

    /// Accounts with a host of their own, in the order of the file.
    pub fn roles(&self) -> Result<Vec<Role>, DemoError> {
        let mut roles = Vec::new();
        for entry in &self.user {
            if let Some(host) = &entry.host {
                let (user, _) = self.user(&entry.login)?;
                roles.push(Role { role: entry.login.clone(), host: host.clone(), user });
            }
        }
        Ok(roles)
    }

    /// Brings units, points, accounts and roles into the office's tables; what is there already stays as it is.
    ///
    /// # Errors
    /// [`DemoError::Store`], or [`DemoError::Data`] for a key that names nothing.
    pub async fn settle(&self, store: &Store, at: Timestamp) -> Result<(), DemoError> {
        let units: BTreeSet<UnitId> = store.units().await?.into_iter().map(|unit| unit.id).collect();
        let points: BTreeSet<PointId> = store.points().await?.into_iter().map(|point| point.id).collect();
        let mut rows = Vec::new();
        for entry in &self.unit {
            let unit = self.unit(&entry.key)?;
            if !units.contains(&unit.id) {
                rows.extend(office::unit(&unit));
            }
        }
        for entry in &self.point {
            self.unit(&entry.unit)?;
            let point = self.point(&entry.key)?;
            if !points.contains(&point.id) {
                rows.push(office::point(&point));
            }
        }
        for entry in &self.user {
            let (user, grants) = self.user(&entry.login)?;
            if store.account(user.id).await?.is_none() {
                rows.push(office::user(&Account { user, password_hash: None }));
                rows.extend(grants.iter().map(|grant| office::grant(grant, true)));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        Ok(store.write_office(at, rows).await?)
    }
}

fn unit_id(key: &str) -> UnitId {
    UnitId(id("unit", key))
}

fn unknown(kind: &str, key: &str) -> DemoError {
    DemoError::data(FILE, format!("no {kind} `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_names_something_and_successors_come_first() {
        let province = Province::load().unwrap();
        let mut known = BTreeSet::new();
        for entry in &province.unit {
            for key in entry.successors.iter().chain(&entry.parent) {
                assert!(known.contains(key.as_str()), "{} names {key} before it exists", entry.key);
            }
            known.insert(entry.key.as_str());
        }
        for entry in &province.point {
            let unit = province.unit(&entry.unit).unwrap();
            assert!(unit.exists_on(entry.valid_from), "{} before its unit", entry.key);
            assert_eq!(entry.valid_to.is_some(), unit.valid_to.is_some(), "{} ends with its unit", entry.key);
        }
        for entry in &province.user {
            assert!(entry.grants.iter().all(|grant| known.contains(grant.unit.as_str())), "{}", entry.login);
        }
        assert!(province.unit("ban-tcd-nam-ngan").unwrap().kind == UnitKind::DistrictBoard);
    }

    /// The district level ended on 1 July 2025.
    #[test]
    fn district_boards_are_history() {
        let province = Province::load().unwrap();
        let boards: Vec<Unit> = province
            .unit
            .iter()
            .filter(|entry| entry.kind == UnitKind::DistrictBoard)
            .map(|entry| province.unit(&entry.key).unwrap())
            .collect();
        assert_eq!(boards.len(), 2);
        for board in boards {
            assert_eq!(board.valid_to, Some("2025-06-30".parse().unwrap()));
            assert!(!board.successors.is_empty(), "{} is continued by somebody", board.name);
        }
    }
}
