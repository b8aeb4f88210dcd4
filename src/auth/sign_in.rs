//! Sign-ins: made by password, link or kiosk, carried by a cookie, ended by the person, by time or by the administrator.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::kiosk::{self, Challenges};
use super::password::Passwords;
use super::secret;
use super::throttle::Throttle;
use crate::app::accounts::Accounts;
use crate::clock::SharedClock;
use crate::config;
use crate::domain::actor::Actor;
use crate::domain::chain::Hash;
use crate::domain::ids::{DeviceId, PointId};
use crate::domain::people::{RoleGrant, User};
use crate::domain::units::{Device, DeviceKind};
use crate::error::AppError;
use crate::limits;
use crate::protocol::rest::{KioskPair, KioskSignIn, SignIn};
use crate::store::office::WebSession;

/// Who asks: read anew from the store with every request, so that what is withdrawn ends at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    pub user: User,
    pub roles: Vec<RoleGrant>,
    /// Digest of the cookie: names the sign-in without opening it.
    pub sign_in: Hash,
    /// The paired device of this browser.
    pub kiosk: Option<Device>,
}

impl Caller {
    /// One value for one sign-in, which tells a reconnect from a second machine and nothing else.
    fn browser(&self) -> Uuid {
        let half = self.sign_in.0.first_chunk::<16>().copied().unwrap_or_default();
        Uuid::from_bytes(half)
    }

    /// The point of the paired device.
    pub fn kiosk_point(&self) -> Option<PointId> {
        self.kiosk.as_ref().map(|device| device.point)
    }

    /// The caller as the one who acts, at a point or from an office page.
    pub fn actor(&self, point: Option<PointId>, device: DeviceKind) -> Actor {
        Actor {
            user: self.user.id,
            name: self.user.name.clone(),
            title: self.user.title.clone(),
            point,
            device,
            browser: self.browser(),
            roles: self.roles.iter().map(|grant| (grant.unit, grant.role)).collect(),
        }
    }
}

/// The door.
pub struct SignIns {
    accounts: Accounts,
    passwords: Passwords,
    challenges: Challenges,
    throttle: Mutex<Throttle>,
    rules: config::SignIn,
    clock: SharedClock,
}

impl SignIns {
    pub fn new(accounts: Accounts, rules: config::SignIn, clock: SharedClock) -> Result<Self, AppError> {
        let (passwords, challenges) = (Passwords::new()?, Challenges::new()?);
        Ok(Self { accounts, passwords, challenges, throttle: Mutex::default(), rules, clock })
    }

    /// The cookie's value for a right password. A wrong name and a wrong password look and take the same.
    pub async fn by_password(&self, address: IpAddr, given: SignIn) -> Result<String, AppError> {
        let login = given.login.trim().to_lowercase();
        self.attempt(address, &login)?;
        if given.password.chars().count() > limits::PASSWORD_MAX {
            return self.failed(&login, AppError::SignInFailed);
        }
        let account = self.accounts.by_login(&login).await?;
        let hash =
            account.as_ref().filter(|account| !account.user.disabled).and_then(|found| found.password_hash.clone());
        let fits = self.passwords.verify(hash, given.password).await?;
        match account {
            Some(account) if fits => {
                self.throttle().succeeded(&login);
                self.open(account.user, None).await
            }
            _ => self.failed(&login, AppError::SignInFailed),
        }
    }

    /// The cookie's value for a link that was not used before.
    pub async fn by_link(&self, address: IpAddr, token: &str) -> Result<String, AppError> {
        if !self.rules.links {
            return Err(AppError::LinksOff);
        }
        let name = format!("link:{address}");
        self.attempt(address, &name)?;
        match self.accounts.take_link(secret::digest(token), self.clock.now()).await? {
            Some(user) if !user.disabled => self.open(user, None).await,
            _ => self.failed(&name, AppError::LinkSpent),
        }
    }

    /// What a kiosk has to sign.
    pub fn challenge(&self) -> Result<String, AppError> {
        self.challenges.issue(self.clock.now().as_second())
    }

    /// Pairs this browser's key with the point the code was made for.
    pub async fn pair(&self, address: IpAddr, given: &KioskPair) -> Result<Device, AppError> {
        let name = format!("pair:{address}");
        self.attempt(address, &name)?;
        kiosk::check_key(&given.public_key)?;
        let code = secret::digest(&secret::normal_code(&given.code));
        let id = DeviceId(self.clock.new_id());
        match self.accounts.pair(code, id, &given.public_key, self.clock.now()).await? {
            Some(device) => Ok(device),
            None => self.failed(&name, AppError::PairingCodeWrong),
        }
    }

    /// The cookie's value for a kiosk that signed its challenge. `before` is the sign-in this browser has: its officer
    /// stays the actor, and the point is added; without one the kiosk's own account shows what a citizen may see.
    pub async fn by_kiosk(&self, given: &KioskSignIn, before: Option<&Caller>) -> Result<String, AppError> {
        let now = self.clock.now();
        self.challenges.check(&given.challenge, now.as_second())?;
        let device = self.accounts.device(given.device).await?.filter(|device| !device.revoked);
        let device = device.ok_or(AppError::KioskRefused)?;
        kiosk::check_signature(&device.public_key, &given.challenge, &given.signature)?;
        let seal = secret::digest(&given.challenge).to_string();
        let end = now.saturating_add(limits::KIOSK_CHALLENGE).unwrap_or(now);
        if !self.accounts.spend(&seal, end, now).await? {
            return Err(AppError::KioskRefused);
        }
        let user = match before {
            Some(caller) => {
                self.accounts.close_sign_in(caller.sign_in, now).await?;
                caller.user.clone()
            }
            None => self.accounts.kiosk_account(&device, now).await?,
        };
        self.open(user, Some(device.id)).await
    }

    /// Who a cookie stands for; ends what is over by time. Writes the last use down once a minute.
    pub async fn caller(&self, token: &str) -> Result<Caller, AppError> {
        self.caller_of(secret::digest(token)).await
    }

    /// The same for a sign-in known by its digest: sockets ask every few seconds whether they may go on.
    pub async fn caller_of(&self, digest: Hash) -> Result<Caller, AppError> {
        let now = self.clock.now();
        let row = self.accounts.sign_in(digest, now).await?.ok_or(AppError::SignInNeeded)?;
        let idle_end = row.seen_at.saturating_add(self.rules.idle()).unwrap_or(row.seen_at);
        if now >= idle_end {
            self.accounts.close_sign_in(digest, now).await?;
            return Err(AppError::SignInNeeded);
        }
        let account = self.accounts.by_id(row.user).await?.filter(|account| !account.user.disabled);
        let user = account.ok_or(AppError::SignInNeeded)?.user;
        let kiosk = match row.device {
            None => None,
            // A revoked device takes the whole sign-in with it.
            Some(id) => {
                let device = self.accounts.device(id).await?.filter(|device| !device.revoked);
                Some(device.ok_or(AppError::SignInNeeded)?)
            }
        };
        let seen = now.duration_since(row.seen_at);
        if seen.unsigned_abs() >= limits::SIGN_IN_TOUCH {
            self.accounts.touch_sign_in(digest, now).await?;
        }
        let roles = self.accounts.roles(user.id).await?;
        Ok(Caller { user, roles, sign_in: digest, kiosk })
    }

    /// Ends one sign-in.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), AppError> {
        self.accounts.close_sign_in(caller.sign_in, self.clock.now()).await
    }

    /// Longest life of the cookie in seconds.
    pub fn cookie_seconds(&self) -> u64 {
        self.rules.absolute().as_secs()
    }

    async fn open(&self, user: User, device: Option<DeviceId>) -> Result<String, AppError> {
        let token = secret::token()?;
        let now = self.clock.now();
        let expires_at = now.saturating_add(self.rules.absolute()).unwrap_or(Timestamp::MAX);
        let token_hash = secret::digest(&token);
        let session = WebSession { token_hash, user: user.id, device, created_at: now, seen_at: now, expires_at };
        self.accounts.open_sign_in(&session).await?;
        tracing::info!(user = %user.id, "signed in");
        Ok(token)
    }

    fn attempt(&self, address: IpAddr, name: &str) -> Result<(), AppError> {
        self.throttle().attempt(self.now_us(), address, name).map_err(AppError::TooManyAttempts)
    }

    fn failed<T>(&self, name: &str, error: AppError) -> Result<T, AppError> {
        self.throttle().failed(self.now_us(), name);
        Err(error)
    }

    fn now_us(&self) -> i64 {
        self.clock.mono_us()
    }

    fn throttle(&self) -> std::sync::MutexGuard<'_, Throttle> {
        // Counters stay true whatever a panicking thread did to them.
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
