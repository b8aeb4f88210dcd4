//! Paired machines and the one-use codes that pair them.

use jiff::Timestamp;

use super::super::sql::{Row, Statement};
use super::super::{Store, StoreError};
use super::{Act, Table, code};
use crate::domain::chain::Hash;
use crate::domain::ids::{DeviceId, PointId};
use crate::domain::units::{Device, DeviceKind};

/// A code that pairs one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// SHA-256 of the code; the code itself is shown once and not kept.
    pub code_hash: Hash,
    /// Where the device will stand.
    pub point: PointId,
    /// What it will be for.
    pub kind: DeviceKind,
    /// What it will be called.
    pub name: String,
    /// After this it pairs nothing.
    pub expires_at: Timestamp,
}

/// Inserts a device, or changes its name and revocation. Its key and point never change.
pub fn device(device: &Device, paired_at: Timestamp) -> Statement {
    Statement::new(
        "device",
        "INSERT INTO device (device_id, point_id, kind, name, public_key, paired_at_us, revoked) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (device_id) DO UPDATE SET name = excluded.name, \
         kind = excluded.kind, revoked = excluded.revoked",
    )
    .bind(device.id)
    .bind(device.point)
    .bind(code(&device.kind))
    .bind(device.name.as_str())
    .bind(device.public_key.as_str())
    .bind(paired_at)
    .bind(device.revoked)
    .touches(Table::Device, [device.id.into()])
}

/// Keeps a new pairing code.
pub fn pairing_code(new: &PairingCode) -> Statement {
    Statement::new(
        "pairing_code",
        "INSERT INTO pairing_code (code_hash, point_id, kind, name, expires_at_us) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(new.code_hash)
    .bind(new.point)
    .bind(code(&new.kind))
    .bind(new.name.as_str())
    .bind(new.expires_at)
    .touches(Table::PairingCode, [new.code_hash.into()])
}

const USE_CODE: &str = "UPDATE pairing_code SET used_at_us = $2 \
     WHERE code_hash = $1 AND used_at_us IS NULL AND expires_at_us > $2";
const CODE: &str = "SELECT code_hash, point_id, kind, name, expires_at_us FROM pairing_code \
     WHERE code_hash = $1 AND used_at_us IS NULL AND expires_at_us > $2";
const DEVICE: &str = "SELECT device_id, point_id, kind, name, public_key, revoked FROM device WHERE device_id = $1";
const DEVICES: &str = "SELECT device_id, point_id, kind, name, public_key, revoked FROM device \
     WHERE point_id = $1 ORDER BY device_id";

fn read_device(mut row: Row) -> Result<Device, StoreError> {
    Ok(Device {
        id: row.parse("device.device_id")?,
        point: row.parse("device.point_id")?,
        kind: row.code("device.kind")?,
        name: row.take("device.name")?,
        public_key: row.take("device.public_key")?,
        revoked: row.take("device.revoked")?,
    })
}

impl Store {
    /// Uses a code up and pairs the device it was made for, in one transaction. `None`: unknown, used or too old.
    pub async fn pair_device(
        &self,
        code_hash: Hash,
        id: DeviceId,
        public_key: &str,
        now: Timestamp,
    ) -> Result<Option<Device>, StoreError> {
        let Some(mut row) = self.read(CODE, &[code_hash.into(), now.into()]).await?.pop() else { return Ok(None) };
        let _: String = row.take("pairing_code.code_hash")?;
        let paired = Device {
            id,
            point: row.parse("pairing_code.point_id")?,
            kind: row.code("pairing_code.kind")?,
            name: row.take("pairing_code.name")?,
            public_key: public_key.to_owned(),
            revoked: false,
        };
        let used = Statement::new("pairing_code.use", USE_CODE)
            .bind(code_hash)
            .bind(now)
            .touches(Table::PairingCode, [code_hash.into()])
            .one_row();
        match self.write_office(Act::by(format!("device:{id}"), now), vec![used, device(&paired, now)]).await {
            Ok(()) => Ok(Some(paired)),
            Err(StoreError::Stale { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One device.
    pub async fn device(&self, id: DeviceId) -> Result<Option<Device>, StoreError> {
        self.read(DEVICE, &[id.into()]).await?.pop().map(read_device).transpose()
    }

    /// The devices of a point, revoked ones too.
    pub async fn devices_of(&self, point: PointId) -> Result<Vec<Device>, StoreError> {
        self.read(DEVICES, &[point.into()]).await?.into_iter().map(read_device).collect()
    }
}
