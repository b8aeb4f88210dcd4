//! Tokens of machines that come without a browser of ours: encoders of a point, wall displays of a session.

use jiff::Timestamp;

use super::super::sql::{Row, Statement};
use super::super::{Store, StoreError};
use super::{Table, code};
use crate::domain::chain::Hash;
use crate::domain::ids::{DeviceId, PointId, SessionId};
use crate::domain::session::SessionStatus;
use crate::domain::units::DeviceKind;

/// The one thing a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceScope {
    /// An encoder sends the picture and sound of this point.
    Point(PointId),
    /// A wall display shows the public stage of this session.
    Session(SessionId),
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceToken {
    /// How lists and logs name it.
    pub id: DeviceId,
    /// SHA-256 of the token; the token itself is shown once and not kept.
    pub token_hash: Hash,
    /// What it opens.
    pub scope: DeviceScope,
    /// What the machine is called.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// After this it opens nothing.
    pub expires_at: Timestamp,
    /// Since when it opens nothing, if somebody took it back.
    pub revoked_at: Option<Timestamp>,
}

impl DeviceToken {
    /// What the machine is for.
    pub fn kind(&self) -> DeviceKind {
        match self.scope {
            DeviceScope::Point(_) => DeviceKind::Encoder,
            DeviceScope::Session(_) => DeviceKind::Wall,
        }
    }

    /// Whether it opens anything at that moment.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// Keeps a new token.
pub fn device_token(new: &DeviceToken) -> Statement {
    let (point, session) = match new.scope {
        DeviceScope::Point(point) => (Some(point), None),
        DeviceScope::Session(session) => (None, Some(session)),
    };
    Statement::new(
        "device_token",
        "INSERT INTO device_token (token_hash, device_id, kind, point_id, session_id, name, made_at_us, expires_at_us) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.token_hash)
    .bind(new.id)
    .bind(code(&new.kind()))
    .bind(point)
    .bind(session)
    .bind(new.name.as_str())
    .bind(new.made_at)
    .bind(new.expires_at)
    .touches(Table::DeviceToken, [new.token_hash.into()])
}

/// Takes a token back. Refused as stale when it was taken back before.
pub fn revoke_device_token(token_hash: Hash, now: Timestamp) -> Statement {
    Statement::new(
        "device_token.revoke",
        "UPDATE device_token SET revoked_at_us = $2 WHERE token_hash = $1 AND revoked_at_us IS NULL",
    )
    .bind(token_hash)
    .bind(now)
    .touches(Table::DeviceToken, [token_hash.into()])
    .one_row()
}

const BY_HASH: &str = "SELECT device_id, token_hash, point_id, session_id, name, made_at_us, expires_at_us, revoked_at_us \
     FROM device_token WHERE token_hash = $1";
const ALL: &str = "SELECT device_id, token_hash, point_id, session_id, name, made_at_us, expires_at_us, revoked_at_us \
     FROM device_token ORDER BY device_id";
const LIVE_AT: &str = "SELECT s.session_id, s.status FROM session s JOIN session_point p ON p.session_id = s.session_id \
     WHERE p.point_id = $1 AND s.status IN ('connecting', 'ready', 'in_progress', 'paused', 'interrupted') \
     ORDER BY s.starts_at_us, s.session_id";

fn read(mut row: Row) -> Result<DeviceToken, StoreError> {
    let id = row.parse("device_token.device_id")?;
    let token_hash = row.parse("device_token.token_hash")?;
    let point: Option<PointId> = row.parse_opt("device_token.point_id")?;
    let session: Option<SessionId> = row.parse_opt("device_token.session_id")?;
    let scope = point.map(DeviceScope::Point).or(session.map(DeviceScope::Session));
    Ok(DeviceToken {
        id,
        token_hash,
        scope: scope.ok_or(StoreError::Invalid { field: "device_token.point_id" })?,
        name: row.take("device_token.name")?,
        made_at: row.moment("device_token.made_at_us")?,
        expires_at: row.moment("device_token.expires_at_us")?,
        revoked_at: row.moment_opt("device_token.revoked_at_us")?,
    })
}

impl Store {
    /// A token by its hash, also one that opens nothing any more.
    pub async fn device_token(&self, token_hash: Hash) -> Result<Option<DeviceToken>, StoreError> {
        self.read(BY_HASH, &[token_hash.into()]).await?.pop().map(read).transpose()
    }

    /// All tokens that were ever made, oldest first: an installation has a few dozen.
    pub async fn device_tokens(&self) -> Result<Vec<DeviceToken>, StoreError> {
        self.read(ALL, &[]).await?.into_iter().map(read).collect()
    }

    /// The session a point takes part in now: one under way before one that only connects, then the earlier.
    pub async fn live_session_at(&self, point: PointId) -> Result<Option<SessionId>, StoreError> {
        let mut found = Vec::new();
        for mut row in self.read(LIVE_AT, &[point.into()]).await? {
            let session: SessionId = row.parse("session.session_id")?;
            found.push((session, row.code::<SessionStatus>("session.status")?));
        }
        let begun = found.iter().find(|(_, status)| *status == SessionStatus::InProgress);
        Ok(begun.or(found.first()).map(|(session, _)| *session))
    }
}
