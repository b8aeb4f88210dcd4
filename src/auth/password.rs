//! Passwords: argon2id with 19 MiB and two passes (OWASP Password Storage), two at a time, so that a crowd at the door
//! cannot take the memory of the call.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::error::AppError;
use crate::limits;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// Hash of nothing anybody has: an unknown account costs the same time as a known one.
    nobody: Arc<str>,
}

fn argon2() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &[u8]) -> Result<String, AppError> {
    let hash = argon2()?.hash_password(password).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether a new password is long enough and not the sign-in name (ASVS 6.2: no other rule of composition).
pub fn check_strength(login: &str, password: &str) -> Result<(), AppError> {
    let length = password.chars().count();
    let fits = (limits::PASSWORD_MIN..=limits::PASSWORD_MAX).contains(&length);
    let names_login = password.to_lowercase().contains(&login.to_lowercase());
    if fits && !names_login { Ok(()) } else { Err(AppError::PasswordWeak) }
}

impl Passwords {
    /// Hashes one random password for those who have no account.
    pub fn new() -> Result<Self, AppError> {
        let nobody = hash_now(super::secret::token()?.as_bytes())?;
        Ok(Self { permits: Arc::new(Semaphore::new(limits::PASSWORD_HASHES)), nobody: nobody.into() })
    }

    /// The hash as a PHC string.
    pub async fn hash(&self, password: String) -> Result<String, AppError> {
        self.blocking(move || hash_now(password.as_bytes())).await?
    }

    /// Whether the password fits; `stored` is `None` for an unknown or disabled account, which takes as long.
    pub async fn verify(&self, stored: Option<String>, password: String) -> Result<bool, AppError> {
        let exists = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.nobody.to_string());
        let fits = self.blocking(move || {
            Ok::<bool, AppError>(argon2()?.verify_password(password.as_bytes(), hash.as_str()).is_ok())
        });
        Ok(fits.await?? && exists)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let _permit = self.permits.acquire().await.map_err(|_| AppError::Busy)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| AppError::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("đúng mật khẩu này".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Some(hash.clone()), "đúng mật khẩu này".to_owned()).await.unwrap());
        assert!(!passwords.verify(Some(hash), "sai mật khẩu này".to_owned()).await.unwrap());
        assert!(!passwords.verify(None, String::new()).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert!(check_strength("an.nguyen", "mười hai chữ").is_ok());
        for weak in ["ngắn", "", "xx AN.NGUYEN 2026", &"a".repeat(129)] {
            assert_eq!(check_strength("an.nguyen", weak), Err(AppError::PasswordWeak), "{weak}");
        }
    }
}
