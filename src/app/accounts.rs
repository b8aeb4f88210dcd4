//! Accounts, sign-ins and kiosks as the door needs them.

use jiff::Timestamp;

use crate::domain::chain::Hash;
use crate::domain::ids::{DeviceId, PointId, SessionId, UserId};
use crate::domain::people::{RoleGrant, User};
use crate::domain::units::{Device, Point, Unit};
use crate::error::AppError;
use crate::store::office::{self, Account, Act, DeviceToken, PairingCode, TicketUse, WebSession};
use crate::store::{Store, StoreError, WriterCounts};

pub use crate::domain::people::KIOSK_LOGIN;

/// The accounts of the installation.
#[derive(Clone, Debug)]
pub struct Accounts {
    store: Store,
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::StoreUnavailable,
            other => Self::Internal(format!("{}: {other}", other.code())),
        }
    }
}

impl Accounts {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), AppError> {
        self.store.read("SELECT 1", &[]).await?;
        Ok(())
    }

    /// What the store's writer has done.
    pub fn writer_counts(&self) -> &WriterCounts {
        self.store.counts()
    }

    pub async fn by_login(&self, login: &str) -> Result<Option<Account>, AppError> {
        Ok(self.store.account_by_login(login).await?)
    }

    pub async fn by_id(&self, user: UserId) -> Result<Option<Account>, AppError> {
        Ok(self.store.account(user).await?)
    }

    pub async fn roles(&self, user: UserId) -> Result<Vec<RoleGrant>, AppError> {
        Ok(self.store.grants(user).await?)
    }

    // --- sign-ins

    pub async fn open_sign_in(&self, session: &WebSession) -> Result<(), AppError> {
        Ok(self.store.write_office(session.created_at, vec![office::web_session(session)]).await?)
    }

    pub async fn sign_in(&self, digest: Hash, now: Timestamp) -> Result<Option<WebSession>, AppError> {
        Ok(self.store.web_session(digest, now).await?)
    }

    /// Notes the last use. Never brings back a sign-in that was ended meanwhile.
    pub async fn touch_sign_in(&self, digest: Hash, now: Timestamp) -> Result<(), AppError> {
        Ok(self.store.write_office(now, vec![office::touch_web_session(digest, now)]).await?)
    }

    pub async fn close_sign_in(&self, digest: Hash, now: Timestamp) -> Result<(), AppError> {
        Ok(self.store.end_web_session(digest, now).await?)
    }

    /// Uses a one-use link up; the account it is for.
    pub async fn take_link(&self, digest: Hash, now: Timestamp) -> Result<Option<User>, AppError> {
        let Some(user) = self.store.use_link(digest, now).await? else { return Ok(None) };
        Ok(self.store.account(user).await?.map(|account| account.user))
    }

    pub async fn make_link(
        &self,
        digest: Hash,
        user: UserId,
        end: Timestamp,
        act: impl Into<Act>,
    ) -> Result<(), AppError> {
        Ok(self.store.write_office(act, vec![office::link(digest, user, end)]).await?)
    }

    /// Uses a ticket or challenge up; `false` when it was used before.
    pub async fn spend(&self, id: &str, end: Timestamp, now: Timestamp) -> Result<bool, AppError> {
        Ok(self.store.use_ticket(id, end, now).await? == TicketUse::First)
    }

    // --- kiosks

    pub async fn make_pairing_code(&self, code: &PairingCode, act: impl Into<Act>) -> Result<(), AppError> {
        Ok(self.store.write_office(act, vec![office::pairing_code(code)]).await?)
    }

    /// Uses a pairing code up. `None`: unknown, used or too old.
    pub async fn pair(
        &self,
        code: Hash,
        id: DeviceId,
        public_key: &str,
        now: Timestamp,
    ) -> Result<Option<Device>, AppError> {
        match self.store.pair_device(code, id, public_key, now).await {
            // The same key twice: that browser is paired already.
            Err(StoreError::Constraint { .. }) => Err(AppError::KioskRefused),
            other => Ok(other?),
        }
    }

    pub async fn device(&self, id: DeviceId) -> Result<Option<Device>, AppError> {
        Ok(self.store.device(id).await?)
    }

    /// Browsers that were ever paired with a point.
    pub async fn devices_of(&self, point: PointId) -> Result<Vec<Device>, AppError> {
        Ok(self.store.devices_of(point).await?)
    }

    /// Lets a paired browser in no more; its sign-ins end with the next thing they ask. `None`: no such browser.
    pub async fn unpair(&self, id: DeviceId, now: Timestamp) -> Result<Option<Device>, AppError> {
        let Some(device) = self.store.device(id).await? else { return Ok(None) };
        let gone = Device { revoked: true, ..device };
        self.store.write_office(now, vec![office::device(&gone, now)]).await?;
        Ok(Some(gone))
    }

    /// The account of a kiosk nobody is signed in at: it has no password and no role, and shows what its point may see.
    pub async fn kiosk_account(&self, device: &Device, now: Timestamp) -> Result<User, AppError> {
        let id = UserId(device.id.0);
        if let Some(account) = self.store.account(id).await? {
            return if account.user.disabled { Err(AppError::KioskRefused) } else { Ok(account.user) };
        }
        let login = format!("{KIOSK_LOGIN}{}", device.id);
        let user = User { id, login, name: device.name.clone(), title: String::new(), disabled: false };
        let account = Account { user, password_hash: None };
        let act = Act::by(format!("device:{}", device.id), now);
        self.store.write_office(act, vec![office::user(&account)]).await?;
        Ok(account.user)
    }

    // --- machines without a browser of ours

    pub async fn make_device_token(&self, token: &DeviceToken, act: impl Into<Act>) -> Result<(), AppError> {
        Ok(self.store.write_office(act, vec![office::device_token(token)]).await?)
    }

    pub async fn device_token(&self, digest: Hash) -> Result<Option<DeviceToken>, AppError> {
        Ok(self.store.device_token(digest).await?)
    }

    /// All that were ever made.
    pub async fn device_tokens(&self) -> Result<Vec<DeviceToken>, AppError> {
        Ok(self.store.device_tokens().await?)
    }

    /// Takes a token back: what runs by it ends within `limits::SIGN_IN_CHECK`. `None`: none of this id that is good.
    pub async fn revoke_device_token(
        &self,
        id: DeviceId,
        act: impl Into<Act>,
    ) -> Result<Option<DeviceToken>, AppError> {
        let act = act.into();
        let known = self.store.device_tokens().await?;
        let Some(token) = known.into_iter().find(|token| token.id == id && token.revoked_at.is_none()) else {
            return Ok(None);
        };
        let revoke = office::revoke_device_token(token.token_hash, act.at);
        match self.store.write_office(act, vec![revoke]).await {
            Err(StoreError::Stale { .. }) => Ok(None),
            done => Ok(done.map(|()| Some(token))?),
        }
    }

    /// The session a point takes part in now.
    pub async fn live_session_at(&self, point: PointId) -> Result<Option<SessionId>, AppError> {
        Ok(self.store.live_session_at(point).await?)
    }

    // --- administration

    /// Makes or changes an account; with a new password or a disabled account all its sign-ins end.
    pub async fn save(&self, account: &Account, act: impl Into<Act>) -> Result<(), AppError> {
        let mut rows = vec![office::user(account)];
        if account.password_hash.is_some() || account.user.disabled {
            rows.push(office::end_web_sessions(account.user.id));
        }
        Ok(self.store.write_office(act, rows).await?)
    }

    pub async fn grant(&self, grant: &RoleGrant, given: bool, act: impl Into<Act>) -> Result<(), AppError> {
        Ok(self.store.write_office(act, vec![office::grant(grant, given)]).await?)
    }

    pub async fn save_unit(&self, unit: &Unit, act: impl Into<Act>) -> Result<(), AppError> {
        Ok(self.store.write_office(act, office::unit(unit)).await?)
    }

    pub async fn save_point(&self, point: &Point, act: impl Into<Act>) -> Result<(), AppError> {
        Ok(self.store.write_office(act, vec![office::point(point)]).await?)
    }

    /// A unit by id or abbreviation.
    pub async fn find_unit(&self, text: &str) -> Result<Option<Unit>, AppError> {
        let units = self.store.units().await?;
        Ok(units.into_iter().find(|unit| unit.code.eq_ignore_ascii_case(text) || unit.id.to_string() == text))
    }

    /// A point by id or name.
    pub async fn find_point(&self, text: &str) -> Result<Option<Point>, AppError> {
        let points = self.store.points().await?;
        Ok(points.into_iter().find(|point| point.name == text || point.id.to_string() == text))
    }

    // --- what pickers need

    pub async fn units(&self) -> Result<Vec<Unit>, AppError> {
        Ok(self.store.units().await?)
    }

    pub async fn points(&self) -> Result<Vec<Point>, AppError> {
        Ok(self.store.points().await?)
    }

    /// Points of the units an account works for, and the point its device stands at.
    pub async fn points_for(&self, user: UserId, kiosk: Option<PointId>) -> Result<Vec<Point>, AppError> {
        let mut points = self.store.points_of_user(user).await?;
        if let Some(id) = kiosk.filter(|id| !points.iter().any(|point| point.id == *id)) {
            points.extend(self.store.point(id).await?);
        }
        Ok(points)
    }

    /// All officers; kiosks are not people.
    pub async fn officers(&self) -> Result<Vec<User>, AppError> {
        let (mut users, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.users(after.as_deref()).await?;
            users.extend(page.rows.into_iter().filter(|user| !user.disabled && !user.login.starts_with(KIOSK_LOGIN)));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(users),
            }
        }
    }
}
