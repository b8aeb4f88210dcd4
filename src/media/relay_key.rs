//! Credentials of the relay: made for one connection, good for minutes, checked without being stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::domain::ids::ConnectionId;
use crate::limits;

/// Key of this process; credentials of an earlier one are worth nothing.
pub(crate) struct RelayKey(hmac::Key);

impl RelayKey {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// User name and password of a connection. `unix_s`: now.
    pub(crate) fn credentials(&self, connection: ConnectionId, unix_s: i64) -> (String, String) {
        let until = unix_s + i64::try_from(limits::RELAY_CREDENTIALS.as_secs()).unwrap_or(0);
        let username = format!("{until}:{}", connection.0);
        let password = self.derive(&username);
        (username, password)
    }

    /// The password that belongs to a user name; `None` when its time is over or it has none.
    pub(crate) fn password(&self, username: &str, unix_s: i64) -> Option<String> {
        let until: i64 = username.split_once(':')?.0.parse().ok()?;
        (unix_s <= until).then(|| self.derive(username))
    }

    fn derive(&self, username: &str) -> String {
        STANDARD.encode(hmac::sign(&self.0, username.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn credentials_are_of_one_name_one_key_and_their_time() {
        let key = RelayKey::new(&[1; 32]);
        let (username, password) = key.credentials(ConnectionId(Uuid::from_u128(7)), 1_000);
        assert_eq!(key.password(&username, 1_000).as_deref(), Some(password.as_str()));
        let life = limits::RELAY_CREDENTIALS.as_secs() as i64;
        assert!(key.password(&username, 1_000 + life).is_some());
        assert_eq!(key.password(&username, 1_001 + life), None);
        assert_ne!(key.password(&username.replace('7', "8"), 1_000).as_deref(), Some(password.as_str()));
        assert_ne!(RelayKey::new(&[2; 32]).password(&username, 1_000).as_deref(), Some(password.as_str()));
        assert_eq!(key.password("nonsense", 0), None);
    }
}
