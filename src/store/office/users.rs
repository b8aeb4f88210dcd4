//! Accounts of officers and their roles in units.

use super::super::sql::{Row, Statement};
use super::super::{Store, StoreError};
use super::{PAGE_AND_ONE, Page, Table, code};
use crate::domain::ids::UserId;
use crate::domain::people::{RoleGrant, User};

/// An account with what signs it in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// What others may see.
    pub user: User,
    /// argon2id in PHC form.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.user.id)
    }
}

/// Inserts or changes an account; `password_hash: None` leaves the stored one.
pub fn user(account: &Account) -> Statement {
    Statement::new(
        "user_account",
        "INSERT INTO user_account (user_id, login, name, title, password_hash, disabled) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id) DO UPDATE SET login = excluded.login, \
         name = excluded.name, title = excluded.title, disabled = excluded.disabled, \
         password_hash = COALESCE(excluded.password_hash, user_account.password_hash)",
    )
    .bind(account.user.id)
    .bind(account.user.login.as_str())
    .bind(account.user.name.as_str())
    .bind(account.user.title.as_str())
    .bind(account.password_hash.as_deref())
    .bind(account.user.disabled)
    .touches(Table::UserAccount, [account.user.id.into()])
}

/// Gives (`true`) or takes away a role.
pub fn grant(grant: &RoleGrant, given: bool) -> Statement {
    let sql = if given {
        "INSERT INTO role_grant (user_id, unit_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM role_grant WHERE user_id = $1 AND unit_id = $2 AND role = $3"
    };
    let role = code(&grant.role);
    Statement::new("role_grant", sql)
        .bind(grant.user)
        .bind(grant.unit)
        .bind(role.as_str())
        .touches(Table::RoleGrant, [grant.user.into(), grant.unit.into(), role.into()])
}

const BY_LOGIN: &str = "SELECT user_id, login, name, title, disabled, password_hash FROM user_account WHERE login = $1";
const BY_ID: &str = "SELECT user_id, login, name, title, disabled, password_hash FROM user_account WHERE user_id = $1";
const USERS: &str = "SELECT user_id, login, name, title, disabled, password_hash FROM user_account \
     WHERE login > $1 ORDER BY login LIMIT $2";
const GRANTS: &str = "SELECT user_id, unit_id, role FROM role_grant WHERE user_id = $1 ORDER BY unit_id, role";

fn account(mut row: Row) -> Result<Account, StoreError> {
    let user = User {
        id: row.parse("user_account.user_id")?,
        login: row.take("user_account.login")?,
        name: row.take("user_account.name")?,
        title: row.take("user_account.title")?,
        disabled: row.take("user_account.disabled")?,
    };
    Ok(Account { user, password_hash: row.take("user_account.password_hash")? })
}

impl Store {
    /// The account of a login.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        self.read(BY_LOGIN, &[login.into()]).await?.pop().map(account).transpose()
    }

    /// One account.
    pub async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        self.read(BY_ID, &[id.into()]).await?.pop().map(account).transpose()
    }

    /// Accounts by login, in pages.
    pub async fn users(&self, after: Option<&str>) -> Result<Page<User>, StoreError> {
        let rows = self.read(USERS, &[after.unwrap_or_default().into(), PAGE_AND_ONE.into()]).await?;
        let users = rows.into_iter().map(|row| account(row).map(|account| account.user));
        Ok(Page::cut(users.collect::<Result<_, _>>()?, |user: &User| user.login.clone()))
    }

    /// The roles of an account.
    pub async fn grants(&self, user: UserId) -> Result<Vec<RoleGrant>, StoreError> {
        let mut grants = Vec::new();
        for mut row in self.read(GRANTS, &[user.into()]).await? {
            grants.push(RoleGrant {
                user: row.parse("role_grant.user_id")?,
                unit: row.parse("role_grant.unit_id")?,
                role: row.code("role_grant.role")?,
            });
        }
        Ok(grants)
    }
}
