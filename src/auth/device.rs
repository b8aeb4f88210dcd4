//! Machines without a browser of ours: encoders and wall displays, each with a Bearer token (RFC 6750) for one thing.

use std::time::Duration;

use jiff::Timestamp;

use super::secret;
use crate::app::accounts::Accounts;
use crate::domain::actor::Actor;
use crate::domain::ids::{DeviceId, UserId};
use crate::error::AppError;
use crate::store::office::{Act, DeviceScope, DeviceToken};

/// 256 bits in base64url; nothing else is looked up.
const TOKEN_LENGTH: usize = 43;

/// A new token for `scope`, good for `lifetime`; the second half is shown once and kept nowhere.
///
/// # Errors
/// The store's; `Internal` without randomness.
pub async fn make(
    accounts: &Accounts,
    id: DeviceId,
    scope: DeviceScope,
    (name, lifetime): (&str, Duration),
    act: Act,
) -> Result<(DeviceToken, String), AppError> {
    let token = secret::token()?;
    let kept = DeviceToken {
        id,
        token_hash: secret::digest(&token),
        scope,
        name: name.to_owned(),
        made_at: act.at,
        expires_at: act.at.saturating_add(lifetime).unwrap_or(act.at),
        revoked_at: None,
    };
    accounts.make_device_token(&kept, act).await?;
    Ok((kept, token))
}

/// The token behind `Authorization: Bearer …`, if it opens anything now. Whether it opens what is asked for is the
/// caller's question.
///
/// # Errors
/// `DeviceTokenRefused` alike for no token, a wrong one, and one that was taken back or is too old; the store's.
pub async fn admit(accounts: &Accounts, header: Option<&str>, now: Timestamp) -> Result<DeviceToken, AppError> {
    let token = header.and_then(bearer).ok_or(AppError::DeviceTokenRefused)?;
    let found = accounts.device_token(secret::digest(token)).await?;
    found.filter(|token| token.is_good(now)).ok_or(AppError::DeviceTokenRefused)
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (scheme.eq_ignore_ascii_case("bearer") && token.len() == TOKEN_LENGTH && token.bytes().all(plain)).then_some(token)
}

/// The machine as the room knows it: it stands where its token says, has no function and does nothing.
pub fn actor(token: &DeviceToken) -> Actor {
    let point = match token.scope {
        DeviceScope::Point(point) => Some(point),
        DeviceScope::Session(_) => None,
    };
    Actor {
        user: UserId(token.id.0),
        name: token.name.clone(),
        title: String::new(),
        point,
        device: token.kind(),
        browser: token.id.0,
        roles: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_of_our_form_is_looked_up() {
        let token = secret::token().unwrap();
        for good in [format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER  {token}")] {
            assert_eq!(bearer(&good), Some(token.as_str()), "{good}");
        }
        let short = &token[1..];
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            &token,
            &format!("Basic {token}"),
            &format!("Bearer {short}"),
            &format!("Bearer {short}'"),
        ] {
            assert_eq!(bearer(bad), None, "{bad}");
        }
    }
}
