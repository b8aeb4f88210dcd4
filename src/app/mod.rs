//! Use cases of the office: authorize, load, decide, commit.

pub mod accounts;
pub mod erase;
pub mod export;
pub mod files;
pub mod film;
pub mod papers;
pub mod prove;
mod record;
pub mod sessions;
