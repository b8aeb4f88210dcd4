//! One-use sign-in links: for demonstrations and first steps.

use super::secret;
use crate::app::accounts::Accounts;
use crate::domain::ids::UserId;
use crate::error::AppError;
use crate::limits;
use crate::store::office::Act;

/// A link to a host of this server. The token stands behind `#`, which browsers send to nobody.
///
/// # Errors
/// The store's.
pub async fn make(accounts: &Accounts, origin: &str, user: UserId, act: Act) -> Result<String, AppError> {
    let token = secret::token()?;
    let end = act.at.saturating_add(limits::SIGN_IN_LINK).unwrap_or(act.at);
    accounts.make_link(secret::digest(&token), user, end, act).await?;
    Ok(format!("{origin}/dang-nhap/lien-ket#{token}"))
}
