//! What lets a browser in: cookie sessions, one-use links, used tickets. Only hashes of secrets are kept.

use jiff::Timestamp;

use super::super::sql::Statement;
use super::super::{Store, StoreError};
use super::{Act, Table};
use crate::domain::chain::Hash;
use crate::domain::ids::{DeviceId, UserId};

/// A cookie session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSession {
    /// SHA-256 of the cookie's token.
    pub token_hash: Hash,
    /// Whose.
    pub user: UserId,
    /// The paired device it was opened on.
    pub device: Option<DeviceId>,
    /// When it began: the absolute limit counts from here.
    pub created_at: Timestamp,
    /// Last use: the idle limit counts from here.
    pub seen_at: Timestamp,
    /// It ends by then at the latest.
    pub expires_at: Timestamp,
}

/// Whether a ticket was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketUse {
    /// This was its one use.
    First,
    /// It was used before.
    Again,
}

/// Inserts a cookie session, or notes its last use and end.
pub fn web_session(session: &WebSession) -> Statement {
    Statement::new(
        "web_session",
        "INSERT INTO web_session (token_hash, user_id, device_id, created_at_us, seen_at_us, expires_at_us) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_hash) DO UPDATE SET seen_at_us = excluded.seen_at_us, \
         expires_at_us = excluded.expires_at_us",
    )
    .bind(session.token_hash)
    .bind(session.user)
    .bind(session.device)
    .bind(session.created_at)
    .bind(session.seen_at)
    .bind(session.expires_at)
}

/// Ends every cookie session of an account: a new password, a disabled account.
pub fn end_web_sessions(user: UserId) -> Statement {
    Statement::new("web_session.end", END_ALL).bind(user)
}

/// Keeps a one-use sign-in link.
pub fn link(token_hash: Hash, user: UserId, expires_at: Timestamp) -> Statement {
    let sql = "INSERT INTO sign_in_link (token_hash, user_id, expires_at_us) VALUES ($1, $2, $3)";
    let insert = Statement::new("sign_in_link", sql).bind(token_hash).bind(user).bind(expires_at);
    insert.touches(Table::SignInLink, [token_hash.into()])
}

/// The first statement fails when the ticket was used before; the second forgets tickets nobody could use any more.
pub fn ticket(jti: &str, expires_at: Timestamp, now: Timestamp) -> Vec<Statement> {
    vec![
        Statement::new("ticket_used", "INSERT INTO ticket_used (jti, expires_at_us) VALUES ($1, $2)")
            .bind(jti)
            .bind(expires_at),
        Statement::new("ticket_used.clear", "DELETE FROM ticket_used WHERE expires_at_us < $1").bind(now),
    ]
}

const SESSION: &str = "SELECT token_hash, user_id, device_id, created_at_us, seen_at_us, expires_at_us \
     FROM web_session WHERE token_hash = $1 AND expires_at_us > $2";
const END: &str = "DELETE FROM web_session WHERE token_hash = $1";
const END_ALL: &str = "DELETE FROM web_session WHERE user_id = $1";
const CLEAR: &str = "DELETE FROM web_session WHERE expires_at_us <= $1";
const USE_LINK: &str = "UPDATE sign_in_link SET used_at_us = $2 \
     WHERE token_hash = $1 AND used_at_us IS NULL AND expires_at_us > $2";
const LINK: &str = "SELECT user_id FROM sign_in_link WHERE token_hash = $1";

impl Store {
    /// The cookie session of a token, unless it is over.
    pub async fn web_session(&self, token_hash: Hash, now: Timestamp) -> Result<Option<WebSession>, StoreError> {
        let Some(mut row) = self.read(SESSION, &[token_hash.into(), now.into()]).await?.pop() else {
            return Ok(None);
        };
        Ok(Some(WebSession {
            token_hash: row.parse("web_session.token_hash")?,
            user: row.parse("web_session.user_id")?,
            device: row.parse_opt("web_session.device_id")?,
            created_at: row.moment("web_session.created_at_us")?,
            seen_at: row.moment("web_session.seen_at_us")?,
            expires_at: row.moment("web_session.expires_at_us")?,
        }))
    }

    /// Ends one cookie session (sign-out), and forgets those that are over.
    pub async fn end_web_session(&self, token_hash: Hash, now: Timestamp) -> Result<(), StoreError> {
        let end = Statement::new("web_session.end", END).bind(token_hash);
        let clear = Statement::new("web_session.clear", CLEAR).bind(now);
        self.write_office(now, vec![end, clear]).await
    }

    /// Uses a link up. `None`: unknown, used or too old.
    pub async fn use_link(&self, token_hash: Hash, now: Timestamp) -> Result<Option<UserId>, StoreError> {
        let Some(mut row) = self.read(LINK, &[token_hash.into()]).await?.pop() else { return Ok(None) };
        let user: UserId = row.parse("sign_in_link.user_id")?;
        let used = Statement::new("sign_in_link.use", USE_LINK)
            .bind(token_hash)
            .bind(now)
            .touches(Table::SignInLink, [token_hash.into()])
            .one_row();
        match self.write_office(Act::by(format!("user:{user}"), now), vec![used]).await {
            Ok(()) => Ok(Some(user)),
            Err(StoreError::Stale { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Uses a ticket up.
    pub async fn use_ticket(&self, jti: &str, expires_at: Timestamp, now: Timestamp) -> Result<TicketUse, StoreError> {
        match self.write_live(now, ticket(jti, expires_at, now)).await {
            Ok(()) => Ok(TicketUse::First),
            Err(StoreError::Constraint { what: "ticket_used" }) => Ok(TicketUse::Again),
            Err(error) => Err(error),
        }
    }
}
