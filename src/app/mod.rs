//! Use cases of the office: authorize, load, decide, commit.

pub mod accounts;
pub mod files;
pub mod sessions;
