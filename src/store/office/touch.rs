//! The last use of a cookie session.

use jiff::Timestamp;

use super::super::sql::Statement;
use crate::domain::chain::Hash;

/// Notes the last use. An update alone: a session that was ended in the meantime stays ended.
pub fn touch_web_session(token_hash: Hash, seen_at: Timestamp) -> Statement {
    let sql = "UPDATE web_session SET seen_at_us = $2 WHERE token_hash = $1 AND seen_at_us < $2";
    Statement::new("web_session.touch", sql).bind(token_hash).bind(seen_at)
}
